// What a host does with an event of a client that knows nothing of Tidings: what the README of the project shows.

/** An EventSource tells nothing that it was not asked for. */
export const NAMES = [
  "notification",
  "notification.updated",
  "notification.retracted",
  "notification.expired",
  "inbox.changed",
  "reset",
  "ready",
  "goodbye",
];

export function hear(tell, name, text) {
  if (!NAMES.includes(name) || !text) return;
  const data = JSON.parse(text);
  const { unread, unseen } = data;
  if (name === "reset") {
    const notifications = data.notifications.map(({ id }) => ({ id }));
    tell({ reset: { reason: data.reason, notifications, more: data.more } });
  } else if (data.seq !== undefined) {
    tell({ event: { type: name, payload: { id: data.payload.id } } });
  }
  if (unread !== undefined) tell({ counts: { unread, unseen } });
}

/** What is made as an EventSource is, and says how it stands by its `readyState`. `open` makes one. */
export function likeEventSource({ tell }, open) {
  let source;
  const begin = () => {
    tell({ state: "connecting" });
    source = open();
    source.addEventListener("open", () => tell({ state: "live" }));
    source.addEventListener("error", () => {
      const over = source.readyState === 2;
      tell(over ? { state: "closed", gaveUp: "closed" } : { state: "connecting" });
    });
    for (const name of NAMES) {
      source.addEventListener(name, ({ data }) => hear(tell, name, data));
    }
  };
  begin();
  return { signedIn: () => source.readyState === 2 && begin() };
}
