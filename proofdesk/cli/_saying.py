"""What long work logs, said beside the result."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone

from proofdesk.cli._failures import without_secrets
from proofdesk.cli._here import Here
from proofdesk.cli._values import one_line_document, when

_ANEW = 120.0  # seconds of silence after which the same trouble is another one


@contextmanager
def saying(here: Here, name: str, *, in_lines: bool = False) -> Iterator[None]:
    """Say what a logger of this package is told, beside the result.

    `in_lines`: where `--json` prints a document a line, what is said is one of them.
    """
    log = logging.getLogger(name)
    handler = Said(here, in_lines=in_lines and here.out.json)
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

    def __init__(self, here: Here, *, in_lines: bool = False) -> None:
        super().__init__()
        self._here = here
        self._in_lines = in_lines
        self._last = ("", 0.0)

    def emit(self, record: logging.LogRecord) -> None:
        text, before = record.getMessage(), self._last
        if record.exc_info and record.exc_info[1] is not None:
            # What nobody foresaw: where it was is what there is to go by, and it may hold anything.
            text += "\n" + without_secrets("".join(traceback.format_exception(record.exc_info[1])))
        self._last = text, record.created
        if text != before[0] or record.created > before[1] + _ANEW:
            moment = datetime.fromtimestamp(record.created, timezone.utc)
            if self._in_lines:
                said = {"at": moment, "level": record.levelname.lower(), "said": text}
                print(one_line_document(said), flush=True)
            else:
                self._here.out.say(f"{when(moment)} {text}")
