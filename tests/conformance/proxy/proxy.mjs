// A way between a client and a server that does to what passes whatever a scenario says: on loopback, for one client,
// from a seed. It counts what it did, and writes down each try of the client.

import { once } from "node:events";
import { createServer } from "node:http";
import { freePort } from "../../support/ports.mjs";
import { newDice } from "./dice.mjs";
import { exchange } from "./exchange.mjs";
import { Plans } from "./plan.mjs";
import { socket } from "./socket.mjs";

/** A client that opens more at once is in a loop. */
const MOST_SOCKETS = 500;
/** More tries than any scenario has, so that a storm does not fill the memory. */
const MOST_TRIES = 10_000;

export class Proxy {
  plans = new Plans();
  /** `{ at, endedAt, kind, path, fault, passed, asked, askedBy, askedAt, outcome }`, in milliseconds of `performance.now()`. */
  tries = [];
  /** Ids of events that passed while the client was live. */
  news = new Set();
  /** Ids of events that it has kept from the client, and let pass what came after. */
  withheld = new Set();
  #lines = new Set();
  #sockets = new Set();
  #pages = new Map();
  #thaw = null;
  #listener = null;

  /** `as`: whose token goes with requests that say nothing, as a session does that a page has with its own server. */
  static async start({ target, seed = 1, as }) {
    const proxy = new Proxy(target, seed, await freePort(), as);
    await proxy.accept();
    return proxy;
  }

  constructor(target, seed, port, as) {
    this.as = as;
    this.target = new URL(target);
    this.dice = newDice(seed);
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
  }

  // ---- what a scenario says

  /** From now on, to what is open as well: see `faults.mjs`. Gives the plan: `used`, `end()`. */
  plan(fault, options) {
    return this.plans.add(fault, options);
  }

  /** Everything is well again; what stalls stays so, as it does with a path that has died. */
  async heal() {
    this.plans.clear();
    this.thaw();
    await this.accept();
  }

  /** Cuts what notifications come by, now. Gives how many there were. */
  cut(how = "rst") {
    const cut = this.carriers;
    for (const line of cut) line.cut(how);
    return cut.length;
  }

  /** What is open says nothing more, and is not closed. */
  stall() {
    for (const line of this.carriers) {
      line.stalled = true;
      this.plans.count("stall");
    }
  }

  /** Nothing moves until `thaw`, and nothing is lost. */
  freeze() {
    if (this.#thaw === null) this.#thaw = Promise.withResolvers?.() ?? withResolvers();
    this.plans.count("freeze");
  }

  thaw() {
    this.#thaw?.resolve();
    this.#thaw = null;
  }

  /** Nobody listens any more. What is open stays so: `cut` it as well. */
  async refuse() {
    this.#stopListening();
    this.plans.count("refuse");
  }

  #stopListening() {
    const listener = this.#listener;
    this.#listener = null;
    listener?.close();
    listener?.closeIdleConnections();
  }

  async accept() {
    if (this.#listener !== null) return;
    const listener = createServer((request, response) => this.#asked(request, response));
    this.#listener = listener;
    listener.keepAliveTimeout = 60_000;
    listener.on("connection", (client) => this.#connected(client));
    listener.on("upgrade", (request, client, begun) => socket(this, request, client, begun));
    listener.listen(this.port, "127.0.0.1");
    await once(listener, "listening");
  }

  /** A page of its own, so that a browser's client is of the same origin: `{ type, body }`. */
  serve(path, page) {
    this.#pages.set(path, page);
  }

  async close() {
    this.plans.clear();
    this.thaw();
    this.#stopListening();
    for (const client of this.#sockets) client.destroy();
  }

  // ---- what it saw

  /** What is open and could bring notifications. */
  get carriers() {
    return [...this.#lines].filter(({ kind }) => kind !== "other");
  }

  /** The client hears at once what happens now. */
  get live() {
    return (
      this.#thaw === null && this.carriers.some((line) => line.live && !line.stalled && !line.kept)
    );
  }

  get done() {
    return this.plans.done;
  }

  // ---- for its parts

  thawed() {
    return this.#thaw?.promise;
  }

  began(line) {
    this.#lines.add(line);
    const entry = { at: performance.now(), kind: line.kind, path: line.path };
    if (line.kind !== "other" && this.tries.length < MOST_TRIES) this.tries.push(entry);
    return entry;
  }

  ended(line, outcome) {
    this.#lines.delete(line);
    const { leftAt } = line;
    const left = leftAt !== undefined && { endedAt: leftAt, outcome: "left" };
    Object.assign(line.try, { endedAt: performance.now(), outcome }, left);
  }

  #connected(client) {
    if (this.#sockets.size >= MOST_SOCKETS) return client.destroy();
    client.setNoDelay(true);
    client.on("error", () => {}); // it went away: whoever writes to it is told
    this.#sockets.add(client);
    client.once("close", () => this.#sockets.delete(client));
  }

  #asked(request, response) {
    // A connection of before, that was kept.
    if (this.#listener === null) return request.socket.resetAndDestroy();
    const page = this.#pages.get(new URL(request.url, this.url).pathname);
    if (page === undefined) return exchange(this, request, response);
    response.writeHead(200, { "content-type": page.type });
    response.end(page.body);
  }
}

function withResolvers() {
  let resolve;
  const promise = new Promise((resolved) => (resolve = resolved));
  return { promise, resolve };
}
