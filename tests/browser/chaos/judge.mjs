// What a tab has heard, held against what the log says: of each audience in its order, each once, and nothing missing
// but what a reset contains.
//
// Of each audience: a way that exchanges two events of different ones cannot be found out, and does no harm.

/**
 * `log`: all events, `{ id, audience }`, in their order. `heard`: `{ id, type }` in the order in which a tab heard of
 * them; a reset has `next`, the id of the first event that it does not contain, if there is one. `fromFirst`, `toLast`:
 * it was there for the first one, and is for the last.
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

function judgeOne(ids, heard, contained, { fromFirst, toLast }, { lost, twice }) {
  const places = new Map(ids.map((id, place) => [id, place]));
  /** Up to where it is proven to have all; null: that is not known. */
  let last = fromFirst ? -1 : null;
  let highest = -1;
  for (const one of heard) {
    const { id, type } = one;
    if (type === "reset") {
      last = contained(one) - 1;
      continue;
    }
    const place = places.get(id);
    if (place <= highest) twice.push(id);
    else if (last !== null) lost.push(...ids.slice(last + 1, place));
    last = highest = Math.max(highest, place);
  }
  if (toLast && last !== null) lost.push(...ids.slice(last + 1));
}
