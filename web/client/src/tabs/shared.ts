// One connection for all tabs of a browser, of a server and a user. One tab leads and has it; the others follow.
//
//   following --- the lock is free, or the leader does not answer --> leading
//   leading ----- the lock was taken by another one -----------------> following

import type { Client, Seat } from "../client";
import type { Connection } from "../core/connection";
import { alike } from "../core/machine";
import type { State } from "../types";
import { Follower } from "./follower";
import type { Channel, Locks, Message } from "./messages";
import { Turn } from "./turn";

/** So often a follower asks whether the leader is there. */
export const LOOK_MS = 2_000;
/** Messages reach hidden pages at once, though timers are slow there: whoever is silent at so many looks is frozen. */
export const MOST_UNANSWERED = 2;

/** How a tab comes to lead: when its turn comes, at once, or only when nobody else does. */
export type Manner = "queue" | "seize" | "wait";

export class Shared implements Client {
  #connection: Connection | null = null;
  #follower: Follower | null = null;
  #turn: Turn;
  #timer: unknown;
  /** So often it has looked since it asked, without an answer. */
  #unanswered = 0;
  #complete = true;
  /** This tab may know who is signed in where the leader does not. */
  #hopes = false;
  #leader: State;
  #told: State;

  constructor(
    private readonly seat: Seat,
    private readonly channel: Channel,
    private readonly locks: Locks | undefined,
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
    else {
      this.#hope(); // somebody may have signed in just now
      this.#follow();
    }
  }

  get state(): State {
    return this.#told;
  }

  authorized(): void {
    this.#connection?.authorized();
    this.#hope();
  }

  #hope(): void {
    this.#hopes = true;
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
    const connection: Connection = this.seat.connection((told) => {
      if (this.#connection !== connection) return;
      this.channel.post(told);
      if (told.say === "state") this.#tell((this.#leader = told.state));
      else this.seat.tell(told);
    });
    this.#connection = connection;
    connection.start();
    this.#present(connection);
  }

  #follow(): void {
    this.#rest();
    this.#unanswered = 0;
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
    if (this.#unanswered === MOST_UNANSWERED) return this.#turn.seize();
    // Counted before: some channels answer at once.
    if (this.#unanswered++ === 0) this.channel.post({ say: "ask" });
    this.#timer = this.seat.world.setTimer(() => this.#look(), LOOK_MS);
  }

  #present({ state }: Connection): void {
    const { held, preferAt } = this.seat.known;
    const { cursor, counts, recent } = held;
    this.channel.post({ say: "lead", state, cursor, last: recent.at(-1), counts, preferAt });
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
        // For whoever goes on from here. Written with the next place.
        Object.assign(this.seat.known, {
          transport: message.state.transport,
          preferAt: message.preferAt,
        });
        if (message.counts !== null) follower.counts(message.counts, false);
        return follower.follow(message.cursor, message.last);
      case "state":
        return this.#heard(message.state);
      case "event":
        this.#unanswered = 0;
        return follower.event(message.envelope, message.live);
      case "reset":
        return follower.reset(message.reset);
      case "counts":
        return follower.counts(message.counts, true);
    }
  }

  #heard(state: State): void {
    this.#unanswered = 0;
    const refused = state.is === "unauthorized" && this.#leader.is !== state.is;
    this.#leader = state;
    this.#say();
    if (refused && this.#hopes && this.locks) this.#turn.seize();
    if (refused || state.is === "live") this.#hopes = false;
  }

  /** Live is who has all of it. */
  #say(): void {
    const behind = this.#leader.is === "live" && !this.#complete;
    this.#tell(behind ? { ...this.#leader, is: "connecting", reason: "behind" } : this.#leader);
  }

  #tell(state: State): void {
    if (alike(state, this.#told)) return;
    this.#told = state;
    this.seat.tell({ say: "state", state });
  }
}
