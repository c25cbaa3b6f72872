// Is this event new, a repeat, or does something lack before it? Values in, values out.
//
// Within an audience seqs are dense: 41 is followed by 42. So 43 after 41 proves that something was lost, on
// whatever way. Whose last seq is not known is believed: the first event of an audience, or all of them when
// the stream began with the unread notifications alone.

import type { Envelope, Held } from "../types";

/** A repeat follows a reconnection, so it repeats something recent. */
export const REMEMBERED = 256;

/** Audiences whose seqs are kept. The one that was heard of the longest ago goes, and is believed next time. */
export const MOST_AUDIENCES = 256;

/** A place that no server has given: it answers with `reset` and all that is so now. */
export const NOWHERE = "gap";

export const EMPTY: Held = { cursor: null, seqs: {}, recent: [], gap: null, counts: null };

export interface Taken {
  is: "new" | "repeat" | "gap";
  held: Held;
}

/** `dense`: nothing may lack. It is not so while the unread notifications come that a stream begins with. */
export function take(held: Held, envelope: Envelope, dense: boolean): Taken {
  const { id, seq = NaN, audience, type, payload, unread, unseen } = envelope;
  const counts = { unread, unseen };
  if (id === undefined) return { is: "new", held: { ...held, counts } }; // ephemeral: it has no place
  const next = (held.seqs[audience] ?? NaN) + 1;
  if (held.recent.includes(id) || (dense && seq < next)) return { is: "repeat", held };
  if (dense && seq > next) {
    // Asked for once more from the last good place; what lacks then as well only a `reset` makes good.
    const gap = `${audience} ${next}`;
    const cursor = gap === held.gap ? NOWHERE : held.cursor;
    return { is: "gap", held: { ...held, gap, cursor } };
  }
  const seqs = { ...held.seqs };
  if (seq) {
    delete seqs[audience]; // it is the newest now
    seqs[audience] = seq;
    const [oldest = "", ...newer] = Object.keys(seqs);
    if (newer.length >= MOST_AUDIENCES) delete seqs[oldest];
  }
  if (type === "inbox.changed") {
    // Whoever left a topic hears nothing of it: what comes after they joined again need not follow on.
    const { joined, left } = payload as { joined?: string; left?: string };
    delete seqs[`topic:${joined ?? left}`];
  }
  const recent = [...held.recent.slice(1 - REMEMBERED), id];
  return { is: "new", held: { ...held, cursor: id, seqs, recent, counts } };
}
