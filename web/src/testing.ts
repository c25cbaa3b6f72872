// What the tests of components share.

import type { Client, Envelope, Is, Listener, Reset } from "@tidings/client";
import type { Message } from "@tidings/inbox";
import { createApp, h, nextTick, type Component } from "vue";
import type { Query } from "./api/types";
import { createInbox, provideInbox, type Inbox } from "./inbox/inbox";
import type { Connect } from "./stream/link";
import { toasts } from "./bell/toasts";

/** A bell that only takes down what the page has it do. */
export class FakeBell {
  readonly said: Message[] = [];
  readonly dismissed: string[] = [];

  constructor() {
    toasts.by({
      notify: (message) => void this.said.push(message),
      dismiss: (id) => void this.dismissed.push(id),
    });
  }
}

/** What happy-dom has not. */
export class NoObserver {
  observe() {}
  disconnect() {}
}

export interface Mounted {
  root: HTMLElement;
  find<T extends HTMLElement = HTMLElement>(testid: string): T | null;
  all(testid: string): HTMLElement[];
  unmount(): void;
}

export function mount(component: Component, props: object = {}, inbox?: Inbox): Mounted {
  const root = document.createElement("div");
  document.body.append(root);
  const app = createApp({
    setup() {
      if (inbox !== undefined) provideInbox(inbox);
      return () => h(component, props);
    },
  });
  app.mount(root);
  return {
    root,
    find: <T extends HTMLElement>(testid: string) =>
      root.querySelector<T>(`[data-testid="${testid}"]`),
    all: (testid) => [...root.querySelectorAll<HTMLElement>(`[data-testid="${testid}"]`)],
    unmount() {
      app.unmount();
      root.remove();
    },
  };
}

/** A connection that says what the test says. */
export class FakeLink {
  /** From where on. */
  readonly joined: (string | undefined)[] = [];
  closed = 0;
  #listener: Listener = {};

  readonly connect: Connect = ({ cursor, ...listener }) => {
    this.joined.push(cursor);
    this.#listener = listener;
    return { close: () => (this.closed += 1) } as Partial<Client> as Client;
  };

  event(envelope: object, live = true): void {
    this.#listener.event?.(envelope as Envelope, live);
  }
  counts(unread: number, unseen = unread): void {
    this.#listener.counts?.({ unread, unseen });
  }
  reset(reset: Reset): void {
    this.#listener.reset?.(reset);
  }
  state(is: Is, reason = ""): void {
    this.#listener.state?.({ is, since: Date.now(), reason, transport: "sse" });
  }
}

export const newInbox = (link = new FakeLink(), query: Query = { view: "all", search: "" }) =>
  createInbox(query, link.connect);

/** Answers that are there already have come, and are shown. */
export async function shown(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await nextTick();
}

export function key(target: Element | null, name: string, more: KeyboardEventInit = {}): void {
  target?.dispatchEvent(
    new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true, ...more }),
  );
}

export function type(field: HTMLElement | null, text: string): void {
  (field as HTMLInputElement).value = text;
  field?.dispatchEvent(new Event("input", { bubbles: true }));
}
