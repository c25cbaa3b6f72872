// One step of a connection: a model and an input give a model and what is to be done. No clock, no network.

import type { Held, Is, State } from "../types";
import { backoff } from "./backoff";
import { parseFrame } from "./frames";
import { EMPTY, take } from "./intake";
import {
  NEVER,
  PREFER_AGAIN_MS,
  type Effect,
  type Input,
  type Model,
  type Phase,
  type Way,
} from "./model";

/** A server says something at once, or is behind a proxy that keeps it to itself. */
export const READY_MS = 15_000;
export const SLACK_MS = 5_000;
/** A connection that held so long was a good one. */
export const STABLE_MS = 30_000;
/** So often a transport may say nothing before the next one is taken. */
export const MOST_MISSES = 2;
/** Not sooner than that a token is renewed again, be it that it failed, or that the new one ends as soon. */
const RENEW_AGAIN_MS = 10_000;
/** Hints come to all tabs and machines at once: each takes its time. */
const JITTER_MS = 1_000;
/** No server is obeyed for longer: what it says may be a mistake. */
const MOST_ASKED_MS = 600_000;
/** These say that there is no such way here, now or ever. */
const NO_SUCH_WAY: (number | undefined)[] = [404, 405, 406, 426, 501];

export interface Step {
  model: Model;
  effects: Effect[];
}

type Live = Phase & { at: "live" };

/** When to come by with a `tick`, whatever else happens. */
export const due = (model: Model): number => dueAt(model) - model.ahead;

function dueAt(model: Model): number {
  const { phase, preferAt } = model;
  switch (phase.at) {
    case "opening":
      return phase.heard + READY_MS;
    case "live":
      return Math.min(silentAt(phase, model), renewAt(phase), preferAt);
    case "waiting":
      return phase.until;
    default:
      return NEVER;
  }
}

/** Silence of two heartbeats is death. */
const silentAt = ({ heard }: { heard: number }, { heartbeat }: Model) =>
  heard + 2 * heartbeat + SLACK_MS;

const renewAt = ({ expiring, renewAt }: Live) => (expiring ? renewAt : NEVER);

/** Time and chance, which is in 0..1, are arguments. */
export function step(before: Model, input: Input, time: number, random: number): Step {
  // Where the clock was set back, the machine's own goes on.
  const now = Math.max(before.now, time + before.ahead);
  const one = new Turn({ ...before, now, ahead: now - time }, random);
  one.take(input);
  return one.done();
}

/** What the server asks for, as far as it is a time. */
export const obeyed = (ms: unknown) =>
  (ms as number) > 0 ? Math.min(ms as number, MOST_ASKED_MS) : 0;

/** Nothing to tell of, but that time has passed. */
export const alike = (one: State, other: State): boolean =>
  (["is", "reason", "until", "transport"] as const).every((part) => one[part] === other[part]);

/** It is a copy of the model, so what it does to that nobody else sees. */
interface Turn extends Model {}

class Turn {
  readonly #random: number;
  readonly #effects: Effect[] = [];

  constructor(model: Model, random: number) {
    Object.assign(this, model);
    this.#random = random;
  }

  take(input: Input): void {
    const { phase } = this;
    if ("attempt" in input && input.attempt !== this.attempt) return;
    switch (input.on) {
      case "start":
        if (phase.at === "closed") this.#open("start");
        return;
      case "close":
        this.#leave({ at: "closed" }, "");
        return;
      case "authorized":
        // Who is asked right now may have been asked too early. A refresh is not asked for twice.
        if (phase.at === "token" ? this.token !== "wanted" : phase.at !== "unauthorized") return;
        this.failures = 0;
        this.refreshed = false;
        this.token = "wanted";
        return this.#open("authorized");
      case "tick":
        return this.#tick();
      case "hint":
        return this.#hint(input.hint);
      case "token":
        // Also where that was asked for a stream that is open.
        if (input.signedIn === false) return this.#leave({ at: "unauthorized" }, "signed out");
        if (phase.at !== "token") return;
        if (input.signedIn === null) return this.#lost("token");
        this.token = "held";
        return this.#connect();
      case "renewed":
        // Refused or not answered: asked again, and at the latest the goodbye says that it was in vain.
        if (phase.at === "live" && !input.ok) this.phase = { ...phase, expiring: true };
        return;
      case "alive":
        this.#heard();
        if (input.cursor) this.#hold({ cursor: input.cursor });
        return;
      case "retry":
        this.retry = input.ms;
        return;
      case "event":
        return this.#event(input);
      case "ended":
        return this.#ended(input);
    }
  }

