"""Nobody gets anything without credentials but what is for everybody."""

import schemathesis
from world import CALLER

#: What a stranger may be told before it is asked who they are: that a request is malformed, too long in coming, or by a
#: method that is not known.
BEFORE_ANYBODY_IS_ASKED = {400, 405}


@schemathesis.check
def strangers_are_refused(ctx, response, case):
    protected = case.operation.definition.raw.get("security", [{"bearer": []}]) != [{}]
    if CALLER != "nobody" or not protected:
        return
    mode = case.meta.generation.mode if case.meta else None
    allowed = {401} if mode is not None and mode.is_positive else {401} | BEFORE_ANYBODY_IS_ASKED
    if response.status_code == 400 and response.json().get("code") == "ambiguous_credentials":
        return  # several that were made up
    if response.status_code == 404 and mode is not None and not mode.is_positive:
        return  # a path that leads to no operation
    assert response.status_code in allowed, f"a stranger got {response.status_code}"
