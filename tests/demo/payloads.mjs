// Recorded payloads of real webhooks: every event of the package, with each of its examples.

import { createRequire } from "node:module";

const definitions = createRequire(import.meta.url)("@octokit/webhooks-examples");

/** `[{event, payload, delivery}]`, in the order of the package. A delivery's name is the same in every run. */
export const payloads = definitions.flatMap(({ name: event, examples }) =>
  examples.map((payload, index) => ({ event, payload, delivery: `${event}-${index + 1}` })),
);

export const eventNames = definitions.map(({ name }) => name);
