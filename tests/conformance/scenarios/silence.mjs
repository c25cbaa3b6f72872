// What is not cut, and says nothing all the same.

import { buffering, delay, silence, stallAfter } from "../proxy.mjs";
import { atRest } from "../judge.mjs";
import { setTimeout as sleep } from "node:timers/promises";

/** So long a lid is closed. That time passes is what happens here: there is nothing else to wait for. */
const SLEEP_MS = 3_000;

export const silences = [
  {
    name: "stall",
    what: "After an event nothing comes any more, and nothing is closed.",
    async run(world) {
      const plan = world.proxy.plan(stallAfter());
      const [first] = await world.send(2);
      await world.met(plan);
      await world.died();
      await world.read(first);
      await world.send(2);
    },
    slow: 2,
  },
  {
    name: "mute",
    what: "The connection is cut, and the next request is taken and never answered.",
    async run(world) {
      await world.send();
      const plan = world.proxy.plan(silence(1));
      world.proxy.cut("rst");
      await world.met(plan);
      await world.died();
      await world.send(2);
    },
    slow: 3,
  },
  {
    name: "sleep",
    what: "A lid is closed: client and network stand still, and what was open has died without a word when it opens.",
    async run(world) {
      await world.send();
      world.client.freeze();
      world.proxy.freeze();
      await world.send(2);
      await sleep(SLEEP_MS);
      world.proxy.stall();
      world.proxy.thaw();
      world.client.thaw();
      await world.died();
    },
    slow: 2,
  },
  {
    name: "pause",
    what: "Nothing moves for a while, and then all of it comes.",
    async run(world) {
      await world.send();
      world.proxy.freeze();
      await world.send(3);
      await sleep(SLEEP_MS);
      world.proxy.thaw();
    },
  },
  {
    name: "buffering",
    what: "A proxy keeps everything until it has 64 kB, and then it is mended. A client with another way takes it meanwhile.",
    by: ["stream"],
    async run(world) {
      const { proxy, client, subject } = world;
      await world.send();
      const plan = proxy.plan(buffering(64), { on: /\/stream/ });
      proxy.cut("rst");
      await world.send(2);
      await world.met(plan);
      await world.died();
      if (!subject.fallback) return;
      const truth = await world.truth();
      const came = await world.when(
        "it has another way",
        () => atRest({ lines: client.lines, truth }),
        60_000,
      );
      if (!came) throw new Error("no other way was taken");
    },
    slow: 4,
  },
  {
    name: "slow",
    what: "Every answer begins a second late.",
    async run(world) {
      world.proxy.plan(delay(1_000), { on: "api" });
      world.proxy.cut("rst");
      await world.send(2);
      await world.when("it is live", () => world.proxy.live);
      await world.send(2);
    },
  },
];
