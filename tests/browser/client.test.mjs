// @tidings/client in a real browser, over HTTP/1.1, of which a browser has six connections for all tabs: several
// devices and tabs, of which each device has one, whatever closes, freezes or is killed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { change } from "../support/http.mjs";
import { until } from "../support/wait.mjs";
import { newProfile, SERVER_AWAY } from "./browser.mjs";
import { allAgree, connections, HostTab, TAKEOVER } from "./client-host.mjs";
import {
  haveAll,
  newDevice as device,
  newWorld as world,
  useClient,
} from "./client-world.mjs";
import { useBrowser } from "./world.mjs";

const browser = useBrowser();
const client = useClient();

const newWorld = (t) => world(t, client());
const newDevice = (t, host, options) => device(t, browser(), host, options);

test("two devices of three tabs are right with one connection each, through all that happens", async (t) => {
  const { host, server, made, send } = await newWorld(t);
  const devices = [await newDevice(t, host), await newDevice(t, host)];
  const all = () => devices.flatMap(({ tabs }) => tabs);
  await connections(server, 2);

  await send();
  await send({ everyone: true });
  assert.equal(await allAgree(server, all()), 2);

  const leader = devices[0].tabs.shift();
  await leader.page.close();
  await send();
  const began = Date.now();
  assert.equal(await allAgree(server, all(), TAKEOVER), 3);
  t.diagnostic(
    `the tabs of a leader that was closed had the next one ${Date.now() - began} ms after`,
  );
  await connections(server, 2);

  await change(server, "alice", made[0], { read: true });
  assert.equal(await allAgree(server, all()), 2);

  await server.kill();
  for (const tab of all()) {
    await until(
      "a tab says that it is not live",
      async () => (await tab.state()).is !== "live",
    );
  }
  await server.start();
  await send();
  for (const tab of all()) await tab.live();
  await send({ everyone: true });
  assert.equal(await allAgree(server, all()), 4);
  await haveAll(all(), made);
  await connections(server, 2);
  for (const tab of all()) assert.equal((await tab.heard()).resets, 0);
});

test("without the server the inbox is there, marks wait through a reload, and then all is as it says", async (t) => {
  const { host, server, send } = await newWorld(t);
  const context = await newProfile(t, browser(), { allow: [SERVER_AWAY] });
  const tab = await HostTab.open(context, host, { inbox: true });
  await tab.live();
  await send();
  await send();
  await allAgree(server, [tab]);
  const { ids } = await tab.heard();
  const view = async () => (await tab.heard()).view;
  await until("both are listed", async () => (await view()).rows.length === 2);

  await server.kill();
  await tab.page.evaluate(
    (id) => window.tidings.inbox.mark({ read: true, ids: [id] }),
    ids[0],
  );
  const marked = {
    rows: [
      { title: "2", read: false, pending: false },
      { title: "1", read: true, pending: true },
    ],
    counts: { unread: 2, unseen: 2 },
    pending: 1,
  };
  assert.deepEqual(await view(), marked);
  await tab.page.reload();
  await tab.there();
  assert.deepEqual((await tab.heard()).first, marked);

  await server.start();
  await tab.live();
  await until("the mark has come", async () => (await view()).pending === 0);
  await until("it is counted", async () => (await view()).counts.unread === 1);
  assert.equal(await allAgree(server, [tab]), 1);
  assert.deepEqual((await view()).rows, [
    { title: "2", read: false, pending: false },
    { title: "1", read: true, pending: false },
  ]);
  assert.deepEqual((await tab.heard()).refused, []);
});

test("the example of the documentation counts", async (t) => {
  const { host, server, send } = await newWorld(t);
  const context = await newProfile(t, browser());
  const page = await context.newPage();
  await page.goto(`${host.origin}/example`);
  await page.waitForFunction(() => document.title === "Inbox (0)");
  await send();
  await page.waitForFunction(() => document.title === "Inbox (1)");
  await connections(server, 1);
});

for (const way of ["websocket", "eventsource", "longpoll"]) {
  test(`it goes by ${way} as well, and comes back when the server was killed`, async (t) => {
    const { host, server, made, send } = await newWorld(t);
    const context = await newProfile(t, browser(), { allow: [SERVER_AWAY] });
    const tab = await HostTab.open(context, host, { way });
    await tab.live();
    assert.equal((await tab.state()).transport, way);
    await send();
    assert.equal(await allAgree(server, [tab]), 1);
    await server.kill();
    await until(
      "the tab says that it is not live",
      async () => (await tab.state()).is !== "live",
    );
    await server.start();
    await send();
    await tab.live();
    assert.equal(await allAgree(server, [tab]), 2);
    await haveAll([tab], made);
  });
}

test("a token that ends soon is renewed, and the stream goes on", async (t) => {
  const { host, server, send } = await newWorld(t);
  const context = await newProfile(t, browser());
  host.lifetime = 30; // the stream says so at once
  const renewal = context.waitForEvent(
    "response",
    (answer) =>
      answer.url().endsWith("/stream/renew") &&
      answer.request().method() === "POST",
  );
  const tab = await HostTab.open(context, host);
  const answer = await renewal;
  assert.equal(answer.status(), 200);
  await send();
  assert.equal(await allAgree(server, [tab]), 1);
  const { states } = await tab.heard();
  assert.deepEqual(states.slice(states.indexOf("live")), ["live"]);
});

test("a WebSocket takes the new token by a message, and goes on", async (t) => {
  const { host, server, send } = await newWorld(t);
  const context = await newProfile(t, browser());
  const sockets = [];
  context.on("page", (page) =>
    page.on("websocket", (socket) => {
      const said = [];
      sockets.push({ url: socket.url(), said });
      socket.on("framereceived", ({ payload }) =>
        said.push(JSON.parse(payload).event),
      );
    }),
  );
  host.lifetime = 30; // the stream says so at once
  const tab = await HostTab.open(context, host, { way: "websocket" });
  await until("the token is renewed", () =>
    sockets.some(({ said }) => said.includes("renewed")),
  );
  await send();
  assert.equal(await allAgree(server, [tab]), 1);
  assert.equal(sockets.length, 1);
  assert.match(sockets[0].url, /\?ticket=tdt_[^&]+$/);
  const { states } = await tab.heard();
  assert.deepEqual(states.slice(states.indexOf("live")), ["live"]);
});
