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
  | { at: "token" }
  | { at: "opening"; heard: number; cold: boolean }
  | {
      at: "live";
      since: number;
      heard: number;
      connection: string | undefined;
      /** A renewal is due, and not before `renewAt`. */
      expiring: boolean;
      renewAt: number;
    }
  /** `floor`: the server does not want to hear of us before. */
  | { at: "waiting"; until: number; floor: number }
  | { at: "unauthorized" };

/** What there is to know of a transport. */
export type Way = Pick<Transport, "name" | "partial">;

/** No time at all: later than any. */
export const NEVER = Infinity;
export const PREFER_AGAIN_MS = 600_000;

export interface Model {
  phase: Phase;
  /** Of a clock that is never set back: by so much it is ahead of the other one. */
  now: number;
  ahead: number;
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
  /** Null: the host does not say. */
  | { on: "token"; attempt: number; signedIn: boolean | null }
  | (Said & { attempt: number });

export type Effect = Deed | Told;

export type Deed =
  | { do: "open"; attempt: number; transport: number; after: string | null }
  | { do: "shut" }
  | { do: "token"; attempt: number; refresh: boolean }
  | { do: "renew"; attempt: number; connection: string };

/** What the host is told. */
export type Told =
  | { say: "event"; envelope: Envelope; live: boolean }
  | { say: "reset"; reset: Reset }
  | { say: "counts"; counts: Counts }
  | { say: "state"; state: State };

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
    now,
    ahead: 0,
    attempt: 0,
    held,
    failures: 0,
    reason: "",
    online: true,
    token: asks ? "wanted" : "held",
    refreshed: false,
    asks,
    retry: 0,
    heartbeat: 15_000,
    transports,
    transport: at,
    misses: 0,
    // What is stored may be of a clock that was wrong.
    preferAt: at === 0 ? NEVER : Math.min(Number(preferAt) || now, now + PREFER_AGAIN_MS),
    told: { is: "closed", since: now, reason: "", transport: transports[at]?.name ?? "" },
  };
}
