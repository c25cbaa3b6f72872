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

export const EMPTY: Held = { cursor: null, seqs: {}, recent: [], counts: null };

export type Taken = { is: "new"; held: Held } | { is: "repeat" } | { is: "gap"; at: string };

/** `dense`: nothing may lack. It is not so while the unread notifications come that a stream begins with. */
export function take(held: Held, envelope: Envelope, dense: boolean): Taken {
  const { id, seq, audience, unread, unseen } = envelope;
  const counts = { unread, unseen };
  if (id === undefined) return { is: "new", held: { ...held, counts } }; // ephemeral: it has no place
  const next = (held.seqs[audience] ?? NaN) + 1;
  if (held.recent.includes(id) || (dense && seq !== undefined && seq < next))
    return { is: "repeat" };
  if (dense && seq !== undefined && seq > next) return { is: "gap", at: `${audience} ${next}` };
  const seqs = seq === undefined ? held.seqs : withSeq(held.seqs, audience, seq);
  const recent = [...held.recent.slice(1 - REMEMBERED), id];
  return { is: "new", held: { cursor: id, seqs: afterwards(seqs, envelope), recent, counts } };
}

function withSeq(seqs: Held["seqs"], audience: string, seq: number): Held["seqs"] {
  const { [audience]: _, ...others } = seqs;
  const [oldest = "", ...newer] = Object.keys(others);
  if (newer.length >= MOST_AUDIENCES - 1) delete others[oldest];
  return { ...others, [audience]: seq };
}

/** Whoever left a topic hears nothing of it: what comes after they joined again need not follow on. */
function afterwards(seqs: Held["seqs"], { type, payload }: Envelope): Held["seqs"] {
  if (type !== "inbox.changed") return seqs;
  const { joined, left } = payload as { joined?: string; left?: string };
  const topic = joined ?? left;
  if (topic === undefined) return seqs;
  const { [`topic:${topic}`]: _, ...others } = seqs;
  return others;
}
