// What a tab has heard, held against what the log says: of each audience in its order, each once, and nothing missing
// but what a reset contains.
//
// Of each audience: a way that exchanges two events of different ones cannot be found out, and does no harm.

/**
 * `log`: all events, `{ id, audience }`, in their order. `heard`: `{ id, type }` in the order in which a tab heard of
 * them; a reset has `next`, the id of the first event that it does not contain, if there is one. `fromFirst`, `toLast`:
 * it was there for the first one, and is for the last. `withheld`: ids of events that never came, though the way let
 * pass what came after. By its `seq` that is found out, but for who has heard nothing of the audience yet, or since a
 * reset: then, and only then, it is no fault of the client.
 */
export function judge(log, heard, terms) {
  const audienceOf = new Map(log.map(({ id, audience }) => [id, audience]));
  const unknown = heard.filter(({ id, type }) => type !== "reset" && !audienceOf.has(id));
  const found = { heard: heard.length, resets: 0, lost: [], twice: [], unknown };
  for (const audience of new Set(audienceOf.values())) {
    const isOf = (event) => event.audience === audience;
    const ids = log.filter(isOf).map(({ id }) => id);
    const those = heard.filter(({ id, type }) => type === "reset" || audienceOf.get(id) === audience);
    /** How many of this audience a reset contains. */
    const contained = ({ next }) => {
      const end = log.findIndex(({ id }) => id === next);
      return (end < 0 ? log : log.slice(0, end)).filter(isOf).length;
    };
    judgeOne(ids, those, contained, terms, found);
  }
  found.resets = heard.filter(({ type }) => type === "reset").length;
  return found;
}

function judgeOne(ids, heard, contained, { fromFirst, toLast, withheld = new Set() }, { lost, twice }) {
  const places = new Map(ids.map((id, place) => [id, place]));
  /** Up to where it is proven to have all; null: that is not known. */
  let last = fromFirst ? -1 : null;
  let highest = -1;
  /** It has heard one, so that the next one says whether something lacks. */
  let knows = false;
  for (const one of heard) {
    const { id, type } = one;
    if (type === "reset") {
      last = contained(one) - 1;
      knows = false;
      continue;
    }
    const place = places.get(id);
    if (place <= highest) twice.push(id);
    else if (last !== null) {
      const lacks = ids.slice(last + 1, place);
      lost.push(...lacks.filter((id) => knows || !withheld.has(id)));
    }
    last = highest = Math.max(highest, place);
    knows = true;
  }
  if (toLast && last !== null) lost.push(...ids.slice(last + 1));
}

/**
 * `shown`: ids of notifications, one for each toast that any tab of a browser has shown. `news`: ids of the events that
 * came to the browser as they happened; each of them may bring one toast, and what was only replayed brings none.
 */
export function judgeToasts(shown, log, news) {
  const brought = log.filter(({ id }) => news.has(id)).flatMap(bringsToasts);
  const times = (ids, wanted) => ids.filter((id) => id === wanted).length;
  const over = [...new Set(shown)].filter((id) => times(shown, id) > times(brought, id));
  return {
    twice: over.filter((id) => brought.includes(id)),
    replayed: over.filter((id) => !brought.includes(id)),
  };
}

/** It is new, or its snooze is over. */
function bringsToasts({ type, payload }) {
  if (type === "notification") return [payload.id];
  return type === "inbox.changed" && payload.snoozed_until === null ? (payload.ids ?? []) : [];
}
