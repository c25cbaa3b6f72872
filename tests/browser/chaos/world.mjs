// Two devices of one reader, each with its own way to the server, and what is known of them.

import assert from "node:assert/strict";
import { Proxy } from "../../conformance/proxy.mjs";
import { onEnd } from "../../support/cleanup.mjs";
import { get, publish } from "../../support/http.mjs";
import { until } from "../../support/wait.mjs";
import { HostTab } from "../client-host.mjs";
import { newPlainProfile } from "../plain.mjs";
import { newDice, pick } from "./dice.mjs";
import { judge, judgeToasts } from "./judge.mjs";

/** Enough that each of them has something to lead. */
const TABS = 3;
/** So much may be under way at once: a server that is away must not be asked by thousands. */
const MOST_BACKGROUND = 50;

/** What Chromium writes of what the chaos does. Exceptions are none of it. */
const EXPECTED = [
  { text: /net::ERR_|the server responded with a status of (401|40[49]|50[023])/, at: /./ },
  { text: /blocked by CORS policy/, at: /./ },
  { text: /^WebSocket connection to .* failed/, at: /./ },
  // Until a time that has passed on the way.
  { text: /status of 422/, at: /\/notifications\/[^/]+$/ },
];

export class World {
  made = [];
  /** What each says: a toast has no other name. A correction puts something after it. */
  titles = new Map();
  /** Ids of what the admin has taken back, or may have. */
  retracted = new Set();
  sent = 0;
  figures = {};
  devices = [];
  /** What tabs that are gone have heard. */
  left = [];
  #background = new Set();
  #later = [];
  #failed = [];

  constructor(t, { host, server }, seed) {
    Object.assign(this, { t, host, server, dice: newDice(seed), seed });
  }

  /** `kinds`: of each device, what its tabs share by (`worker`, or else a lock), and what they may go by (`ways`). */
  async begin(...kinds) {
    const { cursor } = await this.events("");
    this.start = cursor;
    for (const [at, kind] of kinds.entries()) {
      const way = await Proxy.start({ target: this.server.url, seed: this.seed + at });
      onEnd(this.t, () => way.close());
      const context = await newPlainProfile(this.t, { allow: EXPECTED });
      const device = { context, between: way, tabs: [], ...kind };
      this.devices.push(device);
      while (device.tabs.length < TABS) await (await this.open(device, true)).live();
    }
    // Before anything breaks: what is lost before there was any of its audience no client can know.
    await this.sendToAll();
    for (const tab of this.tabs) {
      await until("a tab has heard of both", async () => (await tab.heard()).ids.length === 2);
    }
  }

  /** One to each audience. */
  async sendToAll() {
    for (const to of [{ user: "alice" }, { everyone: true }]) {
      const title = this.nextTitle();
      this.published((await publish(this.server, { to, title })).id, title);
    }
  }

  get tabs() {
    return this.devices.flatMap(({ tabs }) => tabs);
  }

  async open(device, fromFirst = false) {
    const host = { ...this.host, server: { ...this.server, url: device.between.url } };
    const { worker = false, ways = [""] } = device;
    const way = pick(this.dice, ways);
    if (way !== "") this.counted(`tabs by ${way}`);
    const tab = await HostTab.open(device.context, host, { worker, way, inbox: true, bell: true });
    Object.assign(tab, { device, fromFirst, busy: false });
    device.tabs.push(tab);
    return tab;
  }

  /** One that answers. */
  anyTab() {
    return pick(
      this.dice,
      this.tabs.filter(({ busy }) => !busy),
    );
  }

  /** It is about to go: what it has heard is kept. */
  async gone(tab) {
    const { tabs } = tab.device;
    tabs.splice(tabs.indexOf(tab), 1);
    const { device, fromFirst } = tab;
    this.left.push({ heard: await tab.heard(), fromFirst, device });
  }

  nextTitle = () => `${(this.sent += 1)}`;

  published(id, title) {
    this.counted("notifications");
    this.made.push(id);
    this.titles.set(id, title);
  }

  counted = (name, by = 1) => {
    this.figures[name] = (this.figures[name] ?? 0) + by;
  };

  background(run, mayFail = "") {
    if (this.#background.size >= MOST_BACKGROUND) return;
    const done = run()
      .catch((error) => mayFail || this.#failed.push(error))
      .finally(() => this.#background.delete(done));
    this.#background.add(done);
  }

  later(ms, run) {
    this.#later.push({ at: performance.now() + ms, run });
  }

  /** Ends what is due to end: by now, or all of it. */
  async catchUp(now = performance.now()) {
    const due = this.#later.filter(({ at }) => at <= now);
    this.#later = this.#later.filter(({ at }) => at > now);
    for (const { run } of due) await run();
  }

  /** Nothing is broken any more, and nothing is under way. */
  async peace() {
    await this.catchUp(Infinity);
    for (const { between } of this.devices) {
      await between.heal();
      between.cut("rst"); // what stalls too
    }
    await Promise.all(this.#background);
    assert.deepEqual(this.#failed, []);
  }

  events = (after) => get(this.server, this.server.token("alice"), `/events${after}`);

  /** All that was for the reader, in the order of the log. */
  async log() {
    const all = [];
    for (let cursor = this.start, more = true; more;) {
      const page = await this.events(`?${new URLSearchParams({ after: cursor })}`);
      assert.equal(page.reset, undefined);
      all.push(...page.events);
      ({ cursor, more } = page);
    }
    return all;
  }

  /** Of all toasts of each browser, in all tabs that it ever had. */
  toasts(log, heard) {
    const ids = new Map([...this.titles].map(([id, title]) => [title, id]));
    return this.devices.map((device) => {
      const shown = heard
        .filter((tab) => tab.device === device)
        .flatMap((tab) => tab.heard.toasts)
        .map((title) => ids.get(title.split(",")[0]));
      return { shown: shown.length, ...judgeToasts(shown, log, device.between.news) };
    });
  }

  /** Of all tabs that there ever were, and of the toasts of each browser. */
  async verdicts() {
    const log = await this.log();
    const there = await Promise.all(
      this.tabs.map(async (tab) => ({
        heard: await tab.heard(),
        device: tab.device,
        fromFirst: tab.fromFirst,
        toLast: true,
      })),
    );
    for (const { heard } of [...this.left, ...there]) {
      for (const entry of heard.log.filter(({ type }) => type === "reset")) {
        const { events } = await this.events(`?${new URLSearchParams({ after: entry.cursor })}`);
        entry.next = events[0]?.id;
      }
    }
    const tabs = [...this.left, ...there].map(({ heard, device, fromFirst, toLast = false }) => ({
      ...judge(log, heard.log, { fromFirst, toLast, withheld: device.between.withheld }),
      states: heard.states,
      // What was retracted while a mark of it waited is not there to be marked.
      refused: heard.refused.filter(({ ids }) => !ids?.every((id) => this.retracted.has(id))),
    }));
    return { tabs, toasts: this.toasts(log, [...this.left, ...there]) };
  }
}
