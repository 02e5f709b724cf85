"""A proof file: what proves a ticket's history to a stranger, as one JSON text in one form only.

It states no value of the chain's: whoever verifies derives the slots and reads them out of `nodes`. Here it
is read and written, each field in the form that `fields` knows; whether it holds is for `verifying`.
`schemas/proof.schema.json` describes its form to others.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import rfc8785

from proofdesk._checks import shown
from proofdesk._errors import RecordError
from proofdesk._json import parse, unquoted
from proofdesk._models import Actor
from proofdesk._records import Opening, Record
from proofdesk._words import keccak, to_hex
from proofdesk.proof.errors import MalformedProof
from proofdesk.proof.fields import ANCHOR, FIELDS, FORMAT, MAX_BRACKETS, MAX_BYTES, OPTIONAL


@dataclass(frozen=True, slots=True)
class ShownCreation:
    """How a contract was made by CREATE2: by which factory, of a salt and its constructor's arguments.

    These are addresses. Its own address follows from this and this package's creation code.
    """

    factory: str
    salt: bytes
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownContract:
    """One of the desk's contracts: where it stands, its code, and how it was made, if its address says so."""

    address: str
    code: bytes
    created: ShownCreation | None = None


@dataclass(frozen=True, slots=True)
class ShownBlock:
    """The block against whose state all is proven; `header` is its RLP, whose Keccak-256 is `hash`."""

    number: int
    hash: str
    header: bytes


@dataclass(frozen=True, slots=True)
class ShownAct:
    """An act of the ticket, and the inclusion proof of its leaf; `at` is seconds since 1970."""

    lane: int
    position: int
    word: int
    actor: str
    kind: Actor
    entry: str
    at: int
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message outside an act, and the Merkle proof from its leaf to an anchored `root`."""

    entry: str
    root: str
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class EarlierRoot:
    """A root that a lane had at an earlier size, and the proof that the log of the block continues it."""

    lane: int
    size: int
    root: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class ProofFile:
    """A proof file's content; addresses, entries and hashes are 0x and lower-case hex, as they stand there.

    `nodes` are all Merkle-Patricia nodes, in the order of their hashes; `openings` what is disclosed, and
    `messages`, in the order of their entries.

    >>> ProofFile.load(b'{"format": "proofdesk-proof/9"}')
    Traceback (most recent call last):
    proofdesk.proof.errors.MalformedProof: proof file: format: 'proofdesk-proof/9' must be proofdesk-proof/1
    """

    desk: str
    chain_id: int
    contracts: Mapping[str, ShownContract]
    block: ShownBlock
    nodes: tuple[bytes, ...]
    ticket: str
    acts: tuple[ShownAct, ...]
    openings: tuple[Opening, ...] = ()
    messages: tuple[ShownMessage, ...] = ()
    consistency: tuple[EarlierRoot, ...] = ()

    @classmethod
    def load(cls, source: bytes | str | os.PathLike[str]) -> ProofFile:
        """Read a proof file, from its bytes or a path; raises MalformedProof naming the field, OSError.

        It has one form, byte for byte: what `dump` would not write is refused.
        """
        content = source if isinstance(source, bytes) else _read(Path(source))
        found = _from_json(_checked(content))
        _check_order(found)
        if found.dump() != content:
            raise MalformedProof("", "is not in canonical form (RFC 8785): pass the file as it was made")
        return found

    def dump(self) -> bytes:
        """The file's bytes, in RFC 8785's form; raises MalformedProof for what is too large.

        >>> file = desk.proofs.make(ticket)
        >>> ProofFile.load(file.dump()) == file
        True
        """
        content = rfc8785.dumps(_to_json(self))
        _refuse_large(content)
        return content


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _refuse_large(content: bytes) -> None:
    if len(content) > MAX_BYTES or _brackets(content) > MAX_BRACKETS:
        raise MalformedProof("", f"is larger than {MAX_BYTES:,} bytes or has too many parts: disclose less")


def _brackets(content: bytes) -> int:
    found = content.count(b"[") + content.count(b"{")
    if found <= MAX_BRACKETS:
        return found
    # What people wrote makes no lists and objects.
    bare = unquoted(content)
    return bare.count(b"[") + bare.count(b"{")


def _checked(content: bytes) -> dict[str, Any]:
    """The file's JSON object, whose fields fit; raises MalformedProof."""
    _refuse_large(content)
    try:
        value = parse(content)
    except ValueError:
        raise MalformedProof("", "is no JSON: pass the file as it was made") from None
    if not isinstance(value, dict):
        raise MalformedProof("", f"must be an object, not {shown(value)}")
    # In their order: the format comes first, for a later one may have any fields.
    for name, check in FIELDS.items():
        if name not in value and name not in OPTIONAL:
            raise MalformedProof(name, "is missing")
        if name in value and (problem := check(value[name])):
            raise MalformedProof(name, _printable(problem))
    if unknown := value.keys() - FIELDS.keys():
        raise MalformedProof(_printable(min(unknown)[:40]), f"is not known here; {', '.join(FIELDS)} are")
    return value


