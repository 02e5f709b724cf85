"""`python -m proofdesk`: the command."""

from __future__ import annotations

import sys

from proofdesk.cli import main

if __name__ == "__main__":
    sys.exit(main())
