import { beforeEach, describe, expect, it, vi } from "vitest";
import {
  deleteNotification,
  getPreferences,
  inboxCounts,
  listNotifications,
  patchNotification,
} from "../api/calls";
import type { Item, Page } from "../api/types";
import { go, pathOf, query, searchable } from "../route";
import { key, mount, newInbox, NoObserver, shown, type, type Mounted } from "../testing";
import InboxPage from "./InboxPage.vue";
import type { Inbox } from "./inbox";
import UndoBar from "./UndoBar.vue";

vi.mock("../api/calls");

const item = (id: string, more: Partial<Item> = {}): Item => ({
  id,
  title: `Title of ${id}`,
  level: "info",
  critical: false,
  created_at: "2026-11-01T12:00:00.000Z",
  audience: "user:alice",
  cursor: `at-${id}`,
  seen: true,
  read: false,
  archived: false,
  ...more,
});

const answer = (items: Item[], next: string | null = null): Page => ({
  items,
  next,
  unread: items.length,
  unseen: 0,
  cursor: "head",
});

/** The end of the list, as a test sees it come near. */
let near: (() => void)[] = [];

let inbox: Inbox;
let page: Mounted;
let bar: Mounted;

beforeEach(async () => {
  vi.resetAllMocks();
  vi.useFakeTimers();
  vi.stubGlobal("ResizeObserver", NoObserver);
  near = [];
  vi.stubGlobal(
    "IntersectionObserver",
    class {
      constructor(private readonly tell: (entries: object[]) => void) {}
      observe() {
        near.push(() => this.tell([{ isIntersecting: true }]));
      }
      disconnect() {}
    },
  );
  vi.mocked(listNotifications).mockResolvedValue(answer([item("b"), item("a")]));
  vi.mocked(inboxCounts).mockResolvedValue({ unread: 2, unseen: 0, cursor: "head" });
  vi.mocked(getPreferences).mockResolvedValue({
    muted: { topics: [], categories: [], levels: [] },
  });
  go("/");
  inbox = newInbox();
  page = mount(InboxPage, {}, inbox);
  bar = mount(UndoBar, {}, inbox);
  await shown();
  return () => {
    inbox.stop();
    page.unmount();
    bar.unmount();
    vi.unstubAllGlobals();
    vi.useRealTimers();
  };
});

const rows = () => page.all("row").map((row) => row.dataset.id);
const inRow = (id: string, testid: string) =>
  page.root.querySelector<HTMLElement>(`[data-id="${id}"] [data-testid="${testid}"]`);
const asked = () => vi.mocked(listNotifications).mock.lastCall?.[0];
const wait = async (ms: number) => {
  await vi.advanceTimersByTimeAsync(ms);
  await shown();
};

describe("addresses", () => {
  it.each([
    ["all", "", "/"],
    ["snoozed", "", "/?state=snoozed"],
    ["all", "a b", "/?search=a+b"],
    ["archived", "ä&", "/?state=archived&search=%C3%A4%26"],
  ] as const)("of %s with %j is %s", (view, search, path) => {
    expect(pathOf(view, search)).toBe(path);
    go(path);
    expect(query.value).toEqual({ view, search });
  });

  it("hold no more of a search than the server takes", () => {
    expect(searchable("  a b ")).toBe("a b");
    expect([...searchable("😀".repeat(200))]).toHaveLength(100);
    go(`/?state=nonsense&search=${"x".repeat(500)}`);
    expect(query.value.view).toBe("all");
    expect(query.value.search).toHaveLength(100);
  });
});

describe("the filters", () => {
  it("are four, and tell which one is shown", async () => {
    const current = () =>
      [...page.root.querySelectorAll("nav a")].map(
        (link) => link.textContent + (link.getAttribute("aria-current") ? "*" : ""),
      );
    expect(current()).toEqual(["All*", "Unread", "Archived", "Snoozed"]);
    page.find("view-snoozed")?.click();
    inbox.show(query.value); // what the frame around the page does
    await shown();
    expect(current()).toEqual(["All", "Unread", "Archived", "Snoozed*"]);
    expect(asked()).toEqual({ view: "snoozed", search: "" });
    expect(page.find("empty")?.textContent).toContain("Nothing snoozed");
  });
});

