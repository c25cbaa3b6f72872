// A way to hear the server. It does what it is told and says what it hears: when to try again, and after what,
// is the machine's. A WebSocket is one more object of this kind.

import type { Api } from "../core/api";
import type { SseEvent } from "../sse/parser";

/** What a transport says. After `ended` it says nothing more. */
export interface Sink {
  event(event: SseEvent): void;
  /** Bytes came, whatever they are; with the place that a frame without data moved on to. */
  alive(cursor?: string): void;
  retry(ms: number): void;
  ended(why: Ended): void;
}

export interface Ended {
  status?: number;
  /** In milliseconds. */
  retryAfter?: number;
  reason?: string;
}

export interface Transport {
  readonly name: string;
  /** It tells those events alone whose types it knows. */
  readonly partial?: true;
  /** Is there such a thing in this browser? */
  supported(): boolean;
  /** Gives what shuts it: at once, and without a word. */
  open(api: Api, after: string | null, sink: Sink): () => void;
}

/** Why an answer that is not a success ended it. */
export function refusal(answer: Response): Ended {
  const seconds = Number(answer.headers.get("retry-after") ?? NaN);
  return { status: answer.status, ...(seconds >= 0 && { retryAfter: seconds * 1_000 }) };
}

/** `?after=`, for who has a place to go on from. */
export function query(fields: Record<string, string | null>): string {
  const given = Object.entries(fields).filter((field): field is [string, string] => !!field[1]);
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}

/** Runs it until it ends or is shut. What it throws is a fault of the network. */
export function running(sink: Sink, run: (signal: AbortSignal) => Promise<Ended>): () => void {
  const over = new AbortController();
  run(over.signal)
    .catch((): Ended => ({}))
    .then((why) => over.signal.aborted || sink.ended(why));
  return () => over.abort();
}
