"""Counts what was sent and what came back, by operation: so that a run that does nothing is seen."""

import atexit
import json
import os
from collections import Counter
from pathlib import Path

import schemathesis

_answers = Counter()
_excused = Counter()
#: Every rule, whether or not it excuses anything.
rules = []


def excuse(rule):
    """A failure was taken back for a rule that has its reason beside it."""
    _excused[rule] += 1


@schemathesis.hook
def after_call(context, case, response):
    sent = response.request.method
    path = case.operation.path
    _answers[f"{sent} {path} {response.status_code}"] += 1


@atexit.register
def write():
    tally = {"answers": _answers, "excused": {rule: _excused[rule] for rule in rules}}
    Path(os.environ["CONTRACT_TALLY"]).write_text(json.dumps(tally, indent=1))
