// The shell around the machine: it opens, shuts, asks and tells as the machine says, and has no opinion.

import type { Shut, Transport } from "../transports/transport";
import type { Held, Listener, State } from "../types";
import type { Api } from "./api";
import { due, step } from "./machine";
import { NEVER, newModel, type Effect, type Input, type Model, type Remembered } from "./model";
import type { World } from "./world";

/** A timer that comes so much too late has slept. */
const SLEPT_MS = 5_000;
/** Timers overflow after 24 days. */
const LONGEST_TIMER_MS = 600_000;

export interface Parts {
  api: Api;
  /** The host can be asked for a token. */
  asks: boolean;
  transports: readonly Transport[];
  world: World;
  listener: Listener;
  /** How far it is has changed. */
  moved(remembered: Remembered): void;
}

export class Connection {
  readonly #parts: Parts;
  #model: Model;
  #shut: Shut = () => {};
  #timer: unknown;
  #timerAt = NEVER;
  #endHints: (() => void) | undefined;

  constructor(parts: Parts, remembered: Remembered) {
    this.#parts = parts;
    const { transports, asks, world } = parts;
    this.#model = newModel(transports, asks, remembered, world.now());
  }

  get held(): Held {
    return this.#model.held;
  }

  get state(): State {
    return this.#model.told;
  }

  start(): void {
    this.#endHints ??= this.#parts.world.hints((hint) => this.take({ on: "hint", hint }));
    this.take({ on: "start" });
  }

  close(): void {
    this.#endHints?.();
    this.#endHints = undefined;
    this.take({ on: "close" });
  }

  authorized(): void {
    this.take({ on: "authorized" });
  }

  take(input: Input): void {
    const { world, moved } = this.#parts;
    const before = this.#model;
    const { model, effects } = step(before, input, { now: world.now(), random: world.random() });
    this.#model = model;
    this.#wind();
    for (const effect of effects) this.#do(effect);
    const { held, preferAt, told } = model;
    if (held !== before.held || told.transport !== before.told.transport) {
      moved({ held, preferAt, transport: told.transport });
    }
  }

  /** One timer. It is wound anew only where it would come too late: otherwise it looks again when it comes. */
  #wind(): void {
    const { world } = this.#parts;
    const at = due(this.#model);
    if (at >= this.#timerAt && at < NEVER) return;
    world.clearTimer(this.#timer);
    this.#timerAt = at;
    if (at === NEVER) return;
    this.#timerAt = Math.min(at, world.now() + LONGEST_TIMER_MS);
    this.#timer = world.setTimer(() => this.#rang(), Math.max(0, this.#timerAt - world.now()));
  }

  #rang(): void {
    const late = this.#parts.world.now() - this.#timerAt;
    this.#timerAt = NEVER;
    if (late >= SLEPT_MS) this.take({ on: "hint", hint: "woke" });
    this.take({ on: "tick" });
  }

  #do(effect: Effect): void {
    const { api, listener } = this.#parts;
    switch (effect.do) {
      case "open":
        return this.#open(effect);
      case "shut":
        return this.#shut();
      case "token": {
        const { attempt, refresh } = effect;
        return void api
          .ask(refresh)
          .then(
            (signedIn) => (signedIn ? "given" : "nobody"),
            () => "failed" as const,
          )
          .then((answer) => this.take({ on: "token", attempt, answer }));
      }
      case "renew":
        return void this.#renew(effect);
      case "event":
        return guarded(() => listener.event?.(effect.envelope, effect.live));
      case "reset":
        return guarded(() => listener.reset?.(effect.reset));
      case "counts":
        return guarded(() => listener.counts?.(effect.counts));
      case "state":
        return guarded(() => listener.state?.(effect.state));
    }
  }

  #open({ attempt, transport, after }: Effect & { do: "open" }): void {
    this.#shut =
      this.#parts.transports[transport]?.open(this.#parts.api, after, (said) =>
        this.take({ ...said, attempt }),
      ) ?? this.#shut;
  }

  /** The stream goes on, for as long as the new token is good. */
  async #renew({ attempt, connection }: Effect & { do: "renew" }): Promise<void> {
    const { api, asks } = this.#parts;
    let ok = false;
    try {
      if (!asks || (await api.ask(true))) {
        const { renew } = this.#shut;
        if (renew && api.token) return renew(api.token);
        ok = (await api.send("POST", "/stream/renew", { connection_id: connection })).ok;
      }
    } catch {} // is as good as a refusal
    this.take({ on: "renewed", attempt, ok });
  }
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
