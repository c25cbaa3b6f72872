import type { connect, Options, State } from "@tidings/client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Inbox } from "../../client/src/offline/inbox";
import { define, MOST_WAITING, TidingsInbox } from "./element";
import { Rest } from "./rest";
import { TOKEN_MS } from "../../client/src/core/api";

const streams: (Options & { closed?: boolean })[] = [];
const own: typeof connect = (options) => {
  streams.push(options);
  return {
    state: {} as State,
    authorized: () => {},
    close: () => Object.assign(options, { closed: true }),
  };
};
/** Of a first failure, with all the chance there is. */
const LONGEST_FIRST_WAIT_MS = 1_250;
let reader: string | null = "alice";
const token = async () => reader && `e30.${btoa(JSON.stringify({ sub: reader }))}.x`;

const state = (is: State["is"]): State => ({ is, since: 0, reason: "", transport: "" });
const notification = (title: string, more: object = {}) => ({
  id: `e-${title}`,
  type: "notification",
  timestamp: "",
  audience: `user:${reader}`,
  payload: { id: title, title, level: "info", critical: false, cursor: title, ...more },
  unread: 1,
  unseen: 1,
});

/** What a browser has of popovers, which is lacking here. */
function togglePopover(this: HTMLElement, force?: boolean): boolean {
  if (!this.isConnected) throw new DOMException("not connected", "InvalidStateError");
  const isOpen = this.hasAttribute("data-open");
  const opens = force ?? !isOpen;
  if (opens === isOpen) return opens;
  const newState = opens ? "open" : "closed";
  this.dispatchEvent(Object.assign(new Event("beforetoggle"), { newState }));
  this.toggleAttribute("data-open", opens);
  return opens;
}

