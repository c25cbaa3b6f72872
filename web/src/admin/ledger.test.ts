import { beforeEach, describe, expect, it, vi } from "vitest";
import { getOverview, listConnections, listDeliveries, listDeliveriesTo } from "../api/calls";
import { Problem } from "../api/problem";
import type { Delivery, Sent } from "../api/types";
import { mount, shown, type } from "../testing";
import Ledger from "./Ledger.vue";
import OverviewPage from "./OverviewPage.vue";
import SentCard from "./SentCard.vue";
import { happened, verdictOf } from "./words";

vi.mock("../api/calls");

const AT = "2026-11-20T12:00:00.000Z";

const sent = (more: Partial<Sent> = {}): Sent => ({
  id: "n",
  title: "Build 4711 failed",
  level: "error",
  critical: false,
  created_at: AT,
  to: { users: ["alice", "bob"] },
  stage: "delivered",
  ...more,
});

const delivery = (user: string, more: Partial<Delivery> = {}): Delivery => ({
  user,
  verdict: "waiting",
  stored_at: AT,
  seen: false,
  read: false,
  written_count: 0,
  written: [],
  ...more,
});

const acted = delivery("alice", {
  verdict: "acted",
  seen: true,
  read: true,
  acted: true,
  acted_at: "2026-11-20T12:05:00.000Z",
  written_count: 2,
  written: [{ at: AT }],
});

beforeEach(() => {
  vi.resetAllMocks();
});

describe("what happened on the way", () => {
  it("is told in its order, with the time where it is known", () => {
    expect(happened(acted)).toEqual([
      { what: "Sent", at: AT },
      { what: "Delivered to 2 streams, first", at: AT },
      { what: "Seen", at: null },
      { what: "Read", at: null },
      { what: "Followed a link", at: acted.acted_at },
    ]);
    expect(happened(delivery("bob", { stored_at: undefined }))).toEqual([]);
  });

  it("ends in a word, also in one that a newer server has", () => {
    expect(verdictOf(delivery("bob"))).toBe("Not connected since");
    expect(verdictOf(delivery("bob", { verdict: "not_yet_known" as "unknown" }))).toBe(
      "not yet known",
    );
  });
});

describe("the ledger", () => {
  it("lists those that it was sent to by name, page by page", async () => {
    vi.mocked(listDeliveries).mockResolvedValueOnce({ items: [acted], next: "alice" });
    const page = mount(Ledger, { sent: sent() });
    await shown();
    vi.mocked(listDeliveries).mockResolvedValueOnce({ items: [delivery("bob")], next: null });
    page.find("ledger-more")?.click();
    await shown();
    expect(listDeliveries).toHaveBeenLastCalledWith("n", 50, "alice");
    expect(page.all("verdict").map((tag) => tag.textContent)).toEqual([
      "Followed a link",
      "Not connected since",
    ]);
    const times = page.all("delivery")[0]?.querySelectorAll("time") ?? [];
    expect([...times].map((time) => time.dateTime)).toEqual([AT, AT, acted.acted_at]);
    page.unmount();
  });

  it("gives figures of what went to many, and looks somebody up", async () => {
    const reach = { streams: 2000, users: 1204, more_streams: true, seen: 40, read: 12, acted: 3 };
    vi.mocked(listDeliveries).mockResolvedValueOnce({ items: [], next: null, reach });
    const page = mount(Ledger, { sent: sent({ to: { everyone: true } }) });
    await shown();
    const figures = [...(page.find("reach")?.querySelectorAll("dd") ?? [])];
    expect(figures.map((figure) => figure.textContent)).toEqual(["1,204+", "40", "12", "3"]);

    vi.mocked(listDeliveriesTo).mockResolvedValueOnce({ items: [delivery("bob")], next: null });
    type(page.find("ledger-user"), " bob ");
    page.find("ledger-look")?.click();
    await shown();
    expect(listDeliveriesTo).toHaveBeenCalledExactlyOnceWith("n", "bob");
    expect(page.find("delivery")?.dataset.verdict).toBe("waiting");

    vi.mocked(listDeliveriesTo).mockRejectedValueOnce(
      new Problem(400, "invalid_query", "No name."),
    );
    page.find("ledger-look")?.click();
    await shown();
    expect(page.find("delivery")).toBeNull();
    expect(page.find("ledger-user")?.getAttribute("aria-invalid")).toBe("true");
    page.unmount();
  });

  it("is there for all but what is scheduled", async () => {
    const scheduled = mount(SentCard, { sent: sent({ stage: "scheduled", deliver_at: AT }) });
    expect(scheduled.find("show-ledger")).toBeNull();
    scheduled.unmount();
  });
});

describe("a notification that a newer one has replaced", () => {
  it("says so, and cannot be changed any more", () => {
    const card = mount(SentCard, { sent: sent({ stage: "replaced", ended_at: AT }) });
    expect(card.find("sent-stage")?.textContent).toBe("Replaced by a newer one");
    expect(card.find("correct")).toBeNull();
    expect(card.find("retract")).toBeNull();
    expect(card.find("show-ledger")).not.toBeNull();
    card.unmount();
  });
});

describe("the overview", () => {
  it("has the figures, and who is here", async () => {
    const stored = {
      events: 1_234_567,
      notifications: 100_000,
      scheduled: 2,
      recipients: 7,
      topics: 1,
    };
    const one = { version: "1.2.3", started_at: AT, streams: 1, behind: 0 };
    const nodes = [
      { ...one, id: "11111111-1111-4111-8111-111111111111" },
      { ...one, id: "22222222-2222-4222-8222-222222222222", streams: 2, behind: 7 },
    ];
    vi.mocked(getOverview).mockResolvedValue({ streams: 3, users: 2, nodes, stored });
    const stream = { connection_id: "c", user: "alice", transport: "sse", opened_at: AT };
    vi.mocked(listConnections).mockResolvedValue({
      items: [
        { ...stream, node: nodes[0]!.id, written: 1, queued: 0, behind: true },
        { ...stream, connection_id: "d", node: nodes[1]!.id },
      ],
      next: null,
    });
    const page = mount(OverviewPage);
    await shown();
    const text = page.find("overview-figures")?.textContent ?? "";
    expect(text).toContain("1,234,567");
    expect(text).toContain("100,000+");
    const streams = page.all("stream").map((row) => row.textContent);
    expect(streams[0]).toContain("Behind, catching up");
    expect(streams[1]).toContain("on node 22222222");
    expect(page.all("node").map((row) => row.textContent)).toEqual([
      expect.stringContaining("11111111, which answers"),
      expect.stringContaining("7 events behind"),
    ]);
    page.unmount();
  });
});
