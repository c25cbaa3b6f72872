// What the stream says, as types. A frame that does not parse is no frame: it is ignored, never fatal.

import type { Change, Counts, Item, Notification, Preferences } from "../api/types";

interface Envelope<P> extends Counts {
  id: string;
  audience: string;
  payload: P;
  /** The reader had it muted when it came. */
  muted?: boolean;
}

/** What the reader did, on any device: to some ids, or to everything up to a cursor, or beside the list. */
export interface InboxChange extends Change {
  ids?: string[];
  up_to?: string;
  /** They followed a link of it. */
  acted?: boolean;
  /** A topic. */
  joined?: string;
  left?: string;
  preferences?: Preferences;
}

export type GoodbyeReason = "shutdown" | "token_expired" | "revoked" | "overloaded" | "limit";

/** Frames that change the inbox. */
export type LogFrame =
  | ({ type: "notification" } & Envelope<Notification>)
  | ({ type: "notification.updated" } & Envelope<Notification>)
  | ({ type: "notification.retracted" } & Envelope<{ id: string }>)
  | ({ type: "notification.expired" } & Envelope<{ id: string }>)
  | ({ type: "inbox.changed" } & Envelope<InboxChange>);

export type ResetFrame = Counts & {
  type: "reset";
  reason: string;
  notifications: Item[];
  more: boolean;
};

/** Frames about the stream itself. */
export type ControlFrame =
  | (Counts & { type: "ready"; heartbeat_ms?: number })
  | { type: "ping" }
  | { type: "expiring" }
  | { type: "goodbye"; reason: GoodbyeReason };

export type Frame = LogFrame | ResetFrame | ControlFrame;

const ENVELOPED = [
  "notification",
  "notification.updated",
  "notification.retracted",
  "notification.expired",
  "inbox.changed",
] as const;

/** The names to listen for. An EventSource dispatches nothing for any other, which is how those are ignored. */
export const FRAME_NAMES = [...ENVELOPED, "reset", "ready", "ping", "expiring", "goodbye"] as const;
export type FrameName = (typeof FRAME_NAMES)[number];

export function parseFrame(name: FrameName, data: string): Frame | null {
  const body = parseObject(data);
  if (body === null) return null;
  if (name === "ping" || name === "expiring" || name === "goodbye") {
    return { ...body, type: name } as Frame;
  }
  if (typeof body.unread !== "number" || typeof body.unseen !== "number") return null;
  if (name === "reset" && !Array.isArray(body.notifications)) return null;
  if ((ENVELOPED as readonly string[]).includes(name)) {
    const payload = body.payload;
    if (typeof body.id !== "string" || typeof payload !== "object" || payload === null) return null;
    if (name !== "inbox.changed" && typeof (payload as { id?: unknown }).id !== "string") {
      return null;
    }
  }
  return { ...body, type: name } as unknown as Frame;
}

export function isLogFrame(frame: Frame): frame is LogFrame {
  return (ENVELOPED as readonly string[]).includes(frame.type);
}

function parseObject(data: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
