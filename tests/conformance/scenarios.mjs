// All of them. `what` happens; at the end there must be nothing that the judge finds wrong. `by`: where it makes sense
// (everywhere, if not said). `slow`: those that take longest begin first.

import { answers } from "./scenarios/answers.mjs";
import { bytes } from "./scenarios/bytes.mjs";
import { chaos } from "./scenarios/chaos.mjs";
import { cuts } from "./scenarios/cuts.mjs";
import { events } from "./scenarios/events.mjs";
import { servers } from "./scenarios/servers.mjs";
import { silences } from "./scenarios/silence.mjs";

const peace = {
  name: "peace",
  what: "Nothing: notifications come, and one is read on another device.",
  async run(world) {
    const [first] = await world.send(3);
    await world.read(first);
  },
};

export const SCENARIOS = [
  peace,
  ...cuts,
  ...silences,
  ...bytes,
  ...events,
  ...answers,
  ...servers,
  ...chaos,
].map((scenario) => ({ by: ["stream", "poll", "socket"], slow: 0, ...scenario }));

export const scenario = (name) => {
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  if (found === undefined) throw new Error(`no scenario is called ${name}`);
  return found;
};
