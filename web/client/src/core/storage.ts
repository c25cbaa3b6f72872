// How far a reader is, across reloads. Kept apart by server and user; the browser keeps origins apart.

import type { Held } from "../types";
import { EMPTY } from "./intake";
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
export function load(storage: TextStorage | undefined, name: string): Remembered {
  try {
    const { held, ...way } = JSON.parse(storage?.getItem(name) ?? "") as Remembered;
    return { ...way, held: isHeld(held) ? held : EMPTY };
  } catch {
    return { held: EMPTY };
  }
}

/** A storage may be full or forbidden. */
export function save(storage: TextStorage | undefined, name: string, remembered: Remembered): void {
  try {
    storage?.setItem(name, JSON.stringify(remembered));
  } catch {} // costs a replay after the next reload, nothing else
}

const isHeld = (held?: Held): held is Held =>
  typeof held?.cursor === "string" && Array.isArray(held.recent) && Boolean(held.seqs);
