// One connection for all tabs of a browser, of a server and a user. One tab leads and has it; the others follow.
//
//   following --- the lock is free, or the leader does not answer --> leading
//   leading ----- the lock was taken by another one -----------------> following

import type { Client, Seat } from "../client";
import { guarded, type Connection } from "../core/connection";
import { alike } from "../core/machine";
import type { Counts, Envelope, Listener, Reset, State } from "../types";
import { Follower } from "./follower";
import type { Channel, Locks, Message } from "./messages";
import { Turn } from "./turn";

/** So often a follower asks whether the leader is there. */
export const LOOK_MS = 2_000;
/** Messages reach hidden pages at once, though their timers are slow: whoever says nothing for so long is frozen. */
export const ANSWER_MS = 3_000;

/** How a tab comes to lead: when its turn comes, at once, or only when nobody else does. */
export type Manner = "queue" | "seize" | "wait";

export class Shared implements Client {
  #connection: Connection | null = null;
  #follower: Follower | null = null;
  #turn: Turn;
  #timer: unknown;
  /** Of a question that was not answered yet. */
  #askedAt: number | null = null;
  #complete = true;
  #leader: State;
  #told: State;

  constructor(
    private readonly seat: Seat,
    private readonly channel: Channel,
    locks: Locks | undefined,
    private readonly manner: Manner,
    private readonly quit = () => {},
  ) {
    this.#turn = new Turn(seat.name, locks, {
      began: () => this.#lead(),
      ended: () => this.#follow(),
    });
    const now = seat.world.now();
    this.#leader = { is: "connecting", since: now, reason: "tabs", transport: "" };
    this.#told = { ...this.#leader, is: "closed" };
    channel.hear((message) => this.#hear(message));
    if (manner === "seize") this.#turn.seize();
    else this.#follow();
  }

  get state(): State {
    return this.#told;
  }

  authorized(): void {
    this.#connection?.authorized();
    this.channel.post({ say: "authorized" });
  }

  close(): void {
    const { state } = this;
    this.#rest();
    this.#turn.close();
    this.channel.close();
    this.quit();
    this.#tell({ ...state, is: "closed", reason: "", since: this.seat.world.now() });
  }

  /** Neither leads nor follows. */
  #rest(): void {
    this.seat.world.clearTimer(this.#timer);
    const connection = this.#connection;
    this.#connection = null; // what it says of its end is of no interest
    connection?.close();
    this.#follower?.stop();
    this.#follower = null;
  }

  #lead(): void {
    this.#rest();
    this.#complete = true;
    const mine = (say: () => void) => this.#connection === connection && say();
    const { listener } = this.seat;
    const tell: Required<Listener> = {
      event: (envelope: Envelope, live: boolean) =>
        mine(() => {
          this.channel.post({ say: "event", envelope, live });
          listener.event?.(envelope, live);
        }),
      counts: (counts: Counts) =>
        mine(() => {
          this.channel.post({ say: "counts", counts });
          listener.counts?.(counts);
        }),
      reset: (reset: Reset) =>
        mine(() => {
          this.channel.post({ say: "reset", reset });
          listener.reset?.(reset);
        }),
      state: (state: State) =>
        mine(() => {
          this.channel.post({ say: "state", state });
          this.#tell(state);
        }),
    };
    const connection: Connection = this.seat.connection(tell);
    this.#connection = connection;
    connection.start();
    this.#present(connection);
  }

  #follow(): void {
    this.#rest();
    this.#askedAt = null;
    this.#follower = new Follower(this.seat, (isIt) => {
      this.#complete = isIt;
      this.#say();
    });
    if (this.manner === "queue") this.#turn.queue();
    this.#say();
    this.#look();
  }

  /** Is the leader there? */
  #look(): void {
    const { world } = this.seat;
    const now = world.now();
    if (this.#askedAt === null) {
      this.#askedAt = now;
      this.channel.post({ say: "ask" });
    } else if (now - this.#askedAt >= ANSWER_MS) {
      this.#askedAt = null;
      return this.#turn.seize();
    }
    this.#timer = world.setTimer(() => this.#look(), LOOK_MS);
  }

  #present({ state, held }: Connection): void {
    const { cursor, counts, recent } = held;
    this.channel.post({ say: "lead", state, cursor, last: recent.at(-1), counts });
  }

  #hear(message: Message): void {
    if (this.#connection !== null) {
      if (message.say === "ask") this.#present(this.#connection);
      else if (message.say === "authorized") this.#connection.authorized();
      return;
    }
    const follower = this.#follower;
    if (follower === null) return;
    switch (message.say) {
      case "lead":
        this.#heard(message.state);
        if (message.counts !== null) follower.counts(message.counts);
        return follower.follow(message.cursor, message.last);
      case "state":
        return this.#heard(message.state);
      case "event":
        this.#askedAt = null;
        return follower.event(message.envelope, message.live);
      case "reset":
        return follower.reset(message.reset);
      case "counts":
        return follower.counts(message.counts);
    }
  }

  #heard(state: State): void {
    this.#askedAt = null;
    this.#leader = state;
    this.#say();
  }

  /** Live is who has all of it. */
  #say(): void {
    const behind = this.#leader.is === "live" && !this.#complete;
    this.#tell(behind ? { ...this.#leader, is: "connecting", reason: "behind" } : this.#leader);
  }

  #tell(state: State): void {
    if (alike(state, this.#told)) return;
    this.#told = state;
    guarded(() => this.seat.listener.state?.(state));
  }
}
