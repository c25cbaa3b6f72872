// The shell around the machine: it opens, shuts, asks and tells as the machine says, and has no opinion.

import type { Said, Shut, Transport } from "../transports/transport";
import type { Listener, State } from "../types";
import type { Api, GiveToken } from "./api";
import { due, step } from "./machine";
import {
  NEVER,
  newModel,
  type Deed,
  type Input,
  type Model,
  type Remembered,
  type Told,
} from "./model";
import type { World } from "./world";

/** A timer that comes so much too late has slept. */
const SLEPT_MS = 5_000;
/** So it looks whether it has, however long it waits. */
const LONGEST_TIMER_MS = 15_000;

export interface Parts {
  api: Api;
  /** The host can be asked for one. */
  token: GiveToken | undefined;
  transports: readonly Transport[];
  world: World;
  tell(told: Told): void;
  known: Remembered;
  /** How far it is has changed: said before it is told what has come. */
  keep(remembered: Remembered): void;
}

export class Connection {
  readonly #parts: Parts;
  #model: Model;
  #shut: Shut = () => {};
  #timer: unknown;
  #endHints = () => {};

  constructor(parts: Parts) {
    this.#parts = parts;
    const { transports, token, known, world } = parts;
    this.#model = newModel(transports, token !== undefined, known, world.now());
  }

  get state(): State {
    return this.#model.told;
  }

  start(): void {
    this.#endHints = this.#parts.world.hints((hint) => this.take({ on: "hint", hint }));
    this.take({ on: "start" });
  }

  close(): void {
    this.#endHints();
    this.take({ on: "close" });
  }

  authorized(): void {
    this.take({ on: "authorized" });
  }

  take(input: Input): void {
    const { world, keep, tell } = this.#parts;
    const before = this.#model;
    const { model, effects } = step(before, input, world.now(), world.random());
    this.#model = model;
    this.#wind();
    const { held, preferAt, told } = model;
    if (held !== before.held || told.transport !== before.told.transport)
      keep({ held, preferAt, transport: told.transport });
    for (const effect of effects) {
      if ("say" in effect) tell(effect);
      else this.#do(effect);
    }
  }

  #wind(): void {
    const { world } = this.#parts;
    const now = world.now();
    const at = Math.min(due(this.#model), now + LONGEST_TIMER_MS);
    const rang = () => {
      if (world.now() - at >= SLEPT_MS) this.take({ on: "hint", hint: "woke" });
      this.take({ on: "tick" });
    };
    world.clearTimer(this.#timer);
    if (due(this.#model) !== NEVER) this.#timer = world.setTimer(rang, at - now);
  }

  #do(effect: Deed): void {
    const { api, transports } = this.#parts;
    switch (effect.do) {
      case "open": {
        const { attempt, transport, after } = effect;
        const say = (said: Said) => this.take({ ...said, attempt });
        this.#shut = transports[transport]?.open(api, after, say) ?? this.#shut;
        return;
      }
      case "shut":
        return this.#shut();
      case "token": {
        const { attempt, refresh } = effect;
        const asked = api.ask(refresh).catch(() => null);
        return void asked.then((signedIn) => this.take({ on: "token", attempt, signedIn }));
      }
      case "renew":
        return void this.#renew(effect);
    }
  }

  /** The stream goes on, for as long as the new token is good. */
  async #renew({ attempt, connection }: Deed & { do: "renew" }): Promise<void> {
    const { api } = this.#parts;
    let ok = false;
    try {
      if (!(await api.ask(true))) return this.take({ on: "token", attempt, signedIn: false });
      const { renew } = this.#shut;
      if (renew && api.token) return renew(api.token);
      ok = (await api.send("POST", "/stream/renew", { connection_id: connection })).ok;
    } catch {} // is as good as a refusal
    this.take({ on: "renewed", attempt, ok });
  }
}

export function tellHost(host: Listener, told: Told): void {
  guarded(() => {
    switch (told.say) {
      case "event":
        return host.event?.(told.envelope, told.live);
      case "reset":
        return host.reset?.(told.reset);
      case "counts":
        return host.counts?.(told.counts);
      case "state":
        return host.state?.(told.state);
    }
  });
}

/** What the host throws is the host's, and told as such: the stream goes on. */
export function guarded(tell: () => void): void {
  try {
    tell();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
