import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Ends } from "../api/types";
import { Lasting, type World } from "./lasting";

const HOUR = 3_600_000;
const MINUTE = 60_000;
const START = Date.parse("2026-11-20T12:00:00.000Z");

const at = (ms: number) => new Date(START + ms).toISOString();
const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** A server with one session, and the turns that its tabs take. */
function browser(lasts = HOUR, until = 30 * 24 * HOUR) {
  const server = { ends: lasts, refreshed: 0, asked: 0, away: false, over: false };
  let turn: Promise<unknown> = Promise.resolve();
  const tabs: Lasting[] = [];
  const told: Ends[] = [];
  const answer = (ends_at?: string): Promise<Ends> => {
    if (server.over || server.away) return Promise.reject(new Error("no"));
    return Promise.resolve({ expires_at: at(server.ends), ...(ends_at && { ends_at }) });
  };
  const world: World = {
    now: () => Date.now(),
    random: () => 0,
    setTimer: (run, ms) => setTimeout(run, ms) as unknown as number,
    clearTimer: (timer) => clearTimeout(timer),
    alone(run) {
      const mine = turn.then(run);
      turn = mine.catch(() => null);
      return mine;
    },
    ask() {
      server.asked += 1;
      return answer();
    },
    refresh() {
      if (!server.away && !server.over) {
        server.refreshed += 1;
        server.ends = Math.min(Date.now() - START + lasts, until);
      }
      return answer(at(until));
    },
  };
  const open = (tells = true) => {
    const tab: Lasting = new Lasting(world, (ends) => {
      told.push(ends);
      if (tells) tabs.filter((other) => other !== tab).forEach((other) => other.follow(ends));
    });
    tabs.push(tab);
    tab.follow({ expires_at: at(server.ends), ends_at: at(until) });
    return tab;
  };
  return { server, told, open };
}

beforeEach(() => {
  vi.useFakeTimers({ now: START });
  return () => vi.useRealTimers();
});

describe("a session", () => {
  it("is refreshed at half of what is left, again and again", async () => {
    const { server, told, open } = browser();
    open();
    await wait(30 * MINUTE - 1);
    expect(server.refreshed).toBe(0);
    await wait(1);
    expect(server.refreshed).toBe(1);
    expect(told.map(({ expires_at }) => expires_at)).toEqual([at(90 * MINUTE)]);
    await wait(24 * HOUR);
    expect(server.refreshed).toBe(49);
  });

  it("that is short is refreshed a minute before its end", async () => {
    const { server, open } = browser(100_000);
    open();
    await wait(39_999);
    expect(server.refreshed).toBe(0);
    await wait(1);
    expect(server.refreshed).toBe(1);
  });

  it("of many days needs no timer of many days", async () => {
    const { server, open } = browser(60 * 24 * HOUR, 90 * 24 * HOUR);
    open();
    await wait(29 * 24 * HOUR);
    expect(server.refreshed).toBe(0);
    await wait(25 * HOUR);
    expect(server.refreshed).toBe(1);
  });

  it.each([true, false])(
    "is refreshed once, however many tabs there are (told: %s)",
    async (tells) => {
      const { server, open } = browser();
      for (let tab = 0; tab < 5; tab += 1) open(tells);
      await wait(30 * MINUTE);
      expect(server.refreshed).toBe(1);
      await wait(30 * MINUTE);
      expect(server.refreshed).toBe(2);
    },
  );

  it("is refreshed at once when the stream says that it expires, whatever time it is here", async () => {
    const { server, open } = browser();
    const tab = open();
    await wait(1_000);
    await expect(tab.hurry()).resolves.toBe(true);
    expect(server.refreshed).toBe(1);
  });

  it("is refreshed right after a sleep in which no timer ran", async () => {
    const { server, open } = browser();
    const tab = open();
    vi.setSystemTime(START + 50 * MINUTE);
    tab.look();
    await wait(0);
    expect(server.refreshed).toBe(1);
    tab.look();
    await wait(0);
    expect(server.refreshed).toBe(1);
  });

  it("is tried again while the server is away", async () => {
    const { server, open } = browser();
    const tab = open();
    server.away = true;
    await expect(tab.hurry()).resolves.toBe(false);
    await wait(31 * MINUTE);
    expect(server.refreshed).toBe(0);
    expect(server.asked).toBeGreaterThan(5);
    server.away = false;
    await wait(MINUTE);
    expect(server.refreshed).toBe(1);
  });

  it("is not refreshed beyond its end", async () => {
    const { server, open } = browser(HOUR, HOUR + 10 * MINUTE);
    const tab = open();
    await wait(30 * MINUTE);
    expect(server.refreshed).toBe(1);
    await expect(tab.hurry()).resolves.toBe(false);
    await wait(2 * HOUR);
    expect([server.refreshed, server.asked]).toEqual([1, 1]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("whose last end is not known is refreshed once in vain", async () => {
    const { server, open } = browser(HOUR, HOUR);
    const tab = open();
    tab.follow({ expires_at: at(HOUR) }); // as a page knows it that has just been loaded
    await wait(3 * HOUR);
    expect(server.refreshed).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not keep a page busy whose clock is a day ahead", async () => {
    const { server, open } = browser(HOUR - 24 * HOUR); // as this clock sees it
    open();
    await wait(10 * MINUTE);
    expect(server.refreshed).toBeGreaterThan(5);
    expect(server.refreshed).toBeLessThanOrEqual(11);
  });

  it("that is over is left alone", async () => {
    const { server, open } = browser();
    const tab = open();
    tab.stop();
    void tab.hurry();
    tab.look();
    await wait(5 * HOUR);
    expect([server.refreshed, server.asked, vi.getTimerCount()]).toEqual([0, 0, 0]);
  });

  it("that ends while it is refreshed is left alone", async () => {
    const { server, told, open } = browser();
    const tab = open();
    vi.setSystemTime(START + 31 * MINUTE);
    tab.look();
    tab.stop();
    await wait(5 * HOUR);
    expect(server.refreshed).toBeLessThanOrEqual(1);
    expect(told).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
