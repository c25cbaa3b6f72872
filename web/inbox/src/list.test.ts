import type { Item } from "@tidings/client";
import { expect, it, vi } from "vitest";
import { List } from "./list";
import { tongue } from "./texts";

const ITEM: Item = {
  id: "n1",
  title: "Build 4711 failed",
  level: "error",
  critical: false,
  created_at: "2026-11-28T10:00:00.000Z",
  audience: "user:alice",
  cursor: "c",
  seen: false,
  read: false,
  archived: false,
};

it("changes a row where it stands: who was there before a toast finds it again", () => {
  const list = new List(tongue("en"), { read: vi.fn(), archive: vi.fn(), follow: vi.fn() });
  document.body.replaceChildren(list.root);
  list.show([{ ...ITEM, pending: true }], 0);
  const [row] = list.root.children;
  expect(row?.getAttribute("aria-busy")).toBe("true");
  list.show([{ ...ITEM, seen: true, read: true, title: "Build 4711 passed" }], 0);
  expect([...list.root.children]).toEqual([row]);
  expect(row?.textContent).toContain("Build 4711 passed");
  expect(row?.className).toBe("row error");
  expect(row?.getAttribute("aria-busy")).toBe("false");
});
