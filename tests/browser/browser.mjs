// The system's own Chromium, one per test file, and pages that tell what went wrong inside them.

import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import { onEnd } from "../support/cleanup.mjs";

export const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";

export const ARGS = [
  "--no-sandbox",
  "--headless=new",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1280, height: 800 };

/** Longer than a reconnection takes, with the server's widest delay. */
const STEP_MS = 20_000;

export const launch = () => chromium.launch({ executablePath: EXECUTABLE, args: ARGS });

/**
 * What Chromium writes as an error although nothing is wrong: answers that the page expects. The page
 * asks who is signed in before anybody is, and is told 401; and whom a topic would reach while its name is
 * being written.
 */
const EXPECTED = [
  { text: /the server responded with a status of 401/, at: /\/api\/v1\/auth\/me$/ },
  {
    text: /the server responded with a status of 40[04]/,
    at: /\/api\/v1\/admin\/audience\?to=topic/,
  },
];

/** Errors that a test brings about itself, besides those above. */
export const SERVER_AWAY = {
  text: /net::ERR_(CONNECTION_(REFUSED|RESET|CLOSED)|INCOMPLETE_CHUNKED_ENCODING|EMPTY_RESPONSE)/,
  at: /\/api\/v1\//,
};
export const refused = (status, at) => ({
  text: new RegExp(`the server responded with a status of ${status}`),
  at,
});

/**
 * A browser profile of its own. When the test is over, its pages must have had no error in the
 * console, no violation of the content security policy, no dialog and no exception.
 */
export async function newProfile(t, browser, { allow = [], ...options } = {}) {
  const context = await browser.newContext({ viewport: DESKTOP, ...options });
  await watch(t, context, { allow });
  return context;
}

/** When the test is over, the pages of the context must have had nothing wrong. Then `close` is called. */
export async function watch(t, context, { allow = [], close = () => context.close() } = {}) {
  context.setDefaultTimeout(STEP_MS);
  const wrong = [];
  context.on("console", (message) => {
    if (message.type() !== "error") return;
    const { url } = message.location();
    const expected = ({ text, at }) => text.test(message.text()) && at.test(url);
    if (![...EXPECTED, ...allow].some(expected)) wrong.push(`${message.text()} (${url})`);
  });
  context.on("weberror", (error) => wrong.push(`exception: ${error.error().stack}`));
  context.on("dialog", (dialog) => {
    wrong.push(`dialog: ${dialog.message()}`);
    return dialog.dismiss();
  });
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) =>
      console.error(`policy: ${event.violatedDirective} blocked ${event.blockedURI}`),
    );
  });
  onEnd(t, async () => {
    await close();
    assert.deepEqual(wrong, [], "the console is clean");
  });
}
