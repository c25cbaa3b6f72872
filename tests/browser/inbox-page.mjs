// The pages of Tidings as a reader sees them: every look at the page goes through here.

import { until } from "../support/wait.mjs";
import { settled } from "./settled.mjs";

const by = (id) => `[data-testid="${id}"]`;

/** A part of the bell: what the page has in it, not what a preview shows. */
const part = (name) => `tidings-inbox [part~="${name}"]`;

export class InboxPage {
  constructor(page) {
    this.page = page;
    this.form = page.locator(by("sign-in-form"));
    this.bell = page.locator(part("bell"));
    this.panel = page.locator(part("panel"));
    this.badge = page.locator(part("badge"));
    this.link = page.locator(by("link-state"));
    this.rows = page.locator(by("row"));
    this.toasts = page.locator(part("toast"));
    this.compose = page.locator(by("compose-form"));
  }

  /** A new tab of the profile, at the address. */
  static async open(context, url) {
    const page = await context.newPage();
    await page.addInitScript(recordHistory);
    await page.goto(url);
    return new InboxPage(page);
  }

  at(id) {
    return this.page.locator(by(id));
  }

  async signIn(user, password) {
    await this.at("user").fill(user);
    await this.at("password").fill(password);
    await this.form.getByRole("button", { name: "Sign in" }).click();
    await this.live();
  }

  /** The list and the bell: each has joined the connection. */
  async live() {
    await this.inState("live");
    await this.page.waitForFunction(
      () => document.querySelector("tidings-inbox")?.state?.is === "live",
    );
  }

  inState(state) {
    return this.page.locator(`${by("link-state")}[data-state="${state}"]`).waitFor();
  }

  row(id) {
    return this.page.locator(`${by("row")}[data-id="${id}"]`);
  }

  rowTitled(title) {
    return this.rows.filter({ has: this.page.locator(by("row-title"), { hasText: title }) });
  }

  /** In the list, or no longer in it. */
  async listed(id) {
    await this.row(id).waitFor();
  }
  async notListed(id) {
    await this.row(id).waitFor({ state: "detached" });
  }

  toast(title) {
    return this.toasts.filter({ hasText: title });
  }

  /** A row of the panel. */
  item(title) {
    return this.page.locator(part("item")).filter({ hasText: title });
  }

  /** One of the parts of the inbox: all, unread, archived, snoozed. */
  async view(name) {
    await this.at(`view-${name}`).click();
    await this.page.locator(`${by(`view-${name}`)}[aria-current="page"]`).waitFor();
  }

  /** By the menu of the row: "hour", "evening", "morning" or "week". */
  async snooze(id, until) {
    await this.row(id).getByTestId("snooze").click();
    await this.at(`snooze-${until}`).click();
  }

  /** A page of the user menu, by the heading that it has. */
  async visit(page, heading) {
    await this.at("user-menu").click();
    await this.at(`nav-${page}`).click();
    await this.page.getByRole("heading", { level: 1, name: heading }).waitFor();
  }

  /** A reload would take this mark away. */
  async neverReloaded() {
    await this.page.evaluate(() => (globalThis.neverReloaded = true));
    return () => this.page.evaluate(() => globalThis.neverReloaded === true);
  }

  /** All rows, newest first: the id, and whether it was read. */
  list() {
    return this.rows.evaluateAll((rows) =>
      rows.map((row) => ({ id: row.dataset.id, read: row.dataset.read === "true" })),
    );
  }

  /** The titles as they stand there, newest first, without the word for screen readers before them. */
  titles() {
    return this.at("row-title").evaluateAll((all) =>
      all.map((title) => title.textContent.replace(/^Unread: /, "").trim()),
    );
  }

  async unreadIds() {
    return (await this.list()).filter((row) => !row.read).map((row) => row.id);
  }

  /** What the badge says; 0 without one. */
  async count() {
    return Number((await this.badge.allTextContents())[0] ?? 0);
  }

  async badgeSays(count) {
    await until(`the badge says ${count}`, async () => (await this.count()) === count);
  }

  async rowsAre(count) {
    await until(`there are ${count} rows`, async () => (await this.rows.count()) === count);
  }

  settled() {
    return settled(this.page);
  }

  /** Every toast and every link state that there ever was in this page, with the time it appeared. */
  history() {
    return this.page.evaluate(() => globalThis.tidingsHistory);
  }

  async toastTitles() {
    return (await this.history()).toasts.map((toast) => toast.text);
  }

  /** It has been a toast, and may be gone again: on a busy machine it may be so before anybody looks. */
  async toasted(title) {
    const was = async () => (await this.toastTitles()).some((text) => text.includes(title));
    await until(`"${title}" has been a toast`, was);
  }
}

/** Runs in the page: a toast that came and went between two looks is on record. */
function recordHistory() {
  const history = { toasts: [], badges: [], links: [] };
  globalThis.tidingsHistory = history;
  const known = new WeakSet();
  const note = (list, value) => {
    if (list.at(-1)?.text !== value) list.push({ text: value, at: Date.now() });
  };
  const observed = new WeakSet();
  const observe = (root) => {
    if (!root || observed.has(root)) return;
    observed.add(root);
    new MutationObserver(look).observe(root, {
      subtree: true,
      childList: true,
      attributes: true,
      characterData: true,
    });
  };
  const look = () => {
    const bell = document.querySelector("tidings-inbox")?.shadowRoot;
    observe(bell);
    for (const toast of bell?.querySelectorAll('[part~="toast"]') ?? []) {
      if (known.has(toast)) continue;
      known.add(toast);
      history.toasts.push({
        text: toast.querySelector(".title").textContent.trim(),
        level: toast.dataset.level,
        at: Date.now(),
      });
    }
    note(history.badges, bell?.querySelector('[part~="badge"]')?.textContent || "0");
    const link = document.querySelector('[data-testid="link-state"]')?.dataset.state;
    if (link) note(history.links, link);
  };
  observe(document);
}
