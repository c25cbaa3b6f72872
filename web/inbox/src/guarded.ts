// A cookie may become another one's without a word: whose it is, is asked before a request that it goes with.

/** It is taken for granted for so long, where what is asked for is only looked at: a burst of it asks once. */
export const SURE_MS = 1_000;
/** Events say themselves whose they are. A mark, a page of the list, and a stream, which lasts, are asked about each time. */
const LOOKED_AT = /\/v1\/(events|inbox|preferences)\b/;

/** `whose`: the address that says it. What it says else is the answer to the request itself. */
export function guarded(whose: string, isTheirs: (user: string) => boolean): typeof fetch {
  let sureUntil = 0;
  return async (input, request = {}) => {
    const { credentials, cache, keepalive, signal = null } = request;
    const sure = LOOKED_AT.test(`${input}`) && performance.now() < sureUntil;
    // What outlives its page is told at once: that a link was followed.
    if (credentials === "include" && !keepalive && !sure) {
      const answer = await fetch(whose, { credentials, cache, signal });
      // Anything else, that is no answer either, is of something between.
      if (answer.status === 401 || answer.status > 428) return answer;
      const { user } = await answer.json();
      if (!user || !isTheirs(user)) throw new Error("another");
      sureUntil = performance.now() + SURE_MS;
    }
    return fetch(input, request);
  };
}
