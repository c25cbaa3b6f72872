// Pages of another origin that have <tidings-inbox>: by a script tag under a strict policy, in Vue, in React.

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before } from "node:test";
import { mintToken } from "../support/token.mjs";
import { until } from "../support/wait.mjs";
import { buildClient, newHost } from "./client-host.mjs";
import { settled } from "./settled.mjs";

const WEB = resolve(import.meta.dirname, "../../web");
const EXAMPLE_SERVER = "https://tidings.example.org";
const SCRIPT = "/tidings-inbox.js";

const VUE_APP = `
import { createApp, h, ref } from "vue";
import { TidingsInbox } from "@tidings/inbox/vue";
const unread = ref(0);
createApp({
  render: () => [
    h("h1", "A host, with " + unread.value + " unread"),
    h(TidingsInbox, {
      server: new URLSearchParams(location.search).get("server"),
      token: () => fetch("/token").then((answer) => answer.text()),
      onCounts: (counts) => (unread.value = counts.unread),
    }, { footer: () => h("a", { href: "/all" }, "All of them") }),
  ],
}).mount("#app");`;

const REACT_APP = `
import { createElement, useState } from "react";
import { createRoot } from "react-dom/client";
import { TidingsInbox } from "@tidings/inbox/react";
function App() {
  const [unread, setUnread] = useState(0);
  return createElement("main", null,
    createElement("h1", null, "A host, with " + unread + " unread"),
    createElement(TidingsInbox, {
      server: new URLSearchParams(location.search).get("server"),
      token: () => fetch("/token").then((answer) => answer.text()),
      onCounts: (counts) => setUnread(counts.unread),
      href: "/all",
    }));
}
createRoot(document.querySelector("#app")).render(createElement(App));`;

const quiet = { logLevel: "error" };
const inbox = join(WEB, "inbox");
const vite = () => import(join(WEB, "node_modules/vite/dist/node/index.js"));
const into = (outDir) => ({ ...quiet, root: inbox, build: { outDir, emptyOutDir: false } });

/** Builds the files for a script tag, as the server has them. */
export async function buildScripts(dir) {
  const { build } = await vite();
  const scripts = join(inbox, "vite.script.config.ts");
  await build({ ...into(dir), configFile: scripts });
  await build({ ...into(dir), configFile: scripts, mode: "panel" });
}

/** The same, once for the tests of a file, whose host serves them. */
export function useScripts() {
  let dir;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "tidings-scripts-"));
    await buildScripts(dir);
  });
  after(() => dir && rm(dir, { recursive: true, force: true }));
  return async ({ pathname }) => {
    const name = /^\/(tidings-inbox[a-z-]*\.js)$/.exec(pathname)?.[1];
    return name && { type: "text/javascript", body: await readFile(join(dir, name)) };
  };
}

/** Builds the element as it is published, with an application of each framework that uses it. Once for a file. */
export async function buildElement() {
  const { build } = await vite();
  const client = await buildClient();
  const dir = await mkdtemp(join(tmpdir(), "tidings-inbox-"));
  await build({ ...into(dir), configFile: join(inbox, "vite.config.ts") });
  await buildScripts(dir);
  const sources = await mkdtemp(join(dir, "apps-"));
  const vueApp = join(sources, "vue-app.mjs");
  const reactApp = join(sources, "react-app.mjs");
  await writeFile(vueApp, VUE_APP);
  await writeFile(reactApp, REACT_APP);
  const found = {
    "@tidings/inbox/vue": join(dir, "vue.js"),
    "@tidings/inbox/react": join(dir, "react.js"),
    "@tidings/client/tabs": join(client.dir, "tabs.js"),
    "@tidings/client/offline": join(client.dir, "offline.js"),
    "@tidings/client": join(client.dir, "index.js"),
    vue: join(WEB, "node_modules/vue/dist/vue.runtime.esm-bundler.js"),
    react: join(WEB, "node_modules/react/index.js"),
    "react-dom/client": join(WEB, "node_modules/react-dom/client.js"),
  };
  await build({
    ...quiet,
    root: WEB,
    configFile: false,
    define: {
      "process.env.NODE_ENV": '"production"',
      __VUE_OPTIONS_API__: "true",
      __VUE_PROD_DEVTOOLS__: "false",
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false",
    },
    plugins: [
      {
        name: "packages",
        enforce: "pre",
        resolveId: (id) => found[id],
      },
    ],
    build: {
      outDir: dir,
      emptyOutDir: false,
      lib: { entry: { "vue-app": vueApp, "react-app": reactApp }, formats: ["es"] },
    },
  });
  const dispose = () =>
    Promise.all([client.dispose(), rm(dir, { recursive: true, force: true })]);
  return { dir, client: client.dir, dispose };
}

