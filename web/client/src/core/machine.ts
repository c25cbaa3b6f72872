// One step of a connection: a model and an input give a model and what is to be done. No clock, no network.

import type { Held, Is, State } from "../types";
import { backoff } from "./backoff";
import { parseFrame, type Frame } from "./frames";
import { EMPTY, NOWHERE, take } from "./intake";
import {
  NEVER,
  type Effect,
  type Input,
  type Model,
  type Now,
  type Phase,
  type Way,
} from "./model";

/** A host that never answers is no reason to be silent. */
export const TOKEN_MS = 30_000;
/** A server says something at once, or is behind a proxy that keeps it to itself. */
export const READY_MS = 15_000;
export const SLACK_MS = 5_000;
/** A connection that held so long was a good one. */
export const STABLE_MS = 30_000;
/** So often a transport may say nothing before the next one is taken. */
export const MOST_MISSES = 2;
export const PREFER_AGAIN_MS = 600_000;
/** Not sooner than that a token is renewed again, be it that it failed, or that the new one ends as soon. */
const RENEW_AGAIN_MS = 10_000;
/** Hints come to all tabs and machines at once: each takes its time. */
const JITTER_MS = 1_000;
/** No server is obeyed for longer: what it says may be a mistake. */
const MOST_ASKED_MS = 600_000;
/** These say that there is no such way here, now or ever. */
const NO_SUCH_WAY = [404, 405, 406, 426, 501];

export interface Step {
  model: Model;
  effects: Effect[];
}

/** When to come by with a `tick`, whatever else happens. */
export function due(model: Model): number {
  const { phase, preferAt } = model;
  switch (phase.at) {
    case "token":
      return phase.since + TOKEN_MS;
    case "opening":
      return phase.heard + READY_MS;
    case "live":
      return Math.min(silentAt(phase, model), phase.renewAt, preferAt);
    case "waiting":
      return phase.until;
    default:
      return NEVER;
  }
}

/** Silence of two heartbeats is death. */
const silentAt = ({ heard }: { heard: number }, { heartbeat }: Model) =>
  heard + 2 * heartbeat + SLACK_MS;

export function step(before: Model, input: Input, now: Now): Step {
  const one = new Turn({ ...before }, now);
  one.take(input);
  return one.done();
}

/** What the server asks for, as far as it is a time. */
const obeyed = (ms?: number) => (Number.isFinite(ms) ? Math.min(ms as number, MOST_ASKED_MS) : 0);

/** Nothing to tell of, but that time has passed. */
export const alike = (one: State, other: State): boolean =>
  (["is", "reason", "until", "transport"] as const).every((part) => one[part] === other[part]);

/** The model is a copy of the caller's, so what a turn does to it nobody else sees. */
class Turn {
  readonly #model: Model;
  readonly #at: Now;
  readonly #effects: Effect[] = [];

  constructor(model: Model, at: Now) {
    this.#model = model;
    this.#at = at;
  }

  take(input: Input): void {
    const { phase } = this.#model;
    if ("attempt" in input && input.attempt !== this.#model.attempt) return;
    switch (input.on) {
      case "start":
        if (phase.at === "closed") this.#open("start");
        return;
      case "close":
        this.#leave({ at: "closed" }, "");
        return;
      case "authorized":
        if (phase.at !== "unauthorized") return;
        this.#model.failures = 0;
        this.#model.refreshed = false;
        if (this.#model.asks) this.#model.token = "wanted";
        return this.#open("authorized");
      case "tick":
        return this.#tick();
      case "hint":
        return this.#hint(input.hint);
      case "token":
        if (phase.at !== "token") return;
        if (input.answer === "nobody") return this.#leave({ at: "unauthorized" }, "signed out");
        if (input.answer === "failed") return this.#lost("token");
        this.#model.token = "held";
        return this.#connect();
      case "renewed":
        // Refused or not answered: asked again, and at the latest the goodbye says that it was in vain.
        if (phase.at === "live" && !input.ok)
          this.#model.phase = { ...phase, renewAt: this.#at.now + RENEW_AGAIN_MS };
        return;
      case "alive":
        this.#heard();
        if (input.cursor) this.#hold({ cursor: input.cursor });
        return;
      case "retry":
        this.#model.retry = input.ms;
        return;
      case "event":
        return this.#event(input);
      case "ended":
        return this.#ended(input);
    }
  }

  done(): Step {
    const state = this.#state();
    const { told } = this.#model;
    if (!alike(state, told)) {
      if (state.is === told.is) state.since = told.since;
      this.#model.told = state;
      this.#effects.push({ do: "state", state });
    }
    return { model: this.#model, effects: this.#effects };
  }

  #state(): State {
    const { phase, online, reason } = this.#model;
    let is: Is = phase.at === "token" || phase.at === "opening" ? "connecting" : phase.at;
    if (!online && is !== "closed" && is !== "unauthorized") is = "offline";
    return {
      is,
      since: this.#at.now,
      reason: is === "live" ? "" : online ? reason : "network",
      ...("until" in phase && { until: phase.until }),
      transport: this.#way?.name ?? "",
    };
  }

  get #way(): Way | undefined {
    return this.#model.transports[this.#model.transport];
  }

  #open(reason: string): void {
    this.#leave({ at: "token", since: this.#at.now }, reason);
    this.#model.attempt += 1;
    const { token, attempt } = this.#model;
    if (token === "held") return this.#connect();
    this.#effects.push({ do: "token", attempt, refresh: token === "refused" });
  }

