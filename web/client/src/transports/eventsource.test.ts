// @vitest-environment node
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Api } from "../core/api";
import { FakeServer, json } from "../testing/fake-server";
import { eventSource } from "./eventsource";

class FakeSource extends EventTarget {
  static newest: FakeSource;
  closed = false;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;

  constructor(
    readonly url: string,
    readonly options: EventSourceInit,
  ) {
    super();
    FakeSource.newest = this;
  }
  close() {
    this.closed = true;
  }
  say(type: string, data: string, lastEventId = "") {
    this.dispatchEvent(new MessageEvent(type, { data, lastEventId }));
  }
}

beforeEach(() => void vi.stubGlobal("EventSource", FakeSource));
afterEach(() => void vi.unstubAllGlobals());

async function open(token: string | null, signals: string[] = []) {
  const server = new FakeServer();
  server.answer = ({ path }) =>
    path === "/stream/ticket" ? json({ ticket: "once" }) : json({}, 401);
  const api = new Api("https://t.example", async () => token ?? undefined, server.world.fetch);
  await api.ask(false);
  const said: string[] = [];
  const shut = eventSource(signals).open(api, "c0", {
    event: ({ type, data, id }) => said.push(`${type} ${data} ${id}`),
    alive: () => said.push("alive"),
    retry: () => {},
    ended: (why) => said.push(`ended ${JSON.stringify(why)}`),
  });
  await vi.waitFor(() => expect(FakeSource.newest?.onerror).toBeTruthy());
  return { server, said, shut, source: FakeSource.newest };
}

it("opens with a ticket where there is a token, and with the cookie where there is none", async () => {
  const byTicket = (await open("secret")).source;
  expect(byTicket.url).toBe("https://t.example/api/v1/stream?after=c0&ticket=once&ping=true");
  expect(byTicket.options).toEqual({ withCredentials: false });
  const byCookie = (await open(null)).source;
  expect(byCookie.url).toBe("https://t.example/api/v1/stream?after=c0&ping=true");
  expect(byCookie.options).toEqual({ withCredentials: true });
});

it("hears the names of the contract, and the signals that it was asked for", async () => {
  const { said, source } = await open(null, ["typing"]);
  source.onopen?.();
  source.say("notification", "{}", "c1");
  source.say("typing", "1");
  source.say("unheard", "2");
  expect(said).toEqual(["alive", "notification {} c1", "typing 1 "]);
});

it("never leaves it to the browser to come back, and finds out the status", async () => {
  const { said, source } = await open(null);
  source.onerror?.();
  await vi.waitFor(() => expect(said).toEqual(['ended {"status":401}']));
  expect(source.closed).toBe(true);
});

it("says nothing after it was shut", async () => {
  const { said, source, shut } = await open(null);
  shut();
  source.say("notification", "{}", "c1");
  expect([source.closed, said]).toEqual([true, []]);
});
