"""What others read, prove and sign by: it stands in snapshots/frozen.json and never changes again.

Words, enums, typed data and domains are read from the sources; events, errors, the acts' functions and their
answers from the compiler's output. A leaf and a ticket's id are written here as the design has them, with
examples: that the contract makes them so is for the tests of its log and of opening. Whoever needs another
one deploys another contract, beside which the old one stays as it is.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from proofdesk._words import keccak, to_hex
from tools.artifacts import Artifact
from tools.compiler import ROOT

FROZEN = ROOT / "snapshots" / "frozen.json"
REFUSAL = (
    "words, leaves, events, errors and typed data are frozen: others read, prove and sign by them. "
    "A new version is a new deployment"
)
ACTS = ("open", "take", "move", "rate", "assign", "transfer", "expire", "openAsModule", "moveAsModule")
SIGNED = ("openFor", "takeFor", "moveFor", "rateFor", "batch", "eip712Domain")
CLAIMS = {
    "ClaimDesk": ("fileClaim", "fileClaimFor", "preview", "decide", "decideFor", "release"),
    "CompensationDesk": ("note", "compensate"),
    "DeskUpkeep": ("checkUpkeep", "performUpkeep"),
    "KeyRegistry": ("publish", "publishFor", "keyOf", "roles", "eip712Domain"),
    "PolicyBook": ("publishPolicy",),
    "RecordAnchor": ("anchor", "anchoredAt", "verify"),
    "RefundVault": ("deposit", "settle", "withdraw", "withdrawFor"),
}
"""What customers, keepers and carriers call of each contract beside the desk."""
LEAF = {"ticketId": 32, "word": 32, "actor": 20, "kind": 1, "entry": 32, "time": 8}
"""Bytes, in order; what is hashed begins with a zero byte more (RFC 9162)."""

_GETTER = re.compile(r"function (\w+)\(\w+ word\) internal pure returns \([^)]*\) \{\s+return ([^;]+);")
_QUESTION = re.compile("is[A-Z]")
_FIELD = re.compile(r"_get\(word, (\w+), (\d+)\)")
_ADDRESS = re.compile(r"address\(uint160\(\w+\.unwrap\(word\)\)\)")
_OFFSET = re.compile(r"uint256 private constant (\w+) = (\d+);")
_TYPE = re.compile(r'TYPEHASH\s*=\s*keccak256\(\s*((?:"[^"]+"\s*)+)\)')
_DOMAIN = re.compile(r'EIP712\("([^"]+)", "([^"]+)"\)')
_FAILED = re.compile(r"uint256 internal constant ([A-Z_]+) = 1 << (\d+);")
_ENUM = re.compile(r"enum (\w+) \{([^}]+)\}")


def frozen(artifacts: Mapping[str, Artifact], sources: Mapping[str, str]) -> dict[str, Any]:
    """Everything that is frozen, of the deployable contracts and of their sources by path."""
    abis = {name: artifact["abi"] for name, artifact in sorted(artifacts.items())}
    whole = "".join(text for _, text in sorted(sources.items()))
    return {
        "words": {
            Path(path).stem: word_layout(text)
            for path, text in sorted(sources.items())
            if path.endswith("Word.sol")
        },
        "enums": {name: re.findall(r"\w+", body) for name, body in sorted(_ENUM.findall(whole))},
        "ticket id": ticket_id_example(),
        "leaf": {"bytes": LEAF, "example": leaf_example()},
        "events": {name: dict(_hashed(abi, "event", 32)) for name, abi in abis.items()},
        "errors": {name: dict(_hashed(abi, "error", 4)) for name, abi in abis.items()},
        "acts": dict(_hashed(abis["TicketDesk"], "function", 4, (*ACTS, *SIGNED))),
        "answers": dict(_answers(abis["TicketDesk"], (*ACTS, *SIGNED))),
        "claims": {
            name: {
                "functions": dict(_hashed(abis[name], "function", 4, functions)),
                "answers": dict(_answers(abis[name], functions)),
            }
            for name, functions in CLAIMS.items()
        },
        "failed rules": failed_rules(sources["contracts/libraries/ClaimRules.sol"]),
        "domains": {
            Path(path).stem: {"name": found[1], "version": found[2]}
            for path, text in sorted(sources.items())
            if (found := _DOMAIN.search(text))
        },
        "typed data": dict(sorted(map(_typed, _TYPE.findall(whole)))),
    }


def word_layout(source: str) -> dict[str, str]:
    """The first and the last bit of each field of a packed word, from the library that reads it.

    >>> word_layout('''uint256 private constant _B = 160;
    ... function b(W word) internal pure returns (uint256) {
    ...     return _get(word, _B, 4);''')
    {'b': '160-163'}
    """
    offsets = {name: int(offset) for name, offset in _OFFSET.findall(source)}
    fields: dict[str, tuple[int, int]] = {}
    for name, body in _GETTER.findall(source):
        if _ADDRESS.search(body):
            fields[name] = (0, 159)
        elif (read := _FIELD.search(body)) and not _QUESTION.match(name):
            first = offsets[read[1]]
            fields[name] = (first, first + int(read[2]) - 1)
    in_order = sorted(fields.items(), key=lambda each: each[1])
    return {name: f"{first}-{last}" for name, (first, last) in in_order}


def failed_rules(source: str) -> dict[str, int]:
    """The bit of each rule that a claim may fail; evidence of kind k is 16 + k by the interface.

    >>> failed_rules("uint256 internal constant OUT_OF_WINDOW = 1 << 2;")
    {'OUT_OF_WINDOW': 2}
    """
    return {name: int(bit) for name, bit in _FAILED.findall(source)}


def ticket_id_example() -> dict[str, str]:
    """A customer, an entry, and the ticket's id: the hash of both, each in a word of its own."""
    customer, entry = bytes([1]) * 20, bytes([2]) * 32
    data = bytes(12) + customer + entry
    fields = {"customer": customer, "entry": entry, "data": data, "ticketId": keccak(data)}
    return {name: to_hex(value) for name, value in fields.items()}


