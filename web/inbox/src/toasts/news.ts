// Which events toast, and what becomes of the toasts that are open. What this tab may not show, because another one is
// looked at, waits for its turn for a while.

import type { Envelope, Item } from "@tidings/client";
import { oldest, type Toast } from "./queue";

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
  /** Undefined: that is not known yet. */
  isQuiet(): boolean | undefined;
  /** The host wants them shown; they are said in any case. */
  wantsToasts(): boolean;
  /** It is shown now. */
  told(toast: Toast): void;
  /** Its link or an action is followed. */
  followed(id: string): void;
  /** As it stands now; null where that cannot be known. */
  item(id: string): Promise<Item | null>;
}

interface Change {
  ids?: string[];
  read?: boolean;
  archived?: boolean;
  deleted?: boolean;
  snoozed_until?: string | null;
}

/** What waits, and the event that it is of: what came back from a snooze may be shown once more. */
interface Held {
  toast: Toast;
  event: string;
  at: number;
}

export class News {
  #held = new Map<string, Held>();
  /** Came back, and is being asked for. */
  #asked = new Set<string>();

  constructor(private readonly parts: Parts) {}

  /** `live`: it happens now, and is no part of a replay. `welcome`: the host does not tell it by itself. */
  hear(envelope: Envelope, live: boolean, welcome: boolean): void {
    const { queue } = this.parts;
    const { type, payload, audience, id: event = "", muted } = envelope;
    const { id } = Object(payload) as Item; // a signal may bring nothing
    switch (type) {
      case "notification": {
        const toast = this.#toastOf(payload as Item, audience);
        const { group } = toast;
        for (const [id, { toast }] of this.#held) {
          if (group !== undefined && toast.group === group) this.#held.delete(id);
        }
        if (live && welcome && (toast.critical || !muted)) this.#bring(toast, event);
        else this.#replaced(toast);
        break;
      }
      case "notification.updated": {
        const toast = this.#toastOf(payload as Item, audience);
        queue.correct(toast);
        const held = this.#held.get(id);
        if (held) held.toast = toast;
        break;
      }
      case "notification.retracted":
      case "notification.expired":
        this.close(id);
        break;
      case "inbox.changed":
        this.#changed(payload as Change, event, live);
    }
  }

  /** The turn of this tab has come, or it is known whether it is quiet. */
  began(): void {
    const held = [...this.#held.values()];
    this.#held.clear();
    const since = this.parts.now() - FRESH_MS;
    for (const { toast, event, at } of held) if (at >= since) this.#bring(toast, event, at);
  }

  /** It was read, here or elsewhere. */
  settle(id: string): void {
    this.parts.queue.settle(id);
    this.#drop(id);
  }

  /** It is there no more. */
  close(id: string): void {
    this.parts.queue.close(id);
    this.#drop(id);
  }

  /** Another tab has shown what this event brought. */
  taken(event: string): void {
    for (const [id, held] of this.#held) if (held.event === event) this.#held.delete(id);
  }

  #drop(id: string): void {
    this.#held.delete(id);
    this.#asked.delete(id);
  }

  #bring(toast: Toast, event: string, at = this.parts.now()): void {
    const { stage, queue, wantsToasts, told } = this.parts;
    if (stage.has(event)) return;
    const quiet = stage.isOn && !toast.critical && this.parts.isQuiet();
    if (quiet) return this.#replaced(toast);
    if (stage.isOn && quiet === false) {
      stage.claim(event);
      if (wantsToasts()) queue.push(toast);
      return told(toast);
    }
    this.#held.set(toast.id, { toast, event, at });
    if (this.#held.size <= MOST_HELD) return;
    const given = oldest([...this.#held.values()].map(({ toast }) => toast));
    this.#held.delete(`${given?.id}`);
  }

  /** What it took the place of is not to be shown itself. */
  #replaced({ group }: Toast): void {
    if (group !== undefined) this.parts.queue.closeGroup(group);
  }

  #changed(
    { ids = [], read, archived, deleted, snoozed_until }: Change,
    event: string,
    live: boolean,
  ): void {
    for (const id of ids) {
      if (deleted) this.parts.queue.close(id);
      if (deleted || read || archived || snoozed_until) this.settle(id);
      else if (live && snoozed_until === null && read === false) void this.#comeBack(id, event);
    }
  }

  /** Its snooze is over. */
  async #comeBack(id: string, event: string): Promise<void> {
    this.#asked.add(id);
    const item = await this.parts.item(id); // it stands in the list in any case
    if (this.#asked.delete(id) && item && !item.read && (item.critical || !item.muted)) {
      this.#bring(this.#toastOf(item, item.audience), `${event} ${id}`);
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
