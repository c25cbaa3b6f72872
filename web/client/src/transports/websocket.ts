// The same events over a WebSocket, for networks that keep streams to themselves and let these through. A page learns
// nothing of a handshake that fails, and can set no header.

import { parsed } from "../core/frames";
import { addressed } from "./addressed";
import type { Transport } from "./transport";

interface Message {
  event: string;
  id?: string;
  data: { retry_ms: number } | null;
}

export const webSocket = (): Transport => ({
  name: "websocket",
  supported: () => typeof WebSocket === "function",
  open(api, after, sink) {
    let socket: WebSocket | undefined;
    const shut = addressed(api, "/ws", { after }, sink, (url, say, ended) => {
      // Older browsers take no other scheme.
      const opened = (socket = new WebSocket(url.replace("http", "ws"), "tidings.v1"));
      opened.onclose = opened.onerror = ended;
      opened.onmessage = ({ data: text }: MessageEvent<string>) => {
        const message = parsed(text) as Message | null;
        if (message === null) return;
        const { event, id, data } = message;
        if (event === "retry") say({ on: "retry", ms: data?.retry_ms ?? 0 });
        if (event === "renewed" || event === "error")
          say({ on: "renewed", ok: event === "renewed" });
        // What is no event of the stream, as the answers above, is nothing to the machine.
        say({ on: "event", type: event, id: id ?? "", data: JSON.stringify(data) });
      };
      return opened;
    });
    const renew = (token: string) => socket?.send(JSON.stringify({ token }));
    return Object.assign(shut, { renew });
  },
});
