// What a client did, held against what the server says: values in, values out. It knows of no proxy and no process.
//
// A history is what the client told, each line with its time (`docs/conformance.md`), and each try to connect, as the
// proxy saw it. The truth is the inbox: the ids of all notifications, oldest first, and the counts.

/** More tries in a second are a storm: of each client there may be thousands. */
export const MOST_PER_SECOND = 5;
export const MOST_PER_MINUTE = 30;
/** A timer may be early by a bit, and clocks are rounded. */
const EARLY_MS = 60;
/** Who hangs up itself counts from then on, and a busy proxy notices later. */
const LEFT_MS = 1_000;

/** Gives what is wrong, in words; nothing, if the client is as it must be. */
export function judge({ lines, tries = [], truth, deadlines = [], deafTo = [] }) {
  return [
    ...holdings(lines, truth),
    ...counts(lines, truth),
    ...givenUp(lines),
    ...storms(tries),
    ...impatient(tries, deafTo),
    ...silent(lines, deadlines),
  ];
}

/** It has all that it must have at rest, be it right or wrong otherwise: nothing more is to be waited for. */
export function atRest({ lines, truth }) {
  const had = new Set(lines.flatMap(idsOf));
  return (
    truth.ids.every((id) => had.has(id) || covered(lines)) && counts(lines, truth).length === 0
  );
}

const isNotification = ({ event }) => event?.type === "notification";
const idsOf = (line) => {
  if (isNotification(line)) return [line.event.payload.id];
  return line.reset?.notifications.map(({ id }) => id) ?? [];
};
/** A reset says that there are more than it contains: the client knows that it must ask for them. */
const covered = (lines) => lines.some(({ reset }) => reset?.more);

/** Every notification exactly once, or in a reset; in order. A reset replaces all that was before. */
function holdings(lines, { ids }) {
  const wrong = [];
  const placeOf = new Map(ids.map((id, place) => [id, place]));
  const cut = lines.findLastIndex(({ reset }) => reset !== undefined);
  const before = lines.slice(0, Math.max(cut, 0)).filter(isNotification);
  const known = cut < 0 ? [] : idsOf(lines[cut]).reverse(); // newest first on the wire
  const since = lines
    .slice(cut + 1)
    .filter(isNotification)
    .flatMap(idsOf);

  const had = new Set([...known, ...since]);
  const twice = repeated([...known, ...since]).length + repeated(before.flatMap(idsOf)).length;
  if (twice > 0) wrong.push(`twice: ${twice}`);

  const lost = ids.filter((id) => !had.has(id));
  const more = cut >= 0 && lines[cut].reset.more;
  const oldest = Math.min(...known.map((id) => placeOf.get(id) ?? Infinity));
  const unforgiven = lost.filter((id) => !more || placeOf.get(id) > oldest);
  if (unforgiven.length > 0) wrong.push(`lost: ${unforgiven.length} of ${ids.length}`);

  const places = [...known, ...since]
    .map((id) => placeOf.get(id))
    .filter((place) => place !== undefined);
  if (places.some((place, at) => at > 0 && place < places[at - 1])) wrong.push("out of order");
  return wrong;
}

/** Those that come more than once. Before a reset that is as wrong as after it. */
function repeated(ids) {
  return ids.filter((id, at) => ids.indexOf(id) < at);
}

function counts(lines, { unread, unseen }) {
  const last = lines.findLast(({ counts }) => counts !== undefined)?.counts;
  if (last?.unread === unread && last?.unseen === unseen) return [];
  const said = last === undefined ? "none" : `${last.unread}/${last.unseen}`;
  return [`wrong counts: ${said}, not ${unread}/${unseen}`];
}

/** The last word is that it will not try again. */
function givenUp(lines) {
  const last = lines.findLastIndex(({ gaveUp }) => gaveUp !== undefined);
  if (last < 0 || lines.slice(last).some((line) => isNotification(line) || line.reset)) return [];
  return [`gave up: ${lines[last].gaveUp}`];
}

/** An answer to a poll is no failure, and the next poll no try. */
const isTry = (tries) => (one, at) => one.kind !== "poll" || at === 0 || !tries[at - 1].passed;

function storms(tries) {
  const at = tries.filter(isTry(tries)).map((one) => one.at);
  const most = (within) => {
    let from = 0;
    return Math.max(
      0,
      ...at.map((time, to) => {
        while (time - at[from] >= within) from += 1;
        return to - from + 1;
      }),
    );
  };
  const [second, minute] = [most(1_000), most(60_000)];
  if (second > MOST_PER_SECOND) return [`storm: ${second} tries in a second`];
  if (minute > MOST_PER_MINUTE) return [`storm: ${minute} tries in a minute`];
  return [];
}

/** It came back sooner than it was asked to. */
function impatient(tries, deafTo) {
  const early = tries.slice(1).flatMap((next, at) => {
    const { asked, askedBy, outcome } = tries[at];
    const from = countedFrom(tries[at]);
    if (asked === undefined || from === undefined || deafTo.includes(askedBy)) return [];
    const waited = next.at - from;
    const early = outcome === "left" ? LEFT_MS : EARLY_MS;
    return waited < asked - early ? [{ asked, askedBy, waited }] : [];
  });
  if (early.length === 0) return [];
  const [{ asked, askedBy, waited }] = early;
  return [`impatient: ${askedBy} ${asked} ms, came after ${Math.round(waited)}`];
}

/** Who was said goodbye counts from then on, where the server ends the connection: a busy proxy passes on the end later. */
function countedFrom({ askedBy, askedAt, endedAt, outcome }) {
  const parted = askedBy === "goodbye" && outcome === "ended";
  return parted && askedAt < endedAt ? askedAt : endedAt;
}

/** It was dead, and did not say so by the deadline, `{ from, by }`: for clients that say how they stand. */
function silent(lines, deadlines) {
  const states = lines.filter(({ state }) => state !== undefined);
  if (states.length === 0) return [];
  return deadlines.flatMap(({ from, by }) => {
    const before = states.findLast(({ at }) => at <= from);
    const during = states.filter(({ at }) => at > from && at <= by);
    const said = [before, ...during].some((line) => line !== undefined && line.state !== "live");
    return said
      ? []
      : [`silent: live by its own word, ${Math.round((by - from) / 1000)} s after its death`];
  });
}
