import { describe, expect, it } from "vitest";
import { countBytes, countChars, emptyForm, recipients, toDraft, toItem } from "./draft";
import { placeErrors } from "./field-errors";
import { IdempotencyKeys, type Random } from "./idempotency";

describe("recipients", () => {
  it.each([
    ["alice", ["alice"]],
    ["alice, bob;carol\ndave  erin", ["alice", "bob", "carol", "dave", "erin"]],
    ["bob bob, bob", ["bob"]],
    [" , \n", []],
  ])("of %j are %j", (text, expected) => expect(recipients(text)).toEqual(expected));
});

describe("a draft", () => {
  it("leaves out what was not filled in", () => {
    expect(toDraft({ ...emptyForm(), people: "alice", title: " Hello " })).toEqual({
      to: { user: "alice" },
      title: "Hello",
      level: "info",
    });
  });

  it("carries all that was", () => {
    const draft = toDraft({
      kind: "everyone",
      people: "ignored",
      topic: "ignored",
      title: "Hello",
      body: "one\n\ntwo\n",
      level: "warning",
      critical: true,
      link: " /x ",
      category: "news",
      actor: "CI",
      actions: [
        { label: " Go ", link: "/go" },
        { label: "", link: " " },
      ],
      groupKey: " build-4711 ",
      deliverAt: "2026-11-20T18:00",
      expiresAt: "2026-11-21T18:00",
    });
    expect(draft).toEqual({
      to: { everyone: true },
      title: "Hello",
      body: "one\n\ntwo",
      level: "warning",
      critical: true,
      link: "/x",
      category: "news",
      actor: { name: "CI" },
      actions: [{ label: "Go", link: "/go" }],
      group_key: "build-4711",
      deliver_at: new Date(2026, 10, 20, 18).toISOString(),
      expires_at: new Date(2026, 10, 21, 18).toISOString(),
    });
  });

  it("names a topic", () => {
    const form = { ...emptyForm(), kind: "topic" as const, people: "ignored", topic: "deploys" };
    expect(toDraft(form).to).toEqual({ topic: "deploys" });
  });

  it("names several people, or one", () => {
    expect(toDraft({ ...emptyForm(), people: "a b" }).to).toEqual({ users: ["a", "b"] });
    expect(toDraft({ ...emptyForm(), people: "a" }).to).toEqual({ user: "a" });
  });

  it("becomes an unread item, without its addressees", () => {
    const item = toItem(toDraft({ ...emptyForm(), title: "" }), "2026-11-01T12:00:00.000Z");
    expect(item).toMatchObject({ title: "Title", read: false, critical: false });
    expect(item).not.toHaveProperty("to");
  });

  it("is measured as the server measures it", () => {
    expect(countChars("né😀")).toBe(3);
    expect(countBytes("né😀")).toBe(7);
  });
});

describe("idempotency keys", () => {
  let calls = 0;
  const plain: Random = {
    getRandomValues: (array) => {
      (array as unknown as Uint8Array).fill(++calls);
      return array;
    },
  };

  it("stay with an unchanged draft, and change with it", () => {
    const keys = new IdempotencyKeys(plain);
    const first = keys.for({ title: "a" });
    expect(keys.for({ title: "a" })).toBe(first);
    expect(keys.for({ title: "b" })).not.toBe(first);
  });

  it("are new once the draft was sent", () => {
    const keys = new IdempotencyKeys(plain);
    const first = keys.for({ title: "a" });
    keys.done();
    expect(keys.for({ title: "a" })).not.toBe(first);
  });

  it("are made with or without randomUUID", () => {
    expect(new IdempotencyKeys(plain).for(1)).toMatch(/^[0-9a-f]{32}$/);
    expect(new IdempotencyKeys({ ...plain, randomUUID: () => "u-u-i-d" }).for(1)).toBe("u-u-i-d");
  });

  it("work with the browser's own randomness", () => {
    expect(new IdempotencyKeys(crypto).for(1)).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe("field errors", () => {
  const error = (field: string, detail = "wrong") => ({ field, code: "x", detail });

  it.each([
    ["title", "title"],
    ["to", "to"],
    ["to.user", "to"],
    ["to.users[3]", "to"],
    ["/to/users/3", "to"],
    ["actor.name", "actor"],
    ["to.topic", "to"],
    ["group_key", "group_key"],
    ["deliver_at", "deliver_at"],
    ["/expires_at", "expires_at"],
    ["actions", "actions"],
    ["actions[1].link", "actions.1.link"],
    ["/actions/1/label", "actions.1.label"],
    ["actions[1]", "actions.1.label"],
  ])("about %s stand at %s", (field, at) => {
    expect(placeErrors([error(field)]).at).toEqual({ [at]: "wrong" });
  });

  it("about one field are joined", () => {
    expect(placeErrors([error("title", "One."), error("title", "Two.")]).at.title).toBe(
      "One. Two.",
    );
  });

  it("about unknown fields stand in the summary", () => {
    const placed = placeErrors([error("data"), error("__proto__"), error("")]);
    expect(placed.at).toEqual({});
    expect(placed.elsewhere).toHaveLength(3);
  });
});
