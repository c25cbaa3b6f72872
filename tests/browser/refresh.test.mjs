// A session lasts while a page of it is open: the page's own clock goes on by hours, the server's does not.

import assert from "node:assert/strict";
import { test } from "node:test";
import { publish } from "../support/http.mjs";
import { until } from "../support/wait.mjs";
import { newProfile, refused } from "./browser.mjs";
import { InboxPage } from "./inbox-page.mjs";
import { newWorld, PASSWORDS, useBrowser } from "./world.mjs";

const browser = useBrowser();

/** Half of what a session lasts without being refreshed, as the server has it when nobody says otherwise. */
const HALF = "06:00:01";

/** The name of a stream that the server knows nothing of. */
const NO_STREAM = "00000000-0000-7000-8000-000000000000";

function countRefreshes(context) {
  const refreshes = { all: 0, refused: 0 };
  context.on("response", (answer) => {
    if (new URL(answer.url()).pathname !== "/api/v1/auth/refresh") return;
    refreshes.all += 1;
    if (!answer.ok()) refreshes.refused += 1;
  });
  return refreshes;
}

const sessionCookie = async (context) =>
  (await context.cookies()).find(({ httpOnly }) => httpOnly).value;

test("it is refreshed by one of two tabs, and the stream of both goes on", async (t) => {
  const server = await newWorld(t);
  const context = await newProfile(t, browser());
  const refreshes = countRefreshes(context);
  await context.clock.install();
  const one = await InboxPage.open(context, server.url);
  await one.signIn("alice", PASSWORDS.alice);
  const two = await InboxPage.open(context, server.url);
  await two.live();
  const before = await sessionCookie(context);
  assert.equal(refreshes.all, 0, "not before it is time");

  await context.clock.fastForward(HALF); // both pages at once: both find that it is time
  await until("it is refreshed", () => refreshes.all > 0);
  await until("the cookie is another", async () => (await sessionCookie(context)) !== before);
  for (const tab of [one, two]) await tab.live();
  await publish(server, { to: { user: "alice" }, title: "After the refresh" });
  for (const tab of [one, two]) await tab.rowTitled("After the refresh").waitFor();
  await one.page.reload();
  await one.live();
  assert.deepEqual(refreshes, { all: 1, refused: 0 });
});

test("a page that is loaded late in its session refreshes it when the stream says so", async (t) => {
  const server = await newWorld(t);
  const allow = [refused(404, /\/stream\/renew$/)];
  const context = await newProfile(t, browser(), { allow });
  const refreshes = countRefreshes(context);
  const ui = await InboxPage.open(context, server.url);
  await ui.signIn("alice", PASSWORDS.alice);
  // What the server says a minute before the end, on a stream that says nothing else.
  await context.route("**/api/v1/stream?*", (route) =>
    route.fulfill({
      contentType: "text/event-stream",
      body:
        `retry: 600000\n\nevent: ready\ndata: {"connection_id":"${NO_STREAM}","unread":0,"unseen":0}\n\n` +
        'event: expiring\ndata: {"expires_at":"soon"}\n\n',
    }),
  );
  await ui.page.reload();
  await until("it is refreshed", () => refreshes.all === 1);
  await context.unroute("**/api/v1/stream?*");
  await ui.page.reload();
  await ui.live();
  assert.deepEqual(refreshes, { all: 1, refused: 0 });
});
