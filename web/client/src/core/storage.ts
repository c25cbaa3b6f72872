// How far a reader is, across reloads. Kept apart by server and user; the browser keeps origins apart.

import type { Held } from "../types";
import { MOST_AUDIENCES, REMEMBERED } from "./intake";
import type { Remembered } from "./model";

/** `localStorage` is one. */
export interface TextStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

/** Written behind by so much: on a busy stream not once for each event. */
export const BEHIND_MS = 500;

export const nameOf = (server: string, user: string) =>
  `tidings ${server} ${encodeURIComponent(user)}`;

/** What is not as it was written is nothing: another version, or somebody's hand. */
export function load(storage: TextStorage | undefined, name: string): Partial<Remembered> {
  try {
    const { held, transport, preferAt } = JSON.parse(storage?.getItem(name) ?? "{}") as Remembered;
    return { ...(isHeld(held) && { held }), transport, preferAt } as Partial<Remembered>;
  } catch {
    return {};
  }
}

/** A storage that is full or forbidden costs a replay after the next reload, nothing else. */
export function save(storage: TextStorage | undefined, name: string, remembered: Remembered): void {
  try {
    storage?.setItem(name, JSON.stringify(remembered));
  } catch {
    return;
  }
}

function isHeld(held: Partial<Held> | undefined): held is Held {
  return (
    typeof held?.cursor === "string" &&
    Array.isArray(held.recent) &&
    held.recent.length <= REMEMBERED &&
    Object.keys(Object(held.seqs)).length <= MOST_AUDIENCES
  );
}
