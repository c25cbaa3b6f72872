// For tests alone: the machine under a clock of the test's own, with what it wanted done written down.

import { EMPTY } from "../core/intake";
import { due, step } from "../core/machine";
import {
  newModel,
  type Deed,
  type Effect,
  type Input,
  type Model,
  type Remembered,
  type Told,
  type Way,
} from "../core/model";
import type { Held, Is } from "../types";

export class Driver {
  model: Model;
  now = 1_000_000;
  random = 0;
  effects: Effect[] = [];

  constructor({
    transports = ["sse"],
    asks = false,
    partial = [],
    ...remembered
  }: Partial<Remembered> & { transports?: string[]; asks?: boolean; partial?: string[] } = {}) {
    const ways = transports.map((name): Way =>
      partial.includes(name) ? { name, partial: true } : { name },
    );
    this.model = newModel(ways, asks, { held: EMPTY, ...remembered }, this.now);
  }

  take(input: Input): this {
    const { model, effects } = step(this.model, input, this.now, this.random);
    this.model = model;
    this.effects.push(...effects);
    return this;
  }

  /** Lets time pass, with a tick whenever one is due. */
  pass(ms: number): this {
    const end = this.now + ms;
    for (;;) {
      const at = due(this.model);
      if (at > end) break;
      this.now = Math.max(this.now, at);
      this.take({ on: "tick" });
    }
    this.now = end;
    return this;
  }

  /** Lets a wait pass, and no more. */
  again = () => this.pass(due(this.model) - this.now);

  start = () => this.take({ on: "start" });
  event = (type: string, data: unknown, id = "") =>
    this.take({
      on: "event",
      attempt: this.model.attempt,
      type,
      data: typeof data === "string" ? data : JSON.stringify(data),
      id,
    });
  ready = (heartbeat_ms = 15_000) =>
    this.event("ready", { connection_id: "k", unread: 0, unseen: 0, heartbeat_ms }, "c-ready");
  notify = (seq: number, audience = "user:alice", more: object = {}) =>
    this.event("notification", envelope(seq, audience, more), `c-${audience}-${seq}`);
  alive = (cursor?: string) => this.take({ on: "alive", attempt: this.model.attempt, cursor });
  ended = (why: object = {}) => this.take({ on: "ended", attempt: this.model.attempt, ...why });
  token = (signedIn: boolean | null = true) =>
    this.take({ on: "token", attempt: this.model.attempt, signedIn });

  get is(): Is {
    return this.model.told.is;
  }
  get held(): Held {
    return this.model.held;
  }
  did<D extends Deed["do"]>(what: D): (Deed & { do: D })[] {
    return this.effects.filter(
      (effect): effect is Deed & { do: D } => "do" in effect && effect.do === what,
    );
  }
  told<T extends Told["say"]>(what: T): (Told & { say: T })[] {
    return this.effects.filter(
      (effect): effect is Told & { say: T } => "say" in effect && effect.say === what,
    );
  }
  get opened(): (string | null)[] {
    return this.did("open").map(({ after }) => after);
  }
  get seqs(): (number | undefined)[] {
    return this.told("event").map(({ envelope }) => envelope.seq);
  }
  get states(): string[] {
    return this.told("state").map(({ state }) => `${state.is} ${state.reason}`.trim());
  }
}

export const envelope = (seq: number, audience = "user:alice", more: object = {}) => ({
  id: `c-${audience}-${seq}`,
  type: "notification",
  timestamp: "2026-11-28T10:00:00.000Z",
  audience,
  seq,
  payload: { id: `n-${seq}` },
  unread: seq,
  unseen: seq,
  ...more,
});
