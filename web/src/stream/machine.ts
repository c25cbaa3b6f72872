// The stream, never silently dead. A native EventSource resumes by itself after a network fault, but
// gives up for good after any answer other than 200, and notices nothing when a proxy or a sleeping
// laptop leaves a connection that carries no more bytes. This machine covers both.
//
//   idle -> connecting -> live          `ready` makes it live
//             ^  ^          |
//             |  +--error---+           the browser retries by itself (readyState CONNECTING)
//             |             |
//          checking <- waiting          the browser gave up (readyState CLOSED), or the server said goodbye
//                                       because we are signed out: wait, ask who we are, reopen
//
// Silence of two heartbeats and some leads from connecting or live straight to a new connection.

import { backoff } from "./backoff";
import {
  FRAME_NAMES,
  isLogFrame,
  parseFrame,
  type Frame,
  type FrameName,
  type GoodbyeReason,
} from "./frames";
import { SeenIds } from "./seen-ids";

/** The part of EventSource that is used, so that a test can stand in for it. */
export interface Source {
  readonly readyState: number;
  addEventListener(name: string, listener: (event: MessageEvent<string>) => void): void;
  close(): void;
}

const CLOSED = 2;

/** What the server uses unless `ready` says otherwise. */
const HEARTBEAT_MS = 15_000;
const SILENCE_SLACK_MS = 5_000;

/** So many tries fail in a row before the page admits to being offline. */
const TRIES_BEFORE_OFFLINE = 3;

/** The server says goodbye because of who we are, not because of how it is doing. */
const SIGNED_OUT: readonly GoodbyeReason[] = ["revoked", "token_expired"];

export type Link = "live" | "reconnecting" | "offline";
export type Identity = "signed-in" | "signed-out" | "unreachable";

export interface World {
  open(after: string): Source;
  whoAmI(): Promise<Identity>;
  isOnline(): boolean;
  now(): number;
  random(): number;
  setTimer(run: () => void, ms: number): number;
  clearTimer(timer: number): void;
}

export interface Listener {
  /** `live`: the frame came after `ready`, so it is news and not part of a replay. */
  frame(frame: Frame, live: boolean): void;
  link(link: Link): void;
  signedOut(): void;
}

type Phase =
  | { at: "idle" }
  | { at: "connecting" | "live"; source: Source; watchdog: number }
  | { at: "waiting"; timer: number }
  | { at: "checking" };

export class Stream {
  #phase: Phase = { at: "idle" };
  #cursor = "";
  #failures = 0;
  #heartbeat = HEARTBEAT_MS;
  #lastHeard = 0;
  #seen = new SeenIds();
  #link: Link | null = null;

  constructor(
    private readonly world: World,
    private readonly listener: Listener,
  ) {}