def leaf_example() -> dict[str, str]:
    """A leaf with other bytes in each field, and its hash."""
    places = [bytes([number]) * size for number, size in enumerate(LEAF.values(), 1)]
    data = b"".join(places)
    fields = {name: to_hex(value) for name, value in zip(LEAF, places, strict=True)}
    return fields | {"data": to_hex(data), "leaf": to_hex(sha256(b"\x00" + data).digest())}


def sources() -> dict[str, str]:
    """The project's own Solidity, tests' harnesses left out, by path."""
    folder = ROOT / "contracts"
    return {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*.sol"))
        if "test" not in path.relative_to(folder).parts
    }


def differences(now: str, recorded: str) -> list[str]:
    """The lines in which what is frozen differs from what was recorded; none when it is the same.

    >>> differences("same", "same")
    []
    """
    lines = difflib.unified_diff(recorded.splitlines(), now.splitlines(), "frozen", "now", n=0, lineterm="")
    return list(lines)


def text(content: Mapping[str, Any]) -> str:
    """The file's text."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _hashed(
    abi: list[dict[str, Any]], kind: str, size: int, names: tuple[str, ...] = ()
) -> Iterator[tuple[str, str]]:
    """Each event, error or function as it is declared, with its topic or selector."""
    found = [item for item in abi if item["type"] == kind and (not names or item["name"] in names)]
    for item in sorted(found, key=lambda each: str(each["name"])):
        declared = ", ".join(_declared(each) for each in item["inputs"])
        plain = f"{item['name']}({','.join(_kind(each) for each in item['inputs'])})"
        # Such an event has no topic by which it could be found.
        mark = " anonymous" if item.get("anonymous") else ""
        yield f"{item['name']}({declared}){mark}", to_hex(keccak(plain.encode())[:size])


def _answers(abi: list[dict[str, Any]], names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """What each of these functions returns, as it is declared."""
    found = [item for item in abi if item["type"] == "function" and item["name"] in names]
    for item in sorted(found, key=lambda each: str(each["name"])):
        yield item["name"], f"({', '.join(_declared(each) for each in item['outputs'])})"


def _declared(item: Mapping[str, Any]) -> str:
    return f"{_kind(item)}{' indexed' if item.get('indexed') else ''} {item['name']}".strip()


def _kind(item: Mapping[str, Any]) -> str:
    kind: str = item["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(_kind(each) for each in item['components'])}){kind.removeprefix('tuple')}"


def _typed(literals: str) -> tuple[str, str]:
    type_ = "".join(re.findall(r'"([^"]+)"', literals))
    return type_, to_hex(keccak(type_.encode()))
