// What people do in the chaos: an admin who sends, corrects and retracts, and a reader who marks on both devices.

import { asAdmin, publishAtLast } from "../../support/http.mjs";
import { pick } from "./dice.mjs";

/** In the background, through crashes of the server: what is acknowledged counts. */
function publish(world) {
  const { dice, server } = world;
  const to = pick(dice, [{ user: "alice" }, { user: "alice" }, { everyone: true }]);
  const title = world.nextTitle();
  world.background(async () => {
    const { id } = await publishAtLast(server, { to, title });
    world.published(id, title);
  });
}

/** While the server is away it is not done. */
const byAdmin = (name, method, body) => (world) => {
  const id = pick(world.dice, world.made);
  if (id === undefined) return;
  if (method === "DELETE") world.retracted.add(id); // also where the answer is lost
  world.background(async () => {
    await asAdmin(world.server, method, `/admin/notifications/${id}`, body?.(world, id));
    world.counted(name);
  }, "may fail");
};

const correct = byAdmin("corrections", "PATCH", ({ dice, titles }, id) => ({
  title: `${titles.get(id)}, corrected ${dice()}`,
}));
const retract = byAdmin("retractions", "DELETE");

function mark(world) {
  const { dice, counted } = world;
  const tab = world.anyTab();
  if (tab === undefined) return;
  const chances = [dice(), dice()];
  world.background(async () => {
    const done = await tab.page.evaluate(([which, how]) => {
      const { heard, inbox } = window.tidings;
      const item = heard.items[Math.floor(which * heard.items.length)];
      if (item === undefined) return false;
      const ids = [item.id];
      const up_to = item.cursor;
      const markings = [
        { read: true, ids },
        { read: true, ids },
        { read: false, ids },
        { seen: true, ids },
        { archived: true, ids },
        { read: true, up_to },
        { seen: true, up_to },
      ];
      return inbox.mark(markings[Math.floor(how * markings.length)]);
    }, chances);
    if (done) counted("marks");
  }, "may fail"); // the tab may be closed or crash meanwhile
}

/** For a moment. The server may not hear of it. */
function snooze(world) {
  const { dice, counted } = world;
  const tab = world.anyTab();
  if (tab === undefined) return;
  const which = dice();
  const until = new Date(Date.now() + 1_000 + dice() * 2_000).toISOString();
  world.background(async () => {
    const id = await tab.page.evaluate(
      (which) => window.tidings.heard.items[Math.floor(which * window.tidings.heard.items.length)]?.id,
      which,
    );
    if (id === undefined) return;
    const status = await tab.ask(`/notifications/${id}`, "PATCH", { snoozed_until: until });
    if (status === 200) counted("snoozed");
  }, "may fail");
}

/** Each with how often it happens, of all that happens. */
export const DEEDS = [
  [40, publish],
  [20, mark],
  [4, snooze],
  [4, correct],
  [2, retract],
];
