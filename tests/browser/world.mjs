// What every scenario starts from: a server with three accounts, and a browser.

import { after, before } from "node:test";
import { introduce } from "../support/http.mjs";
import { newServer } from "../support/server.mjs";
import { launch, newProfile } from "./browser.mjs";
import { InboxPage } from "./inbox-page.mjs";

export const PASSWORDS = {
  alice: "a good password for alice",
  bob: "a good password for bob",
  root: "a good password for root",
};

/** One browser for the tests of a file; each test has its own server and its own profiles. */
export function useBrowser() {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser?.close());
  return () => browser;
}

/** A running server on which alice, bob and root have accounts and are known. */
export async function newWorld(t, users = ["alice"], settings = {}) {
  const server = await newServer(t, settings);
  await server.command(["migrate"]); // accounts need a database, and the server should find them there
  for (const user of users) {
    await server.addUser(user, PASSWORDS[user], user === "root" ? "admin" : "user");
  }
  await server.start();
  for (const user of users) await introduce(server, user);
  return server;
}

/** A page in a profile of its own, signed in through the form. */
export async function signedIn(t, browser, server, user, options) {
  const context = await newProfile(t, browser, options);
  const page = await InboxPage.open(context, server.url);
  await page.signIn(user, PASSWORDS[user]);
  return { context, page };
}
