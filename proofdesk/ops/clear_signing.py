"""A desk's ERC-7730 descriptors, by which wallets show in words whatever is signed for it.

    python -m proofdesk.ops.clear_signing deployments/1/desk.json ClaimDesk > eip712-ClaimDesk.json

descriptors/ has one for each contract that typed data names, and one for what relayers sign, TicketDesk's
address in a domain of their own. Each manifest named is a deployment's; the descriptor binds to all of them,
and a wallet shows its words for these contracts alone. What is printed is for the wallets' registry.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol

from proofdesk._deployments import Deployment, load
from proofdesk._errors import InvalidArgument, ProofdeskError

DESCRIPTORS: Final = Path(__file__).with_name("descriptors")
NAMES: Final = tuple(sorted(path.stem.partition("-")[2] for path in DESCRIPTORS.glob("eip712-*.json")))


class Shown(Protocol):
    """What is signed by a wallet."""

    @property
    def typed_data(self) -> dict[str, Any]:
        """The whole object that a wallet shows and signs by eth_signTypedData_v4."""


def descriptor(*deployments: Deployment, name: str = "TicketDesk") -> dict[str, Any]:
    """One of `NAMES`, with the chain and the address of every desk's contract.

    Raises ConfigurationError for a desk that has none, InvalidArgument for another name.

    >>> descriptor(deployment, name="RefundVault")["context"]["eip712"]["deployments"][0]["chainId"]
    31337
    """
    if name not in NAMES:
        raise InvalidArgument(f"there is no descriptor {name!r}: ask for one of {', '.join(NAMES)}")
    filled = _read(name)
    contract = filled["metadata"]["contractName"]
    filled["context"]["eip712"]["deployments"] = [
        {"chainId": each.chain_id, "address": each.contract(contract).address} for each in deployments
    ]
    return filled


def in_words(item: Shown) -> list[str]:
    """What somebody signs as a wallet shows it by its descriptor: see `typed_data_in_words`.

    >>> from proofdesk.signed import TypedAct
    >>> who, entry = "0x" + 40 * "1", "0x" + 64 * "2"
    >>> message = {"customer": who, "lane": 1, "entry": entry, "deadline": 1_769_860_800}
    >>> in_words(TypedAct("open", 31337, who, message))[0]
    'Open a ticket in lane 1'
    """
    return typed_data_in_words(item.typed_data)


def typed_data_in_words(data: Mapping[str, Any]) -> list[str]:
    """Typed data as a wallet shows it by its descriptor: what is done, then each field in words.

    What the descriptor leaves to machines is left out, as on a small screen. Raises InvalidArgument for what
    no descriptor describes.

    >>> from proofdesk.claims.signable import WITHDRAW
    >>> from proofdesk.signed.eip712 import typed_data
    >>> me, message = "0x" + 40 * "1", {"nonce": 0, "deadline": 1_769_860_800}
    >>> message |= {"account": me, "token": "0x" + 40 * "0", "to": me}
    >>> typed_data_in_words(typed_data(WITHDRAW, 31337, me, message))[1]
    'Owed to: 0x11111111…1111'
    """
    key = _encoded(data["types"], data["primaryType"])
    for template in map(_template, NAMES):
        if key in template["display"]["formats"] and _is_of(data["domain"], template):
            return _shown(template, template["display"]["formats"][key], data["message"])
    raise InvalidArgument(f"no descriptor describes {data['primaryType']} in domain {data['domain']}")


def _shown(template: Mapping[str, Any], form: Mapping[str, Any], message: Mapping[str, Any]) -> list[str]:
    words = {
        field["path"]: [_words(template, field, value) for value in _values(message, field["path"])]
        for field in form["fields"]
    }
    # Of an empty list a wallet shows nothing.
    shown = [each for each in form["fields"] if each.get("visible") != "optional" and words[each["path"]]]
    sentence = form.get("interpolatedIntent", form["intent"])
    intent = re.sub(r"\{([\w.]+)\}", lambda found: words[found[1]][0], sentence)
    return [intent, *(f"{field['label']}: {', '.join(words[field['path']])}" for field in shown)]


def _words(template: Mapping[str, Any], field: Mapping[str, Any], value: int | str) -> str:
    kind, params = field["format"], field.get("params", {})
    if kind == "enum":
        name = params["$ref"].rpartition(".")[2]
        return str(template["metadata"]["enums"][name].get(str(int(value)), value))
    if kind == "date":
        try:
            return datetime.fromtimestamp(int(value), timezone.utc).strftime("%d %B %Y, %H:%M UTC")
        except (ValueError, OverflowError, OSError):  # later than any calendar goes
            return str(value)
    if kind == "unit":
        return f"{Decimal(value).scaleb(-params['decimals']).normalize():f}{params['base']}"
    text = str(value)
    return f"{text[:10]}…{text[-4:]}" if re.fullmatch(r"0x[0-9a-fA-F]{40,}", text) else text


def _values(value: Any, path: str) -> Iterator[Any]:
    """What stands at a path, a value for each element of the lists in it."""
    name, _, rest = path.partition(".")
    found = value if name == "[]" else [value[name]]
    for each in found:
        yield from _values(each, rest) if rest else [each]


def _encoded(types: Mapping[str, Any], name: str) -> str:
    """A type as EIP-712 encodes it: with those in it, by their names."""
    texts = []
    for each in (name, *sorted(types.keys() - {"EIP712Domain", name})):
        fields = [f"{field['type']} {field['name']}" for field in types[each]]
        texts.append(f"{each}({','.join(fields)})")
    return "".join(texts)


def _is_of(domain: Mapping[str, Any], template: Mapping[str, Any]) -> bool:
    wanted = template["context"]["eip712"]["domain"]
    return bool(wanted.items() <= domain.items())


def _read(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((DESCRIPTORS / f"eip712-{name}.json").read_text(encoding="utf-8"))
    return read


_template = cache(_read)


def main(arguments: Sequence[str]) -> int:
    """Runs the command line.

    The exit code is 1 for a manifest that cannot be read or lacks the contract, and for an output that takes
    nothing more.
    """
    parser = argparse.ArgumentParser(
        prog="python -m proofdesk.ops.clear_signing",
        usage="%(prog)s [-h] MANIFEST... [CONTRACT]",
        description="Print one of a desk's ERC-7730 descriptors, by default that of TicketDesk.",
        epilog=f"CONTRACT is one of {', '.join(NAMES)}.",
    )
    parser.add_argument("named", nargs="+", metavar="MANIFEST", help="a deployment's manifest")
    *named, last = parser.parse_args(arguments).named
    # Nobody's manifest is named without a dot or a slash; a contract that is misspelt is told as such.
    is_name = bool(named) and last.isalnum()
    try:
        found = [load(Path(path)) for path in (named if is_name else [*named, last])]
        filled = descriptor(*found, name=last) if is_name else descriptor(*found)
    except ProofdeskError as error:
        print(error, file=sys.stderr)
        return 1
    try:
        print(json.dumps(filled, indent=2), flush=True)
    except OSError as error:
        print(f"the descriptor could not be written: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
