// For what can set no header, and tells no status when it was refused.

import type { Api } from "../core/api";
import { ask, query, running, type Fields, type Sink } from "./transport";

/** Makes what the browser has for it, that hears until it ends. */
type Open = (url: string, say: Sink, ended: () => void) => { close(): void };

export const addressed = (api: Api, path: string, fields: Fields, sink: Sink, open: Open) =>
  running(sink, async (say, signal) => {
    const url = await address(api, path, fields);
    if (signal.aborted) return {};
    let heard = false;
    const close = await new Promise<() => void>((ended) => {
      const hear: Sink = (said) => {
        heard = true;
        say(said);
      };
      const opened = open(url, hear, () => ended(close));
      const close = () => opened.close();
      signal.addEventListener("abort", close);
    });
    close(); // an EventSource would come back by itself
    if (signal.aborted) return {};
    if (heard) return { reason: "closed" };
    await ask(api, "/inbox"); // is refused for the same reason
    return { reason: "refused", noWay: true };
  });

/** With a ticket, which is good for once and a short while: whose it is was settled by a request, as for all else. */
async function address(api: Api, path: string, fields: Fields): Promise<string> {
  const answer = await ask(api, "/stream/ticket", undefined, "POST");
  const { ticket } = (await answer.json()) as { ticket: string };
  return api.url(path + query({ ...fields, ticket }));
}
