// The npm package "@microsoft/fetch-event-source", with the "better error handling" of its README.

import { EventStreamContentType, fetchEventSource } from "@microsoft/fetch-event-source";
import { hear } from "./hear.mjs";

class RetriableError extends Error {}
class FatalError extends Error {}

export function start({ url, token, tell }) {
  let over = true;
  const begin = () => {
    over = false;
    tell({ state: "connecting" });
    fetchEventSource(`${url}/api/v1/stream`, {
      headers: { Authorization: `Bearer ${token}` },
      async onopen(response) {
        if (response.ok && response.headers.get("content-type") === EventStreamContentType) {
          tell({ state: "live" });
          return; // everything's good
        } else if (response.status >= 400 && response.status < 500 && response.status !== 429) {
          // client-side errors are usually non-retriable:
          throw new FatalError(`status ${response.status}`);
        } else {
          throw new RetriableError();
        }
      },
      onmessage(message) {
        hear(tell, message.event, message.data);
      },
      onclose() {
        // if the server closes the connection unexpectedly, retry:
        throw new RetriableError();
      },
      onerror(error) {
        tell({ state: "connecting" });
        if (error instanceof FatalError) throw error; // rethrow to stop the operation
        // do nothing to automatically retry.
      },
    }).catch((error) => {
      over = true;
      tell({ state: "closed", gaveUp: error.message });
    });
  };
  begin();
  return { signedIn: () => over && begin() };
}