const escaped = (text) =>
  text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

const page = (attributes, body) =>
  `<!doctype html><html lang="en"${attributes}><meta charset="utf-8"><title>A host</title>` +
  `<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">${body}</html>`;

/** What no policy of styles concerns: axe takes a page without a colour of its own for white. */
const DARK = '<body bgcolor="#121212" text="#eeeeee" link="#aab4ff">';

/** `?lang=`, `?dir=` and `?scheme=` are the page's, all others are attributes of the element. */
function scripted(query, server) {
  const { lang = "en", dir = "ltr", scheme = "light dark", ...own } = Object.fromEntries(query);
  const attributes = Object.entries(own).map(([name, value]) => ` ${name}="${escaped(value)}"`);
  return (
    `<!doctype html><html lang="${lang}" dir="${dir}"><meta charset="utf-8"><title>A host</title>` +
    `<meta name="color-scheme" content="${scheme}"><meta name="viewport" content="width=device-width">` +
    `<link rel="icon" href="data:,">${scheme === "dark" ? DARK : ""}<header><script src="${server}${SCRIPT}" defer></script>` +
    `<tidings-inbox${attributes.join("")}></tidings-inbox></header><main><h1>A host</h1>` +
    `<p>Something to read. <a href="#x">Something to follow</a></p></main></html>`
  );
}

/** Nothing is allowed but the server's script, its API, and the host's own token. No style at all. */
const policy = (server, sockets) =>
  `default-src 'none'; script-src ${server}; img-src data:; connect-src ${server} 'self'` +
  (sockets ? ` ${server.replace("http", "ws")}` : "");

/** The example of the documentation, for this server. */
async function examplePage(server) {
  const text = await readFile(join(WEB, "inbox/README.md"), "utf8");
  const code = /```html\n(.*?)```/s.exec(text)?.[1] ?? "";
  assert.ok(code.includes(EXAMPLE_SERVER), "there is an example");
  return page("", `<main><h1>A host</h1>${code.replaceAll(EXAMPLE_SERVER, server)}</main>`);
}

/** Its properties are there before the script is. */
const latePage = (server) =>
  page(
    "",
    `<main><h1>A host</h1><tidings-inbox></tidings-inbox></main><script>
const inbox = document.querySelector("tidings-inbox");
inbox.texts = { title: "Letters" };
inbox.token = () => fetch("/token").then((answer) => answer.text());
</script><script src="${server}${SCRIPT}"></script>`,
  );

const app = (name) => page("", `<div id="app"></div><script type="module" src="/apps/${name}-app.js"></script>`);

/**
 * A host with all of these pages. Its `signedOut` lets `/token` answer 401; `reader` is who is signed in there;
 * `sockets` lets WebSockets through its policy.
 */
