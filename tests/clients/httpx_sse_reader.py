"""A reader of the stream by the package httpx-sse: prints every event as one line of JSON.

httpx-sse leaves coming back to its user; this does it as its manual says: wait for as long as the
server asked, then open again with the last id that was read.

Usage: python httpx_sse_reader.py URL TOKEN
"""

import json
import sys
import time

import httpx
from httpx_sse import connect_sse


def tell(**line: object) -> None:
    print(json.dumps(line), flush=True)


def read(client: httpx.Client, url: str, last_id: str, retry_ms: int) -> tuple[str, int]:
    """Reads until the connection ends. Answers the last id and the delay that was asked for."""
    headers = {"Last-Event-ID": last_id} if last_id else {}
    try:
        with connect_sse(client, "GET", url, headers=headers) as source:
            source.response.raise_for_status()
            for sse in source.iter_sse():
                last_id = sse.id or last_id
                retry_ms = sse.retry if sse.retry is not None else retry_ms
                if sse.data:
                    tell(event=sse.event, id=last_id, data=json.loads(sse.data))
    except httpx.TransportError:
        pass
    return last_id, retry_ms


def main(url: str, token: str) -> None:
    last_id, retry_ms = "", 1000
    headers = {"Authorization": f"Bearer {token}"}
    # A stream may be silent between two heartbeats; only connecting has a limit.
    with httpx.Client(headers=headers, timeout=httpx.Timeout(5.0, read=60.0)) as client:
        while True:
            last_id, retry_ms = read(client, url, last_id, retry_ms)
            tell(event="cut")
            time.sleep(retry_ms / 1000)


if __name__ == "__main__":
    main(*sys.argv[1:])
