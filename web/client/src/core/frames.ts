// What a transport says, as types. A frame that does not parse is no frame: it is ignored, never fatal.

import type { Counts, Envelope, Reset } from "../types";

export type Frame =
  | { is: "event"; envelope: Envelope }
  | { is: "reset"; reset: Reset }
  | ({ is: "ready"; connection_id?: string; heartbeat_ms: number } & Counts)
  | { is: "expiring" }
  | { is: "goodbye"; reason: string; retry_ms?: number };

/** Null: it is no JSON. What is no object has no members. */
export function parsed(text: string): Record<string, unknown> | null {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return null;
  }
}

export function parseFrame(type: string, data: string, id: string): Frame | null {
  const body = parsed(data);
  if (body === null) return null;
  const counted = typeof body.unread === "number" && typeof body.unseen === "number";
  if (type === "expiring" || type === "goodbye" || (type === "ready" && counted))
    return { ...body, is: type } as Frame;
  if (!counted) return null;
  if (type === "reset")
    return Array.isArray(body.notifications)
      ? { is: type, reset: { ...(body as unknown as Reset), cursor: id } }
      : null;
  if (body.type !== type || typeof body.audience !== "string" || body.payload === undefined)
    return null;
  return { is: "event", envelope: body as unknown as Envelope };
}