beforeEach(() => {
  reader = "alice";
  streams.length = 0;
  vi.stubGlobal("fetch", async () => new Response("{}", { status: 401 }));
  vi.spyOn(document, "hasFocus").mockReturnValue(true);
  vi.spyOn(navigator, "locks", "get").mockReturnValue(undefined as unknown as LockManager);
  HTMLElement.prototype.togglePopover = togglePopover;
  define(async () => Rest);
  TidingsInbox.load = async () => Rest;
});
afterEach(async () => {
  document.body.replaceChildren();
  await new Promise((done) => setTimeout(done)); // what is under way ends where nothing leaves this machine
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

async function put() {
  const element = document.createElement("tidings-inbox");
  Object.assign(element, { token, connect: own });
  element.setAttribute("server", "https://t.example");
  const counts: unknown[] = [];
  element.addEventListener("tidings-counts", (event) =>
    counts.push((event as CustomEvent<unknown>).detail),
  );
  document.body.append(element);
  await vi.waitFor(() => expect(streams).toHaveLength(1));
  const inside = (selector: string) => [
    ...(element.shadowRoot?.querySelectorAll<HTMLElement>(selector) ?? []),
  ];
  return { element, counts, inside, stream: streams[0] as Options };
}

const shown = (inside: (selector: string) => HTMLElement[]) =>
  inside(".toast .title").map(({ textContent }) => textContent);

it("asks who reads when somebody has signed in, also before there is a connection", async () => {
  const { element } = await put();
  reader = "bob";
  element.authorized();
  element.authorized();
  await vi.waitFor(() => expect(streams).toHaveLength(2));
  expect(streams.map(({ user, closed = false }) => [user, closed])).toEqual([
    ["alice", true],
    ["bob", false],
  ]);
});

it("brings a toast to none but whom it was for, however late it can be shown", async () => {
  let come = (_: typeof Rest) => {};
  TidingsInbox.load = () => new Promise((loaded) => (come = loaded));
  const { element, inside, stream } = await put();
  stream.event?.(notification("for alice", { critical: true }), true);
  reader = "bob";
  element.authorized();
  await vi.waitFor(() => expect(streams).toHaveLength(2));
  come(Rest);
  streams[1]?.event?.(notification("for bob", { critical: true }), true);
  await vi.waitFor(() => expect(shown(inside)).toEqual(["Criticalfor bob"]));
  expect(inside("[aria-live]").map(({ textContent }) => textContent)).toEqual(["", "for bob"]);
});

it("shows and says nothing of whoever is signed out", async () => {
  const { element, counts, inside, stream } = await put();
  stream.counts?.({ unread: 3, unseen: 1 });
  stream.event?.(notification("urgent", { critical: true }), true);
  await vi.waitFor(() => expect(shown(inside)).toHaveLength(1));
  stream.state?.(state("unauthorized"));
  expect([element.counts, counts.at(-1)]).toEqual([null, { unread: 0, unseen: 0 }]);
  expect(shown(inside)).toEqual([]);
  expect(inside("[aria-live]").map(({ textContent }) => textContent)).toEqual(["", ""]);
});

it("keeps its toasts and its open panel in another language", async () => {
  const { element, inside, stream } = await put();
  stream.event?.(notification("urgent", { critical: true }), true);
  await vi.waitFor(() => expect(shown(inside)).toEqual(["Criticalurgent"]));
  element.show();
  element.lang = "zh";
  await vi.waitFor(() => expect(shown(inside)).toEqual(["紧急urgent"]));
  expect(inside(".panel[data-open] h2").map(({ textContent }) => textContent)).toEqual(["通知"]);
  expect(inside(".stack")).toHaveLength(1);
});

it("is seen only by whoever looks", async () => {
  const { element, stream } = await put();
  const sent: string[] = [];
  vi.stubGlobal("fetch", async (url: string, { body }: RequestInit) => {
    if (url.endsWith("/notifications/mark")) sent.push(`${body as string}`);
    return new Response("{}", { status: url.includes("mark") ? 200 : 503 });
  });
  const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
  stream.state?.(state("live"));
  element.show();
  const { payload } = notification("new");
  const notifications = [{ ...payload, audience: "user:alice" }] as never;
  stream.reset?.({ reason: "", notifications, more: false, cursor: "c", unread: 1, unseen: 1 });
  await new Promise(requestAnimationFrame);
  const marks = () => sent.filter((body) => body.includes("seen"));
  expect(marks()).toEqual([]);
  hidden.mockReturnValue(false);
  document.dispatchEvent(new Event("visibilitychange"));
  await vi.waitFor(() => expect(marks()).toHaveLength(1));
});

it("takes a signal that brings nothing, before it is opened as well as after", async () => {
  const { element, inside, stream } = await put();
  const nothing = { ...notification("x"), type: "typing", payload: null };
  expect(() => stream.event?.(nothing, true)).not.toThrow();
  element.show();
  await vi.waitFor(() => expect(inside(".panel[data-open]")).toHaveLength(1));
  expect(() => stream.event?.(nothing, true)).not.toThrow();
});

it("shows nothing that was taken back, or read, while what shows it was loading", async () => {
  let come = (_: typeof Rest) => {};
  TidingsInbox.load = () => new Promise((loaded) => (come = loaded));
  const { inside, stream } = await put();
  const critical = { critical: true };
  for (let n = 0; n < 30; n += 1) stream.event?.(notification(`taken back ${n}`, critical), true);
  stream.event?.(notification("stays", critical), true);
  for (let n = 0; n < 30; n += 1) {
    const { payload } = notification(`taken back ${n}`);
    stream.event?.({ ...notification("x"), type: "notification.retracted", payload }, true);
  }
  come(Rest);
  await vi.waitFor(() => expect(shown(inside)).toEqual(["Criticalstays"]));
});

it.each([
  ["and then in quiet hours not", { from: "00:00", to: "24:00", time_zone: "UTC" }, []],
  ["and then otherwise", undefined, ["noise"]],
])(
  "shows what is not critical once it is known whether it is quiet, %s",
  async (_, hours, more) => {
    let say = (_: Response) => {};
    const { inside, stream } = await put();
    vi.stubGlobal("fetch", (url: string) =>
      url.endsWith("/preferences")
        ? new Promise((answer) => (say = answer))
        : Promise.resolve(new Response("{}", { status: 401 })),
    );
    stream.event?.(notification("noise"), true);
    stream.event?.(notification("urgent", { critical: true }), true);
    await vi.waitFor(() => expect(shown(inside)).toEqual(["Criticalurgent"]));
    const answer = new Response(JSON.stringify({ quiet_hours: hours }));
    const read = vi.spyOn(answer, "json");
    say(answer);
    await vi.waitFor(() => expect(read).toHaveResolved());
    stream.event?.(notification("later", { critical: true }), true);
    expect(shown(inside)).toEqual(["Criticalurgent", ...more, "Criticallater"]);
  },
);

it("keeps what waits for the rest within bounds", async () => {
  let come = (_: typeof Rest) => {};
  TidingsInbox.load = () => new Promise((loaded) => (come = loaded));
  const { inside, stream } = await put();
  for (let n = 0; n < 2 * MOST_WAITING; n += 1)
    stream.event?.(notification(`${n}`, { critical: true }), true);
  const heard = vi.spyOn(Rest.prototype, "hear");
  come(Rest);
  await vi.waitFor(() => expect(shown(inside)).toHaveLength(4));
  expect(heard).toHaveBeenCalledTimes(MOST_WAITING);
});

it("leaves the toasts of the host where they are, whoever reads", async () => {
  const { element, inside, stream } = await put();
  element.notify({ title: "Saved" });
  await vi.waitFor(() => expect(shown(inside)).toEqual(["Saved"]));
  stream.event?.(notification("for alice", { critical: true }), true);
  expect(shown(inside)).toEqual(["Saved", "Criticalfor alice"]);
  reader = "bob";
  element.authorized();
  await vi.waitFor(() => expect(streams).toHaveLength(2));
  streams[1]?.event?.(notification("for bob", { critical: true }), true);
  expect(shown(inside)).toEqual(["Saved", "Criticalfor bob"]);
  element.remove();
  await Promise.resolve();
  document.body.append(element);
  expect(shown(inside)).toEqual([]);
});

it("takes back what the host was told of one reader before the next one comes", async () => {
  const { element, counts, stream } = await put();
  stream.counts?.({ unread: 5, unseen: 5 });
  await vi.waitFor(() => expect(counts).toEqual([{ unread: 5, unseen: 5 }]));
  element.token = () => Promise.reject(new Error("away"));
  await vi.waitFor(() => expect(counts.at(-1)).toEqual({ unread: 0, unseen: 0 }));
  expect([counts.length, element.counts]).toEqual([2, null]);
});

it("says so where too many marks wait already", async () => {
  const { element, inside, stream } = await put();
  const items = [{ ...notification("one").payload, audience: "user:alice" }] as never;
  const counts = { unread: 1, unseen: 0 };
  stream.reset?.({ reason: "", notifications: items, more: false, cursor: "c", ...counts });
  element.show();
  await vi.waitFor(() => expect(inside("[data-do=archive]")).toHaveLength(1));
  vi.spyOn(Inbox.prototype, "mark").mockResolvedValue(false);
  inside("[data-do=archive]")[0]?.click();
  await vi.waitFor(() => expect(shown(inside)).toEqual(["That could not be done"]));
});

it("asks anew for a token that did not come", async () => {
  vi.useFakeTimers();
  const answers = [new Promise<string>(() => {}), token()];
  const element = document.createElement("tidings-inbox");
  const states: string[] = [];
  element.addEventListener("tidings-state", ({ detail }: CustomEventInit<State>) =>
    states.push(`${detail?.is} ${detail?.reason}`),
  );
  Object.assign(element, { token: () => answers.shift(), connect: own });
  document.body.append(element);
  await vi.advanceTimersByTimeAsync(TOKEN_MS);
  expect([states, streams.length]).toEqual([["connecting ", "waiting token"], 0]);
  await vi.advanceTimersByTimeAsync(LONGEST_FIRST_WAIT_MS);
  expect(streams).toHaveLength(1);
  vi.useRealTimers();
});

it("asks for the rest once, however often it is pointed at", async () => {
  TidingsInbox.load = vi.fn<typeof TidingsInbox.load>(() => new Promise(() => {}));
  const { inside } = await put();
  const [bell] = inside(".bell");
  const caught = vi.spyOn(Promise.prototype, "catch");
  bell?.dispatchEvent(new Event("pointerenter"));
  const first = caught.mock.calls.length;
  for (let n = 0; n < 9; n += 1) bell?.dispatchEvent(new Event("pointerenter"));
  expect(caught.mock.calls.length).toBe(first);
  expect(TidingsInbox.load).toHaveBeenCalledTimes(1);
});

it("gives the focus on when what had it goes away with a toast", async () => {
  const { inside, element, stream } = await put();
  for (const id of ["one", "two"]) stream.event?.(notification(id, { critical: true }), true);
  await vi.waitFor(() => expect(shown(inside)).toHaveLength(2));
  inside(".stack .rest button")[0]?.focus();
  const { payload } = notification("one");
  stream.event?.({ ...notification("x"), type: "notification.retracted", payload }, true);
  expect(shown(inside)).toEqual(["Criticaltwo"]);
  expect(element.shadowRoot?.activeElement).toBe(inside(".toast .icon")[0]);
});

it("may be told to show and to hide where it is in no page", async () => {
  const { element, inside } = await put();
  element.show();
  await vi.waitFor(() => expect(inside(".panel[data-open]")).toHaveLength(1));
  element.remove();
  expect(() => element.show()).not.toThrow();
  expect(() => element.hide()).not.toThrow();
});

it("says so when what the bell opens does not come, or leads to where the inbox is as well", async () => {
  TidingsInbox.load = () => Promise.reject(new Error("away"));
  const { element, inside } = await put();
  const [bell] = inside(".bell");
  bell?.click();
  await vi.waitFor(() => expect(bell?.title).toContain("could not be loaded"));
  expect(inside("[aria-live=assertive]")[0]?.textContent).toContain("could not be loaded");
  const assign = vi.spyOn(location, "assign").mockImplementation(() => {});
  element.setAttribute("href", "https://t.example/all");
  bell?.click();
  await vi.waitFor(() => expect(assign).toHaveBeenCalledWith("https://t.example/all"));
  TidingsInbox.load = async () => Rest;
  bell?.click();
  await vi.waitFor(() => expect(inside(".panel[data-open]")).toHaveLength(1));
  expect(bell?.title).toBe("Notifications");
});
