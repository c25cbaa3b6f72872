// The one connection of who is signed in: all who listen in this page share it, and all pages of the browser.
//
// Who joins says from where on. What came between there and the connection's own place is asked for, and told
// first: so nobody who joins later, or with an older list, lacks anything.

import {
  connect,
  longPoll,
  sse,
  webSocket,
  type Client,
  type Counts,
  type GiveToken,
  type Listener,
  type Options,
  type Transport,
} from "@tidings/client";
import { Shared, tabs, type Channel, type Message } from "@tidings/client/tabs";

/** The client's `connect`, of which the page has decided all but this. */
export type Connect = (joining: Listener & Pick<Options, "cursor">) => Client;

export interface Link {
  connect: Connect;
  close(): void;
}

export function createLink(user: string, token: GiveToken): Link {
  const who = { user, token, transports: transports() };
  const listeners = new Set<(message: Message) => void>();
  const post = (message: Message) => listeners.forEach((hear) => hear(message));
  let client: Client | null = null;
  /** How far it is, and the newest event before. */
  let cursor: string | null = null;
  let last: string | undefined;
  let counts: Counts | null = null;

  /** Each who listens is to it as a tab is to the one that leads. */
  function channel(): Channel {
    let listen: (message: Message) => void = () => {};
    return {
      post({ say }) {
        if (say === "authorized") client?.authorized();
        if (say === "ask" && client !== null)
          listen({ say: "lead", state: client.state, cursor, last, counts });
      },
      hear: (hear) => listeners.add((listen = hear)),
      close: () => listeners.delete(listen),
    };
  }

  function open(from: string | undefined): Client {
    cursor = from ?? null;
    return connect({
      ...who,
      ...(from !== undefined && { cursor: from }),
      ...kept(),
      tabs: tabs(),
      event(envelope, live) {
        if (envelope.id !== undefined) cursor = last = envelope.id;
        post({ say: "event", envelope, live });
      },
      counts: (now) => post({ say: "counts", counts: (counts = now) }),
      reset(reset) {
        ({ cursor } = reset);
        post({ say: "reset", reset });
      },
      state: (state) => post({ say: "state", state }),
    });
  }

  return {
    connect(joining) {
      client ??= open(joining.cursor);
      return connect({
        ...joining,
        ...who,
        // Who has no list yet asks for it, and not for the events before: there may be no place for another request.
        cursor: joining.cursor ?? cursor ?? undefined,
        storage: undefined, // the one connection knows better
        tabs: (seat) => new Shared(seat, channel(), undefined, "wait"),
      });
    },
    close: () => client?.close(),
  };
}

/**
 * Best first. Over plain HTTP from another machine there are no locks, so each tab has a connection of its own, and the
 * browser six of them for all; WebSockets it counts apart.
 */
function transports(): Transport[] {
  const streams = [sse(), webSocket()];
  if (globalThis.isSecureContext === false) streams.reverse();
  return [...streams, longPoll()];
}

/** For the way that worked; and the place, where nobody who listens says one. A browser may forbid it. */
function kept(): { storage?: Storage } {
  try {
    return { storage: localStorage };
  } catch {
    return {};
  }
}
