// `tabs()` for `connect`: one connection for all tabs, wherever the browser can do that.

import { alone, type Seat, type Tabs } from "../client";
import { openChannel, type Locks } from "./messages";
import { Shared } from "./shared";
import { answerWorker } from "./tokens";
import { BYE, type Hello } from "./worker";

export type { Channel, Message } from "./messages";
export { Shared } from "./shared";
export { serve } from "./worker";

export interface Sharing {
  /** Makes the worker that has the connection, of the host's own file that calls `serve`. */
  worker?: (name: string) => SharedWorker;
}

/** The first that the browser has: a worker, the tab that holds a lock, or each tab on its own. */
export const tabs =
  ({ worker }: Sharing = {}): Tabs =>
  (seat) => {
    // Over plain HTTP from another machine there are none.
    const locks = globalThis.navigator?.locks as Locks | undefined;
    const byWorker = worker !== undefined && typeof SharedWorker === "function";
    if (typeof BroadcastChannel !== "function" || !(byWorker || locks)) return alone(seat);
    try {
      const channel = openChannel(seat.name);
      const quit = byWorker ? hire(worker, seat) : () => {};
      return new Shared(seat, channel, locks, byWorker ? "wait" : "queue", quit);
    } catch {
      return alone(seat); // there, and forbidden
    }
  };

/** Gives what lets go of it. */
function hire(worker: (name: string) => SharedWorker, seat: Seat): () => void {
  const { name, server, user, token, known, world } = seat;
  const { port } = worker(name);
  const quit = token && answerWorker(name, token, world);
  const hello: Hello = { server, user, asks: token !== undefined, known };
  port.postMessage(hello);
  return () => {
    quit?.();
    port.postMessage(BYE);
    port.close();
  };
}
