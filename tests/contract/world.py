"""What there is on the server, and who is calling: contract.test.mjs has made it and says so in a file."""

import base64
import hashlib
import hmac
import itertools
import json
import os
import time
from pathlib import Path

WORLD = json.loads(Path(os.environ["CONTRACT_WORLD"]).read_text())

#: `admin`, `user` or `nobody`.
CALLER = WORLD["caller"]

_numbers = itertools.count()
_places = {}


def turn():
    """Another number each time: what is done every other time is done in each run the same times."""
    return next(_numbers)


def one_of(kind):
    """A name or id that there is, or was, in turn."""
    _places.setdefault(kind, itertools.cycle(WORLD[kind]))
    return next(_places[kind])


def _part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def token(user, role="user"):
    """A token as a host application would make it."""
    now = int(time.time())
    claims = {"sub": user, "role": role, "iat": now, "exp": now + 3600}
    signed = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
    mac = hmac.new(WORLD["secret"].encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
