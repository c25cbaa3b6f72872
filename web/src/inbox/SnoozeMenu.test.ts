import { beforeEach, describe, expect, it, vi } from "vitest";
import { key, mount, shown, type, type Mounted } from "../testing";
import SnoozeMenu from "./SnoozeMenu.vue";

const NOW = new Date(2026, 10, 20, 15, 30);

const snooze = vi.fn<(until: string) => void>();
let page: Mounted;

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  snooze.mockReset();
  page = mount(SnoozeMenu, { title: "Build failed", onSnooze: snooze });
  return () => {
    page.unmount();
    vi.useRealTimers();
  };
});

const toggle = () => page.find("snooze");
const focused = () => (document.activeElement as HTMLElement | null)?.dataset.testid;

async function open(): Promise<void> {
  toggle()?.click();
  await shown();
  vi.advanceTimersByTime(1); // Vue leaves events alone that are no younger than their listener
}

describe("the snooze menu", () => {
  it("tells what its button opens, and opens on its first entry", async () => {
    expect(toggle()?.getAttribute("aria-haspopup")).toBe("menu");
    expect(toggle()?.getAttribute("aria-expanded")).toBe("false");
    await open();
    expect(toggle()?.getAttribute("aria-expanded")).toBe("true");
    expect(page.find("snooze-menu")?.getAttribute("role")).toBe("menu");
    expect(focused()).toBe("snooze-hour");
  });

  it.each([
    ["ArrowDown", "snooze-hour"],
    ["ArrowUp", "snooze-custom"],
  ])("opens by %s on %s", async (name, expected) => {
    toggle()?.focus();
    key(toggle(), name);
    await shown();
    expect(focused()).toBe(expected);
  });

  it.each([
    [["ArrowDown"], "snooze-evening"],
    [["ArrowUp"], "snooze-custom"],
    [["End"], "snooze-custom"],
    [["End", "ArrowDown"], "snooze-hour"],
    [["End", "Home"], "snooze-hour"],
    [["t"], "snooze-evening"],
    [["t", "t"], "snooze-morning"],
    [["n"], "snooze-week"],
    [["x"], "snooze-hour"],
  ])("after %j stands at %s", async (names, expected) => {
    await open();
    for (const name of names) key(document.activeElement, name);
    expect(focused()).toBe(expected);
  });

  it("closes by Escape, and gives the focus back", async () => {
    await open();
    key(document.activeElement, "Escape");
    await shown();
    expect(page.find("snooze-menu")).toBeNull();
    expect(focused()).toBe("snooze");
  });

  it("closes when somebody presses elsewhere", async () => {
    await open();
    document.body.dispatchEvent(new Event("pointerdown", { bubbles: true }));
    await shown();
    expect(page.find("snooze-menu")).toBeNull();
  });

  it("says when", async () => {
    await open();
    page.find("snooze-week")?.click();
    expect(snooze).toHaveBeenCalledExactlyOnceWith(new Date(2026, 10, 23, 8).toISOString());
    expect(focused()).toBe("snooze");
  });

  it("takes any other time, if it is to come", async () => {
    await open();
    page.find("snooze-custom")?.click();
    await shown();
    expect(focused()).toBe("snooze-until");
    const field = page.find<HTMLInputElement>("snooze-until");
    expect(field?.value).toBe("2026-11-21T08:00");

    for (const bad of ["", "2026-11-20T15:00"]) {
      type(field, bad);
      page.find("snooze-form")?.dispatchEvent(new Event("submit", { cancelable: true }));
      await shown();
      expect(page.root.textContent).toContain("Choose a time in the future.");
      expect(snooze).not.toHaveBeenCalled();
    }
    type(field, "2026-12-24T18:00");
    page.find("snooze-form")?.dispatchEvent(new Event("submit", { cancelable: true }));
    await shown();
    expect(snooze).toHaveBeenCalledExactlyOnceWith(new Date(2026, 11, 24, 18).toISOString());
    expect(page.find("snooze-form")).toBeNull();
  });
});
