// Signing out ends it: the page, the stream, the cookie, and the other tabs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { get, publish } from "../support/http.mjs";
import { until } from "../support/wait.mjs";
import { refused } from "./browser.mjs";
import { InboxPage } from "./inbox-page.mjs";
import { newWorld, signedIn, useBrowser } from "./world.mjs";

const browser = useBrowser();

/** The page's streams, and which of them are over. */
function watchStreams(page) {
  const streams = { opened: 0, closed: 0 };
  const isStream = (request) => new URL(request.url()).pathname === "/api/v1/stream";
  page.on("request", (request) => isStream(request) && (streams.opened += 1));
  for (const end of ["requestfailed", "requestfinished"]) {
    page.on(end, (request) => isStream(request) && (streams.closed += 1));
  }
  return streams;
}

const openStreams = async (server) =>
  (await get(server, server.token("root", "admin"), "/admin/overview")).streams;

async function signOut(ui) {
  await ui.at("user-menu").click();
  await ui.at("sign-out").click();
  await ui.form.waitFor();
}

test("signing out returns to the sign-in page, closes the stream and takes the cookie", async (t) => {
  const server = await newWorld(t);
  // That it was seen may be said while the cookie is being taken.
  const allow = [refused(401, /\/api\/v1\/notifications\/mark$/)];
  const { context, page: ui } = await signedIn(t, browser(), server, "alice", { allow });
  const streams = watchStreams(ui.page);
  await ui.page.reload();
  await ui.live();
  streams.closed = 0; // that of before the reload
  assert.equal(streams.opened, 1);
  assert.equal(await openStreams(server), 1);
  await publish(server, { to: { user: "alice" }, title: "A private matter" });
  await ui.rowTitled("A private matter").waitFor();
  const cookie = (await context.cookies()).find((one) => one.httpOnly);
  assert.ok(cookie, "the session is an HttpOnly cookie");

  await signOut(ui);
  await until("the page has closed its stream", () => streams.closed === 1);
  await until("the server knows", async () => (await openStreams(server)) === 0);
  const shown = () => ui.page.content().then((html) => html.includes("A private matter"));
  await until("nothing of it stays on screen", async () => !(await shown()));
  assert.deepEqual(
    (await context.cookies()).filter((one) => one.value !== ""),
    [],
  );
  assert.equal(streams.opened, 1, "and no other is opened");

  const kept = () =>
    ui.page.evaluate(async () => [
      ...Object.keys(localStorage),
      ...(await indexedDB.databases()).map(({ name }) => name),
    ]);
  await until("the browser keeps nothing of it", async () => (await kept()).length === 0);

  await ui.page.goBack().catch(() => null);
  await ui.page.goto(server.url);
  await ui.form.waitFor();
});

test("the other tab of the same browser is signed out as well", async (t) => {
  const server = await newWorld(t);
  const allow = [refused(401, /\/api\/v1\//)];
  const { context, page: one } = await signedIn(t, browser(), server, "alice", { allow });
  const two = await InboxPage.open(context, server.url);
  await two.live();
  await signOut(one);
  await two.form.waitFor();
  await until("the server knows", async () => (await openStreams(server)) === 0);
});

test("the token of a session that was signed out is worth nothing", async (t) => {
  const server = await newWorld(t);
  const { context, page: ui } = await signedIn(t, browser(), server, "alice");
  const cookie = (await context.cookies()).find((one) => one.httpOnly);
  await signOut(ui);
  const again = await fetch(`${server.url}/api/v1/inbox`, {
    headers: { cookie: `${cookie.name}=${cookie.value}` },
  });
  assert.equal(again.status, 401);
});

test("a page that hears nothing of its browser's other tabs is told by the server", async (t) => {
  const server = await newWorld(t);
  const allow = [refused(401, /\/auth\/me$/)];
  const { context, page: one } = await signedIn(t, browser(), server, "alice", { allow });
  await context.addInitScript(() => delete globalThis.BroadcastChannel);
  const two = await InboxPage.open(context, server.url);
  await two.live();
  const streams = watchStreams(two.page);
  await signOut(one);
  await two.form.waitFor();
  await two.page.getByText("Your session has ended.").waitFor();
  assert.equal(streams.opened, 0, "it asks who it is, and does not knock");
});
