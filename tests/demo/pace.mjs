// The demo's pace, and its patience with a server that is busy or away.

import { setTimeout as pause } from "node:timers/promises";

/** A server that asks for more than this is not coming back while somebody watches. */
const LONGEST_WAIT_MS = 60_000;
const TRIES = 20;

/** What `Retry-After` asks for: seconds or a date. One second where it says nothing sensible. */
export function retryAfterMs(value, now = Date.now()) {
  const seconds = Number(value);
  const ms = value && Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value ?? "") - now;
  return Math.min(LONGEST_WAIT_MS, Math.max(0, Number.isNaN(ms) ? 1000 : ms));
}

/** Evenly spread between the two, as people's doings roughly are. */
export const between = (low, high, random = Math.random) => low + random() * (high - low);

/**
 * Sends one draft, for as often as it takes: an answer lost on the way is asked for again with the
 * same key, so that it makes no second notification. `wait` and `say` are arguments for the tests.
 */
export async function send(target, draft, key, { signal, wait = pause, say = () => {} } = {}) {
  for (let failed = 0; ; failed += 1) {
    const answer = await post(target, draft, key, signal).catch((error) => {
      if (signal?.aborted) throw signal.reason;
      return error;
    });
    if (answer.status === 201) return answer.json();
    const busy = answer.status === 429 || answer.status === 503;
    if (answer instanceof Error === false && !busy) {
      throw new Error(`the server answered ${answer.status}: ${await answer.text()}`);
    }
    if (failed + 1 >= TRIES) throw new Error(`given up after ${TRIES} tries`, { cause: answer });
    const ms = busy
      ? retryAfterMs(answer.headers.get("retry-after"))
      : Math.min(8_000, 250 * 2 ** failed);
    say(busy ? `the server is busy (${answer.status})` : "the server does not answer", ms);
    await answer.body?.cancel();
    await wait(ms, undefined, { signal });
  }
}

const post = ({ url, token }, draft, key, signal) =>
  fetch(`${url}/api/v1/admin/notifications`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "idempotency-key": key,
    },
    body: JSON.stringify(draft),
    signal,
  });
