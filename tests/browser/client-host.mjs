// A host application of another origin: its pages use @tidings/client as anybody would who has built it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { finished } from "../support/child.mjs";
import { onEnd } from "../support/cleanup.mjs";
import { asAdmin, get } from "../support/http.mjs";
import { freePort } from "../support/ports.mjs";
import { mintToken } from "../support/token.mjs";
import { until } from "../support/wait.mjs";

const WEB = resolve(import.meta.dirname, "../../web");

/** Each of them alone brings all that there is. */
export const WAYS = ["sse", "websocket", "eventsource", "longpoll"];

const PAGE = `<!doctype html><title>A host</title><link rel="icon" href="data:," />
<script type="module">
  import { connect, eventSource, longPoll, sse, webSocket } from "/client/index.js";
  import { openInbox } from "/client/offline.js";
  import { tabs } from "/client/tabs.js";
  const query = new URLSearchParams(location.search);
  // \`log\`: all that came, in its order.
  const heard = { counts: null, ids: [], log: [], states: [], resets: 0, refused: [], page: [] };
  for (const name of ["pagehide", "pageshow"])
    addEventListener(name, ({ persisted }) => persisted && heard.page.push(name));
  for (const name of ["freeze", "resume"])
    document.addEventListener(name, () => heard.page.push(name));
  const ways = {
    sse: [sse()],
    websocket: [webSocket()],
    eventsource: [eventSource()],
    longpoll: [longPoll()],
  };
  const worker = (name) => new SharedWorker("/worker.js", { type: "module", name });
  const who = {
    server: query.get("server"),
    user: "alice",
    token: () => fetch("/token").then((answer) => answer.text()),
  };
  const changed = ({ items, counts, pending }) => {
    const rows = items.map(({ title, read, pending }) => ({ title, read, pending: pending === true }));
    heard.view = { rows, counts, pending };
    heard.items = items;
  };
  const inbox = await openInbox({ ...who, changed, refused: (marking) => heard.refused.push(marking) });
  heard.first = heard.view; // before any connection
  const bell = query.has("bell") && (await (await import("/bell.js")).hang(who, heard));
  const also = (name, tell) => (...what) => {
    inbox.listener[name](...what);
    if (bell) bell.listener[name](...what);
    tell(...what);
  };
  const client = connect({
    ...who,
    ...(query.has("inbox") && inbox.cursor && { cursor: inbox.cursor }),
    transports: ways[query.get("way")] ?? [sse(), longPoll()],
    storage: localStorage,
    tabs: query.has("alone") ? undefined : tabs(query.has("worker") ? { worker } : {}),
    counts: also("counts", (counts) => (heard.counts = counts)),
    event: also("event", ({ id, type, payload }) => {
      heard.log.push({ id, type, of: payload.id });
      if (type === "notification") heard.ids.push(payload.id);
    }),
    state: also("state", ({ is, reason }) => {
      heard.states.push((is + " " + reason).trim());
      // Somebody has signed in again.
      if (is === "unauthorized") setTimeout(() => client.authorized(), 1_000);
    }),
    reset: also("reset", ({ cursor }) => {
      heard.resets += 1;
      heard.log.push({ type: "reset", cursor });
    }),
  });
  if (bell) bell.joined(client);
  window.tidings = { heard, client, inbox };
</script>`;

/** The example of the documentation, on a page that finds the package. */
async function examplePage(server) {
  const text = await readFile(join(WEB, "client/README.md"), "utf8");
  const code = /```js\n(.*?)```/s.exec(text)?.[1] ?? "";
  assert.ok(code.includes(EXAMPLE_SERVER), "there is an example");
  const imports = { "@tidings/client": "/client/index.js" };
  return `<!doctype html><title></title><link rel="icon" href="data:," />
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module">${code.replace(EXAMPLE_SERVER, server.url)}</script>`;
}

const ELSEWHERE = `<!doctype html><title></title><link rel="icon" href="data:," />`;

const EXAMPLE_SERVER = "https://tidings.example.org";

