// How the bell joins the connection of the page: after the list, so that the connection begins where the list ends.

import type { Client } from "@tidings/client";
import type { Inbox } from "../inbox/inbox";
import type { Connect } from "../stream/link";

export const joining =
  (inbox: Pick<Inbox, "joined" | "isOwn">, connect: Connect): Connect =>
  (options) => {
    const since = Date.now();
    let client: Client | undefined;
    let closed = false;
    void inbox.joined.then(() => {
      if (closed) return;
      client = connect({
        ...options,
        // What was brought back in this page is no news to whoever did it.
        event: (envelope, live) => options.event?.(envelope, !inbox.isOwn(envelope) && live),
      });
    });
    return {
      get state() {
        return client?.state ?? { is: "connecting", since, reason: "", transport: "" };
      },
      authorized: () => client?.authorized(),
      close() {
        closed = true;
        client?.close();
      },
    };
  };
