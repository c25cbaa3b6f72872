import { Api, type GiveToken } from "@tidings/client";
import { describe, expect, it, vi } from "vitest";
import { TOKEN_MS } from "../../client/src/core/api";
import { fromUrl, once, PATIENCE_MS, subject, whoIs } from "./who";

const encode = (claims: object) =>
  `e30.${btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify(claims))))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "")}.x`;

const api = (answer: () => Response, give?: GiveToken) =>
  new Api("https://t.example", give, async () => answer());
const json = (body: object, status = 200) => new Response(JSON.stringify(body), { status });

describe("the reader of a token", () => {
  it.each(["alice", "李雷", "ü?>~"])("is %s", (sub) => expect(subject(encode({ sub }))).toBe(sub));
  it.each(["", "x", "a.b.c", encode({}), encode({ sub: 7 })])("is nobody in %j", (token) =>
    expect(subject(token)).toBeUndefined(),
  );
});

describe("who it is", () => {
  const nobody = () => {
    throw new Error("asked");
  };
  it("says the token, and the server is not asked", async () => {
    expect(await whoIs(api(nobody, async () => encode({ sub: "alice" })))).toBe("alice");
  });
  it("is nobody where the host says so", async () => {
    expect(await whoIs(api(nobody, async () => null))).toBeNull();
  });
  it("says the server of a cookie, or of a token that says nothing", async () => {
    const me = (give?: GiveToken) => api(() => json({ user: "bob" }), give);
    expect(await whoIs(me())).toBe("bob");
    expect(await whoIs(me(async () => undefined))).toBe("bob");
    expect(await whoIs(me(async () => "opaque"))).toBe("bob");
  });
  it("is nobody by 401, and not known by anything else", async () => {
    expect(await whoIs(api(() => json({}, 401)))).toBeNull();
    await expect(whoIs(api(() => json({}, 503)))).rejects.toMatchObject({ status: 503 });
  });
});

describe("a token that is asked for", () => {
  it("is one for all that ask, until it is to be a fresh one", async () => {
    let made = 0;
    const give = once(async () => `t-${(made += 1)}`);
    expect(await Promise.all([give(false), give(false), give(true)])).toEqual([
      "t-1",
      "t-1",
      "t-1",
    ]);
    expect([await give(false), await give(true), await give(false)]).toEqual(["t-1", "t-2", "t-2"]);
  });
  it("is asked for again after nobody was signed in, and after it failed", async () => {
    const answers = [
      Promise.resolve(null),
      Promise.reject(new Error("away")),
      Promise.resolve("t"),
    ];
    const give = once(() => answers.shift() as Promise<string | null>);
    expect(await give(false)).toBeNull();
    await expect(give(false)).rejects.toThrow("away");
    expect(await give(false)).toBe("t");
  });
  it("comes from an address, and 401 there is nobody", async () => {
    const answers = [
      new Response(" t\n"),
      new Response("", { status: 401 }),
      new Response("", { status: 500 }),
    ];
    const fetch = vi.fn(async () => answers.shift());
    vi.stubGlobal("fetch", fetch);
    const give = fromUrl("/token");
    expect(await give(false)).toBe("t");
    expect(await give(true)).toBeNull();
    await expect(give(false)).rejects.toThrow("500");
    vi.unstubAllGlobals();
  });
  it("from an address is not waited for without an end", async () => {
    const timeout = vi.spyOn(AbortSignal, "timeout");
    const fetch = vi.fn(async () => new Response("t"));
    vi.stubGlobal("fetch", fetch);
    await fromUrl("/token")(false);
    expect(timeout).toHaveBeenCalledWith(PATIENCE_MS);
    const signal = timeout.mock.results[0]?.value as AbortSignal;
    const credentials = "include";
    expect(fetch).toHaveBeenCalledWith("/token", { credentials, cache: "no-store", signal });
    vi.unstubAllGlobals();
    timeout.mockRestore();
  });
  it("and does not come is given up by all that wait, and asked for anew", async () => {
    vi.useFakeTimers();
    const answers = [new Promise<string>(() => {}), Promise.resolve("t")];
    const give = once(() => answers.shift() as Promise<string>);
    const both = Promise.allSettled([give(false), give(true)]);
    await vi.advanceTimersByTimeAsync(TOKEN_MS);
    expect((await both).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await give(false)).toBe("t");
    vi.useRealTimers();
  });
});
