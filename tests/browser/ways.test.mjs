// The same things happen, and a client hears of them by each of the ways: nobody could tell from what came which way
// it took.

import assert from "node:assert/strict";
import { test } from "node:test";
import { asAdmin, change, publish, request } from "../support/http.mjs";
import { until } from "../support/wait.mjs";
import { newProfile, SERVER_AWAY } from "./browser.mjs";
import { allAgree, HostTab, WAYS } from "./client-host.mjs";
import { asListed, newWorld, useClient } from "./client-world.mjs";
import { useBrowser } from "./world.mjs";

const browser = useBrowser();
const client = useClient();

const alice = { user: "alice" };

test(`${WAYS.join(", ")} bring the same events in the same order, the same counts and the same marks`, async (t) => {
  const { host, server } = await newWorld(t, client());
  const tabs = [];
  for (const way of WAYS) {
    const context = await newProfile(t, browser(), { allow: [SERVER_AWAY] });
    tabs.push(await HostTab.open(context, host, { alone: true, inbox: true, way }));
  }
  for (const tab of tabs) await tab.live();
  const send = async (draft) => (await publish(server, { to: alice, ...draft })).id;
  const mark = async (marking) => {
    const answer = await request(server, server.token("alice"), "POST", "/notifications/mark", marking);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
  };

  // While they are live.
  const first = await send({ title: "first" });
  const second = await send({ title: "second", to: { everyone: true }, level: "error" });
  const gone = await send({ title: "to be retracted" });
  const older = await send({ title: "older", group_key: "group" });
  const newer = await send({ title: "newer", group_key: "group" });
  const late = await send({ title: "late", body: "äöü 🙂 \u2028 end" });
  await change(server, "alice", first, { read: true });
  await asAdmin(server, "PATCH", `/admin/notifications/${second}`, { title: "corrected" });
  await asAdmin(server, "DELETE", `/admin/notifications/${gone}`);
  await allAgree(server, tabs);

  // While they are away.
  await server.kill();
  for (const tab of tabs) {
    await until("it is not live", async () => (await tab.state()).is !== "live");
  }
  await server.start();
  const snoozed = await send({ title: "snoozed" });
  const archived = await send({ title: "archived", to: { everyone: true } });
  await mark({ seen: true, ids: [late] });
  await mark({ archived: true, ids: [archived] });
  const hour = new Date(Date.now() + 3_600_000).toISOString();
  await change(server, "alice", snoozed, { snoozed_until: hour });
  await change(server, "alice", first, { read: false });
  for (const tab of tabs) await tab.live();
  const last = await send({ title: "last" });
  await allAgree(server, tabs);

  // By their own hand, one after the other.
  for (const [at, tab] of tabs.entries()) {
    const ids = [[late], [newer], [second], [first]][at % 4];
    await tab.page.evaluate((ids) => window.tidings.inbox.mark({ read: true, ids }), ids);
    await until("the mark is made", async () => (await tab.heard()).view.pending === 0);
  }

  const page = await request(server, server.token("alice"), "GET", "/notifications?limit=50");
  const wanted = page.body.items;
  await allAgree(server, tabs);
  const [reference, ...others] = tabs;
  const heard = await reference.heard();
  const made = [first, second, gone, older, newer, late, snoozed, archived, last];
  assert.deepEqual(heard.ids, made);
  assert.equal(heard.resets, 0);
  for (const tab of others) {
    await until("as many events have come", async () => (await tab.heard()).log.length >= heard.log.length);
    assert.deepEqual((await tab.heard()).log, heard.log);
  }
  for (const tab of tabs) {
    const { items, counts } = await tab.heard();
    assert.deepEqual(asListed(items), wanted);
    const { unread, unseen } = page.body;
    assert.deepEqual(counts, { unread, unseen });
  }
});
