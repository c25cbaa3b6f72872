// For tests alone: a network that answers as the test says, and a world around it.

import type { Hint, World } from "../core/world";

export interface Asked {
  method: string;
  /** Below `/api/v1`, with its query. */
  path: string;
  token: string | null;
  body: unknown;
  /** Idempotency-Key. */
  key: string | null;
  credentials: string | undefined;
  /** Was hung up by the client. */
  gone(): boolean;
}

type Answer = (asked: Asked) => Response | Promise<Response> | undefined;

export class FakeServer {
  readonly asked: Asked[] = [];
  readonly streams: FakeStream[] = [];
  #hints = new Set<(hint: Hint) => void>();
  /** What it answers; undefined is a network that is away. A stream opens unless it is said otherwise. */
  answer: Answer = () => undefined;
  random = 0;

  readonly world: World = {
    now: () => Date.now(),
    random: () => this.random,
    setTimer: (run, ms) => setTimeout(run, ms),
    clearTimer: (timer) => clearTimeout(timer as number),
    hints: (hear) => {
      this.#hints.add(hear);
      return () => this.#hints.delete(hear);
    },
    fetch: async (url, init = {}) => {
      const headers = new Headers(init.headers);
      const signal = init.signal ?? new AbortController().signal;
      const asked: Asked = {
        method: init.method ?? "GET",
        path: String(url).split("/api/v1")[1] ?? "",
        token: headers.get("authorization"),
        body: typeof init.body === "string" ? JSON.parse(init.body) : undefined,
        key: headers.get("idempotency-key"),
        credentials: init.credentials,
        gone: () => signal.aborted,
      };
      this.asked.push(asked);
      const given = await this.answer(asked);
      if (signal.aborted) throw signal.reason;
      if (given !== undefined) return given;
      if (!asked.path.startsWith("/stream") || asked.method !== "GET")
        throw new TypeError("network");
      const stream = new FakeStream(asked);
      signal.addEventListener("abort", () => stream.fail());
      this.streams.push(stream);
      return stream.response;
    },
  };

  hint(hint: Hint): void {
    for (const hear of this.#hints) hear(hint);
  }
  get paths(): string[] {
    return this.asked.map(({ method, path }) => `${method} ${path}`);
  }
  get newest(): FakeStream {
    const stream = this.streams.at(-1);
    if (stream === undefined) throw new Error("no stream");
    return stream;
  }
}

export class FakeStream {
  readonly response: Response;
  #out!: ReadableStreamDefaultController<Uint8Array>;

  constructor(readonly asked: Asked) {
    const body = new ReadableStream<Uint8Array>({ start: (out) => void (this.#out = out) });
    this.response = new Response(body, { headers: { "content-type": "text/event-stream" } });
  }

  write(text: string): void {
    this.#out.enqueue(new TextEncoder().encode(text));
  }
  event(type: string, data: unknown, id?: string): void {
    this.write(
      `event: ${type}\n${id === undefined ? "" : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`,
    );
  }
  ready(unread = 0): void {
    const data = { connection_id: "k", unread, unseen: 0, heartbeat_ms: 15_000 };
    this.event("ready", data, `ready-${unread}`);
  }
  end(): void {
    this.#out.close();
  }
  fail(): void {
    try {
      this.#out.error(new TypeError("network"));
    } catch {
      return; // over already
    }
  }
}

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json", ...headers },
  });
