// The whole, put together: who connects, for whom, how, and from where on.

import { Api, type GiveToken } from "./core/api";
import { Connection } from "./core/connection";
import { EMPTY } from "./core/intake";
import type { Remembered } from "./core/model";
import { BEHIND_MS, load, nameOf, save, type TextStorage } from "./core/storage";
import { browser, type World } from "./core/world";
import type { Transport } from "./transports/transport";
import type { Held, Listener, State } from "./types";

export interface Options extends Listener {
  /** Whose notifications. It names what is stored, so that no reader ever gets another one's. */
  user: string;
  /** The server's origin; without it the page's own. */
  server?: string;
  /** Without it the session's cookie says who it is. */
  token?: GiveToken;
  /** Best first. What the browser does not have is passed over. */
  transports: readonly Transport[];
  /** Where to go on from, when the host has just asked for the inbox; otherwise from where `storage` says. */
  cursor?: string;
  /** To go on across reloads: `localStorage`. */
  storage?: TextStorage;
  /** To share one connection among tabs. */
  tabs?: Tabs;
  world?: World;
}

/** What is open, for as long as it is. */
export interface Client {
  readonly state: State;
  /** Somebody has signed in: go on. */
  authorized(): void;
  close(): void;
}

/** What a client gives to those who share its connection. */
export interface Seat {
  /** The same for all tabs that may share: of a server and a user. */
  name: string;
  server: string;
  user: string;
  token: GiveToken | undefined;
  api: Api;
  world: World;
  listener: Listener;
  /** How far this tab is. */
  held: Held;
  /** A connection of this tab's own, from where it is, that tells this listener. */
  connection(listener: Listener): Connection;
}

export type Tabs = (seat: Seat) => Client;

export const alone: Tabs = (seat) => {
  const connection = seat.connection(seat.listener);
  connection.start();
  return connection;
};

export function connect(options: Options): Client {
  const { user, token, storage, cursor, world = browser, tabs = alone } = options;
  const server = options.server ?? globalThis.location?.origin ?? "";
  const transports = options.transports.filter((transport) => transport.supported());
  if (transports.length === 0) throw new TypeError("no transport that this browser has");
  const name = nameOf(server, user);
  const api = new Api(server, token, world.fetch);
  let known: Remembered = { held: EMPTY, ...load(storage, name) };
  if (cursor !== undefined && cursor !== known.held.cursor) {
    known = { ...known, held: { ...EMPTY, cursor } };
  }

  let timer: unknown;
  const write = () => {
    world.clearTimer(timer);
    timer = undefined;
    save(storage, name, known);
  };
  const moved = (remembered: Remembered) => {
    known = remembered;
    timer ??= world.setTimer(write, BEHIND_MS);
  };
  // A page that the browser puts aside to come back to, or stops in the background, keeps nothing from the others,
  // and nothing that would keep it from being put aside. When it is back it goes on from where it was.
  let away = false;
  const shown = (state: State): State =>
    away ? { ...state, is: "waiting", reason: "frozen" } : state;
  const seat: Seat = {
    name,
    server,
    user,
    token,
    api,
    world,
    listener: { ...options, state: (state) => options.state?.(shown(state)) },
    get held() {
      return known.held;
    },
    set held(held) {
      moved({ ...known, held });
    },
    connection: (listener) =>
      new Connection({ api, asks: token !== undefined, transports, world, listener, moved }, known),
  };
  let client = tabs(seat);
  const over = new AbortController();
  ["pagehide", "freeze", "pageshow", "resume"].forEach((name, at) =>
    globalThis.addEventListener?.(
      name,
      ({ isTrusted }) => {
        const goes = at < 2;
        if (!isTrusted || away === goes) return;
        away = goes;
        if (!goes) return void (client = tabs(seat));
        client.close();
        write();
      },
      { capture: true, signal: over.signal }, // those of the document do not come up to the window
    ),
  );
  return {
    get state() {
      return shown(client.state);
    },
    authorized: () => client.authorized(),
    close() {
      over.abort();
      away = false;
      client.close();
      if (timer !== undefined) write();
    },
  };
}
