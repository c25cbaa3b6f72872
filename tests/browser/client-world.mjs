// What every scenario of @tidings/client starts from: a server, a host application of another origin, devices of
// several tabs, and what must be so at the end.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { introduce, publish } from "../support/http.mjs";
import { newServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";
import { newProfile, SERVER_AWAY } from "./browser.mjs";
import { newPlainProfile } from "./plain.mjs";
import { buildClient, HostTab, newHost } from "./client-host.mjs";

/** Builds the client, once for the tests of a file. Gives where it is. */
export function useClient() {
  let client;
  before(async () => {
    client = await buildClient();
  });
  after(() => client?.dispose());
  return () => client.dir;
}

/** `more`: what else the host serves. */
export async function newWorld(t, dist, more) {
  const host = await newHost(t, dist, more);
  const server = await newServer(t, { TIDINGS_CORS_ORIGINS: host.origin });
  host.server = server;
  await server.start();
  await introduce(server, "alice");
  const made = [];
  const send = async (to = { user: "alice" }) => {
    made.push((await publish(server, { to, title: `${made.length + 1}` })).id);
  };
  return { host, server, made, send };
}

/**
 * A device is a browser profile; its first tab is there before the others, and so leads. Without `browser` it is a
 * plain one, of which all tabs but the last are hidden.
 */
export async function newDevice(t, browser, host, { tabs: wanted = 3, ...options } = {}) {
  const allow = [SERVER_AWAY];
  const context = await (browser ? newProfile(t, browser, { allow }) : newPlainProfile(t, { allow }));
  const tabs = [];
  while (tabs.length < wanted) {
    tabs.push(await HostTab.open(context, host, options));
    await tabs.at(-1).live();
  }
  return { context, tabs };
}

/** Each has heard of each once, and of nothing else. */
export async function haveAll(tabs, made) {
  for (const tab of tabs) {
    await until("a tab has heard of all", async () => (await tab.heard()).ids.length >= made.length);
    assert.deepEqual((await tab.heard()).ids, made);
  }
}

/** Items as they come by a list: an event says of one that it is muted, and nothing of those that are not. */
export const asListed = (items) => items.map((item) => ({ muted: false, ...item }));
