// Everything can be done without a pointer.

import assert from "node:assert/strict";
import { test } from "node:test";
import { asAdmin, get, publish, wholeInbox } from "../support/http.mjs";
import { until } from "../support/wait.mjs";
import { newProfile } from "./browser.mjs";
import { InboxPage } from "./inbox-page.mjs";
import { newWorld, PASSWORDS, useBrowser } from "./world.mjs";

const browser = useBrowser();

/** More stops than any page here has. */
const MAX_TABS = 40;

/** Presses Tab (or what else) until the focus is where it should be; what has it must be visible. */
async function tabTo(page, what, key = "Tab") {
  for (let pressed = 0; pressed < MAX_TABS; pressed += 1) {
    await page.keyboard.press(key);
    const there = await hasFocus(what);
    if (!there) continue;
    await isSeen(page);
    return;
  }
  assert.fail(`not reached by ${MAX_TABS} tabs: ${what}`);
}

/** Within a shadow its own root says so. */
function hasFocus(what) {
  return what.evaluateAll((all) => all.some((one) => one.getRootNode().activeElement === one));
}

/** What has the focus is on the screen, not below the bar at the top, and marked: once what moves has come to rest. */
async function isSeen(page) {
  let seen;
  const look = async () => {
    seen = await visible(page);
    return seen.marked && seen.uncovered;
  };
  await until("the focus is seen", look).catch(() => {}); // it is said below what is wrong
  assert.ok(seen.marked, `the focus can be seen: ${seen.what}`);
  assert.ok(seen.uncovered, `nothing covers what has the focus: ${seen.what}`);
}

