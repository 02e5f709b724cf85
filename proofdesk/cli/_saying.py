"""What long work logs, said beside the result."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone

from proofdesk.cli._failures import without_secrets
from proofdesk.cli._here import Here
from proofdesk.cli._values import when

_ANEW = 120.0  # seconds of silence after which the same trouble is another one


@contextmanager
def saying(here: Here, name: str) -> Iterator[None]:
    """Say what a logger of this package is told, beside the result."""
    log = logging.getLogger(name)
    handler = Said(here)
    before = log.level, log.propagate
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.level, log.propagate = before


class Said(logging.Handler):
    """Says what is logged, with its moment; trouble that goes on is said once."""

    def __init__(self, here: Here) -> None:
        super().__init__()
        self._here = here
        self._last = ("", 0.0)

    def emit(self, record: logging.LogRecord) -> None:
        text, before = record.getMessage(), self._last
        if record.exc_info and record.exc_info[1] is not None:
            # What nobody foresaw: where it was is what there is to go by, and it may hold anything.
            text += "\n" + without_secrets("".join(traceback.format_exception(record.exc_info[1])))
        self._last = text, record.created
        if text != before[0] or record.created > before[1] + _ANEW:
            moment = datetime.fromtimestamp(record.created, timezone.utc)
            self._here.out.say(f"{when(moment)} {text}")
