"""The command `proofdesk`: a desk's work from a shell, without Brownie.

It needs the extra `[cli]`. docs/command.md says what there is, which options and exit codes.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.util import find_spec

NEEDED = ("click", "rich")
MISSING = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; without the extra it says how to install that.

    >>> main(["--version"])  # doctest: +ELLIPSIS
    proofdesk ...
    0
    """
    if not all(map(find_spec, NEEDED)):
        # Not translated: this runs where nothing of ours but the core is sure to be there.
        print('proofdesk: the command needs its extra: pip install "proofdesk[cli]"', file=sys.stderr)
        return MISSING
    # Late: what it imports is what may be missing.
    from proofdesk.cli._run import run

    return run(list(sys.argv[1:] if arguments is None else arguments))
