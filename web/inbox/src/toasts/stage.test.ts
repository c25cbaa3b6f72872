import { beforeEach, describe, expect, it, vi } from "vitest";
import { FakeBrowser } from "../../../client/src/testing/fake-tabs";
import { Stage } from "./stage";

type Channel = Pick<BroadcastChannel, "postMessage" | "close" | "onmessage">;

/** Tabs of one browser: those that are looked at, and what each was told. */
function newTabs() {
  const { locks } = new FakeBrowser();
  const channels = new Set<Channel>();
  const open = (shown: boolean, withLocks = true) => {
    const channel: Channel = {
      onmessage: null,
      close: () => void channels.delete(channel),
      postMessage: (data) => {
        for (const other of channels) {
          if (other !== channel)
            other.onmessage?.call(other as BroadcastChannel, { data } as MessageEvent);
        }
      },
    };
    channels.add(channel);
    const tab = { shown, began: 0, heard: [] as string[] };
    const stage = new Stage(
      "t",
      () => (tab.began += 1),
      (id) => tab.heard.push(id),
      {
        locks: withLocks ? (locks as unknown as LockManager) : undefined,
        channel,
        isLookedAt: () => tab.shown,
      },
    );
    const look = (at: boolean) => {
      tab.shown = at;
      document.dispatchEvent(new Event("visibilitychange"));
    };
    return Object.assign(tab, { stage, look });
  };
  return open;
}

const settle = () => vi.advanceTimersByTimeAsync(200);

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(document, "hasFocus").mockReturnValue(false);
  return () => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  };
});

describe("the stage", () => {
  it("has one of two tabs that are seen", async () => {
    const open = newTabs();
    const [one, two] = [open(true), open(true)];
    await settle();
    expect([one.stage.isOn, two.stage.isOn]).toEqual([true, false]);
    expect([one.began, two.began]).toEqual([1, 0]);
  });

  it("goes to the next one that is seen when the tab is left, and when it closes", async () => {
    const open = newTabs();
    const [one, two] = [open(true), open(false)];
    await settle();
    two.look(true);
    await settle();
    expect(two.stage.isOn).toBe(false);
    one.look(false);
    await settle();
    expect([one.stage.isOn, two.stage.isOn, two.began]).toEqual([false, true, 1]);
    one.look(true);
    two.stage.close();
    await settle();
    expect([one.stage.isOn, one.began]).toEqual([true, 2]);
  });

  it("goes to the window that is used, of two that are seen", async () => {
    const open = newTabs();
    const one = open(true);
    await settle();
    vi.mocked(document.hasFocus).mockReturnValue(true);
    const two = open(true);
    await settle();
    expect([one.stage.isOn, two.stage.isOn]).toEqual([false, true]);
    two.look(false);
    await settle();
    expect([one.stage.isOn, two.stage.isOn]).toEqual([true, false]);
  });

  it("is nobody's while none is seen", async () => {
    const open = newTabs();
    const one = open(false);
    await settle();
    expect([one.stage.isOn, one.began]).toEqual([false, 0]);
  });

  it("tells the others what was shown, and each remembers so many", async () => {
    const open = newTabs();
    const [one, two] = [open(true), open(true)];
    await settle();
    for (let n = 0; n < 150; n += 1) one.stage.claim(`${n}`);
    expect(two.heard).toHaveLength(150);
    expect([two.stage.has("149"), two.stage.has("50"), two.stage.has("49")]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it("without locks has each tab that is seen", async () => {
    const open = newTabs();
    const [one, two] = [open(true, false), open(false, false)];
    await settle();
    expect([one.stage.isOn, two.stage.isOn]).toEqual([true, false]);
    one.look(false);
    expect(one.stage.isOn).toBe(false);
  });
});

it("is without locks where they are there and forbidden", async () => {
  let asked = 0;
  const forbidden = () => {
    // Asked again at once it would never be done, and neither would this test.
    if ((asked += 1) > 1) throw new Error("asked again");
    return Promise.reject(new DOMException("forbidden", "SecurityError"));
  };
  const began = vi.fn();
  const stage = new Stage("t", began, () => {}, {
    locks: { request: forbidden } as unknown as LockManager,
    channel: undefined,
    isLookedAt: () => true,
  });
  await settle();
  expect([stage.isOn, asked, began.mock.calls.length]).toEqual([true, 1, 1]);
  stage.close();
  expect(stage.isOn).toBe(false);
});