  #connect(): void {
    const { attempt, transport, held } = this.#model;
    this.#model.phase = { at: "opening", heard: this.#at.now, cold: held.cursor === null };
    this.#effects.push({ do: "open", attempt, transport, after: held.cursor });
  }

  /** Whatever was open is shut, and what it still says is of an attempt that is over. */
  #leave(phase: Phase, reason: string): void {
    if ("heard" in this.#model.phase) this.#effects.push({ do: "shut" });
    this.#model.attempt += 1;
    this.#model.phase = phase;
    this.#model.reason = reason;
  }

  #heard(): void {
    const { phase, heartbeat } = this.#model;
    if (!("heard" in phase)) return;
    // A heart that beats after `ready` comes through whatever is between.
    if (phase.at === "live" && this.#at.now - phase.since >= heartbeat / 2) this.#model.misses = 0;
    this.#model.phase = { ...phase, heard: this.#at.now };
    // Bytes know better than the browser whether there is a network.
    this.#model.online = true;
  }

  #event({ type, data, id }: Input & { on: "event" }): void {
    this.#heard();
    // What it does not tell is no gap, neither here nor to a transport that goes on from here.
    if (this.#way?.partial) this.#hold({ seqs: {} });
    const frame = parseFrame(type, data, id);
    if (frame !== null && !this.#frame(frame)) return;
    if (id !== "" && frame?.is !== "event") this.#hold({ cursor: id });
  }

  /** False: what it has brought is not kept. */
  #frame(frame: Frame): boolean {
    const { phase } = this.#model;
    if (!("heard" in phase)) return false;
    switch (frame.is) {
      case "event": {
        const cold = phase.at === "opening" && phase.cold;
        const taken = take(this.#model.held, frame.envelope, !cold);
        if (taken.is === "gap") return this.#missing(taken.at);
        if (taken.is === "repeat") return true;
        this.#hold(taken.held);
        if (this.#model.gap?.startsWith(`${frame.envelope.audience} `)) this.#model.gap = null;
        this.#count(frame.envelope);
        this.#effects.push({ do: "event", envelope: frame.envelope, live: phase.at === "live" });
        return true;
      }
      case "reset":
        this.#hold(EMPTY);
        this.#model.gap = null;
        this.#effects.push({ do: "reset", reset: frame.reset });
        this.#count(frame.reset);
        return true;
      case "ready":
        if (phase.at === "live") return true;
        // A stream that began with the unread alone has said nothing of the seqs between them.
        if (phase.cold) this.#hold({ seqs: {} });
        if (frame.heartbeat_ms && frame.heartbeat_ms > 0)
          this.#model.heartbeat = frame.heartbeat_ms;
        this.#model.refreshed = false;
        this.#count(frame);
        this.#model.phase = {
          at: "live",
          since: this.#at.now,
          heard: this.#at.now,
          connection: frame.connection_id,
          renewAt: NEVER,
          renewedAt: -NEVER,
        };
        return true;
      case "expiring":
        if (phase.at === "live") this.#renew(phase);
        return true;
      case "goodbye":
        if (this.#model.asks && /revoked|token_expired/.test(frame.reason))
          this.#model.token = "refused";
        this.#lost(`goodbye ${frame.reason}`, frame.retry_ms);
        return false;
    }
  }

  #hold(held: Partial<Held>): void {
    this.#model.held = { ...this.#model.held, ...held };
  }

  #count({ unread, unseen }: { unread: number; unseen: number }): void {
    const counts = { unread, unseen };
    this.#hold({ counts });
    this.#effects.push({ do: "counts", counts });
  }

  /** Asked for once more from the last good place; what lacks then as well only a `reset` makes good. */
  #missing(at: string): false {
    if (this.#model.gap === at) this.#hold({ cursor: NOWHERE });
    this.#model.gap = at;
    this.#lost("gap");
    return false;
  }

  #renew(phase: Phase & { at: "live" }): void {
    const { now } = this.#at;
    const { connection, renewedAt } = phase;
    if (connection === undefined) return;
    const renewAt = renewedAt + RENEW_AGAIN_MS;
    if (renewAt > now) {
      this.#model.phase = { ...phase, renewAt };
      return;
    }
    this.#model.phase = { ...phase, renewAt: NEVER, renewedAt: now };
    this.#effects.push({ do: "renew", attempt: this.#model.attempt, connection });
  }

  #ended({ status, retryAfter, reason, noWay }: Input & { on: "ended" }): void {
    if (status === 401) {
      if (!this.#model.asks || this.#model.refreshed) {
        return this.#leave({ at: "unauthorized" }, "status 401");
      }
      this.#model.token = "refused";
      this.#model.refreshed = true;
      return this.#open("status 401");
    }
    if (noWay || NO_SUCH_WAY.includes(status ?? 0)) this.#miss();
    // The same for all who were told so: each adds a bit of its own.
    const asked = retryAfter && retryAfter + this.#at.random * JITTER_MS;
    this.#lost(reason ?? (status ? `status ${status}` : "network"), asked);
  }

  #lost(reason: string, asked?: number): void {
    const { now, random } = this.#at;
    const { phase, retry } = this.#model;
    if (phase.at === "live" && now - phase.since >= STABLE_MS) this.#model.failures = 0;
    const floor = now + obeyed(asked);
    const wait = Math.max(backoff(this.#model.failures, random), obeyed(retry));
    const until = Math.max(floor, now + wait);
    this.#model.failures += 1;
    this.#model.refreshed = false; // what is refused after that may be refreshed again
    this.#leave({ at: "waiting", until, floor }, reason);
  }

  /** This transport said nothing. After some times of it another one has its turn. */
  #miss(): void {
    const { transports, transport, misses } = this.#model;
    this.#model.misses = misses + 1;
    if (this.#model.misses < MOST_MISSES || transports.length < 2) return;
    this.#prefer((transport + 1) % transports.length);
  }

  #prefer(transport: number): void {
    this.#model.transport = transport;
    this.#model.misses = 0;
    this.#model.preferAt = transport === 0 ? NEVER : this.#at.now + PREFER_AGAIN_MS;
  }

  #tick(): void {
    const { phase } = this.#model;
    const { now } = this.#at;
    // A clock that was set back must not make a connection look young for ever.
    if ("heard" in phase && phase.heard > now) this.#model.phase = { ...phase, heard: now };
    if (due(this.#model) > now) return;
    switch (phase.at) {
      case "token":
        return this.#lost("token");
      case "opening":
        this.#miss();
        return this.#lost("silent");
      case "waiting":
        if (this.#model.preferAt <= now) this.#prefer(0);
        return this.#open(this.#model.reason);
      case "live":
        if (silentAt(phase, this.#model) <= now) {
          this.#miss();
          return this.#lost("silent");
        }
        if (phase.renewAt <= now) return this.#renew(phase);
        this.#prefer(0);
        return this.#open("better transport");
    }
  }

  #hint(hint: (Input & { on: "hint" })["hint"]): void {
    const { now, random } = this.#at;
    if (hint === "offline") {
      this.#model.online = false; // nothing is closed for it: browsers are often wrong
      return;
    }
    if (hint === "online") this.#model.online = true;
    const { phase } = this.#model;
    const soon = now + random * JITTER_MS;
    if (phase.at === "waiting") {
      const until = Math.min(phase.until, Math.max(phase.floor, soon));
      this.#model.phase = { ...phase, until };
    } else if ("heard" in phase) {
      // Another network has killed what was open on the one before; and while timers stood still it may have
      // died as well. That is nobody's failure, and says nothing against the transport.
      const overdue = silentAt(phase, this.#model) <= now;
      if (hint === "online" || overdue)
        this.#leave({ at: "waiting", until: soon, floor: now }, hint);
    }
  }
}
