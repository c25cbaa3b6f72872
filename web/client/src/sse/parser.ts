// Server-sent events, as the HTML standard has them (9.2.6, "Interpreting an event stream").
//
// Bytes go in as they come, cut anywhere; events come out. What is not ended by a blank line is no event yet.

export interface SseEvent {
  type: string;
  data: string;
  /** The last event id as of this event: what to come back with. */
  id: string;
}

export interface SseSink {
  event(event: SseEvent): void;
  /** A frame without data: nothing happens by it, but the place moves on. It is how this server's heart beats. */
  moved(id: string): void;
  retry(ms: number): void;
}

/** A server that never ends a line or an event would fill the memory otherwise. Far more than a `reset` of 50 takes. */
export const MOST_CHARS = 8 * 1024 * 1024;

export class SseParser {
  // It takes a byte order mark away, once, and waits for the rest of a character that is cut in two.
  #decoder = new TextDecoder();
  #rest = "";
  #afterCr = false;
  #type = "";
  #data = "";
  #id = "";

  readonly #sink: SseSink;

  constructor(sink: SseSink) {
    this.#sink = sink;
  }

  feed(bytes: Uint8Array): void {
    let text = this.#decoder.decode(bytes, { stream: true });
    if (text === "") return;
    // CR LF is one end of a line, also where the two come apart.
    if (this.#afterCr && text[0] === "\n") text = text.slice(1);
    this.#afterCr = text.endsWith("\r");
    let from = 0;
    for (const end of text.matchAll(/\r\n?|\n/g)) {
      this.#line(this.#rest + text.slice(from, end.index));
      this.#rest = "";
      from = end.index + end[0].length;
    }
    this.#rest += text.slice(from);
    if (this.#rest.length + this.#data.length > MOST_CHARS) throw new RangeError("event too long");
  }

  #line(line: string): void {
    if (line === "") return this.#dispatch();
    const colon = `${line}:`.indexOf(":"); // a name alone is one without value
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") this.#type = value;
    else if (name === "data") this.#data += value + "\n";
    else if (name === "id" && !value.includes("\0")) this.#id = value;
    else if (name === "retry" && /^\d+$/.test(value)) this.#sink.retry(Number(value));
  }

  #dispatch(): void {
    const [type, data, id] = [this.#type || "message", this.#data, this.#id];
    this.#type = this.#data = "";
    if (data === "") this.#sink.moved(id);
    else this.#sink.event({ type, data: data.slice(0, -1), id });
  }
}
