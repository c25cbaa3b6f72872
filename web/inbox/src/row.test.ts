import type { Item } from "@tidings/client";
import { describe, expect, it, vi } from "vitest";
import { row } from "./row";
import { tongue } from "./texts";
import { toastCard } from "./toasts/card";

const ITEM: Item = {
  id: "n1",
  title: "<b>Build</b> 4711 failed",
  body: "<img src=x onerror=alert(1)>",
  level: "error",
  critical: true,
  link: "/builds/4711",
  actions: [
    { label: "Retry", link: "/retry" },
    { label: "Bad", link: "javascript:alert(1)" },
  ],
  actor: { name: "Ada Lovelace" },
  created_at: "2026-11-28T10:00:00.000Z",
  audience: "user:alice",
  cursor: "c",
  seen: false,
  read: false,
  archived: false,
};

const NOW = Date.parse(ITEM.created_at) + 300_000;

function show(more: Partial<Item> = {}, lang = "en") {
  const acts = { read: vi.fn(), archive: vi.fn(), follow: vi.fn() };
  const element = row({ ...ITEM, ...more }, tongue(lang), NOW, acts);
  element.addEventListener("click", (event) => event.preventDefault());
  document.body.replaceChildren(element);
  return { element, acts };
}

describe("a row", () => {
  it("shows text as text, and links that are safe", () => {
    const { element } = show();
    expect(element.querySelector("h3")?.textContent).toBe("Unread: <b>Build</b> 4711 failed");
    expect(element.querySelector(".body")?.textContent).toBe(ITEM.body);
    expect([...element.querySelectorAll("a")].map((link) => link.getAttribute("href"))).toEqual([
      "/builds/4711",
      "/retry",
    ]);
    expect(element.querySelector("[style]")).toBeNull();
    expect(
      show({ link: "javascript:alert(1)", actions: [] }).element.querySelector("a"),
    ).toBeNull();
  });

  it("says who, how grave and when, also without colour", () => {
    const { element } = show();
    expect(element.querySelector(".face b")?.textContent).toBe("AL");
    expect(element.querySelector(".mark")?.getAttribute("aria-label")).toBe("Error");
    const time = element.querySelector("time");
    expect([time?.textContent, time?.dateTime]).toEqual(["5 min. ago", ITEM.created_at]);
    expect(show({}, "zh").element.querySelector("time")?.textContent).toBe("5分钟前");
  });

  it("tells what is done with it", () => {
    const { element, acts } = show();
    const [read, archive] = element.querySelectorAll("button");
    read?.click();
    archive?.click();
    element.querySelectorAll("a").forEach((link) => link.click());
    expect([acts.read, acts.archive, acts.follow].map((act) => act.mock.calls.length)).toEqual([
      1, 1, 2,
    ]);
    expect(show({ muted: true }).element.querySelectorAll("button")).toHaveLength(1);
  });

  it("has initials where a picture does not come", () => {
    const { element } = show({ actor: { name: "ci", image: "https://example.org/ci.png" } });
    const image = element.querySelector("img");
    expect(image?.getAttribute("src")).toBe("https://example.org/ci.png");
    image?.dispatchEvent(new Event("error"));
    expect(element.querySelector(".face b")?.textContent).toBe("C");
  });
});

describe("the card of a toast", () => {
  it("is the same anywhere, and tells when it is followed or closed", () => {
    const close = vi.fn();
    const followed = vi.fn();
    const card = toastCard({ ...ITEM, followed }, { lang: "zh", close }).shadowRoot;
    card?.querySelector<HTMLElement>("a")?.click();
    card?.querySelector<HTMLElement>("button")?.click();
    expect([followed.mock.calls.length, close.mock.calls.length]).toEqual([1, 2]);
    expect(card?.querySelector(".critical")?.textContent).toBe("紧急");
  });
});
