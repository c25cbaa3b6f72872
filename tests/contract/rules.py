"""Failures that are none: what a schema cannot say, each with its reason. A rule excuses one kind of failure, of
requests of one kind that are answered in one way; one that excuses nothing is named in the output of the tests."""

import record
import schemathesis
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.openapi.checks import JsonSchemaError, RejectedPositiveData

BATCH = "POST /api/v1/admin/notifications/batch"
ONE_BY_ONE = "each of a batch is refused for itself"
STREAM = "the stream is text"

#: Valid by the schema, and refused by a rule in words. Which operations (None: any), the code of the answer, the fields
#: it may be said of (none: of the whole), and why no schema says it.
IN_WORDS = [
    (None, "invalid_cursor", set(), "a cursor that nobody was given looks like one that somebody was"),
    ("GET /api/v1/stream", "ambiguous_credentials", set(), "one of them is enough; these were all made up"),
    ("GET /api/v1/ws", "ambiguous_credentials", set(), "one of them is enough; these were all made up"),
    ("GET /api/v1/ws", "upgrade_required", set(), "a request has no schema that would make it a WebSocket"),
    (None, "idempotency_conflict", set(), "a key that was used before, with another body"),
    (None, "invalid_url", {"link", "image"}, "which hosts and ports there are is the business of RFC 3986"),
    (None, "invalid_time", {"expires_at", "snoozed_until"}, "the future is no pattern"),
    (None, "invalid_recipients", {"to.topic"}, "the topic must be there"),
    (None, "invalid_value", {"password", "new"}, "passwords that are guessed soon, and the one that was had before"),
    ("POST /api/v1/admin/users", "invalid_recipients", {"user"}, "names that have no place in a path, or are of keys"),
    ("POST /api/v1/notifications/mark", "invalid_request", set(), "either up_to or ids, and at least one thing to say"),
    ("PATCH /api/v1/notifications/{id}", "invalid_request", set(), "at least one thing to say that is not null"),
    ("PATCH /api/v1/notifications/{id}", "invalid_value", {"seen", "read"}, "not false together with acted"),
    ("PUT /api/v1/preferences", "invalid_time", {"quiet_hours.to"}, "another minute than they begin with"),
    ("POST /api/v1/admin/signals", "invalid_idempotency_key", set(), "what is not kept has no key"),
    ("POST /api/v1/notifications/mark", "invalid_idempotency_key", set(), "what a filter finds is another thing each time"),
]


def refusals(response):
    """The codes of a refusal, each with the field that it is about: None for the whole."""
    try:
        body = response.json()
        if "results" in body:
            return refusals_of_each(body["results"])
        return {(error["code"], error["field"]) for error in body.get("errors", [])} or {(body["code"], None)}
    except (ValueError, KeyError, TypeError, AttributeError):
        return set()


def refusals_of_each(results):
    """The same of a batch, without those that were not stored because of others."""
    problems = [result["problem"] for result in results if result["status"] not in (201, 424)]
    return {(error["code"], error["field"]) for problem in problems for error in problem.get("errors", [])} | {
        (problem["code"], None) for problem in problems if "errors" not in problem
    }


def in_words(label, code, field):
    for operation, word, fields, _ in IN_WORDS:
        last = field and field.split(".")[-1].split("[")[0]
        about = field is None and not fields or field in fields or last in fields
        if operation in (None, label) and word == code and about:
            return f"{operation or 'any'}: {word}"
    return None


def said_in_words(failure, case, response):
    """All that is wrong with it is what no schema says."""
    if not isinstance(failure, RejectedPositiveData):
        return None
    found = [in_words(case.operation.label, code, field) for code, field in refusals(response)]
    return found[0] if found and all(found) else None


def refused_one_by_one(failure, case, response):
    """Each of a batch is refused for itself: the batch as a whole is answered with 200, or with 422 if it is atomic."""
    if case.operation.label != BATCH or not isinstance(failure, AcceptedNegativeData) or response.status_code != 200:
        return None
    refused = [result for result in response.json()["results"] if result["status"] == 422]
    return ONE_BY_ONE if refused else None


@schemathesis.check
def each_of_a_batch(ctx, response, case):
    """What is right is stored, also where the answer to the whole says nothing of it."""
    if case.operation.label != BATCH or response.status_code != 200 or not case.meta.generation.mode.is_positive:
        return
    wrong = [(code, field) for code, field in refusals(response) if not in_words(BATCH, code, field)]
    assert not wrong, f"refused in a batch: {wrong}"


def stream_is_text(failure, case, response):
    """The document says that a stream is text, which it is; schemathesis holds each of its events to that."""
    if case.operation.label != "GET /api/v1/stream" or not isinstance(failure, JsonSchemaError):
        return None
    return STREAM if failure.title.startswith("SSE event") and response.status_code == 200 else None


RULES = [said_in_words, refused_one_by_one, stream_is_text]
#: Their names, as they are counted.
record.rules.extend([f"{operation or 'any'}: {word}" for operation, word, _, _ in IN_WORDS] + [ONE_BY_ONE, STREAM])


@schemathesis.hook
def filter_failure(context, failure, case, response):
    for rule in RULES:
        if (name := rule(failure, case, response)) is not None:
            record.excuse(name)
            return False
    return True
