// `openInbox()`: the newest page, kept in the browser, and marks that wait for the network.

import { Api, type GiveToken } from "../core/api";
import { nameOf } from "../core/storage";
import { browser, type World } from "../core/world";
import { Inbox, type Heard } from "./inbox";
import { inMemory, openStore, type Store } from "./store";

export type { Inbox, View } from "./inbox";
export type { Marking } from "./marks";
export type { Store } from "./store";

export interface InboxOptions extends Heard {
  user: string;
  server?: string;
  token?: GiveToken;
  store?: Store;
  world?: World;
}

export async function openInbox(options: InboxOptions): Promise<Inbox> {
  const { user, token, world = browser } = options;
  const server = options.server ?? globalThis.location?.origin ?? "";
  const name = nameOf(server, user);
  const store = options.store ?? (await openStore(name).catch(inMemory));
  const api = new Api(server, token, world.fetch);
  const { locks } = globalThis.navigator ?? {};
  const alone = <T>(run: () => Promise<T>): Promise<T> => {
    if (!locks) return run();
    let began: Promise<T> | undefined;
    // Where locks are there and forbidden, it runs without.
    return locks.request(`${name} marks`, () => (began = run())).catch(() => began ?? run());
  };
  const over = new AbortController();
  const closed = () => over.abort();
  const inbox = new Inbox({ store, api, world, heard: options, alone, closed });
  await inbox.load();
  globalThis.addEventListener?.("pagehide", () => inbox.keep(), { signal: over.signal });
  return inbox;
}
