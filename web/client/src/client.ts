// The whole, put together: who connects, for whom, how, and from where on.

import { Api, type GiveToken } from "./core/api";
import { Connection, tellHost } from "./core/connection";
import { EMPTY } from "./core/intake";
import type { Remembered, Told } from "./core/model";
import { BEHIND_MS, load, nameOf, save, type TextStorage } from "./core/storage";
import { browser, type World } from "./core/world";
import { whenShown } from "./shown";
import type { Transport } from "./transports/transport";
import type { Listener, State } from "./types";

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
  tell(told: Told): unknown;
  /** How far this tab is, and by which transport. */
  readonly known: Remembered;
  /** That has changed. */
  keep(known: Partial<Remembered>): void;
  /** A connection of this tab's own, from where it is. */
  connection(tell: (told: Told) => void): Connection;
}

export type Tabs = (seat: Seat) => Client;

export const alone: Tabs = (seat) => {
  const connection = seat.connection(seat.tell);
  connection.start();
  return connection;
};

export function connect(options: Options): Client {
  const { user, token, storage, cursor, world = browser, tabs = alone } = options;
  const server = options.server ?? globalThis.location?.origin ?? "";
  const transports = options.transports.filter((transport) => transport.supported());
  if (transports.length === 0) throw new TypeError("no transport");
  const name = nameOf(server, user);
  const api = new Api(server, token, world.fetch);
  const known = load(storage, name);
  if (cursor !== undefined && cursor !== known.held.cursor) known.held = { ...EMPTY, cursor };

  let timer: unknown;
  const write = () => {
    world.clearTimer(timer);
    timer = undefined;
    save(storage, name, known);
  };
  // While the page is put aside it has nothing open: others go on without it, and nothing keeps it from being so.
  let away = false;
  let closed = false;
  const shown = (state: State): State =>
    away ? { ...state, is: "waiting", reason: "frozen" } : state;
  const host = { ...options, state: (state: State) => options.state?.(shown(state)) };
  const seat: Seat = {
    name,
    server,
    user,
    token,
    api,
    world,
    known,
    tell: (told) => closed || tellHost(host, told), // closed by what it was told before
    keep: (part) => {
      Object.assign(known, part);
      timer ??= world.setTimer(write, BEHIND_MS);
    },
    connection: (tell) => new Connection({ ...seat, transports, tell }),
  };
  let client = tabs(seat);
  const over = whenShown((goes) => {
    away = goes;
    if (goes) {
      client.close();
      write();
    } else {
      client = tabs(seat);
      if (closed) client.close(); // by what it was told first
    }
  });
  return {
    get state() {
      return shown(client.state);
    },
    authorized: () => client.authorized(),
    close() {
      over();
      away = false;
      client.close();
      closed = true;
      if (timer !== undefined) write();
    },
  };
}
