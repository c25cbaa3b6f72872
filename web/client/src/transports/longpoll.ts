// One request after the other, for networks that let no stream through: each is answered when there is something.

import type { Reset } from "../types";
import { query, refusal, running, type Transport } from "./transport";

/** What proxies grant a request, and the server waits at most. */
const WAIT_S = 25;
/** Of a request that has been answered long since, if it ever is. */
const PATIENCE_MS = (WAIT_S + 10) * 1_000;

interface Events {
  events: { id: string; type: string }[];
  cursor: string;
  more: boolean;
  reset?: Reset;
}

export const longPoll = (): Transport => ({
  name: "longpoll",
  supported: () => true,
  open: (api, start, sink) =>
    running(sink, async (signal) => {
      let after = start;
      let live = false;
      for (;;) {
        const wait = live ? `${WAIT_S}` : null;
        // Older browsers cannot join them, and then the machine's patience is enough.
        const patience = AbortSignal.any?.([signal, AbortSignal.timeout(PATIENCE_MS)]) ?? signal;
        const answer = await api.send(
          "GET",
          `/events${query({ after, wait })}`,
          undefined,
          patience,
        );
        if (!answer.ok) return refusal(answer);
        const { events, cursor, more, reset } = (await answer.json()) as Events;
        const say = (type: string, id: string, data: unknown) =>
          signal.aborted || sink.event({ type, id, data: JSON.stringify(data) });
        if (reset !== undefined) say("reset", cursor, reset);
        for (const envelope of events) say(envelope.type, envelope.id, envelope);
        if (signal.aborted) return {};
        after = cursor;
        sink.alive(cursor);
        if (live || more) continue;
        // The replay is over. What is so now, as `ready` says it on a stream, is at least as new as all of it.
        const counts = await api.send("GET", "/inbox", undefined, signal);
        if (!counts.ok) return refusal(counts);
        live = true;
        const { unread, unseen } = (await counts.json()) as Reset;
        say("ready", "", { unread, unseen, heartbeat_ms: WAIT_S * 1_000 });
      }
    }),
});
