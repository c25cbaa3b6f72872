// A computer that sleeps: nothing runs, the clock goes on, and on the way to the server the connection is forgotten
// without a word.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Proxy } from "../conformance/proxy.mjs";
import { onEnd } from "../support/cleanup.mjs";
import { change } from "../support/http.mjs";
import { newProfile } from "./browser.mjs";
import { allAgree, connections, HostTab, WAYS } from "./client-host.mjs";
import { haveAll, newWorld, useClient } from "./client-world.mjs";
import { useBrowser } from "./world.mjs";

const browser = useBrowser();
const client = useClient();

const NIGHT = "08:00:00";
const NIGHT_MS = 8 * 3600 * 1000;

/** For the leader a stream, with a ticket, and for the others a question; a few more harm nobody. */
const MOST_REQUESTS = 5;

for (const way of WAYS) {
  test(`after a night's sleep all tabs say so, come back and lack nothing (${way})`, async (t) => {
    const { host, server, made, send } = await newWorld(t, client());
    const between = await Proxy.start({ target: server.url });
    onEnd(t, () => between.close());
    host.server = { ...server, url: between.url };
    const context = await newProfile(t, browser());
    await context.clock.install();
    const tabs = [];
    while (tabs.length < 3) {
      tabs.push(await HostTab.open(context, host, { way }));
      await tabs.at(-1).live();
    }
    await send();
    await send();
    assert.equal(await allAgree(server, tabs), 2);
    const before = await Promise.all(tabs.map((tab) => tab.state()));

    between.stall();
    const already = between.tries.length;
    await send();
    await send({ everyone: true });
    await change(server, "alice", made[0], { read: true });
    for (const tab of tabs) tab.requests.length = 0;
    await context.clock.fastForward(NIGHT);
    const began = Date.now();
    assert.equal(await allAgree(server, tabs), 3);
    for (const tab of tabs) await tab.live();
    t.diagnostic(`they were right ${Date.now() - began} ms after`);
    await haveAll(tabs, made);

    for (const [at, tab] of tabs.entries()) {
      const { states, resets } = await tab.heard();
      assert.ok(states.includes("waiting woke"), states.join(", "));
      assert.equal(resets, 0);
      const { since } = await tab.state();
      assert.ok(since - before[at].since >= NIGHT_MS, `live since ${since}`);
    }
    await send();
    assert.equal(await allAgree(server, tabs), 4);
    await haveAll(tabs, made);
    const asked = tabs.map(({ requests }) => requests.filter((url) => url.startsWith(between.url)));
    // What the browser asks by itself before a request is no stream.
    const opened = [
      ...asked.flat().filter((url) => /\/stream\?/.test(url)),
      ...between.tries.slice(already).filter(({ kind }) => kind === "socket"),
    ];
    t.diagnostic(`requests: ${asked.map(({ length }) => length).join(", ")}; streams: ${opened.length}`);
    if (way !== "longpoll") {
      await connections(server, 1);
      assert.equal(opened.length, 1);
      for (const urls of asked) assert.ok(urls.length <= MOST_REQUESTS, urls.join("\n"));
    }
  });
}
