// The judge, before histories that were made up: each is wrong in one way, and must be found out.

import assert from "node:assert/strict";
import { test } from "node:test";
import { atRest, judge, MOST_PER_MINUTE, MOST_PER_SECOND } from "./judge.mjs";

const told = (id, counts = { unread: 3, unseen: 3 }) => [
  { at: 0, event: { type: "notification", payload: { id } } },
  { at: 0, counts },
];
const reset = (ids, more = false) => ({
  at: 0,
  reset: { notifications: ids.map((id) => ({ id })), more },
});
const state = (at, state) => ({ at, state });
const tried = (...times) => times.map((at) => ({ at, kind: "stream" }));
const truth = { ids: ["a", "b", "c"], unread: 3, unseen: 3 };
const all = ["a", "b", "c"].flatMap((id) => told(id));
const DEADLINE = [{ from: 10, by: 9_010 }];

const RIGHT = {
  "each once": { lines: all },
  "in a reset": { lines: [...told("a"), reset(["b", "a"]), ...told("c")] },
  "in a reset that has more": { lines: [reset(["c", "b"], true), all[1]] },
  "what was restored away": { lines: [...told("gone"), reset(["c", "b", "a"]), all[1]] },
  "it says that it is dead": {
    lines: [...all, state(1, "live"), state(5_000, "waiting"), state(8_000, "live")],
    deadlines: DEADLINE,
  },
  "it has said so before": { lines: [...all, state(1, "connecting")], deadlines: DEADLINE },
  "it never says how it stands": { lines: all, deadlines: DEADLINE },
  "it went on": { lines: [{ at: 0, gaveUp: "status 401" }, ...all] },
  "polls that are answered": {
    lines: all,
    tries: Array.from({ length: 99 }, (_, at) => ({ at, kind: "poll", passed: true })),
  },
  "as late as it was asked to": {
    lines: all,
    tries: [{ at: 0, endedAt: 10, asked: 2_000, askedBy: "goodbye" }, ...tried(2_010)],
  },
  "it counts from the goodbye, and the end came late": {
    lines: all,
    tries: [
      { at: 0, askedAt: 10, endedAt: 500, asked: 2_000, askedBy: "goodbye", outcome: "ended" },
      ...tried(2_010),
    ],
  },
  "it left sooner than was noticed": {
    lines: all,
    tries: [
      { at: 0, endedAt: 10, asked: 2_000, askedBy: "retry", outcome: "left" },
      ...tried(1_100),
    ],
  },
  "who cannot hear it": {
    lines: all,
    tries: [{ at: 0, endedAt: 10, asked: 2_000, askedBy: "retry" }, ...tried(500)],
    deafTo: ["retry"],
  },
};

const WRONG = {
  lost: [{ lines: [...told("a"), ...told("c")] }, "lost: 1 of 3"],
  "lost after a reset": [{ lines: [reset(["a"]), ...told("c")] }, "lost: 1 of 3"],
  "lost beside a reset that has more": [
    { lines: [reset(["c", "a"], true), all[1]] },
    "lost: 1 of 3",
  ],
  twice: [{ lines: [...all, ...told("b")] }, ["twice: 1", "out of order"]],
  "twice in a row": [{ lines: [...told("a"), ...all] }, "twice: 1"],
  "twice before a reset": [
    { lines: [...told("a"), ...told("a"), reset(["c", "b", "a"])] },
    "twice: 1",
  ],
  "once more after a reset": [{ lines: [reset(["c", "b", "a"]), ...told("c")] }, "twice: 1"],
  "out of order": [{ lines: ["b", "a", "c"].flatMap((id) => told(id)) }, "out of order"],
  "wrong counts": [
    { lines: [...all, { at: 0, counts: { unread: 2, unseen: 3 } }] },
    "wrong counts: 2/3, not 3/3",
  ],
  "no counts": [{ lines: all.filter(({ counts }) => !counts) }, "wrong counts: none, not 3/3"],
  "given up": [{ lines: [...all, { at: 0, gaveUp: "status 503" }] }, "gave up: status 503"],
  "a storm of a second": [
    {
      lines: all,
      tries: tried(...Array.from({ length: MOST_PER_SECOND + 1 }, (_, at) => at * 100)),
    },
    `storm: ${MOST_PER_SECOND + 1} tries in a second`,
  ],
  "a storm of a minute": [
    {
      lines: all,
      tries: tried(...Array.from({ length: MOST_PER_MINUTE + 1 }, (_, at) => at * 900)),
    },
    `storm: ${MOST_PER_MINUTE + 1} tries in a minute`,
  ],
  "a storm of polls": [
    { lines: all, tries: tried(0, 1, 2, 3, 4, 5, 6).map((one) => ({ ...one, kind: "poll" })) },
    "storm: 7 tries in a second",
  ],
  impatient: [
    {
      lines: all,
      tries: [{ at: 0, endedAt: 10, asked: 2_000, askedBy: "Retry-After" }, ...tried(1_500)],
    },
    "impatient: Retry-After 2000 ms, came after 1490",
  ],
  "impatient after a goodbye": [
    {
      lines: all,
      tries: [
        { at: 0, askedAt: 10, endedAt: 500, asked: 2_000, askedBy: "goodbye", outcome: "ended" },
        ...tried(1_910),
      ],
    },
    "impatient: goodbye 2000 ms, came after 1900",
  ],
  "impatient after an end": [
    {
      lines: all,
      tries: [
        { at: 0, askedAt: 10, endedAt: 500, asked: 2_000, askedBy: "retry", outcome: "ended" },
        ...tried(2_010),
      ],
    },
    "impatient: retry 2000 ms, came after 1510",
  ],
  silent: [
    { lines: [...all, state(1, "live"), state(9_500, "waiting")], deadlines: DEADLINE },
    "silent: live by its own word, 9 s after its death",
  ],
};

for (const [name, history] of Object.entries(RIGHT)) {
  test(`right: ${name}`, () => assert.deepEqual(judge({ truth, ...history }), []));
}
for (const [name, [history, expected]] of Object.entries(WRONG)) {
  test(`wrong: ${name}`, () => assert.deepEqual(judge({ truth, ...history }), [expected].flat()));
}

test("at rest is who has all of it, and not before", () => {
  assert.equal(atRest({ lines: all, truth }), true);
  assert.equal(atRest({ lines: all.slice(0, -2), truth }), false);
  assert.equal(
    atRest({ lines: [...all, { at: 0, counts: { unread: 1, unseen: 1 } }], truth }),
    false,
  );
});
