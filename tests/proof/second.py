"""A second verifier of proof files, written from docs/proof-format.md and nothing else.

It needs this package's artifacts for the contracts' code, and imports nothing of it. It is short before it is
anything else: it gives few reasons, and leaves records' JSON Schema to libraries that there are for it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import rlp
from eth_hash.auto import keccak

from tests.proof.second_parts import (
    CERTIFICATE,
    LANE,
    TICKET,
    Refused,
    canonical,
    check_form,
    check_node,
    need,
    number,
    raw,
    refuse,
    sha256,
    unfolded,
    unpack,
    word,
)

ARTIFACTS = Path(__file__).parents[2] / "proofdesk" / "abi"
IMMUTABLES: dict[str, dict[str, tuple[int, ...]]] = {
    "TicketDesk": {
        "certification": (645, 2596, 15577, 16101, 19130),
        "chain": (18896,),
        "separator": (18707,),
        "this": (18653,),
        "hashed name": (18786,),
        "hashed version": (18824,),
        "name": (3620,),
        "version": (3662,),
    },
    "AgentCertification": {
        "chain": (11766,),
        "separator": (11577,),
        "this": (11523,),
        "hashed name": (11656,),
        "hashed version": (11694,),
        "name": (2726,),
        "version": (2767,),
    },
    "RecordAnchor": {},
}
ARGUMENTS = {"TicketDesk": 2, "AgentCertification": 1, "RecordAnchor": 0}
NEW, OPEN, WAITING, ON_HOLD, RESOLVED, REJECTED, ESCALATED, DISPUTED, CLOSED = range(1, 10)
CUSTOMER, AGENT, SUPERVISOR, MODULE, ANYONE = range(1, 6)
ASSIGNABLE = (NEW, OPEN, WAITING, ON_HOLD, ESCALATED)
TRANSFERABLE: dict[int, tuple[int, ...]] = {
    AGENT: (OPEN, ON_HOLD),
    SUPERVISOR: (NEW, OPEN, ON_HOLD, ESCALATED),
}
TABLE: dict[int, dict[int, tuple[int, ...]]] = {
    CUSTOMER: {
        NEW: (1, 9),
        OPEN: (2, 9),
        WAITING: (2, 9),
        ON_HOLD: (4, 9),
        RESOLVED: (2, 9),
        REJECTED: (7, 9),
    }
    | {ESCALATED: (7, 9), DISPUTED: (8,)},
    AGENT: {OPEN: (2, 3, 4, 5, 6, 7), WAITING: (2, 5), ON_HOLD: (2, 5), RESOLVED: (2,), REJECTED: (2,)}
    | {DISPUTED: (8,)},
    SUPERVISOR: {NEW: (1, 6, 7), OPEN: (2, 6, 7), WAITING: (7,), ON_HOLD: (7,), REJECTED: (2,)}
    | {ESCALATED: (5, 6, 7), DISPUTED: (8,), CLOSED: (9,)},
    MODULE: {NEW: (5, 6), OPEN: (5, 6), WAITING: (5, 6), ON_HOLD: (5, 6), RESOLVED: (8,), REJECTED: (8,)}
    | {ESCALATED: (5, 6, 8), DISPUTED: (2, 9)},
    ANYONE: {
        **dict.fromkeys((NEW, OPEN, ON_HOLD, ESCALATED, DISPUTED), (ESCALATED,)),
        **dict.fromkeys((RESOLVED, REJECTED), (CLOSED,)),
        WAITING: (RESOLVED,),
    },
}


_MISFITS = (
    *(KeyError, ValueError, TypeError, AttributeError, IndexError, OverflowError, RecursionError),
    rlp.DecodingError,
)


def verify(content: bytes, block_hash: str | None = None) -> dict[str, Any]:
    """What a file proves: its ticket's word, and what its acts and messages say; raises Refused."""
    try:
        return _Second(content, block_hash).verified()
    except _MISFITS as error:
        raise Refused(f"{type(error).__name__}: {error}") from None


