// @vitest-environment node
import { beforeEach, describe, expect, it, vi } from "vitest";
import { FakeServer, json } from "../testing/fake-server";
import { Api, TOKEN_MS, type GiveToken } from "./api";

const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});

function setUp(give: GiveToken) {
  const server = new FakeServer();
  server.answer = () => json({});
  const open = () => new Api("https://t.example", give, server.world.fetch);
  return { server, open };
}

it("sends nothing where nobody is signed in: whose the cookie is nobody knows", async () => {
  let token: string | null = null;
  const { server, open } = setUp(async () => token);
  const api = open();
  const refused = await api.request("POST", "/notifications/mark", { read: true });
  expect([refused.status, server.asked]).toEqual([401, []]);
  token = "alice's";
  expect((await api.request("POST", "/notifications/mark", { read: true })).status).toBe(200);
  expect(server.asked).toMatchObject([{ token: "Bearer alice's", credentials: "omit" }]);
});

describe("a host", () => {
  it("that never answers is given up, and asked again", async () => {
    let asked = 0;
    const { server, open } = setUp(() =>
      (asked += 1) === 1 ? new Promise(() => {}) : Promise.resolve("good"),
    );
    const api = open();
    const failed = vi.fn();
    api.request("GET", "/inbox").catch(failed);
    await wait(TOKEN_MS - 1);
    expect(failed).not.toHaveBeenCalled();
    await wait(1);
    expect(failed).toHaveBeenCalled();
    expect((await api.request("GET", "/inbox")).ok).toBe(true);
    expect([server.asked.length, vi.getTimerCount()]).toEqual([1, 0]);
  });

  it.each([true, false])("that throws at once has failed: refresh %s", async (refresh) => {
    const { open } = setUp(() => {
      throw new Error("of the host");
    });
    const api = open();
    for (let n = 0; n < 2; n += 1) await expect(api.ask(refresh)).rejects.toThrow("of the host");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is asked for one refresh at a time, whoever wants it", async () => {
    let refreshes = 0;
    const { open } = setUp(async () => {
      refreshes += 1;
      await new Promise((done) => setTimeout(done, 5_000));
      return `t${refreshes}`;
    });
    const [one, two] = [open(), open()];
    const both = [one.ask(true), two.ask(true), two.ask(false)];
    await wait(5_000);
    expect(await Promise.all(both)).toEqual([true, true, true]);
    expect([refreshes, one.token, two.token]).toEqual([1, "t1", "t1"]);
    void one.ask(true);
    await wait(5_000);
    expect([refreshes, one.token]).toEqual([2, "t2"]);
  });
});
