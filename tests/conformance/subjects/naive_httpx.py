"""The package httpx-sse, with the function for reconnections that its README suggests, as it stands there."""

import json
import os
import sys
import threading
import time

import httpx
from httpx_sse import connect_sse
from stamina import retry

NAMES = ("notification", "notification.updated", "notification.retracted", "notification.expired", "inbox.changed")


def iter_sse_retrying(client, method, url):
    last_event_id = ""
    reconnection_delay = 0.0

    # `stamina` will apply jitter and exponential backoff on top of
    # the `retry` reconnection delay sent by the server.
    @retry(on=httpx.ReadError)
    def _iter_sse():
        nonlocal last_event_id, reconnection_delay

        time.sleep(reconnection_delay)

        headers = {"Accept": "text/event-stream"}

        if last_event_id:
            headers["Last-Event-ID"] = last_event_id

        with connect_sse(client, method, url, headers=headers) as event_source:
            for sse in event_source.iter_sse():
                last_event_id = sse.id

                if sse.retry is not None:
                    reconnection_delay = sse.retry / 1000

                yield sse

    return _iter_sse()


def tell(**line: object) -> None:
    print(json.dumps(line), flush=True)


def hear(name: str, text: str) -> None:
    if not text or name not in (*NAMES, "reset", "ready"):
        return
    data = json.loads(text)
    if name == "reset":
        items = [{"id": item["id"]} for item in data["notifications"]]
        tell(reset={"reason": data["reason"], "notifications": items, "more": data["more"]})
    elif name in NAMES:
        tell(event={"type": name, "payload": {"id": data["payload"].get("id")}})
    if "unread" in data:
        tell(counts={"unread": data["unread"], "unseen": data["unseen"]})


def end_with_the_runner() -> None:
    for _ in sys.stdin:
        pass
    os._exit(0)


def main() -> None:
    kit = json.loads(os.environ["CONFORMANCE_SUBJECT"])
    threading.Thread(target=end_with_the_runner, daemon=True).start()
    headers = {"Authorization": f"Bearer {kit['token']}"}
    try:
        with httpx.Client(headers=headers) as client:
            for sse in iter_sse_retrying(client, "GET", f"{kit['url']}/api/v1/stream"):
                hear(sse.event, sse.data)
        tell(gaveUp="the iterator ended")
    except Exception as error:
        tell(gaveUp=f"{type(error).__name__}")
    threading.Event().wait()


if __name__ == "__main__":
    main()
