import { describe, expect, it, vi } from "vitest";
import { createApp, h, nextTick } from "vue";
import type { Item } from "../api/types";
import InboxRow from "./InboxRow.vue";

vi.stubGlobal(
  "ResizeObserver",
  class {
    observe() {}
    disconnect() {}
  },
);

const item = (more: Partial<Item> = {}): Item => ({
  id: "n1",
  title: "Build failed",
  level: "error",
  critical: false,
  created_at: "2026-11-01T12:00:00.000Z",
  audience: "user:alice",
  cursor: "c1",
  seen: false,
  read: false,
  archived: false,
  ...more,
});

function mount(shown: Item) {
  const root = document.createElement("div");
  document.body.append(root);
  const read = vi.fn<(value: boolean) => void>();
  const archive = vi.fn<(value: boolean) => void>();
  const follow = vi.fn<() => void>();
  const listeners = { onRead: read, onArchive: archive, onFollow: follow };
  createApp({ render: () => h(InboxRow, { item: shown, ...listeners }) }).mount(root);
  const find = (testid: string) => root.querySelector<HTMLElement>(`[data-testid=${testid}]`);
  return { root, read, archive, follow, find };
}

describe("a row", () => {
  it("says that it is unread in words, and offers to read it", () => {
    const { root, read, find } = mount(item());
    expect(root.querySelector("article")?.dataset).toMatchObject({ id: "n1", read: "false" });
    expect(find("row-title")?.textContent).toContain("Unread:");
    find("mark-read")?.click();
    expect(read).toHaveBeenCalledWith(true);
  });

  it("read, offers the way back", () => {
    const { root, read, find } = mount(item({ read: true }));
    expect(root.querySelector("article")?.dataset.read).toBe("true");
    expect(find("row-title")?.textContent).not.toContain("Unread");
    find("mark-unread")?.click();
    expect(read).toHaveBeenCalledWith(false);
  });

  it("archives, and moves back", () => {
    const first = mount(item());
    first.find("archive")?.click();
    expect(first.archive).toHaveBeenCalledWith(true);
    const second = mount(item({ archived: true }));
    second.find("unarchive")?.click();
    expect(second.archive).toHaveBeenCalledWith(false);
  });

  it("shows text of others as text", () => {
    const { root } = mount(
      item({ title: "<b>x</b>", body: "<img src=x onerror=alert(1)>\nline two" }),
    );
    expect(root.querySelector("b, img")).toBeNull();
    expect(root.textContent).toContain("<img src=x onerror=alert(1)>\nline two");
  });

  it("makes no link of an unsafe scheme, not even of an action or a picture", () => {
    const { root } = mount(
      item({
        link: "javascript:alert(1)",
        actions: [{ label: "Go", link: "data:text/html,x" }],
        actor: { name: "Ada Lovelace", image: "javascript:alert(1)" },
      }),
    );
    expect(root.querySelector("a, img")).toBeNull();
    expect(root.textContent).toContain("AL");
  });

  it("opens safe ones without telling the other side, and tells when they are followed", () => {
    const { root, follow } = mount(
      item({ link: "https://example.org/x", actions: [{ label: "Go", link: "/go" }] }),
    );
    const [title, action] = root.querySelectorAll("a");
    expect(title?.rel).toBe("noopener noreferrer");
    expect(title?.target).toBe("_blank");
    expect(action?.getAttribute("href")).toBe("/go");
    expect(action?.target).toBe("");
    root.addEventListener("click", (event) => event.preventDefault());
    title?.click();
    expect(follow).toHaveBeenCalledTimes(1);
    action?.click();
    expect(follow).toHaveBeenCalledTimes(2);
    action?.dispatchEvent(new MouseEvent("auxclick", { button: 1 })); // into a tab of its own
    expect(follow).toHaveBeenCalledTimes(3);
    action?.dispatchEvent(new MouseEvent("auxclick", { button: 2 })); // its menu
    expect(follow).toHaveBeenCalledTimes(3);
  });

  it("falls back to initials when the picture cannot be had", async () => {
    const { root } = mount(
      item({ actor: { name: "Ada Lovelace", image: "https://example.org/a.png" } }),
    );
    root.querySelector("img")?.dispatchEvent(new Event("error"));
    await nextTick();
    expect(root.querySelector("img")).toBeNull();
    expect(root.textContent).toContain("AL");
  });

  it("gives the exact time besides the relative one", () => {
    const time = mount(item()).root.querySelector("time");
    expect(time?.getAttribute("datetime")).toBe("2026-11-01T12:00:00.000Z");
    expect(time?.title).toContain("2026");
  });
});
