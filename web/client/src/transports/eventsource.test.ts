// @vitest-environment node
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Api } from "../core/api";
import { FakeServer, json } from "../testing/fake-server";
import { FakeSource } from "../testing/fake-source";
import { line } from "../testing/said";
import { eventSource } from "./eventsource";

beforeEach(() => void vi.stubGlobal("EventSource", FakeSource));
afterEach(() => void vi.unstubAllGlobals());

async function open(token: string | null, signals: string[] = []) {
  const server = new FakeServer();
  server.answer = ({ path }) =>
    path === "/stream/ticket" ? json({ ticket: "once" }) : json({}, 401);
  const api = new Api("https://t.example", async () => token ?? undefined, server.world.fetch);
  await api.ask(false);
  const said: string[] = [];
  const before = FakeSource.newest;
  const shut = eventSource(signals).open(api, "c0", (what) => said.push(line(what)));
  await vi.waitFor(() => {
    expect(FakeSource.newest).not.toBe(before);
    expect(FakeSource.newest.onerror).toBeTruthy();
  });
  return { server, said, shut, source: FakeSource.newest };
}

it("opens with a ticket, whoever says who it is", async () => {
  const byTicket = (await open("secret")).source;
  expect(byTicket.url).toBe("https://t.example/api/v1/stream?after=c0&ping=true&ticket=once");
  expect(byTicket.options).toEqual({ withCredentials: false });
  const byCookie = (await open(null)).source;
  expect(byCookie.url).toBe(byTicket.url);
  expect(byCookie.options).toEqual({ withCredentials: true });
});

it("hears the names of the contract, and the signals that it was asked for", async () => {
  const { said, source } = await open(null, ["typing"]);
  source.onopen?.();
  source.say("notification", "{}", "c1");
  source.say("typing", "1");
  source.say("unheard", "2");
  expect(said).toEqual(["alive", "notification {} c1", "typing 1"]);
});

it("never leaves it to the browser to come back, and finds out the status", async () => {
  const { said, source } = await open(null);
  source.onerror?.();
  await vi.waitFor(() => expect(said).toEqual(['ended {"status":401}']));
  expect(source.closed).toBe(true);
});

it("says that there is no way for it where other requests pass", async () => {
  const { server, said, source } = await open(null);
  server.answer = () => json({ unread: 0, unseen: 0 });
  source.onerror?.();
  await vi.waitFor(() => expect(said).toEqual(['ended {"reason":"refused","noWay":true}']));
});

it("asks nothing where it was open", async () => {
  const { server, said, source } = await open(null);
  source.onopen?.();
  source.onerror?.();
  await vi.waitFor(() => expect(said).toEqual(["alive", 'ended {"reason":"closed"}']));
  expect(server.paths).toEqual(["POST /stream/ticket"]);
});

it("says nothing after it was shut", async () => {
  const { said, source, shut } = await open(null);
  shut();
  source.say("notification", "{}", "c1");
  expect([source.closed, said]).toEqual([true, []]);
});
