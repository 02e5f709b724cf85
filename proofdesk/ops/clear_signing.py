"""A desk's ERC-7730 descriptor, by which wallets show signed acts in words.

    python -m proofdesk.ops.clear_signing deployments/1/desk.json > eip712-TicketDesk.json

Each file named is a deployment's manifest; the descriptor binds to all of them, and a wallet shows its words
for these contracts alone. What is printed is for the wallets' registry.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from proofdesk._deployments import Deployment, load
from proofdesk._errors import ProofdeskError

TEMPLATE: Final = Path(__file__).with_name("eip712-TicketDesk.json")


def descriptor(*deployments: Deployment) -> dict[str, Any]:
    """The descriptor with the chain and the address of every desk's TicketDesk.

    >>> descriptor(deployment)["context"]["eip712"]["deployments"][0]["chainId"]
    31337
    """
    filled: dict[str, Any] = json.loads(TEMPLATE.read_text(encoding="utf-8"))
    filled["context"]["eip712"]["deployments"] = [
        {"chainId": each.chain_id, "address": each.contract("TicketDesk").address} for each in deployments
    ]
    return filled


def main(arguments: Sequence[str]) -> int:
    """Runs the command line; the exit code is 1 when a manifest cannot be read."""
    parser = argparse.ArgumentParser(
        prog="python -m proofdesk.ops.clear_signing", description="Print a desk's ERC-7730 descriptor."
    )
    parser.add_argument("manifest", nargs="+", type=Path, help="a deployment's manifest")
    try:
        found = [load(path) for path in parser.parse_args(arguments).manifest]
    except ProofdeskError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(descriptor(*found), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