def _printable(text: str) -> str:
    """What may repeat a name that nobody knows, with whatever characters."""
    return "".join(c if c.isprintable() else "?" for c in text)


def _from_json(value: dict[str, Any]) -> ProofFile:
    desk, block = value["desk"], value["block"]
    return ProofFile(
        desk=desk["name"],
        chain_id=desk["chain_id"],
        contracts={
            name: ShownContract(
                contract["address"], _raw(contract["code"]), _creation(contract.get("created"))
            )
            for name, contract in sorted(desk["contracts"].items())
        },
        block=ShownBlock(block["number"], block["hash"], _raw(block["header"])),
        nodes=_raws(value["nodes"]),
        ticket=value["ticket"],
        acts=tuple(
            ShownAct(
                **act | {"word": int(act["word"], 16), "kind": Actor(act["kind"]), "path": _raws(act["path"])}
            )
            for act in value["acts"]
        ),
        openings=tuple(_opening(place, opening) for place, opening in enumerate(value["openings"])),
        messages=tuple(
            ShownMessage(**message | {"path": _raws(message["path"])}) for message in value["messages"]
        ),
        consistency=tuple(
            EarlierRoot(**item | {"root": _raw(item["root"]), "path": _raws(item["path"])})
            for item in value.get("consistency", ())
        ),
    )


def _creation(value: dict[str, Any] | None) -> ShownCreation | None:
    if value is None:
        return None
    return ShownCreation(value["factory"], _raw(value["salt"]), tuple(value["arguments"]))


def _opening(place: int, value: dict[str, Any]) -> Opening:
    try:
        record = Record.from_json(value["record"])
    except RecordError as error:
        raise MalformedProof("openings", _printable(f"{place}: {error}")) from None
    return Opening(value["entry"], _raw(value["salt"]), record)


def _to_json(file: ProofFile) -> dict[str, Any]:
    value: dict[str, Any] = {
        "format": FORMAT,
        "desk": {
            "name": file.desk,
            "chain_id": file.chain_id,
            "contracts": {name: _contract(contract) for name, contract in file.contracts.items()},
        },
        "block": {
            "number": file.block.number,
            "hash": file.block.hash,
            "header": to_hex(file.block.header),
        },
        "nodes": _hexes(file.nodes),
        "ticket": file.ticket,
        "acts": [
            {
                "lane": act.lane,
                "position": act.position,
                "word": f"0x{act.word:064x}",
                "actor": act.actor,
                "kind": int(act.kind),
                "entry": act.entry,
                "at": act.at,
                "path": _hexes(act.path),
            }
            for act in file.acts
        ],
        "openings": [
            {
                "entry": opening.entry,
                "salt": to_hex(opening.salt),
                "record": opening.record.to_json(),
            }
            for opening in file.openings
        ],
        "messages": [
            {"entry": message.entry, "root": message.root, "path": _hexes(message.path)}
            for message in file.messages
        ],
    }
    if file.consistency:
        value["consistency"] = [
            {"lane": item.lane, "size": item.size, "root": to_hex(item.root), "path": _hexes(item.path)}
            for item in file.consistency
        ]
    return value


def _contract(contract: ShownContract) -> dict[str, Any]:
    value: dict[str, Any] = {"address": contract.address, "code": to_hex(contract.code)}
    if (made := contract.created) is not None:
        arguments = list(made.arguments)
        value["created"] = {"factory": made.factory, "salt": to_hex(made.salt), "arguments": arguments}
    return value


def _check_order(file: ProofFile) -> None:
    """Raise MalformedProof where what has one order has another, or stands twice."""
    _check_rising("nodes", list(map(keccak, file.nodes)), "their Keccak-256 hashes")
    _check_rising("openings", [opening.entry for opening in file.openings], "their entries")
    _check_rising("messages", [message.entry for message in file.messages], "their entries")
    _check_rising("consistency", [(item.lane, item.size) for item in file.consistency], "lane and size")
    if (ANCHOR in file.contracts) is not bool(file.messages):
        raise MalformedProof("desk", f"contracts: {ANCHOR} is named where there are messages, and only there")


def _check_rising(field: str, keys: Sequence[Any], order: str) -> None:
    for place, (one, other) in enumerate(pairwise(keys), 1):
        if one >= other:
            raise MalformedProof(field, f"{place}: must stand once, in the order of {order}")


def _raw(value: str) -> bytes:
    return bytes.fromhex(value[2:])


def _raws(values: Iterable[str]) -> tuple[bytes, ...]:
    return tuple(map(_raw, values))


def _hexes(values: Iterable[bytes]) -> list[str]:
    return list(map(to_hex, values))