  /** Opens the stream after what the page already shows. */
  start(cursor: string): void {
    if (this.#phase.at !== "idle") return;
    this.#cursor = cursor;
    this.#connect();
  }

  stop(): void {
    this.#leave();
    this.#phase = { at: "idle" };
  }

  /** Hint: the network changed. An old connection may be dead without knowing, so make a new one. */
  cameOnline(): void {
    if (this.#phase.at === "waiting") this.#check();
    else if (this.#phase.at === "connecting" || this.#phase.at === "live") this.#connect();
    this.#tell();
  }

  /** Hint: nothing is closed for it, since browsers are often wrong about being offline. */
  wentOffline(): void {
    this.#tell();
  }

  /** Hint: timers sleep in a hidden or frozen page, so catch up on what they missed. */
  becameVisible(): void {
    if (this.#phase.at === "waiting") this.#check();
    else this.#bark();
  }

  #connect(): void {
    this.#leave();
    const source = this.world.open(this.#cursor);
    this.#lastHeard = this.world.now();
    this.#phase = { at: "connecting", source, watchdog: this.#watch() };
    // A closed source may still have events queued: each listener asks whether it is the current one.
    const current = () => "source" in this.#phase && this.#phase.source === source;
    for (const name of FRAME_NAMES) {
      source.addEventListener(name, (event) => current() && this.#receive(name, event));
    }
    source.addEventListener("open", () => current() && this.#opened());
    source.addEventListener("error", () => current() && this.#failed(source));
    this.#tell();
  }

  #opened(): void {
    this.#lastHeard = this.world.now();
    // Not a success yet: a server that is full answers 200 and says goodbye.
    if (this.#phase.at === "live") this.#phase = { ...this.#phase, at: "connecting" };
    this.#tell();
  }

  #receive(name: FrameName, event: MessageEvent<string>): void {
    this.#lastHeard = this.world.now();
    if (event.lastEventId !== "") this.#cursor = event.lastEventId;
    const frame = parseFrame(name, event.data);
    if (frame === null) return;
    if (frame.type === "reset") this.#seen.clear();
    if (isLogFrame(frame) && !this.#seen.add(frame.id)) return;
    const live = this.#phase.at === "live";
    if (frame.type === "ready") this.#ready(frame.heartbeat_ms);
    this.listener.frame(frame, live);
    if (frame.type === "goodbye" && SIGNED_OUT.includes(frame.reason)) this.#sentAway();
  }

  /** Whoever is signed out need not knock to be told so: ask who we are, after a pause like any other. */
  #sentAway(): void {
    this.#failures += 1;
    this.#wait();
    this.#tell();
  }

  #ready(heartbeat: number | undefined): void {
    if (this.#phase.at !== "connecting") return;
    if (heartbeat !== undefined && heartbeat > 0) this.#heartbeat = heartbeat;
    this.#failures = 0;
    this.world.clearTimer(this.#phase.watchdog);
    this.#phase = { at: "live", source: this.#phase.source, watchdog: this.#watch() };
    this.#tell();
  }

  #failed(source: Source): void {
    this.#failures += 1;
    this.#lastHeard = this.world.now(); // an error is a sign of life: the browser is trying
    if (source.readyState === CLOSED) {
      this.#wait();
    } else if (this.#phase.at === "live") {
      this.#phase = { ...this.#phase, at: "connecting" };
    }
    this.#tell();
  }

  #wait(): void {
    this.#leave();
    const delay = backoff(this.#failures - 1, this.world.random());
    this.#phase = { at: "waiting", timer: this.world.setTimer(() => this.#check(), delay) };
  }

  /** An EventSource does not say which status closed it, so ask before knocking again. */
  #check(): void {
    this.#leave();
    const checking: Phase = { at: "checking" };
    this.#phase = checking;
    void this.world.whoAmI().then((identity) => {
      if (this.#phase !== checking) return; // stopped meanwhile
      if (identity === "signed-out") {
        this.stop();
        this.listener.signedOut();
      } else if (identity === "unreachable") {
        this.#failures += 1;
        this.#wait();
        this.#tell();
      } else {
        this.#connect();
      }
    });
  }

  #patience(): number {
    return 2 * this.#heartbeat + SILENCE_SLACK_MS;
  }

  #watch(): number {
    const quiet = this.world.now() - this.#lastHeard;
    return this.world.setTimer(() => this.#bark(), Math.max(0, this.#patience() - quiet));
  }

  /** One timer for any number of frames: when it fires, it looks how long the silence really was. */
  #bark(): void {
    if (!("source" in this.#phase)) return;
    if (this.world.now() - this.#lastHeard >= this.#patience()) {
      this.#failures += 1;
      this.#connect();
    } else {
      this.world.clearTimer(this.#phase.watchdog);
      this.#phase = { ...this.#phase, watchdog: this.#watch() };
    }
  }

  /** Lets go of whatever the phase holds. */
  #leave(): void {
    const phase = this.#phase;
    if ("source" in phase) {
      this.world.clearTimer(phase.watchdog);
      phase.source.close();
    } else if (phase.at === "waiting") {
      this.world.clearTimer(phase.timer);
    }
  }

  #tell(): void {
    const link = this.#judge();
    if (link === this.#link) return;
    this.#link = link;
    this.listener.link(link);
  }

  #judge(): Link {
    if (!this.world.isOnline()) return "offline";
    if (this.#phase.at === "live") return "live";
    return this.#failures >= TRIES_BEFORE_OFFLINE ? "offline" : "reconnecting";
  }
}
