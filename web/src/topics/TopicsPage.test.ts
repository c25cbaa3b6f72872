import { beforeEach, describe, expect, it, vi } from "vitest";
import { getPreferences, joinTopic, leaveTopic, listNotifications, listTopics } from "../api/calls";
import { Problem } from "../api/problem";
import type { InboxChange } from "../stream/frames";
import { FakeBell, FakeLink, mount, newInbox, shown } from "../testing";
import TopicsPage from "./TopicsPage.vue";

vi.mock("../api/calls");
let link: FakeLink;
let frames = 0;
const hear = (payload: InboxChange) =>
  link.event({ type: "inbox.changed", id: `f${++frames}`, audience: "user:alice", payload });

let bell: FakeBell;

beforeEach(() => {
  vi.resetAllMocks();
  bell = new FakeBell();
  vi.mocked(listNotifications).mockResolvedValue({
    items: [],
    next: null,
    unread: 0,
    unseen: 0,
    cursor: "head",
  });
  vi.mocked(getPreferences).mockResolvedValue({
    muted: { topics: [], categories: [], levels: [] },
  });
  vi.mocked(listTopics).mockResolvedValue({
    items: [
      { topic: "builds", title: "Builds", open: true, joined: false },
      { topic: "deploys", open: true, joined: true },
      { topic: "staff", open: false, joined: true },
    ],
    next: null,
  });
});

async function open() {
  link = new FakeLink();
  const inbox = newInbox(link);
  const page = mount(TopicsPage, {}, inbox);
  await shown();
  const row = (topic: string) => page.root.querySelector<HTMLElement>(`[data-topic="${topic}"]`);
  const button = (topic: string) => row(topic)?.querySelector("button") ?? null;
  const joined = () => page.all("topic").map((li) => `${li.dataset.topic} ${li.dataset.joined}`);
  return { page, row, button, joined };
}

describe("the topics", () => {
  it("are joined and left", async () => {
    const { page, button, joined } = await open();
    button("builds")?.click();
    await shown();
    expect(joinTopic).toHaveBeenCalledExactlyOnceWith("builds");
    expect(page.find("topics-said")?.textContent).toBe("Joined Builds.");
    button("deploys")?.click();
    await shown();
    expect(leaveTopic).toHaveBeenCalledExactlyOnceWith("deploys");
    expect(joined()).toEqual(["builds true", "deploys false", "staff true"]);
  });

  it("that are not open offer nothing to press", async () => {
    const { row, button } = await open();
    expect(button("staff")).toBeNull();
    expect(row("staff")?.textContent).toContain("An administrator decides");
  });

  it("follow what is done in another tab, and by an administrator", async () => {
    const { joined } = await open();
    hear({ joined: "builds" });
    hear({ left: "staff" });
    await shown();
    expect(joined()).toEqual(["builds true", "deploys true"]);
    hear({ joined: "unheard-of" });
    await shown();
    expect(listTopics).toHaveBeenCalledTimes(2);
  });

  it("stay as they are when the server refuses", async () => {
    const { button, joined } = await open();
    vi.mocked(joinTopic).mockRejectedValueOnce(new Problem(503, "overloaded", "Busy."));
    button("builds")?.click();
    await shown();
    expect(joined()[0]).toBe("builds false");
    expect(bell.said[0]).toMatchObject({ title: "Could not join", body: "Busy." });
  });
});
