"""The command `proofdesk`: a desk's work from a shell, without Brownie.

It needs the extra `[cli]`. docs/command.md says what there is, which options and exit codes.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec

NEEDED = ("click", "rich")
MISSING, INTERRUPTED = 3, 130
# As Ctrl-C: what is under way is to be told however somebody ends it.
_STOPS = ("SIGTERM", "SIGHUP")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; without the extra it says how to install that.

    >>> main(["--version"])  # doctest: +ELLIPSIS
    proofdesk ...
    0
    """
    try:
        with _stoppable():
            return _main(list(sys.argv[1:] if arguments is None else arguments))
    except KeyboardInterrupt:
        # While it was being loaded, or while it told what was interrupted.
        print("proofdesk: interrupted", file=sys.stderr)
        return INTERRUPTED


def _main(arguments: list[str]) -> int:
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
