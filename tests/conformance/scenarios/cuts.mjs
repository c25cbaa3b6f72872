// What is cut: in the middle of an event, again and again, and for a while.

import { cutInside, hangUp } from "../proxy.mjs";

const HOW = {
  rst: "is reset",
  fin: "ends without a proper end",
  end: "ends properly",
};

const inside = Object.entries(HOW).map(([how, words]) => ({
  name: `cut ${how}`,
  what: `The connection ${words} in the middle of an event.`,
  async run(world) {
    const [first] = await world.send(2);
    const plan = world.proxy.plan(cutInside(how));
    await world.send(3);
    await world.read(first);
    await world.met(plan);
  },
}));

export const cuts = [
  ...inside,
  {
    name: "cut again",
    what: "Three connections in a row are reset in the middle of an event.",
    async run(world) {
      const plan = world.proxy.plan(cutInside("rst", 3));
      await world.send(4);
      await world.met(plan, 3);
    },
  },
  {
    name: "refused",
    what: "Nobody listens for some seconds, and meanwhile things happen.",
    async run(world) {
      const [first] = await world.send(2);
      await world.proxy.refuse();
      world.proxy.cut("rst");
      await world.died();
      await world.read(first);
      await world.send(3);
    },
  },
  {
    name: "hung up",
    what: "Each connection is reset at once, four times.",
    async run(world) {
      await world.send();
      const plan = world.proxy.plan(hangUp("rst", 4));
      world.proxy.cut("rst");
      await world.died();
      await world.send(2);
      await world.met(plan, 4);
    },
    slow: 3,
  },
];
