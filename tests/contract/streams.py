"""A stream of the caller's that is open for as long as anybody asks for it."""

import json

import requests
from world import CALLER, WORLD, token

_open = {}


def connection():
    """Its name, as its `ready` has said it."""
    if not _open:
        headers = {"Authorization": f"Bearer {token(WORLD['me'], CALLER)}", "Accept": "text/event-stream"}
        answer = requests.get(f"{WORLD['url']}/api/v1/stream", headers=headers, stream=True, timeout=20)
        _open["lines"] = answer.iter_lines(chunk_size=1)  # the stream ends when nobody holds them
        _open["id"] = _first_ready(_open["lines"])
    return _open["id"]


def _first_ready(lines):
    for line in lines:
        if line == b"event: ready":
            break
    data = next(line for line in lines if line.startswith(b"data:"))
    return json.loads(data.removeprefix(b"data:"))["connection_id"]
