"""What the second verifier of proof files reads them by: fields, nodes, words, RFC 8785."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256 as _sha256
from itertools import pairwise
from typing import Any

import rlp
from eth_hash.auto import keccak

TICKET = {"customer": 160, "status": 4, "rating": 3, "breached": 1, "lane": 10, "seat": 26, "due": 26}
TICKET |= {"acts": 10, "budget": 16}
LANE = {"turns": 26, "served": 26, "departed": 26, "windows": 48, "program": 16, "level": 8, "article": 32}
LANE |= {"flags": 8, "size": 40}
CERTIFICATE = {"agent": 160, "program": 16, "level": 8, "standing": 8, "issued": 32, "expires": 32}


class Refused(Exception):  # noqa: N818  what happened
    """The file proves nothing."""


def check_form(file: dict[str, Any]) -> None:
    """The table of fields."""
    top = ["acts", "block", "desk", "format", "messages", "nodes", "openings", "ticket"]
    lists = (file.get(name, []) for name in ("acts", "nodes", "openings", "messages", "consistency"))
    need(all(isinstance(each, list) for each in lists), "lists")
    need(sorted(set(file) - {"consistency"}) == top and file["format"] == "proofdesk-proof/1", "fields")
    contracts = file["desk"]["contracts"]
    names = {"TicketDesk", "AgentCertification"} | ({"RecordAnchor"} if file["messages"] else set())
    need(set(contracts) == names and set(file["desk"]) == {"name", "chain_id", "contracts"}, "desk")
    name = file["desk"]["name"]
    need(
        0 < len(name) <= 63 and name[0] != "-" and set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-"),
        "name",
    )
    whole(file["desk"]["chain_id"], 1)
    whole(file["block"]["number"], 0)
    for contract in contracts.values():
        if "created" in contract:
            made = contract["created"]
            object_(made, factory=20, salt=32, arguments=None)
            need(isinstance(made["arguments"], list) and len(made["arguments"]) <= 2, "arguments")
            for argument in made["arguments"]:
                raw(argument, 20)
        object_(contract, address=20, code=(1, 24576), **dict.fromkeys(set(contract) & {"created"}))
    object_(file["block"], hash=32, header=(1, 4096), number=None)
    need(
        1 <= len(file["nodes"]) <= 65536
        and 1 <= len(file["acts"]) <= 1023
        and len(file["messages"]) <= 10000,
        "many",
    )
    raw(file["ticket"], 32)
    for node in file["nodes"]:
        raw(node, 1, 1024)
    for act in file["acts"]:
        object_(act, word=32, actor=20, entry=32, lane=None, position=None, kind=None, at=None, path=None)
        whole(act["lane"], 1, 1023)
        whole(act["position"], 0)
        whole(act["kind"], 1, 5)
        whole(act["at"], 0)
    for message in file["messages"]:
        object_(message, entry=32, root=32, path=None)
    for each in file["openings"]:
        object_(each, entry=32, salt=32, record=None)
    for each in file.get("consistency", []):
        object_(each, root=32, lane=None, size=None, path=None)
        whole(each["lane"], 1, 1023)
        whole(each["size"], 1)
    for each in (*file["acts"], *file["messages"], *file.get("consistency", [])):
        need(isinstance(each["path"], list) and len(each["path"]) <= 40, "path")
        for hash_ in each["path"]:
            raw(hash_, 32)
    need("consistency" not in file or file["consistency"], "empty consistency")
    rising([keccak(raw(node)) for node in file["nodes"]])
    rising([each["entry"] for each in file["openings"]])
    rising([each["entry"] for each in file["messages"]])
    rising([(each["lane"], each["size"]) for each in file.get("consistency", [])])


def object_(value: dict[str, Any], **sizes: Any) -> None:
    """An object of these fields; those with sizes are hex of so many bytes."""
    need(set(value) == set(sizes), "fields")
    for name, size in sizes.items():
        if size is not None:
            raw(value[name], *(size if isinstance(size, tuple) else (size,)))


def rising(keys: list[Any]) -> None:
    need(all(one < other for one, other in pairwise(keys)), "order")


def check_node(node: Any) -> None:
    need(isinstance(node, list) and len(node) in (2, 17), "node")
    if len(node) == 17:
        need(node[16] == b"", "branch's value")
        children: list[Any] = [child for child in node[:16] if child != b""]
    else:
        path, is_leaf = unfolded(node[0])
        need(bool(path or is_leaf) and len(path) <= 64, "path of a node")
        need(not is_leaf or (isinstance(node[1], bytes) and node[1] != b""), "leaf's value")
        children = [] if is_leaf else [node[1]]
    for child in children:
        if isinstance(child, bytes):
            need(len(child) == 32, "child")
        else:
            need(len(rlp.encode(child)) < 32, "child")
            check_node(child)


def unfolded(path: bytes) -> tuple[str, bool]:
    """A node's path in half-bytes, and whether it is a leaf's."""
    flag = path[0] >> 4
    need(flag <= 3 and (flag % 2 == 1 or path[0] % 16 == 0), "path of a node")
    return path.hex()[1 if flag % 2 else 2 :], flag >= 2


def canonical(value: Any) -> bytes:
    """RFC 8785, for values without fractions."""
    return "".join(_written(value)).encode()


def _written(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield "{"
        for place, name in enumerate(sorted(value, key=lambda name: name.encode("utf-16-be"))):
            yield "," * (place > 0) + json.dumps(name, ensure_ascii=False) + ":"
            yield from _written(value[name])
        yield "}"
    elif isinstance(value, list):
        yield "["
        for place, item in enumerate(value):
            yield "," * (place > 0)
            yield from _written(item)
        yield "]"
    else:
        need(not isinstance(value, int) or abs(value) <= 2**53 - 1, "integer")
        yield json.dumps(value, ensure_ascii=False)


def unpack(layout: dict[str, int], value: int) -> dict[str, int]:
    found = {}
    for name, bits in layout.items():
        found[name], value = value % 2**bits, value >> bits
    return found


def raw(value: str, low: int = 0, high: int | None = None) -> bytes:
    need(
        isinstance(value, str) and value[:2] == "0x" and value == value.lower() and len(value) % 2 == 0, "hex"
    )
    need(set(value[2:]) <= set("0123456789abcdef"), "hex")
    found = bytes.fromhex(value[2:])
    need(low == 0 or low <= len(found) <= (high or low), "size")
    return found


def whole(value: Any, low: int, high: int = 2**53 - 1) -> None:
    need(type(value) is int and low <= value <= high, "integer")


def number(value: Any, size: int) -> int:
    need(isinstance(value, bytes) and len(value) <= size and value[:1] != b"\0", "number")
    return int.from_bytes(value, "big")


def word(value: int) -> bytes:
    return value.to_bytes(32, "big")


def sha256(data: bytes) -> bytes:
    return _sha256(data).digest()


def need(fits: bool, what: str) -> None:
    if not fits:
        raise Refused(what)


def refuse(_text: str) -> None:
    raise Refused("a number that is no integer")