const WORKER = `import { longPoll, sse } from "/client/index.js";
import { serve } from "/client/tabs.js";
serve({ transports: [sse(), longPoll()] });`;

/** Builds the client as it is published, once for the tests of a file. Resolves with where it is. */
export async function buildClient() {
  const dir = await mkdtemp(join(tmpdir(), "tidings-client-"));
  const vite = join(WEB, "node_modules/vite/bin/vite.js");
  const args = [vite, "build", "--outDir", dir, "--logLevel", "error"];
  const child = spawn(process.execPath, args, { cwd: join(WEB, "client") });
  const { code, stdout, stderr } = await finished(child, "");
  assert.equal(code, 0, `${stdout}${stderr}`);
  return { dir, dispose: () => rm(dir, { recursive: true, force: true }) };
}

const mint = ({ server, lifetime }) =>
  mintToken(server.secret, { sub: "alice", lifetime });

/**
 * Serves the host's pages, and those of `more`: from an address and the host to a type, a body and headers. The server
 * must allow `origin`.
 */
export async function newHost(t, dist, more = () => undefined) {
  const port = await freePort();
  const hanging = [];
  const thaw = () => hanging.splice(0).forEach((answer) => answer.end());
  const host = {
    origin: `http://127.0.0.1:${port}`,
    server: null,
    hanging,
    thaw,
  };
  const script = (body) => ({ type: "text/javascript", body });
  const listener = createServer(async (request, answer) => {
    const address = new URL(request.url, host.origin);
    const { pathname } = address;
    if (pathname === "/hang") return hanging.push(answer);
    const found = await (async () => {
      const own = await more(address, host);
      if (own) return own;
      if (pathname === "/") return { type: "text/html", body: PAGE };
      if (pathname === "/elsewhere") {
        return { type: "text/html", body: ELSEWHERE };
      }
      if (pathname === "/example") {
        return { type: "text/html", body: await examplePage(host.server) };
      }
      if (pathname === "/worker.js") return script(WORKER);
      if (pathname === "/token")
        return { type: "text/plain", body: mint(host) };
      const name = /^\/client\/([\w.-]+\.js)$/.exec(pathname)?.[1];
      return name && script(await readFile(join(dist, name)));
    })();
    answer.writeHead(found ? (found.status ?? 200) : 404, {
      "content-type": found?.type ?? "text/plain",
      ...found?.headers,
    });
    answer.end(found?.body);
  });
  listener.listen(port, "127.0.0.1");
  await once(listener, "listening");
  onEnd(t, () => {
    listener.closeAllConnections();
    return new Promise((closed) => listener.close(closed));
  });
  return host;
}

/** A tab of the host's page. */
export class HostTab {
  static async open(
    context,
    host,
    { worker = false, alone = false, inbox = false, bell = false, way = "" } = {},
  ) {
    const page = await context.newPage();
    const query = new URLSearchParams({
      server: host.server.url,
      ...(worker && { worker: "1" }),
      ...(alone && { alone: "1" }),
      ...(inbox && { inbox: "1" }),
      ...(bell && { bell: "1" }),
      way,
    });
    await page.goto(`${host.origin}/?${query}`);
    return new HostTab(page).there();
  }

  constructor(page) {
    this.page = page;
    this.requests = [];
    page.on("request", (request) => this.requests.push(request.url()));
  }

  async there() {
    await this.page.waitForFunction(() => window.tidings !== undefined);
    return this;
  }

  heard = () => this.page.evaluate(() => window.tidings.heard);
  state = () => this.page.evaluate(() => window.tidings.client.state);

  /** Its page does nothing at all any more until the host thaws it. Resolves when it is so. */
  async freeze(host) {
    // The timer lets the evaluation end before.
    await this.page.evaluate(() => {
      const hang = () => {
        const request = new XMLHttpRequest();
        request.open("GET", "/hang", false);
        request.send();
      };
      setTimeout(hang);
    });
    await until("the tab hangs", () => host.hanging.length > 0);
  }

