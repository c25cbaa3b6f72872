import { beforeEach, describe, expect, it, vi } from "vitest";
import {
  addMembers,
  correctSent,
  deleteTopic,
  getSent,
  listManagedTopics,
  listMembers,
  listSent,
  putTopic,
  removeMember,
  retractSent,
} from "../api/calls";
import { Problem } from "../api/problem";
import type { Sent } from "../api/types";
import { go } from "../route";
import { FakeBell, mount, shown, type } from "../testing";
import ManagedTopicsPage from "./ManagedTopicsPage.vue";
import SentPage from "./SentPage.vue";

vi.mock("../api/calls");

const sent = (id: string, more: Partial<Sent> = {}): Sent => ({
  id,
  title: `Title of ${id}`,
  level: "info",
  critical: false,
  created_at: "2026-11-20T12:00:00.000Z",
  to: { user: "alice" },
  stage: "delivered",
  ...more,
});

const submit = (form: HTMLElement | null) =>
  form?.dispatchEvent(new Event("submit", { cancelable: true }));

let bell: FakeBell;

beforeEach(() => {
  vi.resetAllMocks();
  bell = new FakeBell();
  go("/admin/sent");
});

describe("what was sent", () => {
  async function open(items: Sent[], next: string | null = null) {
    vi.mocked(listSent).mockResolvedValue({ items, next });
    const page = mount(SentPage);
    await shown();
    return page;
  }

  it("tells stage and recipients, and offers nothing for what has ended", async () => {
    const page = await open([
      sent("a", { to: { topic: "deploys" } }),
      sent("b", { stage: "retracted", ended_at: "2026-11-20T13:00:00.000Z" }),
    ]);
    expect(page.all("sent-stage").map((tag) => tag.textContent)).toEqual([
      "Delivered",
      "Retracted",
    ]);
    expect(page.find("sent-to")?.textContent).toBe("topic deploys");
    expect(page.all("correct")).toHaveLength(1);
    expect(page.all("retract")).toHaveLength(1);
    page.unmount();
  });

  it("shows text of others as text", async () => {
    const page = await open([sent("a", { title: "<b>x</b>", body: "<img src=x>" })]);
    expect(page.root.querySelector("b, img")).toBeNull();
    page.unmount();
  });

  it("goes on where the page before ended, and lists what is scheduled", async () => {
    const page = await open([sent("a")], "next");
    vi.mocked(listSent).mockResolvedValueOnce({ items: [sent("a"), sent("b")], next: null });
    page.find("sent-more")?.click();
    await shown();
    expect(listSent).toHaveBeenLastCalledWith("made", 50, "next");
    expect(page.all("sent-item").map((card) => card.dataset.id)).toEqual(["a", "b"]);
    page.find("sent-scheduled")?.click();
    await shown();
    expect(listSent).toHaveBeenLastCalledWith("scheduled", 50, undefined);
    page.unmount();
  });

  it("is corrected by what is other, and shows what the server made of it", async () => {
    const page = await open([sent("a", { body: "b" })]);
    page.find("correct")?.click();
    await shown();
    expect(document.activeElement).toBe(page.find("correct-title"));
    expect(page.find("correct-deliver-at")).toBeNull();
    type(page.find("correct-title"), "New");
    const history = [{ at: "2026-11-20T13:00:00.000Z", by: "root", action: "corrected" }];
    vi.mocked(correctSent).mockResolvedValueOnce(sent("a", { title: "New", history }));
    submit(page.find("correct-form"));
    await shown();
    expect(correctSent).toHaveBeenCalledExactlyOnceWith("a", { title: "New" });
    expect(page.find("sent-title")?.textContent).toBe("New");
    expect(document.activeElement).toBe(page.find("correct"));
    page.find("show-history")?.click();
    await shown();
    expect(page.find("history")?.textContent).toContain("Corrected by root");
    page.unmount();
  });

  it("that has ended meanwhile cannot be corrected, and says so", async () => {
    const page = await open([sent("a")]);
    page.find("correct")?.click();
    await shown();
    type(page.find("correct-title"), "New");
    vi.mocked(correctSent).mockRejectedValueOnce(new Problem(409, "conflict", "It has expired."));
    vi.mocked(getSent).mockResolvedValueOnce(sent("a", { stage: "expired" }));
    submit(page.find("correct-form"));
    await shown();
    expect(page.root.querySelector("form [role=alert]")?.textContent).toBe("It has expired.");
    expect(page.find("sent-item")?.dataset.stage).toBe("expired");
    page.unmount();
  });

  it("is retracted only when that was confirmed", async () => {
    const page = await open([sent("a")]);
    page.find("retract")?.click();
    await shown();
    expect(document.activeElement).toBe(page.find("retract-confirm"));
    page.find("retract-keep")?.click();
    await shown();
    expect(retractSent).not.toHaveBeenCalled();
    expect(document.activeElement).toBe(page.find("retract"));
    page.find("retract")?.click();
    await shown();
    vi.mocked(getSent).mockResolvedValueOnce(sent("a", { stage: "retracted" }));
    page.find("retract-confirm")?.click();
    await shown();
    expect(retractSent).toHaveBeenCalledExactlyOnceWith("a");
    expect(page.find("sent-item")?.dataset.stage).toBe("retracted");
    expect(page.find("sent-said")?.textContent).toBe("Retracted: Title of a");
    page.unmount();
  });

  it("leaves the list when it was scheduled and is called off", async () => {
    go("/admin/sent?stage=scheduled");
    const deliver_at = "2026-12-20T12:00:00.000Z";
    const page = await open([sent("a", { stage: "scheduled", deliver_at })]);
    expect(page.find("retract")?.textContent).toContain("Call off");
    page.find("retract")?.click();
    await shown();
    page.find("retract-confirm")?.click();
    await shown();
    expect(getSent).not.toHaveBeenCalled();
    expect(page.all("sent-item")).toEqual([]);
    expect(page.find("nothing-sent")?.textContent).toContain("Nothing is scheduled.");
    page.unmount();
  });
});

