import assert from "node:assert/strict";
import { test } from "node:test";
import { judge } from "./chaos/judge.mjs";

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
