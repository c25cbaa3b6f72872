// What the tabs of a browser say to each other: the one that leads has the connection, and tells what it hears.

import type { Told } from "../core/model";
import type { Counts, State } from "../types";

export type Message =
  | Told
  /** I lead, and am there: the answer to `ask`. `last`: the newest event that I have told. */
  | {
      say: "lead";
      state: State;
      cursor: string | null;
      last: string | undefined;
      counts: Counts | null;
      /** When it tries the first transport again. */
      preferAt?: number | null | undefined;
    }
  /** Who leads? */
  | { say: "ask" }
  /** Somebody has signed in. */
  | { say: "authorized" }
  /** A worker has no host to ask: any tab may answer. */
  | { say: "token?"; refresh: boolean; question: string }
  /** I do, in as long as a host is given. */
  | { say: "token!"; question: string }
  | { say: "token"; token: string | null | undefined; failed: boolean; question: string };

/** What is heard in all tabs of an origin but the one that says it. */
export interface Channel {
  post(message: Message): void;
  hear(listen: (message: Message) => void): void;
  close(): void;
}

export function openChannel(name: string): Channel {
  const channel = new BroadcastChannel(name);
  return {
    post: (message) => {
      try {
        channel.postMessage(message);
      } catch {} // closed
    },
    hear: (listen) => {
      channel.onmessage = ({ data }: MessageEvent<Message>) => listen(data);
    },
    close: () => channel.close(),
  };
}

/** The part of `navigator.locks` that is used. */
export interface Locks {
  request(
    name: string,
    options: { steal?: boolean; signal?: AbortSignal },
    held: () => Promise<void>,
  ): Promise<void>;
}
