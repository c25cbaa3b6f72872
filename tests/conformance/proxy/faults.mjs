// What can go wrong on the way, as values: `proxy.plan(lose())`.
//
// A fault happens to a request before it is passed on (`at: "request"`), to the begin of an answer (`at: "begin"`), to an
// entry of it (`at: "entry"`), or to its bytes (`at: "bytes"`). `times` bounds it: so many requests or entries it happens to,
// and then no more.

import { isEvent, socketFrame } from "./entries.mjs";
import { between } from "./dice.mjs";

/** Who repeats a page repeats so many events. */
export const PAGE = 8;

const request = (name, answer, times = Infinity) => ({ at: "request", name, times, ...answer });
const entry = (name, times, distort) => ({ at: "entry", name, times, distort });
const bytes = (name, pieces) => ({ at: "bytes", name, times: Infinity, pieces });

// ---- instead of an answer

/** What a proxy answers by itself. `headers` may have Retry-After. */
export const answer = (status, { headers = {}, body = `${status}`, times } = {}) =>
  request(`answer ${status}`, { status, headers, body }, times);

/** The sign-in page of some hotel. */
export const portal = (options) =>
  answer(200, {
    headers: { "content-type": "text/html" },
    body: "<!doctype html><title>Welcome</title><p>Please accept the terms\n\n",
    ...options,
  });

/** To the same thing at another address, which the proxy knows. */
export const redirect = (status = 307, times = 1) =>
  request("redirect", { redirect: status }, times);

/** Takes the request, and never says a word. */
export const silence = (times) => request("silence", { silent: true }, times);

/** Takes the request, and hangs up: "rst" or "fin". */
export const hangUp = (how = "rst", times) => request(`hang up ${how}`, { hangUp: how }, times);

// ---- before an answer

/** What is answered begins with a byte order mark. */
export const byteOrderMark = () => ({
  at: "begin",
  name: "byte order mark",
  times: Infinity,
  bytes: Buffer.from([0xef, 0xbb, 0xbf]),
});

/** Everything takes so long. */
export const delay = (ms, times) => request("delay", { delay: ms }, times);

// ---- to what the server says: each gets an entry and gives the pieces that go on in its place

/** An event is lost. */
export const lose = (times = 1) =>
  entry("lose", times, (it, plan, line) => {
    if (!hits(it, plan)) return [it];
    line.proxy.withheld.add(it.said.id);
    return [];
  });

/** An event comes twice. */
export const repeat = (times = 1) =>
  entry("repeat", times, (it, plan) => (hits(it, plan) ? [it, it] : [it]));

/** The last events come once more, as they came. */
export const repeatPage = (times = 1) =>
  entry("repeat a page", times, (it, plan, { recent }) =>
    recent.length > 1 && hits(it, plan) ? [it, ...recent] : [it],
  );

/** Two events change places. */
export const swap = (times = 1) =>
  entry("swap", times, (it, plan, line) => {
    if (!isEvent(it)) return [it];
    const { held } = line;
    if (held !== undefined) {
      line.held = undefined;
      plan.pending = false;
      return [it, held];
    }
    if (!plan.use()) return [it];
    line.proxy.withheld.add(it.said.id); // until the next one: a cut may come before
    line.held = it;
    plan.pending = true;
    return [];
  });

/** Cut in the middle of an event: "rst" (at once), "fin" (no more, and no proper end) or "end" (a proper end). */
export const cutInside = (how = "rst", times = 1) =>
  entry(`cut inside ${how}`, times, (it, plan) => {
    if (!hits(it, plan)) return [it];
    return [{ bytes: it.bytes.subarray(0, it.bytes.length >> 1), said: null }, { cut: how }];
  });

/** After an event nothing comes any more, and nothing is closed. */
export const stallAfter = (times = 1) =>
  entry("stall", times, (it, plan) => (hits(it, plan) ? [it, { stall: true }] : [it]));

/** What the standard says to ignore, before everything. */
export const noise = (times = Infinity) =>
  entry("noise", times, (it, plan, { kind, dice }) => {
    const noises = NOISES[kind];
    if (noises === undefined || !plan.use()) return [it];
    return [{ bytes: noises[between(dice, 0, noises.length - 1)], said: null }, it];
  });

const NOISES = {
  stream: [
    ": a comment\n\n",
    ":\n:\n\n",
    "<!-- inserted by your provider -->\n\n",
    "retry: soon\n\n",
    "id: with\0zero\n\n",
    "event: notification\n\n", // no data: nothing happens
    "nonsense\nnonsense: nonsense\n\n",
    Buffer.from([0x3a, 0xff, 0xfe, 0x80, 0x0a, 0x0a]), // a comment that is no UTF-8
  ].map((noise) => Buffer.from(noise)),
  socket: [
    socketFrame("ping", 9),
    socketFrame("pong", 10),
    socketFrame('{"event":"x-nonsense","data":{}}'),
  ],
};

/** Lines end with CR alone, which is as good as LF. */
export const carriageReturns = () =>
  entry("carriage returns", Infinity, (it, plan, { kind }) => {
    if (kind !== "stream" || !plan.use()) return [it];
    const cr = Buffer.from(it.bytes.map((byte) => (byte === 0x0a ? 0x0d : byte)));
    return [{ ...it, bytes: cr }];
  });

/** Lines end with CR LF. */
export const bothEnds = () =>
  entry("CR LF", Infinity, (it, plan, { kind }) => {
    if (kind !== "stream" || !plan.use()) return [it];
    const text = it.bytes.toString("latin1").replaceAll("\n", "\r\n");
    return [{ ...it, bytes: Buffer.from(text, "latin1") }];
  });

// ---- to bytes: each gives the pieces that are written by themselves

/** Every byte alone. */
export const everyByte = () =>
  bytes("every byte", (them) => [...them].map((byte) => Buffer.of(byte)));

/** Cut anywhere, also in the middle of a character or a line's end. */
export const anywhere = () =>
  bytes("anywhere", (them, { dice }) => {
    const pieces = [];
    for (let from = 0; from < them.length;) {
      const to = from + between(dice, 1, 11);
      pieces.push(them.subarray(from, to));
      from = to;
    }
    return pieces;
  });

/** A proxy that keeps everything until it has so many kilobytes of it. */
export const buffering = (kilobytes = 64) =>
  bytes("buffering", (them, line) => {
    line.kept = Buffer.concat([line.kept ?? Buffer.alloc(0), them]);
    if (line.kept.length < kilobytes * 1024) return [];
    const released = line.kept;
    line.kept = undefined;
    return [released];
  });

const hits = (it, plan) => isEvent(it) && plan.use();
