// What is answered in the place of the server.

import { answer, portal, redirect } from "../proxy.mjs";

/** Cut off, and answered so: so many times, and then as ever. */
const answered =
  (fault, times = 1) =>
  async (world) => {
    const [first] = await world.send();
    const plan = world.proxy.plan(fault());
    world.proxy.cut("rst");
    await world.send(2);
    await world.read(first);
    await world.met(plan, times);
  };

/** Longer than any `retry` of the server, which is 5 s at most: who follows that alone is not in time by luck. */
const LATER_SECONDS = 6;

export const answers = [
  {
    name: "503, Retry-After",
    what: `Twice 503 with Retry-After: ${LATER_SECONDS}, which is longer than any \`retry\`.`,
    run: answered(
      () => answer(503, { headers: { "retry-after": `${LATER_SECONDS}` }, times: 2 }),
      2,
    ),
    slow: 2,
  },
  {
    name: "502",
    what: "Three times 502, as of a proxy whose server is away.",
    run: answered(() => answer(502, { times: 3 }), 3),
    slow: 1,
  },
  {
    name: "204",
    what: "Once 204. By the HTML standard a browser stops for good then; it is counted as a failure here all the same, as no Tidings says it.",
    run: answered(() => answer(204, { times: 1 })),
  },
  {
    name: "401 once",
    what: "Once 401, as for a token that has just ended: the next one is good.",
    run: answered(() => answer(401, { times: 1 })),
  },
  {
    name: "401, signed in again",
    what: "401 to everything, until somebody signs in and the page says so to the client.",
    async run(world) {
      await world.send();
      const plan = world.proxy.plan(answer(401), { on: "api" });
      world.proxy.cut("rst");
      await world.met(plan);
      await world.died();
      await world.send(2);
      plan.end();
      world.client.tell("signedIn");
    },
  },
  {
    name: "portal",
    what: "Twice 200 with the sign-in page of a hotel.",
    run: answered(() => portal({ times: 2 }), 2),
  },
  {
    name: "redirect",
    what: "Once a redirection (307) to the same at another address.",
    by: ["stream", "poll"],
    run: answered(() => redirect()),
  },
];