class _Second:
    def __init__(self, content: bytes, block_hash: str | None) -> None:
        bare = re.sub(rb'"[^"\\]*(?:\\.[^"\\]*)*"', b"", content)
        need(len(content) <= 16 * 2**20 and bare.count(b"[") + bare.count(b"{") <= 1_000_000, "size")
        self.file = file = json.loads(content, parse_float=refuse, parse_constant=refuse)
        need(canonical(file) == content, "canonical form")
        check_form(file)
        header = raw(file["block"]["header"])
        need(keccak(header).hex() == file["block"]["hash"][2:], "header's hash")
        need(block_hash in (None, file["block"]["hash"]), "the block that was given")
        fields = rlp.decode(header)
        need(rlp.encode(fields) == header and 15 <= len(fields) <= 32, "header's form")
        need(number(fields[8], 8) == file["block"]["number"], "block's number")
        self.time = number(fields[11], 8)
        need(self.time <= 253402300799, "block's time")
        self.root = fields[3]
        need(len(self.root) == 32, "state root")
        self.nodes = {keccak(raw(node)): raw(node) for node in file["nodes"]}
        self.used: set[bytes] = set()
        self.addresses = {name: raw(each["address"]) for name, each in file["desk"]["contracts"].items()}

    def verified(self) -> dict[str, Any]:
        file, acts = self.file, self.file["acts"]
        for name, contract in file["desk"]["contracts"].items():
            code = raw(contract["code"])
            need(self.account(self.addresses[name])[3] == keccak(code), "code's hash")
            need(code == self.expected_code(name), "this package's code")
            need("created" not in contract or self.made_at(name, contract["created"]), "creation")
        ticket = raw(file["ticket"])
        last = self.slot("TicketDesk", int.from_bytes(keccak(ticket + word(5)), "big"))
        need(last != 0, "ticket's word")
        lanes = {lane: self.lane(lane) for lane in sorted({act["lane"] for act in acts})}
        words = [int(act["word"], 16) for act in acts]
        for act in acts:
            self.check_included(act, *lanes[act["lane"]][:2])
        self.check_chain([unpack(TICKET, each) for each in words], acts)
        need(words[-1] == last, "last act")
        self.check_agents([unpack(TICKET, each) for each in words], lanes)
        records = self.records()
        self.check_records(records)
        anchored = [self.anchored(message, records) for message in file["messages"]]
        for earlier in file.get("consistency", []):
            size, root, _program = lanes[earlier["lane"]]
            path = [raw(each) for each in earlier["path"]]
            need(continues(earlier["size"], size, raw(earlier["root"]), root, path), "earlier root")
        need(self.used == set(self.nodes), "nodes of no use")
        return {
            "desk": {name: each["address"] for name, each in file["desk"]["contracts"].items()},
            "began": sorted(name for name, each in file["desk"]["contracts"].items() if "created" in each),
            "chain": file["desk"]["chain_id"],
            "block": (file["block"]["number"], file["block"]["hash"], self.time),
            "ticket": file["ticket"],
            "word": last,
            "acts": [{name: value for name, value in act.items() if name != "path"} for act in acts],
            "records": records,
            "messages": anchored,
            "lanes": {lane: (size, root.hex()) for lane, (size, root, _program) in lanes.items()},
            "earlier": [(each["lane"], each["size"], each["root"]) for each in file.get("consistency", [])],
        }

    # ------------------------------------------------------------------------------------------- 2, the state

    def account(self, address: bytes) -> list[bytes]:
        fields = rlp.decode(self.walk(self.root, keccak(address)))
        nonce, balance, root, code = fields
        number(nonce, 8)
        number(balance, 32)
        need(len(root) == len(code) == 32, "account")
        return list(fields)

    def slot(self, contract: str, slot: int) -> int:
        value = self.walk(self.account(self.addresses[contract])[2], keccak(word(slot % 2**256)))
        return number(rlp.decode(value), 32) if value else 0

    def walk(self, root: bytes, key: bytes) -> bytes:
        """The value of a key of 32 bytes; empty where there is none."""
        if root == keccak(b"\x80"):
            return b""
        path, node = key.hex(), self.node(root)
        while True:
            if len(node) == 17:
                child, path = node[int(path[0], 16)], path[1:]
            else:
                own, is_leaf = unfolded(node[0])
                if is_leaf:
                    return node[1] if own == path else b""
                if not path.startswith(own):
                    return b""
                child, path = node[1], path[len(own) :]
            if child == b"":
                return b""
            node = self.node(child) if isinstance(child, bytes) else child

    def node(self, hash_: bytes) -> list[Any]:
        raw_node = self.nodes[hash_]
        self.used.add(hash_)
        node: list[Any] = rlp.decode(raw_node)
        need(rlp.encode(node) == raw_node, "node's form")
        check_node(node)
        return node

    # ------------------------------------------------------------------------------------ 3, 4, the contracts

    def expected_code(self, name: str) -> bytes:
        artifact = json.loads((ARTIFACTS / f"{name}.json").read_text(encoding="utf-8"))
        code = bytearray.fromhex(artifact["deployedBytecode"][2:])
        chain, this = word(self.file["desk"]["chain_id"]), self.addresses[name].rjust(32, b"\0")
        hashed = keccak(b"proofdesk"), keccak(b"1")
        domain = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
        values = {
            "certification": self.addresses["AgentCertification"].rjust(32, b"\0"),
            "chain": chain,
            "separator": keccak(keccak(domain) + b"".join(hashed) + chain + this),
            "this": this,
            "hashed name": hashed[0],
            "hashed version": hashed[1],
            "name": b"proofdesk" + bytes(22) + b"\x09",
            "version": b"1" + bytes(30) + b"\x01",
        }
        for immutable, places in IMMUTABLES[name].items():
            for place in places:
                code[place : place + 32] = values[immutable]
        return bytes(code)

    def made_at(self, name: str, created: dict[str, Any]) -> bool:
        """Whether this package's code, made so, stands where the file says."""
        artifact = json.loads((ARTIFACTS / f"{name}.json").read_text(encoding="utf-8"))
        need(len(created["arguments"]) == ARGUMENTS[name], "arguments")
        code = raw(artifact["bytecode"]) + b"".join(
            raw(each).rjust(32, b"\0") for each in created["arguments"]
        )
        preimage = b"\xff" + raw(created["factory"]) + raw(created["salt"]) + keccak(code)
        return bool(keccak(preimage)[12:] == self.addresses[name])

    def lane(self, lane: int) -> tuple[int, bytes, int]:
        """A lane's size, root and program."""
        value = self.slot("TicketDesk", int.from_bytes(keccak(word(lane) + word(2)), "big"))
        need(value != 0, "lane")
        field, root = unpack(LANE, value), sha256(b"")
        first = int.from_bytes(keccak(word(lane) + word(4)), "big")
        levels = [level for level in range(40) if field["size"] >> level & 1]
        for place, level in enumerate(levels):
            peak = word(self.slot("TicketDesk", first + level))
            root = sha256(b"\1" + peak + root) if place else peak
        return field["size"], root, field["program"]

    # --------------------------------------------------------------------------------------- 5 to 8, the acts

    def check_included(self, act: dict[str, Any], size: int, root: bytes) -> None:
        data = raw(self.file["ticket"]) + raw(act["word"]) + raw(act["actor"]) + bytes([act["kind"]])
        hash_ = sha256(b"\0" + data + raw(act["entry"]) + act["at"].to_bytes(8, "big"))
        need(act["position"] < size, "position")
        node, last = act["position"], size - 1
        for each in map(raw, act["path"]):
            need(last != 0, "path's length")
            if node % 2 or node == last:
                hash_ = sha256(b"\1" + each + hash_)
                while node % 2 == 0 and node != 0:
                    node, last = node >> 1, last >> 1
            else:
                hash_ = sha256(b"\1" + hash_ + each)
            node, last = node >> 1, last >> 1
        need(last == 0 and hash_ == root, "inclusion")

    def check_chain(self, words: list[dict[str, int]], acts: list[dict[str, Any]]) -> None:
        first = words[0]
        need([each["acts"] for each in words] == list(range(1, len(words) + 1)), "all acts")
        need(all(1 <= each["status"] <= 9 for each in words), "status")
        need(first["status"] == NEW and first["lane"] == acts[0]["lane"], "opening")
        need(
            keccak(word(first["customer"]) + raw(acts[0]["entry"])) == raw(self.file["ticket"]), "ticket's id"
        )
        times = [*(act["at"] for act in acts), self.time]
        need(times == sorted(times), "times")
        for before, act, after in zip(words, acts[1:], words[1:], strict=False):
            need(follows(before, act, after), "move")

    def check_agents(self, words: list[dict[str, int]], lanes: dict[int, tuple[int, bytes, int]]) -> None:
        seats = [0 if each["status"] == NEW else each["seat"] for each in words]
        certificates = {}
        for seat in sorted(set(seats) - {0}):
            value = self.slot("AgentCertification", int.from_bytes(keccak(word(seat) + word(12)), "big"))
            certificates[seat] = unpack(CERTIFICATE, value)
            need(1 <= certificates[seat]["standing"] <= 4, "certificate")
        for act, before, after in zip(self.file["acts"], [0, *seats], seats, strict=False):
            if act["kind"] == AGENT:
                need(certificates[before or after]["agent"] == int(act["actor"], 16), "agent")
            if after not in (0, before):
                need(certificates[after]["program"] == lanes[act["lane"]][2], "program")

    # ------------------------------------------------------------------------------- 9, 10, what is disclosed

    def records(self) -> dict[str, Any]:
        found = {}
        for each in self.file["openings"]:
            form = canonical(each["record"])
            hash_ = keccak(b"proofdesk.entry.v1" + raw(each["salt"]) + form)
            need(len(form) <= 65536 and hash_ == raw(each["entry"]), "opening")
            found[each["entry"]] = each["record"]
        return found

    def check_records(self, records: dict[str, Any]) -> None:
        acts, owned = self.file["acts"], {message["entry"] for message in self.file["messages"]}
        for place, act in enumerate(acts):
            record = records.get(act["entry"])
            if record is None:
                continue
            if place == 0 or (act["kind"] == MODULE and act["entry"] == acts[0]["entry"]):
                is_own = record["kind"] == "open"
            else:
                is_own = record.get("ticket") == self.file["ticket"]
                is_own = is_own and record["kind"] not in ("message", "access")
            owned |= {act["entry"]} if is_own else set()
        need(set(records) <= owned, "openings of nothing")

    def anchored(self, message: dict[str, Any], records: dict[str, Any]) -> tuple[str, str, int]:
        record = records[message["entry"]]
        need(record["kind"] == "message" and record["ticket"] == self.file["ticket"], "message")
        node = keccak(keccak(raw(message["entry"])))
        for each in map(raw, message["path"]):
            node = keccak(min(node, each) + max(node, each))
        need(node == raw(message["root"]), "message's root")
        time = self.slot("RecordAnchor", int.from_bytes(keccak(node + word(0)), "big"))
        need(0 < time <= self.time, "anchored time")
        return message["entry"], message["root"], time