  /** As a browser does to tabs in the background: frozen, or active. */
  async lifecycle(state) {
    this.cdp ??= await this.page.context().newCDPSession(this.page);
    await this.cdp.send("Page.setWebLifecycleState", { state });
    const last = { frozen: "freeze", active: "resume" }[state];
    const heard = async () => (await this.heard()).page.at(-1) === last;
    await until(`the page hears "${last}", as hidden pages alone do`, heard);
  }

  leave = (host) => leave(this.page, `${host.origin}/elsewhere`);
  back = () => comeBack(this.page);

  /** The process of its page ends, without a word. */
  async crash() {
    const crashed = this.page.waitForEvent("crash");
    const cdp = await this.page.context().newCDPSession(this.page);
    cdp.send("Page.crash").catch(() => {}); // nobody is left to answer
    await crashed;
  }

  /** A request of its own, beside the client's. Resolves with the status. */
  ask = (path, method = "GET", body = undefined) =>
    this.page.evaluate(
      async ([path, method, body]) => {
        const token = await (await fetch("/token")).text();
        const server = new URLSearchParams(location.search).get("server");
        const headers = {
          authorization: `Bearer ${token}`,
          ...(body && { "content-type": "application/json" }),
        };
        const request = { method, headers, body };
        return (await fetch(`${server}/api/v1${path}`, request)).status;
      },
      [path, method, body && JSON.stringify(body)],
    );

  async live() {
    await until(
      "the tab is live",
      async () => (await this.state()).is === "live",
      RETRY,
    );
  }
}

/** After four tries in vain the fifth may come 16.25 s later. */
const RETRY = { patience: 30_000 };

/**
 * So long a tab is without news at most when the one that has the connection goes without a word: it looks every 2 s
 * whether that one is there, and where two looks were not answered the third takes its place, which makes 6 s. The rest
 * is for connecting, and for a machine that is busy with other things. A connection that is silent is noticed after 35 s.
 */
export const TAKEOVER = { patience: 20_000 };

/** Goes to another page. The browser keeps this one, or does not, and then says why when it is back. */
export async function leave(page, elsewhere) {
  await page.evaluate((elsewhere) => {
    window.kept = false; // what is loaded anew knows nothing of it
    addEventListener("pageshow", ({ persisted }) => (window.kept = persisted));
    location.href = elsewhere;
  }, elsewhere);
  await page.waitForURL(elsewhere);
}

/** The browser did not keep a page, for a reason of its own: it was too busy, for example. Those of the page it names. */
export class GivenUp extends Error {}

/** It must be as it was. */
export async function comeBack(page) {
  const elsewhere = page.url();
  await page.evaluate(() => history.back());
  await page.waitForURL((url) => `${url}` !== elsewhere, { waitUntil: "commit" });
  const { kept, reasons } = await page.evaluate(() => ({
    kept: window.kept,
    reasons: performance.getEntriesByType("navigation")[0].notRestoredReasons,
  }));
  const why = `it was loaded anew: ${JSON.stringify(reasons)}`;
  const own = reasons?.reasons?.every(({ reason }) => reason === "masked");
  if (kept === undefined && own) throw new GivenUp(why);
  assert.notEqual(kept, undefined, why);
  await page.waitForFunction(() => window.kept);
}

/** Waits until all of them show what the server says. */
export async function allAgree(server, tabs, patience) {
  const { unread, unseen } = await get(server, server.token("alice"), "/inbox");
  const agrees = async (tab) => {
    const { counts } = await tab.heard();
    return counts?.unread === unread && counts?.unseen === unseen;
  };
  await Promise.all(
    tabs.map((tab) => until(`a tab says ${unread} unread`, () => agrees(tab), patience)),
  );
  return unread;
}

/** Of that many tabs there are so many connections. */
export async function connections(server, wanted) {
  let last;
  await until(
    `there are ${wanted} connections`,
    async () => {
      last = (await asAdmin(server, "GET", "/admin/connections")).items;
      return last.length === wanted;
    },
    { patience: 20_000 },
  ).catch((error) => {
    throw new Error(`${error.message}, there are ${last?.length}`, {
      cause: error,
    });
  });
}
