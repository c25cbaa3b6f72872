// The states of a connection, what may happen to it, and what is to be done then.
//
//   closed -> token -> opening -> live          `ready` makes it live
//               ^  ^       |        |
//               |  +----- waiting <-+           whatever ended it: wait, and try again, for ever
//               |
//           unauthorized                        only the host knows what to do: it says `authorized`

import type { Said, Transport } from "../transports/transport";
import type { Counts, Envelope, Held, Reset, State } from "../types";

export type Phase =
  | { at: "closed" }
  /** The host is asked for a token. */
  | { at: "token"; since: number }
  | { at: "opening"; heard: number; cold: boolean }
  | {
      at: "live";
      since: number;
      heard: number;
      connection: string | undefined;
      renewAt: number;
      renewedAt: number;
    }
  /** `floor`: the server does not want to hear of us before. */
  | { at: "waiting"; until: number; floor: number }
  | { at: "unauthorized" };

/** What there is to know of a transport. */
export type Way = Pick<Transport, "name" | "partial">;

/** No time at all: later than any. */
export const NEVER = Infinity;

export interface Model {
  phase: Phase;
  /** Counts the openings. What an earlier one still says is not listened to. */
  attempt: number;
  held: Held;
  /** In a row: a connection that held for a while ends them. */
  failures: number;
  reason: string;
  online: boolean;
  token: "held" | "wanted" | "refused";
  /** A refreshed token has not been accepted yet: another refusal is final. */
  refreshed: boolean;
  /** The host can give tokens, or refresh its cookie. */
  asks: boolean;
  /** An event is missing there. Missing once more, it will not come. */
  gap: string | null;
  /** The server's `retry`. */
  retry: number;
  heartbeat: number;
  transports: readonly Way[];
  transport: number;
  /** So often in a row this transport was opened and said nothing. */
  misses: number;
  /** When to try the first transport again. */
  preferAt: number;
  told: State;
}

export type Input =
  | { on: "start" | "close" | "authorized" | "tick" }
  | { on: "hint"; hint: "online" | "offline" | "visible" | "woke" }
  | { on: "token"; attempt: number; answer: "given" | "failed" | "nobody" }
  | (Said & { attempt: number });

export type Effect =
  | { do: "open"; attempt: number; transport: number; after: string | null }
  | { do: "shut" }
  | { do: "token"; attempt: number; refresh: boolean }
  | { do: "renew"; attempt: number; connection: string }
  | { do: "event"; envelope: Envelope; live: boolean }
  | { do: "reset"; reset: Reset }
  | { do: "counts"; counts: Counts }
  | { do: "state"; state: State };

/** Time and chance are arguments. */
export interface Now {
  now: number;
  /** In 0..1. */
  random: number;
}

export interface Remembered {
  held: Held;
  /** The name of the transport that worked, where it is not the first. */
  transport?: string;
  /** In JSON never is null. */
  preferAt?: number | null;
}

export function newModel(
  transports: readonly Way[],
  asks: boolean,
  { held, transport, preferAt }: Remembered,
  now: number,
): Model {
  const at = Math.max(
    0,
    transports.findIndex(({ name }) => name === transport),
  );
  return {
    phase: { at: "closed" },
    attempt: 0,
    held,
    failures: 0,
    reason: "",
    online: true,
    token: asks ? "wanted" : "held",
    refreshed: false,
    asks,
    gap: null,
    retry: 0,
    heartbeat: 15_000,
    transports,
    transport: at,
    misses: 0,
    preferAt: at === 0 ? NEVER : (preferAt ?? now),
    told: { is: "closed", since: now, reason: "", transport: transports[at]?.name ?? "" },
  };
}
