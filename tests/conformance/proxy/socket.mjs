// One WebSocket: the handshake is answered as was planned, or passed on; then frames of the server are distorted, and
// those of the client pass.

import { connect } from "node:net";
import { SocketEntries } from "./entries.mjs";
import { Line, reset } from "./line.mjs";

/** No compression: what is compressed cannot be read on the way. */
const WITHHELD = "sec-websocket-extensions";

/** The first byte of a frame that closes. A client sends it by itself. */
const CLOSE = 0x88;

/** No head of an answer is longer. */
const MOST_HEAD_BYTES = 16 * 1024;

export async function socket(proxy, request, client, begun) {
  client.on("error", () => {});
  const line = new Line(proxy, { path: request.url, out: outOf(client), socket: client });
  client.once("close", () => line.end(line.outcome ?? "left"));
  const fault = await line.met();
  if (line.over) return;
  if (fault === undefined) return passOn(line, request, client, begun);
  line.outcome = fault.name;
  line.try.fault = fault.name;
  if (fault.silent) return;
  if (fault.hangUp || fault.redirect) return line.cut(fault.hangUp ?? "fin");
  const headers = { ...fault.headers, connection: "close" };
  const seconds = headers["retry-after"];
  if (seconds !== undefined) line.asked(seconds * 1_000, "Retry-After");
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  client.end(`HTTP/1.1 ${fault.status} Fault\r\n${lines.join("")}\r\n${fault.body}`);
}

const outOf = (client) => ({
  write: (bytes) => new Promise((written) => client.write(bytes, () => written())),
  cut(how) {
    if (how === "rst") reset(client);
    else client.end();
  },
});

function passOn(line, request, client, begun) {
  const { hostname, port } = line.proxy.target;
  const upstream = connect(Number(port), hostname);
  upstream.setNoDelay(true);
  client.setNoDelay(true);
  upstream.once("error", () => line.over || line.cut("rst"));
  client.once("close", () => upstream.destroy());
  upstream.write(headOf(request));
  upstream.write(begun);
  client.pipe(upstream);
  client.on("data", (bytes) => {
    // It takes its leave: what follows is courtesy, and takes a while.
    if (bytes[0] === CLOSE) line.leftAt ??= performance.now();
  });
  back(line, upstream).then(
    () => line.over || line.stalled || line.cut("fin"),
    () => line.over || line.cut("rst"),
  );
}

function headOf({ method, url, rawHeaders }) {
  const lines = [`${method} ${url} HTTP/1.1`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at].toLowerCase() === WITHHELD) continue;
    lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}

async function back(line, upstream) {
  const entries = new SocketEntries();
  let head = Buffer.alloc(0);
  let open = false;
  for await (let bytes of upstream) {
    if (!open) {
      head = Buffer.concat([head, bytes]);
      const end = head.indexOf("\r\n\r\n");
      if (end < 0 && head.length > MOST_HEAD_BYTES) throw new RangeError("too long a head");
      if (end < 0) continue;
      open = true;
      line.try.passed = /^HTTP\/1\.1 101 /.test(head.toString("latin1", 0, end));
      await line.proxy.thawed();
      await line.out.write(head.subarray(0, end + 4));
      bytes = head.subarray(end + 4);
    }
    if (line.try.passed) await line.pass(entries.push(bytes));
    else await line.out.write(bytes);
  }
}