describe("topics", () => {
  const topic = { topic: "deploys", open: true, created_at: "2026-11-20T12:00:00.000Z" };

  async function open() {
    vi.mocked(listManagedTopics).mockResolvedValue({
      items: [{ ...topic, members: 2 }],
      next: null,
    });
    vi.mocked(listMembers).mockResolvedValue({ items: ["alice", "bob"], next: null });
    const page = mount(ManagedTopicsPage);
    await shown();
    return page;
  }

  it("are made", async () => {
    const page = await open();
    page.find("new-topic")?.click();
    await shown();
    submit(page.find("topic-form"));
    await shown();
    expect(putTopic).not.toHaveBeenCalled();
    expect(page.find("topic-name")?.getAttribute("aria-invalid")).toBe("true");
    type(page.find("topic-name"), "builds");
    type(page.find("topic-title"), "Builds");
    page.find("topic-open")?.click();
    submit(page.find("topic-form"));
    await shown();
    expect(putTopic).toHaveBeenCalledExactlyOnceWith("builds", { title: "Builds", open: false });
    expect(listManagedTopics).toHaveBeenCalledTimes(2);
    page.unmount();
  });

  it("are changed, but for their name", async () => {
    const page = await open();
    page.find("change-topic")?.click();
    await shown();
    expect(page.find("topic-name")).toBeNull();
    type(page.find("topic-title"), "Deploys");
    submit(page.find("topic-form"));
    await shown();
    expect(putTopic).toHaveBeenCalledExactlyOnceWith("deploys", { title: "Deploys", open: true });
    page.unmount();
  });

  it("with members are not removed, and the reason is told", async () => {
    const page = await open();
    expect(page.find("member-count")?.textContent).toBe("2 members");
    page.find("remove-topic")?.click();
    await shown();
    vi.mocked(deleteTopic).mockRejectedValueOnce(
      new Problem(409, "conflict", "It has members. Remove them first."),
    );
    page.find("remove-topic-confirm")?.click();
    await shown();
    expect(bell.said[0]?.body).toBe("It has members. Remove them first.");
    expect(page.all("managed-topic")).toHaveLength(1);
    page.unmount();
  });

  it("have members, who are added and removed", async () => {
    const page = await open();
    page.find("show-members")?.click();
    await shown();
    expect(page.all("member").map((li) => li.querySelector("span")?.textContent)).toEqual([
      "alice",
      "bob",
    ]);
    page.all("remove-member")[0]?.click();
    await shown();
    expect(removeMember).toHaveBeenCalledExactlyOnceWith("deploys", "alice");
    expect(page.all("member")).toHaveLength(1);

    vi.mocked(addMembers).mockResolvedValueOnce({ added: 2 });
    type(page.find("people-to-add"), "carol, dave");
    submit(page.find("add-members")?.closest("form") ?? null);
    await shown();
    expect(addMembers).toHaveBeenCalledExactlyOnceWith("deploys", ["carol", "dave"]);
    expect(page.find("members-said")?.textContent).toBe("2 added.");
    page.unmount();
  });
});
