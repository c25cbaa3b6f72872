// A page that the reader leaves and comes back to. The browser keeps such a page as it was, if nothing is in the way:
// no open stream, no lock that others want. When it is back it is as if it had never been away.

import assert from "node:assert/strict";
import { test } from "node:test";
import { change } from "../support/http.mjs";
import { until } from "../support/wait.mjs";
import { allAgree, connections } from "./client-host.mjs";
import { haveAll, newDevice, newWorld, useClient } from "./client-world.mjs";

const client = useClient();

const HOSTS = {
  "with server-sent events": { alone: true },
  "with a WebSocket": { alone: true, way: "websocket" },
  "with EventSource": { alone: true, way: "eventsource" },
  "with long poll": { alone: true, way: "longpoll" },
  "that shares by a lock": {},
  "that shares by a worker": { worker: true },
};

for (const [whose, options] of Object.entries(HOSTS)) {
  test(`a page ${whose} is kept while the reader is elsewhere, and is right when it is back`, async (t) => {
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
  test(`of tabs that share by ${by} the others go on while one is elsewhere, and it joins them again`, async (t) => {
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
