// Which events toast, and what becomes of the toasts that are open. What this tab may not show, because another one is
// looked at, waits for its turn for a while.

import type { Envelope, Item } from "@tidings/client";
import type { Toast } from "./queue";

/** After that it is no news any more: the inbox has it. */
export const FRESH_MS = 60_000;
/** So many wait for the turn of this tab: more would only bury who comes back. */
export const MOST_HELD = 20;

export interface Parts {
  queue: {
    push(toast: Toast): void;
    correct(toast: Toast): void;
    close(id: string): void;
    closeGroup(group: string): void;
    settle(id: string): void;
  };
  stage: { isOn: boolean; has(id: string): boolean; claim(id: string): void };
  now(): number;
  isQuiet(): boolean;
  /** The host wants them shown; they are said in any case. */
  wantsToasts(): boolean;
  /** It is shown now. */
  told(toast: Toast): void;
  /** Its link or an action is followed. */
  followed(id: string): void;
}

interface Change {
  ids?: string[];
  read?: boolean;
  archived?: boolean;
  deleted?: boolean;
  snoozed_until?: string | null;
}

export class News {
  #held = new Map<string, { toast: Toast; at: number }>();

  constructor(private readonly parts: Parts) {}

  /** `live`: it happens now, and is no part of a replay. `welcome`: the host does not tell it by itself. */
  hear({ type, payload, audience, muted }: Envelope, live: boolean, welcome: boolean): void {
    const { queue, isQuiet } = this.parts;
    if (type === "inbox.changed") return this.#changed(payload as Change);
    if (!type.startsWith("notification")) return;
    const { id, critical } = payload as Item;
    const toast = this.#toastOf(payload as Item, audience);
    if (type === "notification") {
      const { group } = toast;
      for (const [key, { toast }] of this.#held)
        if (group && toast.group === group) this.#held.delete(key);
      const may = live && welcome && (critical || !(muted || isQuiet()));
      if (may) this.#bring(toast);
      else if (group !== undefined) queue.closeGroup(group);
    } else if (type === "notification.updated") {
      queue.correct(toast);
      const held = this.#held.get(id);
      if (held) held.toast = toast;
    } else {
      queue.close(id);
      this.drop(id);
    }
  }

  /** The turn of this tab has come. */
  began(): void {
    const held = [...this.#held.values()];
    this.#held.clear();
    const since = this.parts.now() - FRESH_MS;
    for (const { toast, at } of held) if (at >= since) this.#bring(toast, at);
  }

  /** It was read, here or elsewhere. */
  settle(id: string): void {
    this.parts.queue.settle(id);
    this.drop(id);
  }

  /** Another tab shows it, or nobody should. */
  drop(id: string): void {
    this.#held.delete(id);
  }

  #bring(toast: Toast, at = this.parts.now()): void {
    const { stage, queue, wantsToasts, told } = this.parts;
    if (stage.has(toast.id)) return;
    if (stage.isOn) {
      stage.claim(toast.id);
      if (wantsToasts()) queue.push(toast);
      return told(toast);
    }
    this.#held.set(toast.id, { toast, at });
    for (const oldest of this.#held.keys())
      if (this.#held.size > MOST_HELD) this.#held.delete(oldest);
  }

  #changed({ ids = [], read, archived, deleted, snoozed_until }: Change): void {
    for (const id of ids) {
      if (deleted) this.parts.queue.close(id);
      if (deleted || read || archived || snoozed_until) this.settle(id);
    }
  }

  /** The part of a notification that a toast shows. Groups of different audiences have nothing in common. */
  #toastOf(
    { id, level, critical, title, body, link, actions, actor, group_key }: Item,
    audience: string,
  ): Toast {
    const group = group_key && `${audience} ${group_key}`;
    const followed = () => this.parts.followed(id);
    return { id, group, level, critical, title, body, link, actions, actor, followed } as Toast;
  }
}