def follows(before: dict[str, int], act: dict[str, Any], after: dict[str, int]) -> bool:
    """Chapter 7."""
    kind, old, new = act["kind"], before["status"], after["status"]
    was, cert = (0 if each["status"] == NEW else each["seat"] for each in (before, after))
    if before["customer"] != after["customer"] or act["lane"] != before["lane"]:
        return False
    if before["breached"] > after["breached"]:
        return False
    if before["rating"] != after["rating"]:
        return kind == CUSTOMER and before["rating"] == 0 and new == old and old in (RESOLVED, CLOSED)
    if before["lane"] != after["lane"]:
        return new == ESCALATED and cert == 0 and old in TRANSFERABLE.get(kind, ())
    if new == OPEN and (old == NEW or was != cert):
        return cert != 0 and ((kind == AGENT and old == NEW) or (kind == SUPERVISOR and old in ASSIGNABLE))
    moves = TABLE[kind].get(old, ())
    return (
        new in moves
        or (new == ESCALATED and cert == 0 and OPEN in moves)
        or (kind == SUPERVISOR and new == OPEN and old in ASSIGNABLE)
        or (new == CLOSED and before["acts"] >= 1000 and kind in (ANYONE, MODULE))
    )


def continues(size: int, now: int, root: bytes, root_now: bytes, path: list[bytes]) -> bool:
    """Chapter 11."""
    if size >= now or not path:
        return size == now and not path and root == root_now
    if size & (size - 1) == 0:
        path = [root, *path]
    node, last = size - 1, now - 1
    while node % 2:
        node, last = node >> 1, last >> 1
    old = new = path[0]
    for each in path[1:]:
        if last == 0:
            return False
        if node % 2 or node == last:
            old, new = sha256(b"\1" + each + old), sha256(b"\1" + each + new)
            while node % 2 == 0 and node != 0:
                node, last = node >> 1, last >> 1
        else:
            new = sha256(b"\1" + new + each)
        node, last = node >> 1, last >> 1
    return last == 0 and (old, new) == (root, root_now)
