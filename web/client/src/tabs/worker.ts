// What the host's own worker file calls. The worker is one more that shares, without a page: it leads from the
// first moment, and when it dies the tabs do without it.

import { connect, type Client } from "../client";
import type { GiveToken } from "../core/api";
import type { Remembered } from "../core/model";
import { nameOf } from "../core/storage";
import { browser } from "../core/world";
import type { Transport } from "../transports/transport";
import { openChannel, type Locks } from "./messages";
import { Shared } from "./shared";
import { askTabs } from "./tokens";

/** What a page says when it goes. */
export const BYE = "bye";

export interface Hello {
  server: string;
  user: string;
  asks: boolean;
  /** As its page has it: a worker has no storage. */
  known: Remembered;
}

export function serve({ transports }: { transports: readonly Transport[] }): void {
  const ports = new Set<MessagePort>();
  let client: Client | null = null;
  let ask: GiveToken | undefined;
  globalThis.addEventListener("connect", (event) => {
    const port = (event as MessageEvent).ports[0];
    if (port === undefined) return;
    port.onmessage = ({ data }: MessageEvent<Hello | typeof BYE>) => {
      if (data === BYE) {
        // Whoever signs in after the last one has gone must not be taken for them.
        if (!ports.delete(port) || ports.size > 0) return;
        client?.close();
        client = null;
        return;
      }
      ports.add(port);
      // Its name is that of a server and a user: all who come want the same, and may have signed in just now.
      if (client !== null) return client.authorized();
      const { server, user, asks, known } = data;
      const locks = globalThis.navigator?.locks as Locks | undefined;
      if (asks) ask ??= askTabs(nameOf(server, user), browser.random);
      client = connect({
        server,
        user,
        transports,
        ...(asks && ask && { token: ask }),
        storage: { getItem: () => JSON.stringify(known), setItem() {} },
        tabs: (seat) => new Shared(seat, openChannel(seat.name), locks, "seize"),
      });
    };
  });
}
