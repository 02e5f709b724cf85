"""The command's first steps: what ends it early is heard, and what it needs is there."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

NEEDED = ("click", "rich")
MISSING = 3
# As Ctrl-C: what is under way is to be told however somebody ends it.
_STOPS = ("SIGTERM", "SIGHUP")


def start(arguments: list[str]) -> int:
    """Run the command and return its exit code; raises KeyboardInterrupt where it could not tell of that."""
    with _stoppable():
        if not all(map(find_spec, NEEDED)):
            # Not translated: this runs where nothing of ours but the core is sure to be there.
            print('proofdesk: the command needs its extra: pip install "proofdesk[cli]"', file=sys.stderr)
            return MISSING
        # Late: what it imports is what may be missing, and takes long enough to be interrupted.
        from proofdesk.cli._run import run

        return run(arguments)


@contextmanager
def _stoppable() -> Iterator[None]:
    """Make what ends a process raise KeyboardInterrupt, but where that is ignored, as under nohup."""
    before = {}
    for number in (getattr(signal, name) for name in _STOPS if hasattr(signal, name)):
        if signal.getsignal(number) is signal.SIG_DFL:
            try:
                before[number] = signal.signal(number, signal.default_int_handler)
            except ValueError:
                break  # not in the main thread, which alone is told of signals
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
