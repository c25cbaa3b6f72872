import type { Envelope } from "@tidings/client";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { page, go } from "../route";
import { FakeBell, FakeLink } from "../testing";
import { joining } from "./joining";
import { toasts } from "./toasts";
import { follow } from "./within";

describe("the bell", () => {
  function open() {
    let join = () => {};
    const joined = new Promise<void>((resolve) => (join = resolve));
    const link = new FakeLink();
    const heard = vi.fn<(envelope: Envelope, live: boolean) => void>();
    const isOwn = ({ id }: Envelope) => id === "own";
    const client = joining({ joined, isOwn }, link.connect)({ cursor: "kept", event: heard });
    return { link, heard, client, join: () => (join(), joined) };
  }

  it("joins the connection once the list has", async () => {
    const { link, client, join } = open();
    expect([link.joined, client.state.is]).toEqual([[], "connecting"]);
    await join();
    expect(link.joined).toEqual(["kept"]);
    client.close();
    expect(link.closed).toBe(1);
  });

  it("never does once it is closed", async () => {
    const { link, client, join } = open();
    client.close();
    await join();
    expect(link.joined).toEqual([]);
  });

  it("hears of what was done here as of what is no news", async () => {
    const { link, heard, join } = open();
    await join();
    link.event({ id: "own" });
    link.event({ id: "other" });
    link.event({ id: "replayed" }, false);
    expect(heard.mock.calls.map(([{ id }, live]) => [id, live])).toEqual([
      ["own", false],
      ["other", true],
      ["replayed", false],
    ]);
  });

  it("says what the page says, as long as it hangs there", () => {
    const bell = new FakeBell();
    toasts.say("error", "Could not join", "Busy.");
    toasts.say("info", "Saved");
    toasts.by(null);
    toasts.say("info", "To nobody");
    expect(bell.said).toEqual([
      { level: "error", title: "Could not join", body: "Busy." },
      { level: "info", title: "Saved" },
    ]);
  });
});

describe("a link in the bell", () => {
  beforeEach(() => go("/topics"));

  /** Clicked in a shadow. Whether the browser is left to follow it. */
  function click(
    href: string,
    { target = "", ...init }: MouseEventInit & { target?: string } = {},
  ) {
    const host = document.createElement("div");
    const link = Object.assign(document.createElement("a"), { href, target });
    host.attachShadow({ mode: "open" }).append(link);
    document.body.append(host);
    let followed = false;
    host.addEventListener("click", (event) => {
      followed = follow(event);
      event.preventDefault(); // there is no browser here that could
    });
    link.dispatchEvent(
      new MouseEvent("click", { bubbles: true, composed: true, cancelable: true, ...init }),
    );
    host.remove();
    return followed;
  }

  it("to a page is followed without a reload", () => {
    expect(click("/?state=unread")).toBe(true);
    expect(page.value).toBe("inbox");
    expect(location.search).toBe("?state=unread");
  });

  it.each([
    ["to no page of this site", "/builds/4711", {}],
    ["to another site", "https://example.org/", {}],
    ["for a tab of its own", "/", { target: "_blank" }],
    ["with a key held", "/", { ctrlKey: true }],
    ["by another button", "/", { button: 1 }],
  ])("%s is left to the browser", (_, href, how) => {
    expect(click(href, how)).toBe(false);
    expect(page.value).toBe("topics");
  });
});
