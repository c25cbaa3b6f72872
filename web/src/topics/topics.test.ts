import { describe, expect, it } from "vitest";
import type { Topic } from "../api/types";
import type { InboxChange } from "../stream/frames";
import { follow } from "./topics";

const topic = (name: string, joined: boolean, open = true): Topic => ({
  topic: name,
  open,
  joined,
});

/** Joined ones with a plus. */
const told = (items: Topic[] | null) =>
  items?.map((item) => item.topic + (item.joined ? "+" : "")).join(" ") ?? "ask";

describe("the topics", () => {
  const items = [topic("a", false), topic("b", true), topic("c", true, false)];

  it.each<[string, InboxChange, string]>([
    ["joined in another tab", { joined: "a" }, "a+ b+ c+"],
    ["left in another tab", { left: "b" }, "a b c+"],
    ["joined already", { joined: "b" }, "a b+ c+"],
    ["a managed one that an administrator took away", { left: "c" }, "a b+"],
    ["one that was not listed", { joined: "d" }, "ask"],
    ["left, and not listed", { left: "d" }, "a b+ c+"],
    ["a change of another kind", { read: true, ids: ["n"] }, "a b+ c+"],
  ])("%s", (_, change, expected) => expect(told(follow(items, change))).toBe(expected));
});
