// @vitest-environment node
import { expect, it } from "vitest";
import type { Locks } from "./messages";
import { Turn } from "./turn";

it("goes back to waiting when what it was taking is taken before it has it", async () => {
  const request: Locks["request"] = () => Promise.reject(new DOMException("stolen", "AbortError"));
  const said: string[] = [];
  const turns = { began: () => said.push("began"), ended: () => said.push("ended") };
  const turn = new Turn("a name", { request }, turns);
  turn.seize();
  await Promise.resolve().then(() => {});
  expect(said).toEqual(["ended"]);
});
