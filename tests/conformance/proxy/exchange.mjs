// One request over HTTP: answered as was planned, or passed on to the server and back.

import { request as ask } from "node:http";
import { MOST_BYTES, pageEntries, SseEntries } from "./entries.mjs";
import { Line, reset } from "./line.mjs";

/** What is of one connection alone, or no longer true when a body is distorted. */
const OF_THE_CONNECTION = ["connection", "keep-alive", "transfer-encoding", "content-length"];

/** What the proxy adds to the address that it redirects to, and takes away again. */
const MOVED = "/moved";

export async function exchange(proxy, request, response) {
  const path = request.url.startsWith(MOVED) ? request.url.slice(MOVED.length) : request.url;
  const line = new Line(proxy, { path, out: outOf(response), socket: request.socket });
  response.once("close", () => line.end(line.outcome ?? "left"));
  const fault = await line.met();
  if (line.over) return;
  if (fault === undefined) return passOn(line, request, response);
  line.outcome = fault.name;
  line.try.fault = fault.name;
  if (fault.silent) return;
  if (fault.hangUp) return line.cut(fault.hangUp);
  const redirected = fault.redirect && { location: `${MOVED}${path}` };
  const headers = redirected || fault.headers;
  noteRetryAfter(line, headers["retry-after"]);
  response.writeHead(fault.redirect ?? fault.status, headers);
  response.end(fault.status === 204 ? undefined : (fault.body ?? ""));
}

/** Writing is over when the kernel has it: what is written by itself is a packet by itself. */
const outOf = (response) => ({
  write: (bytes) => new Promise((written) => response.write(bytes, () => written())),
  cut(how) {
    if (how === "rst") reset(response.socket);
    else if (how === "fin") response.socket?.end();
    else response.end();
  },
});

function passOn(line, request, response) {
  const { proxy } = line;
  const { hostname, port } = proxy.target;
  const upstream = ask({
    host: hostname,
    port,
    path: line.path,
    method: request.method,
    headers: { ...sessionOf(line), ...request.headers },
    agent: false,
  });
  response.once("close", () => upstream.destroy());
  // As if nothing was between: who is not there is not there.
  upstream.once("error", () => line.over || line.cut("rst"));
  upstream.once("response", (answer) => {
    back(line, answer, response).catch(() => line.over || line.cut("rst"));
  });
  request.pipe(upstream);
  // A request that waits is all the liveness that a poll has.
  line.live = line.kind === "poll" && new URL(line.path, proxy.url).searchParams.has("wait");
}

/** As a cookie would say who it is, where a ticket does not. */
function sessionOf({ proxy, path }) {
  return proxy.as && !path.includes("ticket=") ? { authorization: `Bearer ${proxy.as}` } : {};
}

async function back(line, answer, response) {
  const headers = Object.fromEntries(
    Object.entries(answer.headers).filter(([name]) => !OF_THE_CONNECTION.includes(name)),
  );
  noteRetryAfter(line, headers["retry-after"]);
  await line.proxy.thawed();
  if (line.over) return;
  response.writeHead(answer.statusCode, headers);
  response.flushHeaders();
  line.try.passed = answer.statusCode === 200;
  if (line.try.passed) await line.begin();
  if (line.kind === "stream" && line.try.passed) await stream(line, answer);
  else await whole(line, answer);
  if (line.over || line.stalled) return;
  line.outcome = "ended";
  if (line.kept) await line.out.write(line.kept); // who buffers lets go at the end
  response.end();
}

async function stream(line, answer) {
  const entries = new SseEntries();
  for await (const bytes of answer) await line.pass(entries.push(bytes));
}

/** An answer that is worth nothing before it is whole. */
async function whole(line, answer) {
  const parts = [];
  let length = 0;
  for await (const bytes of answer) {
    length += bytes.length;
    if (length > MOST_BYTES) throw new RangeError("too long an answer");
    parts.push(bytes);
  }
  const body = Buffer.concat(parts);
  const page = line.kind === "poll" && line.try.passed ? pageEntries(body) : null;
  if (page === null) return line.write(body);
  const pieces = page.entries.flatMap((entry) => line.distorted(entry));
  for (const piece of pieces) line.told(piece);
  const events = pieces.filter(({ said }) => said).map(({ bytes }) => bytes);
  if (line.held !== undefined) events.push(line.held.bytes); // nothing follows on this page
  line.held = undefined;
  const text = page.joined(events);
  const stalls = pieces.some(({ stall }) => stall);
  const cut = pieces.find(({ cut }) => cut)?.cut;
  if (cut === undefined && !stalls) return line.write(text);
  await line.write(text.subarray(0, text.length >> 1));
  if (cut !== undefined) line.cut(cut);
  else line.stalled = true;
}

function noteRetryAfter(line, seconds) {
  if (seconds !== undefined) line.asked(Number(seconds) * 1_000, "Retry-After");
}
