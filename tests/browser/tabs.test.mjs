// Twelve tabs over HTTP/1.1, of which a browser has six connections for a host and all tabs. They share one,
// whatever happens to the tab that has it; and where a worker has it, to the tab that the worker began with.

import assert from "node:assert/strict";
import { test } from "node:test";
import { allAgree, connections, HostTab, TAKEOVER } from "./client-host.mjs";
import { haveAll, newDevice, newWorld, useClient } from "./client-world.mjs";

const client = useClient();

const TABS = 12;
const STREAM = /\/api\/v1\/stream(\?|$)/;

/** What happens to a tab, and what ends that; nothing does where it is gone. */
const FAULTS = {
  "is closed": { begin: (tab) => tab.page.close() },
  // What it had open stays so, for as long as it hangs.
  hangs: { begin: (tab, host) => tab.freeze(host), end: (tab, host) => host.thaw(), keeps: true },
  "is frozen by the browser": {
    begin: (tab) => tab.lifecycle("frozen"),
    end: (tab) => tab.lifecycle("active"),
  },
  "is killed": { begin: (tab) => tab.crash() },
};

/** All of them ask at the same time, with one connection less than the browser has. */
async function allAreAnswered(tabs) {
  const answers = await Promise.all(tabs.map((tab) => tab.ask("/notifications?limit=1")));
  assert.deepEqual(
    answers,
    tabs.map(() => 200),
  );
}

for (const worker of [false, true]) {
  for (const [happens, { begin, end, keeps }] of Object.entries(FAULTS)) {
    const whose = worker ? "the tab that the worker began with" : "the tab that leads";
    test(`of ${TABS} tabs all are right with one connection when ${whose} ${happens}`, async (t) => {
      const { host, server, made, send } = await newWorld(t, client());
      const { context, tabs } = await newDevice(t, null, host, { tabs: TABS, worker });
      const [first, ...others] = tabs;
      await send();
      assert.equal(await allAgree(server, tabs), 1);
      await connections(server, 1);
      await allAreAnswered(tabs);

      await begin(first, host);
      for (const tab of others) tab.requests.length = 0;
      const began = Date.now();
      await send({ everyone: true });
      assert.equal(await allAgree(server, others, TAKEOVER), 2);
      t.diagnostic(`the other ${others.length} had the next one ${Date.now() - began} ms later`);
      const opened = others.flatMap(({ requests }) => requests.filter((url) => STREAM.test(url)));
      t.diagnostic(`they opened ${opened.length} streams for it`);
      await allAreAnswered(others);
      await haveAll(others, made);
      await connections(server, keeps && !worker ? 2 : 1);

      if (end === undefined) {
        others.push(await HostTab.open(context, host, { worker }));
      } else {
        await end(first, host);
        others.push(first);
      }
      await send();
      assert.equal(await allAgree(server, others), 3);
      for (const tab of others) await tab.live();
      if (end !== undefined) await haveAll(others, made);
      for (const tab of others) assert.equal((await tab.heard()).resets, 0);
      await connections(server, 1);
    });
  }
}
