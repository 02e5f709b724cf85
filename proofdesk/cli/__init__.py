"""The command `proofdesk`: a desk's work from a shell, without Brownie.

It needs the extra `[cli]`. docs/command.md says what there is, which options and exit codes.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; without the extra it says how to install that.

    >>> main(["--version"])  # doctest: +ELLIPSIS
    proofdesk ...
    0
    """
    try:
        # Late: Ctrl-C is to be heard from the first moment, and imports take the longest.
        from proofdesk.cli._start import start

        return start(list(sys.argv[1:] if arguments is None else arguments))
    except KeyboardInterrupt:
        # While it was being loaded, or while it told what was interrupted.
        print("proofdesk: interrupted", file=sys.stderr)
        return INTERRUPTED
