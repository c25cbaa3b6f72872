// The same bytes in another form: the standard says what they mean.

import { anywhere, bothEnds, byteOrderMark, carriageReturns, everyByte, noise } from "../proxy.mjs";

/** From the first byte of a stream on. */
const from = (fault) => async (world) => {
  const [first] = await world.send();
  world.proxy.plan(fault());
  world.proxy.cut("rst");
  await world.when("it is live", () => world.proxy.live);
  await world.send(3);
  await world.read(first);
};

export const bytes = [
  { name: "every byte", what: "Every byte is a packet by itself.", run: from(everyByte) },
  {
    name: "anywhere",
    what: "Packets end anywhere, also in the middle of a character, and lines end with CR LF, also between the two.",
    async run(world) {
      world.proxy.plan(bothEnds());
      await from(anywhere)(world);
    },
  },
  {
    name: "CR",
    what: "Lines end with CR alone.",
    by: ["stream"],
    run: from(carriageReturns),
  },
  {
    name: "noise",
    what: "Comments, unknown fields, broken UTF-8, an id with NUL, a retry that is no number, an event without data come before each frame (on a WebSocket pings, pongs and an unknown message).",
    by: ["stream", "socket"],
    run: from(noise),
  },
  {
    name: "byte order mark",
    what: "What is answered begins with one.",
    by: ["stream", "poll"],
    run: from(byteOrderMark),
  },
];