describe("the search", () => {
  const field = () => page.find<HTMLInputElement>("search");
  /** As the frame around the page does. */
  const follow = async () => {
    inbox.show(query.value);
    await shown();
  };

  it("waits for a pause in the typing, keeps the filter, and says how much it found", async () => {
    go("/?state=unread");
    await follow();
    for (const text of ["b", "bu", "build "]) {
      type(field(), text);
      await wait(200);
    }
    expect(query.value.search).toBe("");
    await wait(100);
    expect(query.value).toEqual({ view: "unread", search: "build" });
    await follow();
    expect(asked()).toEqual({ view: "unread", search: "build" });
    expect(page.find("search-count")?.textContent).toBe("2 found");
    expect(page.find("search-count")?.getAttribute("role")).toBe("status");
    expect(page.find("view-archived")?.getAttribute("href")).toBe("/?state=archived&search=build");
  });

  it("says so when there is nothing, or more than is shown", async () => {
    vi.mocked(listNotifications).mockResolvedValueOnce(answer([]));
    go("/?search=x");
    await follow();
    expect(page.find("search-count")?.textContent).toBe("Nothing found");
    expect(page.find("empty")?.textContent).toContain("Nothing found");
    vi.mocked(listNotifications).mockResolvedValueOnce(answer([item("b")], "next"));
    go("/?search=y");
    await follow();
    expect(page.find("search-count")?.textContent).toBe("More than 1 found");
  });

  it("is cleared by Escape, at once", async () => {
    go("/?search=build");
    await follow();
    expect(field()?.value).toBe("build");
    key(field(), "Escape");
    await follow();
    expect(query.value.search).toBe("");
    expect(field()?.value).toBe("");
    expect(page.find("search-count")?.textContent).toBe("");
  });
});

describe("an endless list", () => {
  const more = async () => {
    vi.mocked(listNotifications)
      .mockResolvedValueOnce(answer([item("c"), item("b")], "page 2"))
      .mockResolvedValueOnce(answer([item("a")]));
    inbox.show({ view: "unread", search: "" });
    await shown();
  };

  it("goes on when its end stays near", async () => {
    await more();
    near.at(-1)?.();
    await wait(200);
    expect(rows()).toEqual(["c", "b", "a"]);
    expect(listNotifications).toHaveBeenLastCalledWith(
      { view: "unread", search: "" },
      50,
      "page 2",
    );
    expect(page.find("load-more")).toBeNull();
  });

  it("goes on by its button", async () => {
    await more();
    page.find("load-more")?.click();
    await shown();
    expect(rows()).toEqual(["c", "b", "a"]);
  });
});

describe("a row", () => {
  it("that is muted says so, looks read, and cannot be marked", async () => {
    vi.mocked(listNotifications).mockResolvedValueOnce(answer([item("m", { muted: true })]));
    inbox.show({ view: "all", search: "m" });
    await shown();
    const row = page.find("row");
    expect(row?.dataset).toMatchObject({ read: "true", muted: "true" });
    expect(page.find("muted")?.textContent).toBe("Muted");
    expect(page.find("mark-unread") ?? page.find("mark-read")).toBeNull();
  });

  it("that is removed can be brought back, with the focus", async () => {
    inRow("b", "remove")?.focus();
    inRow("b", "remove")?.click();
    await shown();
    expect(rows()).toEqual(["a"]);
    expect(document.activeElement).toBe(inRow("a", "mark-read"));
    expect(bar.find("undo-bar")?.textContent).toContain("Removed.");
    bar.find("undo")?.click();
    await shown();
    expect(rows()).toEqual(["b", "a"]);
    expect(document.activeElement).toBe(inRow("b", "mark-read"));
    expect(bar.find("undo-bar")).toBeNull();
    await wait(60_000);
    expect(deleteNotification).not.toHaveBeenCalled();
  });

  it("comes back by the key that undoes, but not out of a field", async () => {
    inRow("b", "remove")?.click();
    await shown();
    key(page.find("search"), "z", { ctrlKey: true });
    expect(rows()).toEqual(["a"]);
    key(document.body, "z", { ctrlKey: true });
    await shown();
    expect(rows()).toEqual(["b", "a"]);
  });

  it("that is removed goes for good with the bar", async () => {
    inRow("b", "remove")?.click();
    await shown();
    key(bar.find("undo"), "Escape");
    expect(deleteNotification).toHaveBeenCalledExactlyOnceWith("b");
  });

  it("that is snoozed goes, and undoing sends the opposite", async () => {
    vi.mocked(patchNotification).mockResolvedValue(item("b"));
    inRow("b", "snooze")?.click();
    await shown();
    inRow("b", "snooze-hour")?.click();
    await shown();
    expect(rows()).toEqual(["a"]);
    expect(bar.find("undo-bar")?.textContent).toContain("Snoozed until");
    bar.find("undo")?.click();
    await shown();
    expect(patchNotification).toHaveBeenLastCalledWith("b", {
      snoozed_until: null,
      archived: false,
      read: false,
      seen: true,
    });
    expect(rows()).toEqual(["b", "a"]);
  });

  it("that is snoozed says until when, and can be brought back", async () => {
    const snoozed = item("s", { snoozed_until: "2026-11-21T08:00:00.000Z" });
    vi.mocked(listNotifications).mockResolvedValueOnce(answer([snoozed]));
    vi.mocked(patchNotification).mockResolvedValue(item("s"));
    inbox.show({ view: "snoozed", search: "" });
    await shown();
    expect(page.find("snoozed-until")?.textContent).toMatch(/^Snoozed until .*Nov 2/);
    page.find("bring-back")?.click();
    await shown();
    expect(rows()).toEqual([]);
    expect(patchNotification).toHaveBeenCalledWith(
      "s",
      expect.objectContaining({ snoozed_until: null, read: false }),
    );
  });
});
