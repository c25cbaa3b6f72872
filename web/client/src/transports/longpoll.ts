// One request after the other, for networks that let no stream through: each is answered when there is something.

import type { Reset } from "../types";
import { ask, query, running, type Events, type Transport } from "./transport";

/** Less than what proxies grant a request, and than the 30 s that the server waits at most. */
const WAIT_S = 25;
/** As if a heart beat so: after 35 s a request is answered, or dead, and the machine says so. */
const HEARTBEAT_MS = 15_000;

export const longPoll = (): Transport => ({
  name: "longpoll",
  supported: () => true,
  open: (api, start, sink) =>
    running(sink, async (say, signal) => {
      let after = start;
      let live = false;
      for (;;) {
        const wait = live && WAIT_S;
        const answer = await ask(api, `/events${query({ after, wait })}`, signal);
        const { events, cursor, more, reset } = (await answer.json()) as Events;
        const tell = (type: string, id: string, data: unknown) =>
          say({ on: "event", type, id, data: JSON.stringify(data) });
        if (reset) tell("reset", cursor, reset);
        for (const envelope of events) tell(envelope.type, envelope.id ?? "", envelope);
        after = cursor;
        say({ on: "alive", cursor });
        if (live || more) continue;
        // The replay is over. What is so now, as `ready` says it on a stream, is at least as new as all of it.
        const counts = (await (await ask(api, "/inbox", signal)).json()) as Reset;
        live = true;
        tell("ready", "", { ...counts, heartbeat_ms: HEARTBEAT_MS });
      }
    }),
});
