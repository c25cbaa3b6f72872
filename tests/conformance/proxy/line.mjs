// One thing that was asked for, until it is over: what was planned for it happens here.

import { setTimeout as sleep } from "node:timers/promises";
import { isEvent } from "./entries.mjs";
import { PAGE } from "./faults.mjs";

/** What notifications come by. */
export function kindOf(path) {
  const { pathname } = new URL(path, "http://proxy");
  if (pathname.endsWith("/api/v1/stream")) return "stream";
  if (pathname.endsWith("/api/v1/events")) return "poll";
  if (pathname.endsWith("/api/v1/ws")) return "socket";
  return "other";
}

/** So long a busy client may take to read. */
const UNREAD_MS = 1_000;

/** Right after a write Node sends no RST, whatever it is told: two turns later it does. */
export const reset = (socket) =>
  setImmediate(() => setImmediate(() => socket?.destroyed || socket?.resetAndDestroy()));

export class Line {
  /** The last events, for who repeats them. */
  recent = [];
  stalled = false;
  over = false;
  /** A replay is over, and nothing keeps what comes next from the client. */
  live = false;
  #replayed = new Set();

  /** `out`: `{ write(bytes), cut(how) }`. */
  constructor(proxy, { path, out, socket }) {
    this.proxy = proxy;
    this.path = path;
    this.kind = kindOf(path);
    this.dice = proxy.dice;
    this.out = out;
    this.socket = socket;
    this.try = proxy.began(this);
  }

  /** The fault of this request, or undefined where it is to be passed on. */
  async met() {
    await this.proxy.thawed();
    for (const plan of this.proxy.plans.of("request", this)) {
      if (!plan.use()) continue;
      if (plan.fault.delay !== undefined) await sleep(plan.fault.delay);
      else return plan.fault;
    }
    return undefined;
  }

  /** The pieces that go on in the place of an entry. */
  distorted(entry) {
    let pieces = [entry];
    if (isEvent(entry)) this.recent = [...this.recent.slice(1 - PAGE), entry];
    for (const plan of this.proxy.plans.of("entry", this)) {
      pieces = pieces.flatMap((piece) =>
        piece.bytes ? plan.fault.distort(piece, plan, this) : [piece],
      );
    }
    return pieces;
  }

  /** What stands before all that the server says. */
  async begin() {
    for (const plan of this.proxy.plans.of("begin", this)) {
      if (plan.use()) await this.write(plan.fault.bytes);
    }
  }

  /** Passes on what the server said. */
  async pass(entries) {
    for (const piece of entries.flatMap((entry) => this.distorted(entry))) {
      if (this.over) return;
      if (piece.cut) return this.cut(piece.cut);
      if (piece.stall) this.stalled = true;
      else await this.write(piece.bytes);
      this.told(piece);
      this.heard(piece.said);
    }
  }

  async write(bytes) {
    let pieces = [bytes];
    const plans = this.proxy.plans.of("bytes", this);
    if (plans.length === 0 && this.kept) {
      pieces.unshift(this.kept); // who buffered has stopped to
      this.kept = undefined;
    }
    for (const plan of plans) {
      plan.use();
      pieces = pieces.flatMap((piece) => plan.fault.pieces(piece, this));
    }
    for (const piece of pieces) {
      await this.proxy.thawed();
      if (this.over || this.stalled) return;
      await this.out.write(piece);
    }
  }

  /** An event is news where it passes for the first time on a connection that is live: before that it is replayed. */
  told(piece) {
    if (!isEvent(piece)) return;
    const { id } = piece.said;
    if (!this.live) this.#replayed.add(id);
    else if (!this.#replayed.has(id)) this.proxy.news.add(id);
  }

  /** What the client was asked for: when to come back. */
  heard(said) {
    if (said?.event === "ready") this.live = true;
    if (this.kept || this.stalled) return; // nobody has heard it
    if (said?.event === "goodbye") this.asked(said.data?.retry_ms, "goodbye");
    else this.asked(said?.event === "retry" ? said.data?.retry_ms : said?.retry, "retry");
  }

  asked(ms, by) {
    if (ms === undefined) return;
    Object.assign(this.try, { asked: Number(ms), askedBy: by, askedAt: performance.now() });
  }

  cut(how) {
    this.proxy.plans.count(`cut ${how}`);
    // What a reset finds unread is gone, and whoever it was for was not asked.
    if (how === "rst" && performance.now() - this.try.askedAt < UNREAD_MS) delete this.try.asked;
    this.out.cut(how);
    this.end(`cut ${how}`);
  }

  end(outcome) {
    if (this.over) return;
    this.over = true;
    this.proxy.ended(this, outcome);
  }
}
