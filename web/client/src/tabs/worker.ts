// What the host's own worker file calls. The worker is one more that shares, without a page: it leads from the
// first moment, and when it dies the tabs do without it.

import { connect } from "../client";
import { nameOf } from "../core/storage";
import { browser } from "../core/world";
import type { Transport } from "../transports/transport";
import { openChannel, type Locks } from "./messages";
import { Shared } from "./shared";
import { askTabs } from "./tokens";

interface Hello {
  server: string;
  user: string;
  asks: boolean;
  cursor: string | null;
}

export function serve({ transports }: { transports: readonly Transport[] }): void {
  let serves = false;
  globalThis.addEventListener("connect", (event) => {
    const port = (event as MessageEvent).ports[0];
    if (port === undefined) return;
    port.onmessage = ({ data }: MessageEvent<Hello>) => {
      // Its name is that of a server and a user: all who come want the same.
      if (serves) return;
      serves = true;
      const { server, user, asks, cursor } = data;
      const locks = globalThis.navigator?.locks as Locks | undefined;
      connect({
        server,
        user,
        transports,
        ...(asks && { token: askTabs(nameOf(server, user), browser.random) }),
        ...(cursor !== null && { cursor }),
        tabs: (seat) => new Shared(seat, openChannel(seat.name), locks, "seize"),
      });
    };
  });
}
