// A scenario with a client: a server, the proxy before it, and what may be done to all of them.

import { get, introduce, publish, request, wholeInbox } from "../support/http.mjs";
import { newServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";
import { atRest, judge } from "./judge.mjs";
import { SubjectProcess } from "./process.mjs";
import { Proxy } from "./proxy.mjs";

/** So that silence is noticed within seconds. */
const HEARTBEAT_SECONDS = 1;

/** Many runs come from one address. */
export const SETTINGS = {
  TIDINGS_HEARTBEAT_SECONDS: `${HEARTBEAT_SECONDS}`,
  TIDINGS_RATE_PER_ADDRESS: "0",
  TIDINGS_RATE_PER_USER: "0",
};

/** Two heartbeats and the five seconds that a busy machine is granted, and then some. A poll has the patience of a request. */
const SAYS_SO_MS = { stream: 10_000, socket: 10_000, poll: 42_000 };

/** Until it has begun, and until it tries again. */
const PATIENCE_MS = 45_000;

/** After all is well again. More than the widest delay of our client, and than the timeout of the polyfill (45 s). */
const REST_MS = 60_000;

/** Who has the newest for so long, and not what came before, will not get that any more. */
const GRACE_MS = 6_000;

let users = 0;

/** Pages begin one after the other: many at once keep a small machine from all else. */
let pages = Promise.resolve();

export class World {
  #undo = [];
  #deadlines = [];
  steps = [];

  static async make(scenario, subject, context) {
    const world = new World();
    try {
      await world.#set(scenario, subject, context);
    } catch (error) {
      await world.end();
      throw error;
    }
    return world;
  }

  async #set(scenario, subject, { server, tools, seed, restMs }) {
    this.restMs = restMs ?? REST_MS;
    this.subject = subject;
    this.seed = seed;
    this.user = `reader-${(users += 1)}`;
    this.server = scenario.ownServer ? await this.#ownServer() : server;
    await introduce(this.server, this.user);
    const token = this.server.token(this.user);
    this.proxy = await Proxy.start({ target: this.server.url, seed, as: token });
    this.#undo.push(() => this.proxy.close());
    this.proxy.serve("/kit/", { type: "text/html", body: PAGE });
    for (const [name, body] of tools.built.files) {
      this.proxy.serve(`/kit/${name}`, { type: "text/javascript", body });
    }
    const { url } = this.proxy;
    this.client = new SubjectProcess(subject, { url, token, user: this.user, tools });
    this.#undo.push(() => this.client.end());
  }

  async #ownServer() {
    const server = await newServer({ after: (undo) => this.#undo.push(undo) }, SETTINGS);
    await server.start();
    return server;
  }

  // ---- what a scenario does

  /** The client hears what happens, from now on. */
  async live() {
    const { client, proxy } = this;
    await until("the client is live", () => proxy.live, { patience: PATIENCE_MS }).catch(
      (error) => {
        throw new Error(`${error.message}\n${client.said}`);
      },
    );
  }

  /** Notifications for the user. Resolves with their ids. */
  async send(count = 1) {
    const ids = [];
    while (ids.length < count) {
      // More than ASCII, for who cuts it anywhere.
      const draft = {
        to: { user: this.user },
        title: `Nachricht ${ids.length + 1}: größer als ½ 🙂`,
      };
      ids.push((await publish(this.server, draft)).id);
    }
    return ids;
  }

  /** Reads one on another device. */
  async read(id) {
    const path = `/notifications/${id}`;
    await request(this.server, this.server.token(this.user), "PATCH", path, { read: true });
  }

  /** Until the client has them. */
  async has(ids) {
    const had = () => new Set(this.client.lines.map(({ event }) => event?.payload.id));
    await this.when("it has them", () => ids.every((id) => had().has(id)));
  }

  /** Until it is so, or the client does not come that far: then what follows shows it. */
  async when(what, probe, patience = PATIENCE_MS) {
    const began = performance.now();
    const came = await until(what, probe, { patience }).then(
      () => true,
      () => false,
    );
    this.steps.push(`${what}: ${came ? `${Math.round(performance.now() - began)} ms` : "never"}`);
    return came;
  }

  /** The fault has happened so often, or never will: the client has given up. */
  met(plan, times = 1) {
    const over = () => this.client.lines.at(-1)?.gaveUp !== undefined;
    return this.when(`${plan.fault.name} ${times}`, () => plan.used >= times || over());
  }

  /** It is dead from now on. Waits until it says so, or should have; those that say nothing are not waited for. */
  async died() {
    const from = performance.now();
    const by = from + SAYS_SO_MS[this.subject.by];
    this.#deadlines.push({ from, by });
    const states = () => this.client.lines.filter(({ state }) => state !== undefined);
    if (states().length === 0) return;
    await this.when("it says so", () => states().at(-1).state !== "live", by - from);
  }

  // ---- the end

  /** All is well again: one more comes, and then it is at rest, or not in time. Resolves with what is wrong. */
  async verdict() {
    await this.proxy.heal();
    await this.send();
    const { lines, said } = this.client;
    const truth = await this.truth();
    const rest = () => atRest({ lines, truth }) || isOver(lines, truth.ids.at(-1));
    await this.when("it is at rest", rest, this.restMs);
    const { tries, done } = this.proxy;
    const { deafTo } = this.subject;
    const wrong = judge({ lines, tries, truth, deadlines: this.#deadlines, deafTo });
    return { wrong, done, tries, lines, steps: this.steps, said };
  }

  async truth() {
    const token = this.server.token(this.user);
    const { unread, unseen } = await get(this.server, token, "/inbox");
    const ids = (await wholeInbox(this.server, this.user)).map(({ id }) => id);
    return { ids, unread, unseen };
  }

  async end() {
    while (this.#undo.length > 0) await this.#undo.pop()();
  }
}

/** Nothing more is to be waited for: it has said so, or has had the newest for long. */
function isOver(lines, newest) {
  if (lines.at(-1)?.gaveUp !== undefined) return true;
  const got = lines.find(({ event }) => event?.payload.id === newest);
  return got !== undefined && performance.now() - got.at > GRACE_MS;
}

const PAGE = '<!doctype html><title>A client</title><link rel="icon" href="data:," />';

/** Begins when it is its turn, and is live. */
async function begin(scenario, subject, context) {
  const world = await World.make(scenario, subject, context);
  try {
    await world.live();
    // Before that it has no place to come back to, and is given what is unread alone.
    await world.has(await world.send());
    return world;
  } catch (error) {
    await world.end();
    throw error;
  }
}

/** Plays a scenario with a client. */
export async function perform(scenario, subject, context) {
  const make = () => begin(scenario, subject, context);
  const made = subject.host === "chromium" ? pages.then(make) : make();
  if (subject.host === "chromium") pages = made.catch(() => {});
  const world = await made;
  try {
    await scenario.run(world);
    return await world.verdict();
  } finally {
    await world.end();
  }
}
