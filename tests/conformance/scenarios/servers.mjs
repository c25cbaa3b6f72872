// What happens to the server itself. Each has one of its own.

import { readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { answer } from "../proxy.mjs";

/** Nothing is overwritten by a restore. */
async function moveAway(dir) {
  for (const name of await readdir(dir)) {
    if (name.startsWith("log.db")) await rename(join(dir, name), join(dir, `old-${name}`));
  }
}

export const servers = [
  {
    name: "killed",
    what: "The server is killed with -9, and started again.",
    ownServer: true,
    async run(world) {
      const [first] = await world.send(2);
      await world.server.kill();
      await world.died();
      await world.server.start();
      await world.read(first);
      await world.send(2);
    },
    slow: 1,
  },
  {
    name: "restarted",
    what: "The server says goodbye, with a moment to come back at, and is started again.",
    ownServer: true,
    async run(world) {
      await world.send(2);
      await world.server.stop();
      await world.died();
      await world.server.start();
      await world.send(2);
    },
    slow: 1,
  },
  {
    name: "restarted behind a proxy",
    what: "The same behind a proxy that answers 502 as long as the server is away.",
    ownServer: true,
    async run(world) {
      await world.send(2);
      const plan = world.proxy.plan(answer(502), { on: "api" });
      await world.server.stop();
      await world.died();
      await world.met(plan);
      await world.server.start();
      plan.end();
      await world.send(2);
    },
    slow: 2,
  },
  {
    name: "restored",
    what: "The server goes back to a backup: what came after it is gone, and the client is reset.",
    ownServer: true,
    async run(world) {
      const { server, client } = world;
      const file = join(server.dir, "copy.db");
      await world.send(2);
      await server.command(["backup", file]);
      const [gone] = await world.send(1);
      const has = () => client.lines.some(({ event }) => event?.payload.id === gone);
      await world.when("it has what will be gone", has);
      await server.stop();
      await moveAway(server.dir);
      await server.command(["restore", file]);
      await server.start();
      await world.send(2);
    },
    slow: 1,
  },
];
