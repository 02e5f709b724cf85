"""`python -m proofdesk.cli`, for who has no folder of commands on the path."""

from __future__ import annotations

import sys

from proofdesk.cli import main

if __name__ == "__main__":
    sys.exit(main())
