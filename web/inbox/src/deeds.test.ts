import { expect, it, vi } from "vitest";
import { deedsOf } from "./deeds";

function setUp(taken = true) {
  const inbox = { mark: vi.fn(async () => taken) };
  const said = vi.fn(async () => ({ id: "1" }));
  const refused = vi.fn<() => void>();
  return { inbox, said, refused, deeds: deedsOf({ inbox, said } as never, refused) };
}

it("marks as read what is followed, and tells that it was acted on", async () => {
  const { inbox, said, deeds } = setUp();
  deeds.followed("1");
  expect(inbox.mark).toHaveBeenCalledWith({ read: true, ids: ["1"] });
  expect(said).toHaveBeenCalledWith("PATCH", "/notifications/1", { acted: true });
  expect(await deeds.item("2")).toEqual({ id: "1" });
  expect(said).toHaveBeenCalledWith("GET", "/notifications/2");
});

it.each([
  [true, 0],
  [false, 1],
])("says so where a mark is not taken: %s", async (taken, times) => {
  const { refused, deeds } = setUp(taken);
  deeds.mark({ archived: true, ids: ["1"] });
  deeds.followed("1");
  for (let turn = 0; turn < 3; turn += 1) await Promise.resolve();
  expect(refused).toHaveBeenCalledTimes(2 * times);
});
