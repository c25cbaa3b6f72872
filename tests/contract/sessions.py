"""Sessions of an account that has nothing to do but be signed in and out."""

import requests
import schemathesis
from world import WORLD

USER = WORLD["spare"]["name"]
_API = f"{WORLD['url']}/api/v1"
_password = WORLD["spare"]["password"]
_last = {}


def password():
    """The one that it has now."""
    return _password


def begin():
    """The token of another session."""
    answer = requests.post(f"{_API}/auth/login", json={"user": USER, "password": _password}, timeout=20)
    answer.raise_for_status()
    _last.update(answer.json())
    return _last["token"]


def one():
    """The id of a session other than the last, if there is another."""
    mine = {"Authorization": f"Bearer {_last['token']}"}
    items = requests.get(f"{_API}/auth/sessions", headers=mine, timeout=20).json()["items"]
    others = [item["id"] for item in items if not item["current"]]
    return (others or [item["id"] for item in items])[0]


@schemathesis.hook
def after_call(context, case, response):
    """Whoever changes the password is to be known to have done so."""
    global _password
    if case.operation.path == "/api/v1/auth/password" and response.status_code == 204:
        _password = case.body["new"]