function visible(page) {
  return page.evaluate(() => {
    let focused = document.activeElement;
    while (focused.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
    const { left, top, width, height } = focused.getBoundingClientRect();
    const over = focused.getRootNode().elementFromPoint(left + width / 2, top + height / 2);
    // A radio button shows its focus by the label around it.
    const marked = [focused, focused.closest("label")].some(
      (element) => element && getComputedStyle(element).outlineStyle !== "none",
    );
    return {
      what: focused.outerHTML.slice(0, 120),
      marked,
      uncovered: over !== null && (focused.contains(over) || over.contains(focused)),
    };
  });
}

/** The focus comes to `what` by itself: nobody is left nowhere. */
async function comesTo(page, what) {
  await until(`the focus comes to ${what}`, () => hasFocus(what));
}

test("sign in, open the list, mark read, sign out: by keyboard alone", async (t) => {
  const server = await newWorld(t);
  for (const title of ["older", "newer"]) await publish(server, { to: { user: "alice" }, title });
  const ui = await InboxPage.open(await newProfile(t, browser()), server.url);
  const { page } = ui;

  await ui.form.waitFor();
  await page.locator('[data-testid="user"]:focus').waitFor();
  await page.keyboard.type("alice");
  await page.keyboard.press("Tab");
  await page.keyboard.type(PASSWORDS.alice);
  await page.keyboard.press("Enter");
  await ui.live();
  await ui.badgeSays(2);

  const bell = page.getByRole("button", { name: "Notifications, 2 unread" });
  await tabTo(page, bell);
  await page.keyboard.press("Enter");
  await comesTo(page, ui.item("newer"));
  await page.keyboard.press("ArrowDown");
  await comesTo(page, ui.item("older"));
  await page.keyboard.press("Escape");
  await comesTo(page, bell);
  await tabTo(page, ui.row((await ui.list())[0].id).getByTestId("mark-read"));
  await page.keyboard.press("Enter");
  await ui.badgeSays(1);
  const [older, newer] = await wholeInbox(server, "alice");
  assert.deepEqual([older.read, newer.read], [false, true]);

  await page.locator('[data-testid="mark-unread"]:focus').waitFor(); // the focus has stayed there
  await tabTo(page, ui.row(older.id).getByTestId("mark-read"));
  await page.keyboard.press("Space");
  await ui.badgeSays(0);

  await page.reload();
  await ui.live();
  await tabTo(page, ui.at("user-menu"));
  await page.keyboard.press("Enter");
  await tabTo(page, ui.at("sign-out"));
  await page.keyboard.press("Enter");
  await ui.form.waitFor();
});

test("a toast can be reached, and closed with Escape", async (t) => {
  const server = await newWorld(t);
  const ui = await InboxPage.open(await newProfile(t, browser()), server.url);
  await ui.signIn("alice", PASSWORDS.alice);
  await publish(server, { to: { user: "alice" }, title: "Stays", critical: true });
  await ui.toasts.first().waitFor();
  await tabTo(ui.page, ui.toasts.getByRole("button"));
  await ui.page.keyboard.press("Escape");
  await ui.toasts.first().waitFor({ state: "detached" });
});

test("snooze, undo and bring back: by keyboard alone", async (t) => {
  const server = await newWorld(t);
  const made = [];
  for (const title of ["older", "middle", "newer"]) {
    made.push((await publish(server, { to: { user: "alice" }, title })).id);
  }
  const ui = await InboxPage.open(await newProfile(t, browser()), server.url);
  const { page } = ui;
  await ui.signIn("alice", PASSWORDS.alice);
  await ui.rowsAre(3);
  const snooze = (id) => ui.row(id).getByTestId("snooze");
  const first = (id) => ui.row(id).getByRole("button").first();

  // The menu: opened by an arrow, walked round, left by Escape and by Tab.
  await tabTo(page, snooze(made[1]));
  await page.keyboard.press("ArrowDown");
  await comesTo(page, ui.at("snooze-hour"));
  await isSeen(page);
  await page.keyboard.press("ArrowUp");
  await comesTo(page, ui.at("snooze-custom"));
  await page.keyboard.press("Home");
  await comesTo(page, ui.at("snooze-hour"));
  await page.keyboard.press("n");
  await comesTo(page, ui.at("snooze-week"));
  await page.keyboard.press("Escape");
  await comesTo(page, snooze(made[1]));
  await ui.at("snooze-menu").waitFor({ state: "detached" });
  await page.keyboard.press("Enter");
  await comesTo(page, ui.at("snooze-hour"));
  await page.keyboard.press("Tab");
  await ui.at("snooze-menu").waitFor({ state: "detached" });
  await comesTo(page, ui.row(made[1]).getByTestId("remove"));

  // Snoozed: the next row has the focus. Taken back: the row that is back has it.
  await tabTo(page, snooze(made[1]), "Shift+Tab");
  await page.keyboard.press("Space");
  await tabTo(page, ui.at("snooze-morning"), "ArrowDown");
  await page.keyboard.press("Enter");
  await ui.notListed(made[1]);
  await comesTo(page, first(made[0]));
  await isSeen(page);
  await page.keyboard.press("Control+z");
  await ui.listed(made[1]);
  await comesTo(page, first(made[1]));

  // Any time, in a dialog; Escape goes back to its button.
  await tabTo(page, snooze(made[1]));
  await page.keyboard.press("ArrowUp");
  await comesTo(page, ui.at("snooze-custom"));
  await page.keyboard.press("Enter");
  await comesTo(page, ui.at("snooze-until"));
  await page.keyboard.press("Escape");
  await comesTo(page, snooze(made[1]));
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await comesTo(page, ui.at("snooze-until"));
  await tabTo(page, ui.at("snooze-confirm"));
  await page.keyboard.press("Enter");
  await ui.notListed(made[1]);

  // The bar can be reached, and waits for whoever is in it.
  await page.keyboard.press("Control+Home");
  await tabTo(page, ui.at("undo"), "Shift+Tab");
  await page.keyboard.press("Escape");
  await ui.at("undo-bar").waitFor({ state: "detached" });
  await comesTo(page, page.locator("main"));

  await tabTo(page, ui.at("view-snoozed"));
  await page.keyboard.press("Enter");
  await ui.listed(made[1]);
  await tabTo(page, ui.row(made[1]).getByTestId("bring-back"));
  await page.keyboard.press("Enter");
  await ui.at("empty").waitFor();
  await comesTo(page, page.locator("main"));
  await tabTo(page, ui.at("view-all"));
  await page.keyboard.press("Enter");
  await ui.rowsAre(3);

  // Removing one after the other ends at the page itself.
  for (const [id, next] of [
    [made[2], () => first(made[1])],
    [made[1], () => first(made[0])],
    [made[0], () => page.locator("main")],
  ]) {
    await tabTo(page, ui.row(id).getByTestId("remove"));
    await page.keyboard.press("Enter");
    await comesTo(page, next());
  }
  await page.keyboard.press("Control+z");
  await ui.listed(made[0]);
  await comesTo(page, first(made[0]));
});

test("search, topics and preferences: by keyboard alone", async (t) => {
  const server = await newWorld(t);
  await asAdmin(server, "PUT", "/admin/topics/deploys", { title: "Deployments", open: true });
  for (const title of ["Soup", "Cake"]) await publish(server, { to: { user: "alice" }, title });
  const ui = await InboxPage.open(await newProfile(t, browser()), server.url);
  const { page } = ui;
  await ui.signIn("alice", PASSWORDS.alice);
  await ui.rowsAre(2);
  await tabTo(page, ui.at("search"));
  await page.keyboard.type("soup");
  await ui.rowsAre(1);
  await comesTo(page, ui.at("search"));
  await page.keyboard.press("Escape");
  await ui.rowsAre(2);

  const visit = async (link) => {
    await tabTo(page, ui.at("user-menu"), "Shift+Tab");
    await page.keyboard.press("Enter");
    await tabTo(page, ui.at(link));
    await page.keyboard.press("Enter");
    await comesTo(page, page.locator("main"));
  };
  await visit("nav-topics");
  await tabTo(page, ui.at("join"));
  await page.keyboard.press("Enter");
  await comesTo(page, ui.at("leave"));
  await page.keyboard.press("Enter");
  await comesTo(page, ui.at("join"));
  await page.keyboard.press("Space");
  await comesTo(page, ui.at("leave"));

  await visit("nav-preferences");
  await tabTo(page, ui.at("mute-level-success"));
  await page.keyboard.press("Space");
  await tabTo(page, ui.at("category-to-mute"));
  await page.keyboard.type("builds");
  await page.keyboard.press("Enter");
  await page.keyboard.type("chatter");
  await page.keyboard.press("Enter");
  await tabTo(page, ui.at("muted-category").getByRole("button", { name: /builds/ }), "Shift+Tab");
  await page.keyboard.press("Enter");
  await comesTo(page, ui.at("muted-category").getByRole("button", { name: /chatter/ }));
  await tabTo(page, ui.at("mute-topic-deploys"));
  await page.keyboard.press("Space");
  await tabTo(page, ui.at("quiet"));
  await page.keyboard.press("Space");
  await tabTo(page, ui.at("quiet-from"));
  await page.keyboard.type("1130PM");
  await tabTo(page, ui.at("quiet-zone"));
  await page.keyboard.type("Europe/Berlin");
  await tabTo(page, ui.at("save-preferences"));
  await page.keyboard.press("Enter");
  await ui.at("preferences-saved").waitFor();
  await comesTo(page, ui.at("save-preferences"));
  assert.deepEqual(await get(server, server.token("alice"), "/preferences"), {
    muted: { topics: ["deploys"], categories: ["chatter"], levels: ["success"] },
    quiet_hours: { from: "23:30", to: "07:00", time_zone: "Europe/Berlin" },
  });
});

test("sent and managed topics: by keyboard alone", async (t) => {
  const server = await newWorld(t, ["alice", "root"]);
  const to = { user: "alice" };
  const { id } = await publish(server, { to, title: "Wrong" });
  await asAdmin(server, "PUT", "/admin/topics/deploys", { open: true });
  const ui = await InboxPage.open(await newProfile(t, browser()), `${server.url}/admin/sent`);
  const { page } = ui;
  await ui.signIn("root", PASSWORDS.root);
  await ui.at("sent-item").waitFor();
  await tabTo(page, ui.at("correct"));
  await page.keyboard.press("Enter");
  await comesTo(page, ui.at("correct-title"));
  await page.keyboard.press("Escape");
  await comesTo(page, ui.at("correct"));
  await page.keyboard.press("Enter");
  await comesTo(page, ui.at("correct-title"));
  await page.keyboard.press("End");
  await page.keyboard.type(" again");
  await page.keyboard.press("Enter");
  await comesTo(page, ui.at("correct"));
  await ui.at("sent-title").getByText("Wrong again").waitFor();
  await tabTo(page, ui.at("retract"));
  await page.keyboard.press("Enter");
  await comesTo(page, ui.at("retract-confirm"));
  await page.keyboard.press("Escape");
  await comesTo(page, ui.at("retract"));
  await page.keyboard.press("Enter");
  await comesTo(page, ui.at("retract-confirm"));
  await page.keyboard.press("Enter");
  await comesTo(page, page.locator(`[data-id="${id}"][data-stage="retracted"]`));
  assert.deepEqual(await wholeInbox(server, "alice"), []);

  await tabTo(page, ui.at("user-menu"), "Shift+Tab");
  await page.keyboard.press("Enter");
  await tabTo(page, ui.at("nav-managed-topics"));
  await page.keyboard.press("Enter");
  await comesTo(page, page.locator("main"));
  await ui.at("managed-topic").waitFor();
  await tabTo(page, ui.at("new-topic"));
  await page.keyboard.press("Enter");
  await comesTo(page, ui.at("topic-name"));
  await page.keyboard.press("Escape");
  await comesTo(page, ui.at("new-topic"));
  await tabTo(page, ui.at("show-members"));
  await page.keyboard.press("Enter");
  await tabTo(page, ui.at("people-to-add"));
  await page.keyboard.type("ann bob");
  await tabTo(page, ui.at("add-members"));
  await page.keyboard.press("Enter");
  await ui.at("member").nth(1).waitFor();
  await comesTo(page, ui.at("add-members"));
  await tabTo(page, ui.at("remove-member").last(), "Shift+Tab");
  await page.keyboard.press("Enter");
  await until("one is left", async () => (await ui.at("member").count()) === 1);
  await comesTo(page, ui.at("remove-member"));
  await page.keyboard.press("Enter");
  await comesTo(page, ui.at("people-to-add"));
  await tabTo(page, ui.at("remove-topic"), "Shift+Tab");
  await page.keyboard.press("Enter");
  await comesTo(page, ui.at("remove-topic-confirm"));
  await page.keyboard.press("Enter");
  await ui.at("no-managed-topics").waitFor();
  await comesTo(page, page.locator("h1"));
});
