// What a reader does, and what is asked for them.

import type { Item } from "@tidings/client";
import type { Marking } from "@tidings/client/offline";
import type { Session } from "./session";

export type Deeds = ReturnType<typeof deedsOf>;

/** `refused`: so many marks wait already that it takes no more. */
export function deedsOf(session: Pick<Session, "inbox" | "said">, refused: () => void) {
  const mark = (marking: Marking) =>
    void session.inbox?.mark(marking).then((taken) => taken || refused());
  return {
    mark,
    /** A link of it is followed: told at once, for the page may be leaving. */
    followed(id: string): void {
      mark({ read: true, ids: [id] });
      void session.said("PATCH", `/notifications/${id}`, { acted: true });
    },
    /** As the server has it now; null where that cannot be known. */
    item: (id: string) => session.said<Item>("GET", `/notifications/${id}`),
  };
}