  done(): Step {
    const state = this.#state();
    const { told } = this;
    if (!alike(state, told)) {
      if (state.is === told.is) state.since = told.since;
      this.told = state;
      this.#effects.push({ say: "state", state });
    }
    return { model: { ...this }, effects: this.#effects };
  }

  #state(): State {
    const { phase, online, reason } = this;
    let is: Is = phase.at === "token" || phase.at === "opening" ? "connecting" : phase.at;
    if (!online && is !== "closed" && is !== "unauthorized") is = "offline";
    return {
      is,
      since: this.now - this.ahead,
      reason: is === "live" ? "" : online ? reason : "network",
      ...("until" in phase && { until: phase.until - this.ahead }),
      transport: this.#way?.name ?? "",
    };
  }

  get #way(): Way | undefined {
    return this.transports[this.transport];
  }

  #open(reason: string): void {
    this.#leave({ at: "token" }, reason);
    this.attempt += 1;
    const { token, attempt } = this;
    if (token === "held") return this.#connect();
    this.#effects.push({ do: "token", attempt, refresh: token === "refused" });
  }

  #connect(): void {
    const { attempt, transport, held } = this;
    this.phase = { at: "opening", heard: this.now, cold: held.cursor === null };
    this.#effects.push({ do: "open", attempt, transport, after: held.cursor });
  }

  /** Whatever was open is shut, and what it still says is of an attempt that is over. */
  #leave(phase: Phase, reason: string): void {
    if ("heard" in this.phase) this.#effects.push({ do: "shut" });
    this.attempt += 1;
    this.phase = phase;
    this.reason = reason;
  }

  #heard(): void {
    const { phase, heartbeat } = this;
    if (!("heard" in phase)) return;
    // A heart that beats after `ready` comes through whatever is between.
    if (phase.at === "live" && this.now - phase.since >= heartbeat / 2) this.misses = 0;
    this.phase = { ...phase, heard: this.now };
    // Bytes know better than the browser whether there is a network.
    this.online = true;
  }

  #event({ type, data, id }: Input & { on: "event" }): void {
    this.#heard();
    // What it does not tell is no gap, neither here nor to a transport that goes on from here.
    if (this.#way?.partial) this.#hold({ seqs: {} });
    const frame = parseFrame(type, data, id);
    if (id !== "" && frame?.is !== "event") this.#hold({ cursor: id });
    const { phase } = this;
    if (!("heard" in phase)) return;
    switch (frame?.is) {
      case "event": {
        const { envelope } = frame;
        const live = phase.at === "live";
        const { is, held } = take(this.held, envelope, live || !phase.cold);
        if (is === "repeat") return;
        this.#hold(held);
        if (is === "gap") return this.#lost(is);
        this.#count(envelope);
        this.#effects.push({ say: "event", envelope, live });
        return;
      }
      case "reset":
        this.#hold({ ...EMPTY, cursor: id });
        this.#effects.push({ say: "reset", reset: frame.reset });
        return this.#count(frame.reset);
      case "ready":
        if (phase.at === "live") return;
        // A stream that began with the unread alone has said nothing of the seqs between them.
        if (phase.cold) this.#hold({ seqs: {} });
        if (frame.heartbeat_ms > 0) this.heartbeat = frame.heartbeat_ms;
        this.refreshed = false;
        this.#count(frame);
        this.phase = {
          at: "live",
          since: this.now,
          heard: this.now,
          connection: frame.connection_id,
          expiring: false,
          renewAt: 0,
        };
        return;
      case "expiring":
        if (phase.at === "live") this.#renew(phase);
        return;
      case "goodbye":
        if (/revoked|token_expired/.test(frame.reason)) this.token = "refused";
        return this.#lost(`goodbye ${frame.reason}`, frame.retry_ms);
    }
  }

  #hold(held: Partial<Held>): void {
    this.held = { ...this.held, ...held };
  }

  #count({ unread, unseen }: { unread: number; unseen: number }): void {
    const counts = { unread, unseen };
    this.#hold({ counts });
    this.#effects.push({ say: "counts", counts });
  }

  #renew(phase: Live): void {
    const { now, attempt } = this;
    const { connection } = phase;
    if (phase.renewAt > now) {
      this.phase = { ...phase, expiring: true };
    } else if (connection) {
      this.phase = { ...phase, expiring: false, renewAt: now + RENEW_AGAIN_MS };
      this.#effects.push({ do: "renew", attempt, connection });
    }
  }

  #ended({ status, retryAfter, reason, noWay }: Input & { on: "ended" }): void {
    if (status === 401) {
      if (!this.asks || this.refreshed) {
        return this.#leave({ at: "unauthorized" }, "status 401");
      }
      this.token = "refused";
      this.refreshed = true;
      return this.#open("status 401");
    }
    if (noWay || NO_SUCH_WAY.includes(status)) this.#miss();
    // The same for all who were told so: each adds a bit of its own.
    const asked = retryAfter && retryAfter + this.#random * JITTER_MS;
    this.#lost(reason ?? (status ? `status ${status}` : "network"), asked);
  }

  #lost(reason: string, asked?: number): void {
    const { phase, retry, now } = this;
    if (phase.at === "live" && now - phase.since >= STABLE_MS) this.failures = 0;
    const floor = now + Math.max(obeyed(asked), obeyed(retry));
    const until = Math.max(floor, now + backoff(this.failures, this.#random));
    this.failures += 1;
    this.refreshed = false; // what is refused after that may be refreshed again
    this.#leave({ at: "waiting", until, floor }, reason);
  }

  /** This transport said nothing. After some times of it another one has its turn. */
  #miss(): void {
    const { transports, transport, misses } = this;
    this.misses = misses + 1;
    if (this.misses < MOST_MISSES || transports.length < 2) return;
    this.#prefer((transport + 1) % transports.length);
  }

  #prefer(transport: number): void {
    this.transport = transport;
    // The first one was tried before: being silent once more is enough, for nothing comes meanwhile.
    this.misses = transport === 0 ? MOST_MISSES - 1 : 0;
    this.preferAt = transport === 0 ? NEVER : this.now + PREFER_AGAIN_MS;
  }

  #tick(): void {
    const { phase, now } = this;
    if (dueAt(this) > now) return;
    if (phase.at === "waiting") {
      if (this.preferAt <= now) this.#prefer(0);
      this.#open(this.reason);
    } else if (phase.at !== "live" || silentAt(phase, this) <= now) {
      this.#miss();
      this.#lost("silent");
    } else if (renewAt(phase) <= now) {
      this.#renew(phase);
    } else {
      this.#prefer(0);
      this.#open("better transport");
    }
  }

  #hint(hint: (Input & { on: "hint" })["hint"]): void {
    if (hint === "offline") {
      this.online = false; // nothing is closed for it: browsers are often wrong
      return;
    }
    if (hint === "online") this.online = true;
    const { phase, now } = this;
    const floor = "floor" in phase ? phase.floor : now + obeyed(this.retry);
    const soon = Math.max(floor, now + this.#random * JITTER_MS);
    if (phase.at === "waiting") {
      this.phase = { ...phase, until: Math.min(phase.until, soon) };
    } else if ("heard" in phase) {
      // Another network has killed what was open on the one before; and while timers stood still it may have
      // died as well. That is nobody's failure, and says nothing against the transport.
      const overdue = silentAt(phase, this) <= now;
      if (hint === "online" || overdue) this.#leave({ at: "waiting", until: soon, floor }, hint);
    }
  }
}
