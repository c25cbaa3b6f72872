// A way to hear the server. It does what it is told and says what it hears: when to try again, and after what,
// is the machine's.

import type { Api } from "../core/api";
import type { SseEvent } from "../sse/parser";
import type { Envelope, Reset } from "../types";

/** What a transport says. After `ended` it says nothing more. */
export type Said =
  | ({ on: "event" } & SseEvent)
  /** Bytes came, whatever they are; with the place that a frame without data moved on to. */
  | { on: "alive"; cursor?: string }
  | { on: "retry"; ms: number }
  /** The answer to `renew`. False: the token was refused. */
  | { on: "renewed"; ok: boolean }
  | ({ on: "ended" } & Ended);

export type Sink = (said: Said) => void;

export interface Ended {
  status?: number;
  /** In milliseconds. NaN: the server has not said; below 0: a time that is over. See `obeyed`. */
  retryAfter?: number;
  reason?: string;
  /** What is between lets requests through, and not this. */
  noWay?: boolean;
}

/** Shuts it: at once, and without a word. */
export interface Shut {
  (): void;
  /** Takes another token in band, where there is a band: `renewed` is the answer. */
  renew?(token: string): void;
}

export interface Transport {
  readonly name: string;
  /** It tells those events alone whose types it knows. */
  readonly partial?: true;
  /** Is there such a thing in this browser? */
  supported(): boolean;
  open(api: Api, after: string | null, say: Sink): Shut;
}

/** Asks for what there is to hear. An answer that is no success ends the transport, as whatever is thrown does. */
export async function ask(
  api: Api,
  path: string,
  signal?: AbortSignal,
  method = "GET",
): Promise<Response> {
  const answer = await api.send(method, path, undefined, undefined, signal);
  if (!answer.ok) throw answer;
  return answer;
}

/** What an answer that is no success says. Whatever else was thrown says nothing. */
export function refusal(why: unknown): Ended {
  if (!(why instanceof Response)) return {};
  const { status, headers } = why;
  const asked = headers.get("retry-after") ?? "";
  return { status, retryAfter: Number(asked) * 1_000 || Date.parse(asked) - Date.now() };
}

/** What `GET /events` answers. */
export interface Events {
  events: Envelope[];
  cursor: string;
  more: boolean;
  reset?: Reset;
}

/** What is nothing is left out. */
export type Fields = Record<string, string | number | boolean | null | undefined>;

/** `?after=`, for who has a place to go on from. */
export function query(fields: Fields): string {
  const given = Object.entries(fields).filter(([, value]) => value);
  return given.length ? `?${new URLSearchParams(given as [string, string][])}` : "";
}

/** Runs it until it ends or is shut, and lets it say nothing after that. What else it throws is a fault of the network. */
export function running(
  sink: Sink,
  run: (say: Sink, signal: AbortSignal) => Promise<Ended>,
): () => void {
  const over = new AbortController();
  const { signal } = over;
  const say: Sink = (said) => signal.aborted || sink(said);
  run(say, signal)
    .catch(refusal)
    .then((why) => {
      say({ on: "ended", ...why });
      over.abort(); // whatever it still has open
    });
  return () => over.abort();
}
