import { beforeEach, describe, expect, it, vi } from "vitest";
import { getPreferences, listNotifications, listTopics, putPreferences } from "../api/calls";
import { Problem } from "../api/problem";
import type { Preferences } from "../api/types";
import { key, mount, newInbox, shown, type } from "../testing";
import PreferencesPage from "./PreferencesPage.vue";

vi.mock("../api/calls");

const HELD: Preferences = {
  muted: { topics: ["old"], categories: ["builds"], levels: ["info"] },
};

beforeEach(() => {
  vi.resetAllMocks();
  vi.mocked(listNotifications).mockResolvedValue({
    items: [],
    next: null,
    unread: 0,
    unseen: 0,
    cursor: "head",
  });
  vi.mocked(getPreferences).mockResolvedValue(HELD);
  vi.mocked(putPreferences).mockImplementation((preferences) => Promise.resolve(preferences));
  vi.mocked(listTopics).mockResolvedValue({
    items: [
      { topic: "deploys", title: "Deploys", open: true, joined: true },
      { topic: "other", open: true, joined: false },
    ],
    next: null,
  });
});

async function open() {
  const inbox = newInbox();
  const page = mount(PreferencesPage, {}, inbox);
  await shown();
  const box = (testid: string) => page.find<HTMLInputElement>(testid);
  const save = async () => {
    page.find("preferences-form")?.dispatchEvent(new Event("submit", { cancelable: true }));
    await shown();
  };
  return { inbox, page, box, save };
}

describe("the preferences", () => {
  it("show what is muted: levels, categories, and topics that are joined or muted", async () => {
    const { page, box } = await open();
    expect(box("mute-level-info")?.checked).toBe(true);
    expect(box("mute-level-error")?.checked).toBe(false);
    expect(page.all("muted-category").map((li) => li.querySelector("span")?.textContent)).toEqual([
      "builds",
    ]);
    expect(box("mute-topic-old")?.checked).toBe(true);
    expect(box("mute-topic-deploys")?.checked).toBe(false);
    expect(box("mute-topic-other")).toBeNull();
  });

  it("are saved whole, and say so until something is another again", async () => {
    const { page, box, save } = await open();
    box("mute-level-success")?.click();
    box("mute-topic-deploys")?.click();
    type(box("category-to-mute"), " comments ");
    key(box("category-to-mute"), "Enter");
    await shown();
    type(box("category-to-mute"), "written, not added");
    await save();
    expect(putPreferences).toHaveBeenCalledExactlyOnceWith({
      muted: {
        topics: ["deploys", "old"],
        categories: ["builds", "comments", "written, not added"],
        levels: ["info", "success"],
      },
    });
    expect(page.find("preferences-saved")?.textContent).toBe("Saved.");
    box("mute-level-error")?.click();
    await shown();
    expect(page.find("preferences-saved")).toBeNull();
  });

  it("preset quiet hours with a night in the browser's own time zone", async () => {
    const { box, save } = await open();
    expect(box("quiet-from")).toBeNull();
    box("quiet")?.click();
    await shown();
    const time_zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    expect(box("quiet-zone")?.value).toBe(time_zone);
    type(box("quiet-from"), "23:15");
    await save();
    expect(putPreferences).toHaveBeenCalledExactlyOnceWith({
      ...HELD,
      quiet_hours: { from: "23:15", to: "07:00", time_zone },
    });
  });

  it("take a category away", async () => {
    const { page, save } = await open();
    page.all("muted-category")[0]?.querySelector("button")?.click();
    await save();
    expect(putPreferences).toHaveBeenCalledWith({ muted: { ...HELD.muted, categories: [] } });
  });

  it("tell a refusal, at its field", async () => {
    const { page, box, save } = await open();
    box("quiet")?.click();
    await shown();
    vi.mocked(putPreferences).mockRejectedValueOnce(
      new Problem(422, "invalid_request", "Something is wrong.", [
        { field: "quiet_hours.to", code: "invalid_time", detail: "another minute" },
      ]),
    );
    await save();
    expect(page.root.querySelector("[role=alert]")?.textContent).toBe(
      "Please mend what is marked below.",
    );
    expect(box("quiet-to")?.getAttribute("aria-invalid")).toBe("true");
    expect(page.find("preferences-saved")).toBeNull();
  });

  it("follow another tab, but not over what is being written", async () => {
    const { inbox, page, box } = await open();
    const other = { muted: { ...HELD.muted, levels: ["error" as const] } };
    inbox.preferences.changed(other);
    await shown();
    expect(box("mute-level-error")?.checked).toBe(true);
    expect(box("mute-level-info")?.checked).toBe(false);

    box("mute-level-success")?.click();
    await shown();
    inbox.preferences.changed(HELD);
    await shown();
    expect(box("mute-level-success")?.checked).toBe(true);
    expect(page.find("changed-elsewhere")?.textContent).toContain("changed elsewhere");
    page.find("show-elsewhere")?.click();
    await shown();
    expect(box("mute-level-success")?.checked).toBe(false);
    expect(box("mute-level-info")?.checked).toBe(true);
    expect(page.find("changed-elsewhere")).toBeNull();
  });

  it("still say that they were saved when the stream tells of it", async () => {
    const { inbox, page, box, save } = await open();
    box("mute-level-success")?.click();
    await save();
    inbox.preferences.changed(structuredClone(vi.mocked(putPreferences).mock.lastCall![0]));
    await shown();
    expect(page.find("preferences-saved")).not.toBeNull();
  });
});
