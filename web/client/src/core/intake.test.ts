// @vitest-environment node
import { describe, expect, it } from "vitest";
import { envelope } from "../testing/driver";
import { dice } from "../testing/dice";
import type { Held } from "../types";
import { EMPTY, MOST_AUDIENCES, NOWHERE, REMEMBERED, take } from "./intake";

const held = (more: Partial<Held>): Held => ({ ...EMPTY, ...more });
const seen = (audience: string, seq: number) => ({ seqs: { [audience]: seq } });

describe("an event", () => {
  it.each([
    ["the first of an audience", held({}), 7, true, "new"],
    ["the next", held(seen("user:alice", 6)), 7, true, "new"],
    ["one that comes too early", held(seen("user:alice", 5)), 7, true, "gap"],
    [
      "one that was passed, though its id is forgotten",
      held(seen("user:alice", 7)),
      7,
      true,
      "repeat",
    ],
    [
      "one whose id is known, though its seq is not",
      held({ recent: ["c-user:alice-7"] }),
      7,
      true,
      "repeat",
    ],
    ["another audience's", held(seen("everyone", 90)), 7, true, "new"],
    ["one of the unread that a stream begins with", held(seen("user:alice", 5)), 7, false, "new"],
  ])("%s", (_, before, seq, dense, is) => {
    expect(take(before, envelope(seq), dense).is).toBe(is);
  });

  it("says what lacks, and asks for all that is so now where the same lacks once more", () => {
    const before = held(seen("topic:t", 3));
    const { is, held: after } = take(before, envelope(9, "topic:t"), true);
    expect([is, after]).toEqual(["gap", { ...before, gap: "topic:t 4" }]);
    expect(take(after, envelope(9, "topic:t"), true).held.cursor).toBe(NOWHERE);
  });

  it("leaves no more behind than is bounded", () => {
    let now = EMPTY;
    for (let n = 0; n < 1_000; n += 1) {
      const taken = take(now, envelope(1, `topic:t${n}`), true);
      if (taken.is === "new") now = taken.held;
    }
    expect(now.recent).toHaveLength(REMEMBERED);
    expect(Object.keys(now.seqs)).toHaveLength(MOST_AUDIENCES);
    expect(now.seqs["topic:t999"]).toBe(1); // the one that was heard of last is kept
  });

  it("that is kept nowhere moves nothing", () => {
    const whisper = envelope(1, "user:alice", { id: undefined, seq: undefined });
    const taken = take(held({ cursor: "c" }), whisper, true);
    expect(taken).toMatchObject({ is: "new", held: { cursor: "c", seqs: {}, recent: [] } });
  });

  it.each([1, 2, 3])(
    "is taken once, in order, whatever is lost and repeated on the way: seed %i",
    (seed) => {
      const random = dice(seed);
      const log = Array.from({ length: 300 }, (_, n) => envelope(n + 1));
      let now = held({ ...seen("user:alice", 0) });
      const got: number[] = [];
      for (let at = 0; at < log.length;) {
        const lost = random() < 0.1;
        const event = log[at] as (typeof log)[number];
        if (lost) {
          at += 1;
          continue;
        }
        const taken = take(now, event, true);
        if (taken.is === "new") {
          now = taken.held;
          got.push(event.seq);
        }
        // A gap sends the reader back to the place that it holds, and a reconnection to somewhere before.
        if (taken.is === "gap") at = log.findIndex(({ id }) => id === now.cursor) + 1;
        else at = random() < 0.05 ? Math.max(0, at - 20) : at + 1;
        if (at === log.length && got.length < log.length) at = got.length;
      }
      expect(got).toEqual(log.map(({ seq }) => seq));
    },
  );
});
