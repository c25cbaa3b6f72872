// <tidings-inbox> on pages of another origin, as a host would use it: nothing of it is in the page but one script.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { asAdmin, change, get, introduce, publish, request } from "../support/http.mjs";
import { newServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";
import { check } from "./axe.mjs";
import { newProfile, PHONE, refused, SERVER_AWAY } from "./browser.mjs";
import { fillInbox } from "./content.mjs";
import { buildElement, Element, newElementHost, serveScript } from "./element-host.mjs";
import { PASSWORDS, useBrowser } from "./world.mjs";

const browser = useBrowser();
const NO_TOKEN = refused(401, /\/token/);

let built;
before(async () => {
  built = await buildElement();
});
after(() => built?.dispose());

/** A host, a server that lets it in, and a browser that has the newest script. */
async function newWorld(t, options = {}) {
  const host = await newElementHost(t, built);
  const server = await newServer(t, { TIDINGS_CORS_ORIGINS: host.origin });
  host.server = server;
  await server.command(["migrate"]);
  await server.addUser("alice", PASSWORDS.alice);
  await server.start();
  await introduce(server, "alice");
  const context = await newProfile(t, browser(), { reducedMotion: "reduce", ...options });
  await serveScript(context, server, built);
  const send = (title, more = {}) => publish(server, { to: { user: "alice" }, title, ...more });
  const open = (query) => Element.open(context, host, "/element", { "token-url": "/token", ...query });
  return { host, server, context, send, open };
}

test("one script tag is all, under a policy that allows nothing else", async (t) => {
  const { host, server, send, open } = await newWorld(t);
  await fillInbox(server, "alice");
  const element = await open();
  await element.live();
  await element.badgeSays("3");
  const scripts = await element.page.evaluate(() =>
    performance
      .getEntriesByType("resource")
      .filter(({ initiatorType }) => initiatorType === "script")
      .map(({ name }) => new URL(name).pathname),
  );
  assert.deepEqual(scripts, ["/tidings-inbox.js"], "a quiet page loads no more");
  await element.openPanel();
  await element.bell.click();
  await element.panel.waitFor({ state: "hidden" });
  await element.openPanel();
  await until("all are listed", async () => (await element.rows.count()) === 5);
  await until("they are seen, and not read", async () => {
    const { unread, unseen } = await get(server, server.token("alice"), "/inbox");
    return unread === 3 && unseen === 0;
  });
  await send("It arrives", { body: "<img src=x onerror=alert(1)>", link: "/builds/1" });
  await element.row("It arrives").waitFor();
  await element.badgeSays("4");
  await until("it is a toast", async () => (await element.toasts.count()) === 1);
  assert.equal(await element.row("It arrives").locator("img").count(), 0);
  await element.row("It arrives").getByRole("button", { name: /^Mark as read/ }).click();
  await element.badgeSays("3");
  await element.toasts.waitFor({ state: "detached" });
  await element.panel.getByRole("button", { name: "Mark all as read" }).click();
  await element.badgeSays("");
  assert.equal((await get(server, server.token("alice"), "/inbox")).unread, 0);
  await element.row("Build 4711").getByRole("button", { name: /^Archive/ }).click();
  await element.row("Build 4711").waitFor({ state: "detached" });
  const link = element.row("It arrives").getByRole("link");
  assert.equal(await link.evaluate(({ href }) => href), `${host.origin}/builds/1`);
  assert.deepEqual((await element.events("counts")).at(-1), { unread: 0, unseen: 0 });
  assert.deepEqual(await element.events("open"), [true, false, true].map((open) => ({ open })));
  const [{ notification, muted }] = await element.events("notification");
  assert.deepEqual([notification.title, muted], ["It arrives", false]);
});

test("by the cookie of the server, whoever that is", async (t) => {
  const { host, server, context, send } = await newWorld(t, {
    allow: [refused(401, /\/auth\/me$/)],
  });
  const element = await Element.open(context, host);
  await element.is("unauthorized");
  const signIn = await context.newPage();
  await signIn.goto(server.url);
  await signIn.getByTestId("user").fill("alice");
  await signIn.getByTestId("password").fill(PASSWORDS.alice);
  await signIn.keyboard.press("Enter");
  await signIn.getByTestId("empty").waitFor();
  await element.page.bringToFront();
  await element.openPanel();
  await element.instead.getByText("You are signed out").waitFor();
  await element.instead.getByRole("button", { name: "Try again" }).click();
  await element.live();
  await send("Hello");
  await element.badgeSays("1");
});

test("with the keyboard alone", async (t) => {
  const { server, send, open } = await newWorld(t);
  for (const title of ["one", "two", "three"]) await send(title, { link: `/${title}` });
  const element = await open();
  const { page } = element;
  await element.badgeSays("3");
  const press = (key) => page.keyboard.press(key);
  const focusIs = (words) =>
    until(`the focus is on ${words}`, async () => (await element.focus()) === words).catch(
      async (error) => {
        throw new Error(`${error.message}, it is on ${await element.focus()}`, { cause: error });
      },
    );
  await press("Tab");
  await focusIs("Notifications, 3 unread");
  await press("Enter");
  await focusIs("three");
  await press("ArrowDown");
  await focusIs("two");
  await press("End");
  await focusIs("one");
  await press("ArrowDown");
  await focusIs("one");
  await press("Home");
  await focusIs("three");
  await press("r");
  await element.badgeSays("2");
  await press("r");
  await element.badgeSays("3");
  await focusIs("three");
  await press("e");
  await focusIs("two");
  await element.badgeSays("2");
  await until("the server has it", async () => {
    const { items } = await get(server, server.token("alice"), "/notifications?state=archived");
    return items.length === 1 && items[0].title === "three";
  });
  // Tab goes through what the row has, and no other row.
  await press("Tab");
  await focusIs("two");
  await press("Tab");
  await focusIs("Mark as read: two");
  await press("Space");
  await focusIs("Mark as unread: two");
  await press("Tab");
  await focusIs("Archive: two");
  await press("Tab");
  await element.panel.waitFor({ state: "hidden" });
  await focusIs("Something to follow");
  await press("Shift+Tab");
  await focusIs("Notifications, 1 unread");
  await press("Enter");
  await focusIs("two");
  await press("Escape");
  await element.panel.waitFor({ state: "hidden" });
  await focusIs("Notifications, 1 unread");
});

test("what the host has put at the foot of the panel is pressed, and reached by Tab", async (t) => {
  const { send, open } = await newWorld(t);
  await send("one");
  const element = await open();
  const { page } = element;
  await element.badgeSays("1");
  await page.evaluate(() => {
    const link = Object.assign(document.createElement("a"), {
      slot: "footer",
      href: "#all",
      textContent: "All of them",
    });
    document.querySelector("tidings-inbox").append(link);
  });
  const link = page.getByRole("link", { name: "All of them" });
  await element.openPanel();
  await link.click();
  assert.equal(new URL(page.url()).hash, "#all");
  await page.evaluate(() => history.replaceState(null, "", "#"));
  if (await element.panel.isHidden()) await element.openPanel();
  await element.row("one").focus();
  for (let stops = 0; stops < 3; stops += 1) await page.keyboard.press("Tab");
  await until("the focus is on it", () => link.evaluate((link) => link === document.activeElement));
  await page.keyboard.press("Enter");
  assert.equal(new URL(page.url()).hash, "#all");
  await page.keyboard.press("Escape");
  await element.panel.waitFor({ state: "hidden" });
  assert.equal(await element.focus(), "Notifications, 1 unread");
});

/** As a page over plain HTTP from another machine is. */
const insecure = (context) =>
  context.addInitScript(() => {
    Object.defineProperty(globalThis, "isSecureContext", { value: false });
    Object.defineProperty(navigator, "locks", { value: undefined });
  });

test("without locks there may be more tabs than a browser has connections", async (t) => {
  const { host, context, send, open } = await newWorld(t);
  host.sockets = true;
  await insecure(context);
  const tabs = [];
  while (tabs.length < 8) tabs.push(await open());
  for (const tab of tabs) await tab.live();
  await send("To all");
  for (const tab of tabs) await tab.badgeSays("1");
  const transports = tabs.map(({ root }) => root.evaluate(({ state }) => state.transport));
  assert.deepEqual(new Set(await Promise.all(transports)), new Set(["websocket"]));
});

test("where a policy lets no WebSocket through it goes another way", async (t) => {
  const { context, send, open } = await newWorld(t, {
    allow: [{ text: /policy: connect-src|violates the following Content Security Policy/, at: /^/ }],
  });
  await insecure(context);
  const element = await open();
  await element.live();
  await send("Hello");
  await element.badgeSays("1");
  assert.equal(await element.root.evaluate(({ state }) => state.transport), "sse");
});

test("another reader has nothing of the one before", async (t) => {
  const { host, server, send, open } = await newWorld(t);
  await server.addUser("bob", PASSWORDS.alice);
  await introduce(server, "bob");
  host.reader = "alice";
  const element = await open();
  await element.live();
  await send("For alice", { critical: true });
  await element.toasts.waitFor();
  await element.openPanel();
  await element.row("For alice").waitFor();
  host.reader = "bob";
  await element.root.evaluate((inbox) => inbox.authorized());
  await element.instead.getByText("Nothing new").waitFor();
  assert.deepEqual([await element.rows.count(), await element.toasts.count()], [0, 0]);
  await publish(server, { to: { user: "bob" }, title: "For bob" });
  await element.row("For bob").waitFor();
  await send("For alice again");
  assert.equal(await element.rows.count(), 1);
  host.reader = "alice";
  await element.root.evaluate((inbox) => inbox.authorized());
  await element.row("For alice again").waitFor();
  assert.equal(await element.row("For bob").count(), 0);
});

test("what the bell opens may not come: it says so, leaves no tag, and tries again", async (t) => {
  const panel = /tidings-inbox-panel/;
  const { context, open } = await newWorld(t, { allow: [{ text: /ERR_FAILED/, at: panel }] });
  await context.route(panel, (route) => route.abort());
  const element = await open();
  await element.live();
  await element.bell.click();
  await element.assertive.getByText("could not be loaded").waitFor();
  assert.equal(await element.page.locator("head script").count(), 0);
  await context.unroute(panel);
  await element.openPanel();
  assert.equal(await element.bell.getAttribute("aria-label"), "Notifications");
});

test("toasts are reached, held and closed by keyboard, and said", async (t) => {
  const { server, send, open } = await newWorld(t);
  const element = await open();
  await element.live();
  await send("Water under the sink", { level: "error", critical: true });
  await element.toasts.waitFor();
  await element.assertive.getByText("Water under the sink").waitFor();
  // Together: what comes within a second is said together.
  const two = ["first", "second"].map((title) => ({ to: { user: "alice" }, title }));
  await asAdmin(server, "POST", "/admin/notifications/batch", two);
  await element.polite.getByText("2 new notifications").waitFor();
  await until("three", async () => (await element.toasts.count()) === 3);
  await element.page.keyboard.press("Tab");
  await element.page.keyboard.press("Tab");
  assert.equal(await element.focus(), "Close: Water under the sink");
  await element.page.keyboard.press("Escape");
  await until("it is closed", async () => (await element.toasts.count()) === 2);
  assert.equal(await element.focus(), "Close: first");
  await element.root.getByRole("button", { name: "Close all" }).click();
  await until("none", async () => (await element.toasts.count()) === 0);
  // Esc is for the toast alone, and whoever closes the last one is back where they were.
  await element.openPanel();
  await element.row("second").focus();
  await send("third", { critical: true });
  await element.toasts.waitFor();
  await element.toasts.getByRole("button", { name: /^Close:/ }).focus();
  await element.page.keyboard.press("Escape");
  await until("none again", async () => (await element.toasts.count()) === 0);
  assert.ok(await element.panel.isVisible());
  assert.equal(await element.focus(), "second");
});

/** Far beyond the time that any toast has, a bit more than the one of a plain one, and hardly any of it. */
const LONG_MS = 60_000;
const SHORT_MS = 100;
const LIFE_MS = 5_500;

const HOLDS = {
  "the pointer is over it": {
    begin: async ({ page, toasts }) => {
      const { x, y, width, height } = await toasts.boundingBox();
      await page.mouse.move(x + width / 2, y + height / 2);
    },
    end: ({ page }) => page.mouse.move(1, 1),
  },
  "the focus is in it": {
    begin: async (element) => {
      for (let stops = 0; stops < 2; stops += 1) await element.page.keyboard.press("Tab");
      assert.equal(await element.focus(), "Close: Held");
    },
    end: async (element) => {
      await element.page.keyboard.press("Shift+Tab");
      assert.match(await element.focus(), /^Notifications/);
    },
  },
};

for (const [why, { begin, end }] of Object.entries(HOLDS)) {
  test(`a toast waits for as long as ${why}, and goes afterwards`, async (t) => {
    const { context, send, open } = await newWorld(t);
    await context.clock.install();
    const element = await open();
    const { page } = element;
    await element.live();
    // From now on time passes when the test says so.
    await page.clock.pauseAt(await page.evaluate(() => Date.now() + 1_000));
    await send("Held");
    await until("it is shown", async () => {
      await page.clock.runFor(SHORT_MS);
      return (await element.toasts.count()) === 1;
    });
    await begin(element);
    await page.clock.fastForward(LONG_MS);
    assert.equal(await element.toasts.count(), 1);
    await end(element);
    await page.clock.fastForward(LIFE_MS);
    await element.toasts.waitFor({ state: "detached" });
  });
}

for (const [reducedMotion, wanted] of Object.entries({ reduce: [], "no-preference": ["arrive"] })) {
  test(`what moves, where the reader's wish is "${reducedMotion}"`, async (t) => {
    const { send, open } = await newWorld(t, { reducedMotion });
    const element = await open();
    await element.live();
    await element.root.evaluate(({ shadowRoot }) => {
      globalThis.moved = new Set();
      for (const name of ["animationstart", "transitionrun"]) {
        shadowRoot.addEventListener(name, ({ animationName, propertyName }) =>
          globalThis.moved.add(animationName ?? propertyName),
        );
      }
    });
    await send("It arrives", { critical: true });
    await element.toasts.waitFor();
    await element.openPanel();
    await element.row("It arrives").waitFor();
    await element.settled();
    assert.deepEqual(await element.page.evaluate(() => [...globalThis.moved]), wanted);
  });
}

test("a correction changes a toast, a retraction takes it away, and what was read elsewhere goes", async (t) => {
  const { server, send, open } = await newWorld(t);
  const element = await open();
  await element.live();
  const as = server.token("root", "admin");
  const { id } = await send("Wrogn", { level: "error" });
  await element.toasts.filter({ hasText: "Wrogn" }).waitFor();
  await request(server, as, "PATCH", `/admin/notifications/${id}`, { title: "Right" });
  await element.toasts.filter({ hasText: "Right" }).waitFor();
  await request(server, as, "DELETE", `/admin/notifications/${id}`);
  await element.toasts.waitFor({ state: "detached" });
  const read = await send("Read elsewhere", { level: "error" });
  await element.toasts.waitFor();
  await change(server, "alice", read.id, { read: true });
  await element.toasts.waitFor({ state: "detached" });
});

test("two tabs have one toast: in the one that is looked at, or in the next one that is", async (t) => {
  const { send, open } = await newWorld(t);
  const [one, two] = [await open(), await open()];
  const count = async () => [await one.toasts.count(), await two.toasts.count()];
  for (const tab of [one, two]) await tab.live();
  await send("Seen by both", { critical: true });
  for (const tab of [one, two]) await tab.badgeSays("1");
  await until("one has it", async () => (await count()).includes(1));
  assert.deepEqual((await count()).toSorted(), [0, 1]);
  const [shows, other] = (await one.toasts.count()) === 1 ? [one, two] : [two, one];
  await shows.root.getByRole("button", { name: /^Close:/ }).click();

  await shows.look(false);
  await send("For the other", { critical: true });
  await other.toasts.filter({ hasText: "For the other" }).waitFor();
  assert.equal(await shows.toasts.count(), 0);
  await other.root.getByRole("button", { name: /^Close:/ }).click();

  await other.look(false);
  await send("For whoever comes", { critical: true });
  await send("Not for long", {});
  for (const tab of [one, two]) await tab.badgeSays("4");
  assert.deepEqual(await count(), [0, 0]);
  await shows.look(true);
  await until("both are shown", async () => (await shows.toasts.count()) === 2);
  await other.look(true);
  await send("And one more", { critical: true });
  await until("it is shown", async () => (await count()).reduce((sum, each) => sum + each) === 3);
  assert.deepEqual([await shows.toasts.count(), await other.toasts.count()], [3, 0]);
});

test("muted ones, quiet hours and what was replayed toast nothing; the host may prevent it", async (t) => {
  const { server, send, open } = await newWorld(t);
  await send("From before");
  const muted = { topics: [], categories: ["chatter"], levels: [] };
  const prefer = (preferences) =>
    request(server, server.token("alice"), "PUT", "/preferences", preferences);
  await prefer({ muted });
  const element = await open();
  await element.badgeSays("1");
  await send("Muted", { category: "chatter" });
  await until("it is heard of", async () => (await element.events("notification")).length === 1);
  await element.page.evaluate(() =>
    addEventListener("tidings-notification", (event) => event.preventDefault(), { once: true }),
  );
  await send("Prevented", { critical: true });
  await element.badgeSays("2");
  const hour = (ahead) => `${(new Date().getUTCHours() + ahead) % 24}`.padStart(2, "0");
  const quiet_hours = { from: `${hour(23)}:00`, to: `${hour(2)}:00`, time_zone: "UTC" };
  await prefer({ muted, quiet_hours });
  await send("Quiet");
  await send("Critical", { critical: true });
  await element.toasts.filter({ hasText: "Critical" }).waitFor();
  assert.equal(await element.toasts.count(), 1);
  await element.page.evaluate(() =>
    document.querySelector("tidings-inbox").notify({ title: "Saved", level: "success" }),
  );
  await element.toasts.filter({ hasText: "Saved" }).waitFor();
});

test("it says since when it is not connected, and shows what it has; then it goes on", async (t) => {
  const { server, send, open } = await newWorld(t, { allow: [SERVER_AWAY] });
  await send("Kept");
  const element = await open();
  await element.badgeSays("1");
  await server.kill();
  await element.openPanel();
  await element.line.getByText(/^Not connected since .+\./).waitFor();
  await element.row("Kept").waitFor();
  await until("the bell says so", async () =>
    (await element.bell.getAttribute("aria-label")).endsWith("not connected"),
  );
  await server.start();
  await element.live();
  await until("nothing is said", async () => (await element.line.textContent()) === "");
  await send("New");
  await element.badgeSays("2");
});

test("attributes change, the element moves, goes and comes, and there is one stream or none", async (t) => {
  const { server, open } = await newWorld(t);
  const element = await open({ user: "alice" });
  await element.live();
  const streams = async (wanted) =>
    until(`${wanted} streams`, async () => {
      const as = server.token("root", "admin");
      const { items } = await get(server, as, "/admin/connections");
      return items.length === wanted;
    });
  await streams(1);
  const { page } = element;
  await page.evaluate(() => {
    const inbox = document.querySelector("tidings-inbox");
    for (let turn = 0; turn < 5; turn += 1) {
      document.querySelector("p").prepend(inbox);
      document.querySelector("main").append(inbox);
    }
  });
  assert.equal((await element.events("state")).filter(({ is }) => is === "live").length, 1);
  await page.evaluate(() => {
    const inbox = document.querySelector("tidings-inbox");
    for (let turn = 0; turn < 5; turn += 1) inbox.setAttribute("token-url", `/token?${turn}`);
  });
  await until("it is live again", async () => {
    return (await element.events("state")).filter(({ is }) => is === "live").length === 2;
  });
  await streams(1);
  await page.evaluate(() => (globalThis.kept = document.querySelector("tidings-inbox")).remove());
  await streams(0);
  await page.evaluate(() => document.querySelector("main").append(globalThis.kept));
  await element.live();
  await streams(1);
});

test("a property that was set before the script came is one that is set after", async (t) => {
  const { host, context, send } = await newWorld(t);
  const element = await Element.open(context, host, "/late");
  await element.live();
  await send("Hello");
  await element.badgeSays("1");
  assert.equal(await element.bell.getAttribute("aria-label"), "Letters, 1 unread");
});

for (const framework of ["vue", "react"]) {
  test(`in ${framework}`, async (t) => {
    const { host, server, context, send } = await newWorld(t);
    const element = await Element.open(context, host, `/${framework}`, { server: server.url });
    await element.live();
    await send("Hello");
    await element.page.getByRole("heading", { name: "A host, with 1 unread" }).waitFor();
    await element.toasts.filter({ hasText: "Hello" }).waitFor();
    await element.openPanel();
    await element.row("Hello").waitFor();
    const lives = (await element.events("state")).filter(({ is }) => is === "live");
    assert.equal(lives.length, 1, "no render of the host opens another stream");
  });
}

test("the example of the documentation", async (t) => {
  const { host, server, context, send } = await newWorld(t);
  const element = await Element.open(context, host, "/element-example");
  await element.live();
  await send("Hello");
  await element.badgeSays("1");
  await element.openPanel();
  await element.row("Hello").waitFor();
  const href = await element.panel.getByRole("link", { name: "Open the inbox" }).getAttribute("href");
  assert.ok(href.startsWith(server.url));
});

const SIGHTS = [
  { name: "light", query: { scheme: "light" } },
  { name: "dark", query: { scheme: "dark" } },
  { name: "Chinese, phone", query: { lang: "zh" }, options: { viewport: PHONE, hasTouch: true } },
  { name: "right to left", query: { dir: "rtl", scheme: "dark" } },
];

for (const { name, query, options } of SIGHTS) {
  test(`accessible: ${name}`, async (t) => {
    const { host, server, send, open } = await newWorld(t, {
      allow: [SERVER_AWAY, NO_TOKEN],
      ...options,
    });
    const element = await open({ href: "/all", ...query });
    const { page } = element;
    const look = async (view) => {
      await element.settled();
      await check(page, `${name}: ${view}`);
    };
    await element.live();
    await look("closed");
    await element.openPanel();
    await element.instead.locator("h3").waitFor();
    await look("empty");
    await fillInbox(server, "alice");
    await until("all are listed", async () => (await element.rows.count()) === 5);
    await until("there are toasts", async () => (await element.toasts.count()) > 0);
    await send("A critical one", { critical: true, actions: [{ label: "Look", link: "/look" }] });
    await element.toasts.filter({ hasText: "A critical one" }).waitFor();
    await look("open, with toasts");
    await server.kill();
    await until("it says so", async () => (await element.line.textContent()) !== "");
    await look("disconnected");
    host.signedOut = true;
    await element.root.evaluate((inbox) => inbox.setAttribute("token-url", "/token?again"));
    await element.is("unauthorized");
    await element.instead.getByRole("button").waitFor();
    await look("signed out");
  });
}
