// A page that the reader leaves and comes back to. The browser keeps such a page as it was, if nothing is in the way:
// no open stream, no lock that others want. When it is back it is as if it had never been away.

import assert from "node:assert/strict";
import { test } from "node:test";
import { change, get, publish } from "../support/http.mjs";
import { until } from "../support/wait.mjs";
import { allAgree, comeBack, connections, GivenUp, leave } from "./client-host.mjs";
import { haveAll, newDevice, newWorld, useClient } from "./client-world.mjs";
import { Element, useScripts } from "./element-host.mjs";
import { InboxPage } from "./inbox-page.mjs";
import { newPlainProfile } from "./plain.mjs";
import { newWorld as newPagesWorld, PASSWORDS } from "./world.mjs";

const client = useClient();
const scripts = useScripts();

/** So often a page may be given up by the browser itself. */
const MOST_TRIES = 3;

function whereKept(name, body) {
  test(name, async (t) => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await body(t);
      } catch (error) {
        if (!(error instanceof GivenUp) || tries === MOST_TRIES) throw error;
        t.diagnostic(`once more: ${error.message}`);
      }
    }
  });
}

const HOSTS = {
  "with server-sent events": { alone: true },
  "with a WebSocket": { alone: true, way: "websocket" },
  "with EventSource": { alone: true, way: "eventsource" },
  "with long poll": { alone: true, way: "longpoll" },
  "that shares by a lock": {},
  "that shares by a worker": { worker: true },
};

for (const [whose, options] of Object.entries(HOSTS)) {
  whereKept(`a page ${whose} is kept while the reader is elsewhere, and is right when it is back`, async (t) => {
    const { host, server, made, send } = await newWorld(t, client());
    const { tabs } = await newDevice(t, null, host, { tabs: 1, inbox: true, ...options });
    const [tab] = tabs;
    await send();
    await send();
    assert.equal(await allAgree(server, tabs), 2);

    await tab.leave(host);
    await connections(server, 0);
    await send();
    await change(server, "alice", made[0], { read: true });
    const began = Date.now();
    await tab.back();
    assert.equal(await allAgree(server, tabs), 2);
    t.diagnostic(`it was right ${Date.now() - began} ms after`);
    await tab.live();
    await haveAll(tabs, made);
    const { view, states, resets } = await tab.heard();
    assert.deepEqual(
      view.rows.map(({ title, read }) => [title, read]),
      [
        ["3", false],
        ["2", false],
        ["1", true],
      ],
    );
    assert.equal(resets, 0);
    assert.ok(states.includes("waiting frozen"), states.join(", "));
    assert.ok(!states.some((state) => state.startsWith("closed")), states.join(", "));

    await send();
    assert.equal(await allAgree(server, tabs), 3);
    await haveAll(tabs, made);
    if (options.way !== "longpoll") await connections(server, 1);
  });
}

for (const worker of [false, true]) {
  const by = worker ? "a worker" : "a lock";
  whereKept(`of tabs that share by ${by} the others go on while one is elsewhere, and it joins them again`, async (t) => {
    const { host, server, made, send } = await newWorld(t, client());
    const { tabs } = await newDevice(t, null, host, { worker });
    const [first, ...others] = tabs;
    await send();
    assert.equal(await allAgree(server, tabs), 1);
    for (let times = 0; times < 3; times += 1) {
      await first.leave(host);
      await send();
      await allAgree(server, others);
      await connections(server, 1);
      await first.back();
      await send();
      await allAgree(server, tabs);
    }
    await haveAll(tabs, made);
    for (const tab of tabs) {
      await tab.live();
      assert.equal((await tab.heard()).resets, 0);
    }
    await connections(server, 1);
    assert.deepEqual((await first.heard()).page.filter((name) => name === "pageshow").length, 3);
  });
}

test("a tab that the browser stops for a while in the background is right when it goes on", async (t) => {
  const { host, server, made, send } = await newWorld(t, client());
  const { tabs } = await newDevice(t, null, host, { tabs: 2, alone: true });
  const [hidden, shown] = tabs;
  await hidden.lifecycle("frozen");
  await connections(server, 1);
  await send();
  assert.equal(await allAgree(server, [shown]), 1);
  await hidden.lifecycle("active");
  await until("it is live", async () => (await hidden.state()).is === "live");
  assert.equal(await allAgree(server, tabs), 1);
  await haveAll(tabs, made);
  await connections(server, 2);
});

/** A host's page with nothing but the element on it. */
const PLAIN = ({ server }) => `<!doctype html><title>A host</title><link rel="icon" href="data:,">
<script src="/tidings-inbox.js" defer></script>
<tidings-inbox server="${server.url}" token-url="/token"></tidings-inbox>`;

whereKept("a page with the element is kept, and its badge and list are right when it is back", async (t) => {
  const withElement = async (address, host) =>
    address.pathname === "/plain" ? { type: "text/html", body: PLAIN(host) } : scripts(address);
  const { host, server, made, send } = await newWorld(t, client(), withElement);
  const context = await newPlainProfile(t);
  const element = await Element.open(context, host, "/plain");
  const { page } = element;
  await element.live();
  await send();
  await send();
  await element.badgeSays("2");
  await element.openPanel();
  await element.row("2").waitFor();

  await leave(page, `${host.origin}/elsewhere`);
  await connections(server, 0);
  await send();
  await change(server, "alice", made[0], { read: true });
  await comeBack(page);
  await element.live();
  await element.row("3").waitFor();
  /** Its panel is open: what is listed there is about to be seen. */
  const agrees = () =>
    until("the element shows what the server says", async () => {
      const as = server.token("alice");
      const { items, unread, unseen } = await get(server, as, "/notifications");
      assert.deepEqual(await element.root.evaluate(({ counts }) => counts), { unread, unseen });
      assert.deepEqual(await element.titles(), items.map(({ title, read }) => [title, read]));
      return unread;
    });
  assert.equal(await agrees(), 2);
  await send();
  await element.row("4").waitFor();
  await element.badgeSays("3");
  assert.equal(await agrees(), 3);
  await connections(server, 1);
});

whereKept("the pages are kept as well, with their list and their bell", async (t) => {
  const server = await newPagesWorld(t, ["alice"]);
  const context = await newPlainProfile(t);
  const page = await InboxPage.open(context, server.url);
  await page.signIn("alice", PASSWORDS.alice);
  const made = [];
  const send = async () => {
    const title = `${made.length + 1}`;
    made.push((await publish(server, { to: { user: "alice" }, title })).id);
  };
  await send();
  await send();
  await page.listed(made[1]);
  await page.badgeSays(2);

  await leave(page.page, `${server.url}/healthz`);
  await connections(server, 0);
  await send();
  await change(server, "alice", made[0], { read: true });
  await comeBack(page.page);
  await page.live();
  const agrees = () =>
    until("the list is what the server says", async () => {
      const { items, unread } = await get(server, server.token("alice"), "/notifications");
      assert.deepEqual(await page.list(), items.map(({ id, read }) => ({ id, read })));
      assert.equal(await page.count(), unread);
      return unread;
    });
  assert.equal(await agrees(), 2);
  await send();
  await page.listed(made[3]);
  assert.equal(await agrees(), 3);
  await connections(server, 1);
});
