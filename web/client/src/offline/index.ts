// `openInbox()`: the newest page, kept in the browser, and marks that wait for the network.

import { Api, type GiveToken } from "../core/api";
import { nameOf } from "../core/storage";
import { browser, type World } from "../core/world";
import { Inbox, type Heard } from "./inbox";
import { NO_STORE, openStore, type Store } from "./store";

export type { Inbox, View } from "./inbox";
export type { Marking } from "./marks";
export type { Store } from "./store";

/** A tab that a browser stopped in the middle of a request holds its turn. Marks twice do no harm, so others go on. */
export const LOCK_PATIENCE_MS = 20_000;

export interface InboxOptions extends Heard {
  user: string;
  server?: string;
  token?: GiveToken;
  store?: Store | undefined;
  world?: World;
}

export async function openInbox(options: InboxOptions): Promise<Inbox> {
  const { user, token, world = browser } = options;
  const server = options.server ?? globalThis.location?.origin ?? "";
  const name = nameOf(server, user);
  const store = options.store ?? (await openStore(name, world).catch(() => NO_STORE));
  const api = new Api(server, token, world.fetch);
  const { locks } = globalThis.navigator ?? {};
  /** Who has waited in vain waits no more for each, until it is given again. */
  let stuck = false;
  const alone = (run: () => Promise<void>): Promise<void> => {
    if (!locks) return run();
    let began: Promise<void> | undefined;
    const patience = () => ({ signal: AbortSignal.timeout(LOCK_PATIENCE_MS) });
    return locks
      .request(`${name} marks`, stuck ? { ifAvailable: true } : patience(), (lock) => {
        stuck = lock === null;
        return (began = run());
      })
      .catch(() => {
        // Nobody gives it, or where locks are there and forbidden: it runs without.
        stuck ||= !began;
        return began ?? run();
      });
  };
  const over = new AbortController();
  const inbox = new Inbox({ store, api, world, heard: options, alone, over });
  await inbox.load();
  globalThis.addEventListener?.("pagehide", () => inbox.keep(), { signal: over.signal });
  return inbox;
}
