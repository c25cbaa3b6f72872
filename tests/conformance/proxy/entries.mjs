// What goes over the wire, cut into entries: frames of server-sent events, messages of a WebSocket, events of a page.
//
// An entry is `{ bytes, said }`: its bytes as they came, and what it says, `{ event, id, data }`, or null where
// it says nothing. Faults that are about events take entries; everything else goes by as it came.

/** A server that never ends an entry would fill the memory otherwise. */
export const MOST_BYTES = 8 * 1024 * 1024;

/** It has a place in the log: not `ready`, not `reset`, not a heartbeat. */
export const isEvent = ({ said }) => said?.data?.seq !== undefined;

/** Bytes that end no entry yet wait here for the rest. */
class Rest {
  bytes = Buffer.alloc(0);

  add(bytes) {
    this.bytes = Buffer.concat([this.bytes, bytes]);
    if (this.bytes.length > MOST_BYTES) throw new RangeError("an entry without an end");
  }

  take(length) {
    const taken = this.bytes.subarray(0, length);
    this.bytes = this.bytes.subarray(length);
    return taken;
  }
}

/** Server-sent events: an entry ends with a blank line. This server ends its lines with LF alone. */
export class SseEntries {
  #rest = new Rest();

  push(bytes) {
    this.#rest.add(bytes);
    const entries = [];
    for (let end; (end = this.#rest.bytes.indexOf("\n\n")) >= 0;) {
      const whole = this.#rest.take(end + 2);
      entries.push({ bytes: whole, said: readFrame(whole.toString()) });
    }
    return entries;
  }
}

export function readFrame(text) {
  const said = { event: "message", data: undefined };
  for (const line of text.split("\n")) {
    const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (name === "data") said.data = parsed(value);
    else if (name === "retry") said.retry = Number(value);
    else if (name !== undefined) said[name] = value;
  }
  return said;
}

/** Frames of a WebSocket from the server, which are not masked. */
export class SocketEntries {
  #rest = new Rest();

  push(bytes) {
    this.#rest.add(bytes);
    const entries = [];
    for (let frame; (frame = frameAt(this.#rest.bytes)) !== null;) {
      const whole = this.#rest.take(frame.from + frame.length);
      const text = frame.opcode === TEXT ? whole.subarray(frame.from).toString() : "";
      entries.push({ bytes: whole, said: parsed(text) ?? null });
    }
    return entries;
  }
}

const TEXT = 1;

/** Where the payload of the first frame is, or null where it has not all come. */
function frameAt(bytes) {
  if (bytes.length < 2) return null;
  const short = bytes[1] & 0x7f;
  const from = short === 127 ? 10 : short === 126 ? 4 : 2;
  if (bytes.length < from) return null;
  const length =
    short === 127
      ? Number(bytes.readBigUInt64BE(2))
      : short === 126
        ? bytes.readUInt16BE(2)
        : short;
  return bytes.length < from + length ? null : { opcode: bytes[0] & 0x0f, from, length };
}

/** A text message as a server frames it. */
export function socketFrame(text, opcode = TEXT) {
  const payload = Buffer.from(text);
  const head = payload.length < 126 ? Buffer.alloc(2) : Buffer.alloc(4);
  head[0] = 0x80 | opcode;
  head[1] = payload.length < 126 ? payload.length : 126;
  if (payload.length >= 126) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}

/** The events of an answer to `GET /events`, and how to put it together again. */
export function pageEntries(body) {
  const page = parsed(body.toString());
  if (!Array.isArray(page?.events)) return null;
  const { events, ...others } = page;
  const entries = events.map((data) => ({
    bytes: Buffer.from(JSON.stringify(data)),
    said: { event: data.type, id: data.id, data },
  }));
  const joined = (parts) => {
    const head = JSON.stringify(others).slice(0, -1);
    return Buffer.from(`${head},"events":[${parts.map(String).join(",")}]}`);
  };
  return { entries, joined };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
