"""Who asks: the caller of this run, but where that would end them."""

import schemathesis
import sessions
from world import CALLER, WORLD, token, turn

#: Signing out ends all tokens of a user.
LEAVES = "/api/v1/auth/logout"
#: For sessions of accounts, which may end by it.
OF_A_SESSION = {"/api/v1/auth/refresh", "/api/v1/auth/password", "/api/v1/auth/sessions/{id}"}


def credential(path):
    if path == LEAVES:
        return token(f"leaver {turn()}", CALLER)
    if path in OF_A_SESSION:
        return sessions.begin()
    return token(WORLD["me"], CALLER)


if CALLER != "nobody":

    @schemathesis.auth(refresh_interval=None)
    class Caller:
        def get(self, case, context):
            return credential(context.operation.path)

        def set(self, case, data, context):
            case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}
