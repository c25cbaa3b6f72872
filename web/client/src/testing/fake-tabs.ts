// For tests alone: the channel and the locks that the tabs of one browser share. A frozen tab hears nothing until
// it thaws, and does nothing by itself.

import type { Channel, Locks, Message } from "../tabs/messages";

interface Waiting {
  held: () => Promise<void>;
  signal?: AbortSignal | undefined;
  lost(): void;
}

export class FakeBrowser {
  readonly said: Message["say"][] = [];
  #listeners = new Map<object, (message: Message) => void>();
  #holder: Waiting | null = null;
  #queue: Waiting[] = [];

  channel(deaf: () => boolean = () => false): Channel {
    const me = {};
    return {
      post: (message) => {
        this.said.push(message.say);
        const copy = structuredClone(message);
        for (const [other, listen] of this.#listeners) {
          if (other !== me) queueMicrotask(() => listen(copy));
        }
      },
      hear: (listen) => void this.#listeners.set(me, (message) => deaf() || listen(message)),
      close: () => void this.#listeners.delete(me),
    };
  }

  readonly locks: Locks = {
    request: (_, { steal, signal }, held) =>
      new Promise((resolve, reject) => {
        const lost = () => reject(new DOMException("stolen", "AbortError"));
        const one: Waiting = { held: () => held().then(resolve), signal, lost };
        signal?.addEventListener("abort", () => {
          this.#queue = this.#queue.filter((other) => other !== one);
          reject(new DOMException("given up", "AbortError"));
        });
        if (steal) {
          this.#holder?.lost();
          this.#holder = null;
          this.#queue.unshift(one);
        } else {
          this.#queue.push(one);
        }
        this.#next();
      }),
  };

  #next(): void {
    if (this.#holder !== null) return;
    const one = this.#queue.shift();
    if (one === undefined) return;
    this.#holder = one;
    queueMicrotask(() => {
      void one.held().then(() => {
        if (this.#holder !== one) return;
        this.#holder = null;
        this.#next();
      });
    });
  }
}
