"""A desk's ERC-7730 descriptor, by which wallets show signed acts in words.

    python -m proofdesk.ops.clear_signing deployments/1/desk.json > eip712-TicketDesk.json

Each file named is a deployment's manifest; the descriptor binds to all of them, and a wallet shows its words
for these contracts alone. What is printed is for the wallets' registry.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from proofdesk._deployments import Deployment, load
from proofdesk._errors import ProofdeskError

if TYPE_CHECKING:
    from proofdesk.signed import TypedAct

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


def in_words(act: TypedAct) -> list[str]:
    """An act as a wallet shows it by the descriptor: what is done, then each field in words.

    What the descriptor leaves to machines is left out, as on a small screen.

    >>> from proofdesk.signed import TypedAct
    >>> who, entry = "0x" + 40 * "1", "0x" + 64 * "2"
    >>> message = {"customer": who, "lane": 1, "entry": entry, "deadline": 1_769_860_800}
    >>> in_words(TypedAct("open", 31337, who, message))[0]
    'Open a ticket in lane 1'
    """
    # Late: a descriptor is made without it.
    from proofdesk.signed.typed_data import TYPES

    template = json.loads(TEMPLATE.read_text(encoding="utf-8"))
    form = template["display"]["formats"][TYPES[act.act]]
    words = {field["path"]: _words(template, field, act.message[field["path"]]) for field in form["fields"]}
    shown = [field for field in form["fields"] if field.get("visible") != "optional"]
    intent = re.sub(r"\{(\w+)\}", lambda found: words[found[1]], form["interpolatedIntent"])
    return [intent, *(f"{field['label']}: {words[field['path']]}" for field in shown)]


def _words(template: Mapping[str, Any], field: Mapping[str, Any], value: int | str) -> str:
    if field["format"] == "enum":
        found: Any = template
        for name in field["params"]["$ref"].split(".")[1:]:
            found = found[name]
        return str(found[str(value)])
    if field["format"] == "date":
        try:
            return datetime.fromtimestamp(int(value), timezone.utc).strftime("%d %B %Y, %H:%M UTC")
        except (ValueError, OverflowError, OSError):  # later than any calendar goes
            return str(value)
    text = str(value)
    return f"{text[:10]}…{text[-4:]}" if text.startswith("0x") else text


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
