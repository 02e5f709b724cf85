"""`make down`: ends the desk that `make up` left running."""

from __future__ import annotations

import sys

from demo.show import console
from demo.up import NAME
from tools.chain import stop_detached


def main() -> int:
    """Run it; 0 also where no desk was running."""
    console.print("The desk has ended." if stop_detached(NAME) else "No desk was running.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
