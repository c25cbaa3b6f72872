// @vitest-environment node
import { afterEach, expect, it, vi } from "vitest";
import { connect } from "../client";
import { FakeServer } from "../testing/fake-server";
import { FakeBrowser } from "../testing/fake-tabs";
import { sse } from "../transports/sse";
import { tabs } from "./index";

afterEach(() => void vi.unstubAllGlobals());

it.each(["BroadcastChannel", "SharedWorker"])(
  "does without what is forbidden: %s",
  async (what) => {
    vi.stubGlobal("navigator", { locks: new FakeBrowser().locks });
    vi.stubGlobal("SharedWorker", class {});
    vi.stubGlobal(
      what,
      class {
        constructor() {
          throw new DOMException("denied", "SecurityError");
        }
      },
    );
    const server = new FakeServer();
    const client = connect({
      user: "alice",
      server: "https://t.example",
      transports: [sse()],
      world: server.world,
      tabs: tabs({ worker: () => new SharedWorker("w.js") }),
    });
    await vi.waitFor(() => server.newest.ready(0));
    await vi.waitFor(() => expect(client.state.is).toBe("live"));
    client.close();
  },
);