export async function newElementHost(t, { dir, client }) {
  const html = (body, headers = {}) => ({ type: "text/html", body, headers });
  const host = await newHost(t, client, async ({ pathname, searchParams }, { server, signedOut }) => {
    if (pathname === "/token" && signedOut) return { status: 401, type: "text/plain", body: "" };
    if (pathname === "/token" && host.reader) {
      const body = mintToken(host.server.secret, { sub: host.reader });
      return { type: "text/plain", body };
    }
    if (pathname === "/element") {
      const body = scripted(searchParams, server.url);
      return html(body, { "content-security-policy": policy(server.url, host.sockets) });
    }
    if (pathname === "/element-example") return html(await examplePage(server.url));
    if (pathname === "/late") return html(latePage(server.url));
    if (pathname === "/vue") return html(app("vue"));
    if (pathname === "/react") return html(app("react"));
    const name = /^\/apps\/([\w.-]+\.js)$/.exec(pathname)?.[1];
    return name && { type: "text/javascript", body: await readFile(join(dir, name)) };
  });
  return host;
}

/** The server gives the scripts that were just built: its own may be from before. */
export async function serveScript(context, server, { dir }) {
  await context.route(`${server.url}/tidings-inbox*.js`, async (route) => {
    const name = new URL(route.request().url()).pathname.slice(1);
    const body = await readFile(join(dir, name), "utf8");
    await route.fulfill({ contentType: "text/javascript; charset=utf-8", body });
  });
}

/** What a reader sees of the element; its shadow is open. */
export class Element {
  static async open(context, host, path = "/element", query = {}) {
    const page = await context.newPage();
    await page.addInitScript(listen);
    await page.goto(`${host.origin}${path}?${new URLSearchParams(query)}`);
    return new Element(page);
  }

  constructor(page) {
    this.page = page;
    this.root = page.locator("tidings-inbox");
    this.bell = this.root.locator(".bell");
    this.badge = this.root.locator(".badge");
    this.panel = this.root.locator(".panel");
    this.rows = this.root.locator("article");
    this.toasts = this.root.locator(".toast");
    this.instead = this.root.locator(".instead");
    this.line = this.root.locator(".state");
    this.polite = this.root.locator('[aria-live="polite"]');
    this.assertive = this.root.locator('[aria-live="assertive"]');
  }

  is(state) {
    return until(`the element is ${state}`, async () => {
      const now = await this.root.evaluate((element) => element.state?.is);
      return now === state;
    });
  }

  live = () => this.is("live");

  async badgeSays(words) {
    await until(`the badge says "${words}"`, async () => (await this.badge.textContent()) === words);
  }

  async openPanel() {
    await this.bell.click();
    await this.panel.waitFor();
  }

  row = (title) => this.rows.filter({ hasText: title });

  /** What the panel lists, without the word for screen readers before what is unread. */
  titles = () =>
    this.rows.locator(".title").evaluateAll((titles) =>
      titles.map(({ textContent }) => {
        const [, unread, title] = /^(Unread: )?(.*)$/.exec(textContent);
        return [title, unread === undefined];
      }),
    );

  /** Events of the element so far, by name. */
  events = (name) => this.page.evaluate((name) => globalThis.elementEvents[name] ?? [], name);

  /** Where the focus is, in words: of a row its title, of anything else what it is called. */
  focus = () =>
    this.page.evaluate(() => {
      const inside = document.querySelector("tidings-inbox").shadowRoot.activeElement;
      const at = inside ?? document.activeElement;
      const title = at.matches("article") && at.querySelector(".title").textContent;
      if (title) return title.replace(/^Unread: /, "");
      return at.getAttribute("aria-label") ?? at.textContent.trim();
    });

  /** This page is behind another tab, or in front again. */
  look = (at) =>
    this.page.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      const visibilityState = hidden ? "hidden" : "visible";
      Object.defineProperty(document, "visibilityState", { value: visibilityState, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, !at);

  settled = () => settled(this.page);
}

/** Runs in the page: what its host hears. */
function listen() {
  globalThis.elementEvents = {};
  for (const name of ["open", "counts", "notification", "state"]) {
    addEventListener(`tidings-${name}`, ({ detail }) =>
      (globalThis.elementEvents[name] ??= []).push(detail),
    );
  }
}
