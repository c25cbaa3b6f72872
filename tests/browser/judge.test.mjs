import assert from "node:assert/strict";
import { test } from "node:test";
import { judge, judgeToasts } from "./chaos/judge.mjs";

/** Small letters are of one audience, capitals of another. */
const log = [..."aAbBcd"].map((id) => ({ id, audience: id < "a" ? "everyone" : "user" }));
const whole = { fromFirst: true, toLast: true };
/** A bar is a reset, and what follows in brackets comes after what it contains. */
const heard = (text) =>
  [...text.matchAll(/\|(?:\((.)\))?|\w/g)].map(([id, next]) =>
    id.startsWith("|") ? { type: "reset", next } : { id, type: "x" },
  );
const found = (text, terms = whole) => {
  const { lost, twice, unknown } = judge(log, heard(text), terms);
  return [lost, twice, unknown.map(({ id }) => id)].map((ids) => ids.join(""));
};

test("the judge of the chaos finds what is lost, twice and made up, and excuses what a reset brings", () => {
  assert.deepEqual(found("aAbBcd"), ["", "", ""]);
  assert.deepEqual(found("AaBbcd"), ["", "", ""]);
  assert.deepEqual(found("aAbBd"), ["c", "", ""]);
  assert.deepEqual(found("aAbcd"), ["B", "", ""]);
  assert.deepEqual(found("bBcd"), ["aA", "", ""]);
  assert.deepEqual(found("bBc", { fromFirst: false, toLast: false }), ["", "", ""]);
  assert.deepEqual(found("bBd", { fromFirst: false, toLast: false }), ["c", "", ""]);
  assert.deepEqual(found("aAbBc"), ["d", "", ""]);
  assert.deepEqual(found("aAbbBcd"), ["", "b", ""]);
  assert.deepEqual(found("aAcBbd"), ["b", "b", ""]);
  assert.deepEqual(found("a|(d)d"), ["", "", ""]);
  assert.deepEqual(found("a|(c)d"), ["c", "", ""]);
  assert.deepEqual(found("a|(b)bcd"), ["B", "", ""]);
  assert.deepEqual(found("aAb|(B)bBcd"), ["", "b", ""]);
  assert.deepEqual(found("aA|"), ["", "", ""]);
  assert.deepEqual(found("aAbxBcd"), ["", "", "x"]);
});

test("it excuses what was withheld of an audience that nothing was known of, and nothing else", () => {
  const withheld = (...ids) => ({ ...whole, withheld: new Set(ids) });
  assert.deepEqual(found("Abc", withheld("a")), ["dB", "", ""]);
  assert.deepEqual(found("AbBcd", withheld("a")), ["", "", ""]);
  assert.deepEqual(found("AbBcd", withheld("b")), ["a", "", ""]);
  assert.deepEqual(found("aAbBd", withheld("c")), ["c", "", ""]);
  assert.deepEqual(found("aAbBc", withheld("d")), ["d", "", ""]);
  assert.deepEqual(found("a|(b)cBd", withheld("b")), ["", "", ""]);
  assert.deepEqual(found("a|(b)dB", withheld("b")), ["c", "", ""]);
});

test("it finds toasts that were shown twice, and those of what was replayed", () => {
  const log = [
    { id: "1", type: "notification", payload: { id: "a" } },
    { id: "2", type: "notification", payload: { id: "b" } },
    { id: "3", type: "inbox.changed", payload: { ids: ["a"], snoozed_until: "2026-11-28T18:00:00Z" } },
    { id: "4", type: "inbox.changed", payload: { ids: ["a"], snoozed_until: null } },
    { id: "5", type: "inbox.changed", payload: { up_to: "2", read: true } },
  ];
  const found = (shown, news) => judgeToasts([...shown], log, new Set(news));
  assert.deepEqual(found("ab", "1234"), { twice: [], replayed: [] });
  assert.deepEqual(found("aba", "1234"), { twice: [], replayed: [] });
  assert.deepEqual(found("abaa", "1234"), { twice: ["a"], replayed: [] });
  assert.deepEqual(found("abb", "1234"), { twice: ["b"], replayed: [] });
  assert.deepEqual(found("aa", "123"), { twice: ["a"], replayed: [] });
  assert.deepEqual(found("ab", "13"), { twice: [], replayed: ["b"] });
  assert.deepEqual(found("a", "235"), { twice: [], replayed: ["a"] });
  assert.deepEqual(judgeToasts([undefined], log, new Set("1")).replayed, [undefined]);
});
