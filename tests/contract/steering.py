"""Leads requests to where something is, and away from what would end the run itself."""

import schemathesis
import sessions
import streams
from world import CALLER, WORLD, one_of, turn

#: What a name or id in a path is of.
NAMES = {
    "/api/v1/notifications/{id}": {"id": "inbox"},
    "/api/v1/subscriptions/{topic}": {"topic": "topics"},
    "/api/v1/admin/notifications/{id}": {"id": "sent"},
    "/api/v1/admin/notifications/{id}/deliveries": {"id": "sent"},
    "/api/v1/admin/topics/{topic}": {"topic": "topics"},
    "/api/v1/admin/topics/{topic}/members": {"topic": "topics"},
    "/api/v1/admin/topics/{topic}/members/{user}": {"topic": "topics", "user": "people"},
    "/api/v1/admin/users/{user}": {"user": "accounts"},
    "/api/v1/admin/users/{user}/revoke": {"user": "people"},
    "/api/v1/admin/users/{user}/export": {"user": "people"},
    "/api/v1/admin/users/{user}/erase": {"user": "people"},
    "/api/v1/admin/api-keys/{id}": {"id": "keys"},
}


def is_valid(case):
    return case.meta is None or case.meta.generation.mode.is_positive


@schemathesis.hook
def before_call(context, case, kwargs):
    """Every other valid request goes to what there is. Whatever ends a caller, ends another one."""
    if is_valid(case) and turn() % 2 == 0:
        lead(case)
    spare_the_caller(case)
    # Nobody sends anything meanwhile, so a wait is nothing but that: what is out of its range stays so.
    if str(case.query.get("wait", "")) in {str(seconds) for seconds in range(1, 31)}:
        case.query["wait"] = 0


def lead(case):
    path = case.operation.path
    names = NAMES.get(path, {})
    if path == "/api/v1/admin/topics/{topic}" and case.operation.method == "delete":
        names = {"topic": "idle"}
    for name, kind in names.items():
        case.path_parameters[name] = one_of(kind)
    if "after" in case.query and WORLD["pages"].get(path):
        case.query["after"] = WORLD["pages"][path]
    if isinstance(case.body, dict):
        lead_body(path, case)
    if CALLER != "nobody" and path == "/api/v1/auth/sessions/{id}":
        case.path_parameters["id"] = sessions.one()


def lead_body(path, case):
    body = case.body
    if path == "/api/v1/notifications/mark":
        # Either of the two ways to say which, and something to say of them.
        if turn() % 4 < 2:
            del_all(body, "up_to", "filter")
            body["ids"] = [one_of("inbox")]
        else:
            del_all(body, "ids")
            body["up_to"] = WORLD["cursor"]
        body["read"] = bool(body.get("read"))
    if path == "/api/v1/notifications/{id}":
        body["read"] = True
        del_all(body, "seen")
        if body.get("snoozed_until"):
            body["snoozed_until"] = "2100-01-01T00:00:00Z"
    if path == "/api/v1/auth/login":
        body["user"], body["password"] = sessions.USER, sessions.password()
    if CALLER != "nobody" and path == "/api/v1/auth/password":
        body["current"] = sessions.password()
    if CALLER != "nobody" and path == "/api/v1/stream/renew":
        body["connection_id"] = streams.connection()


def del_all(body, *names):
    for name in names:
        body.pop(name, None)


def spare_the_caller(case):
    """An admin who would end themselves, or the account whose sessions are asked for, ends somebody else."""
    if CALLER == "nobody" or case.operation.method == "get":
        return
    names = case.path_parameters or {}
    if names.get("user") in (WORLD["me"], sessions.USER):
        names["user"] = one_of("people")
