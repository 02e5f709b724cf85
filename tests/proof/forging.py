"""Proof files made without a chain: a ticket's story, and whatever hashes make it hold against *some* block.

`rebuilt` is the forger who can do anything but choose a true block's hash: he takes a file that says what he
likes and makes logs, states, header and all paths anew, so that it verifies by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from hashlib import sha256
from typing import Any

import rlp
from trie import HexaryTrie

from proofdesk._models import Actor, Standing, Status
from proofdesk._records import Opening, commit, compose
from proofdesk._words import CERTIFICATE, LANE, TICKET, keccak, leaf_data, pack, ticket_id, to_hex, unpack
from proofdesk.anchors.tree import MerkleTree
from proofdesk.proof.code import runtime_code
from proofdesk.proof.creation import address_by
from proofdesk.proof.file import (
    EarlierRoot,
    ProofFile,
    ShownAct,
    ShownBlock,
    ShownContract,
    ShownCreation,
    ShownMessage,
)
from proofdesk.proof.log import Log, leaf_hash

NOON = 1_800_000_000
CUSTOMER, AGENT, OTHER_AGENT, SUPERVISOR, STRANGER = (
    f"0x{20 * digits}" for digits in ("c1", "a1", "a2", "5e", "99")
)
MANAGER = f"0x{20 * 'd0'}"
NOTHING = f"0x{64 * '0'}"


def _creation(*arguments: str) -> ShownCreation:
    """By a factory of somebody's, of his salt."""
    return ShownCreation(f"0x{20 * 'fa'}", sha256(b"the salt of acme").digest(), arguments)


def _made(name: str, *arguments: str) -> str:
    return address_by(name, _creation(*arguments)).lower()


CERTIFICATION, ANCHOR = _made("AgentCertification", MANAGER), _made("RecordAnchor")
DESK = _made("TicketDesk", MANAGER, CERTIFICATION)
CREATIONS = {
    "AgentCertification": _creation(MANAGER),
    "RecordAnchor": _creation(),
    "TicketDesk": _creation(MANAGER, CERTIFICATION),
}
_OTHERS = 24  # accounts in the state, slots in each contract
_FILLING = 41  # leaves of others in each lane
_SLOTS = {"_lanes": 2, "_peaks": 4, "_tickets": 5, "_certificates": 12, "anchoredAt": 0}


@dataclass(frozen=True)
class Beside:
    """What the state says besides the acts: certificates' and lanes' words, when roots were anchored.

    A word of 0 is a slot that is empty.
    """

    certificates: Mapping[int, int]
    lanes: Mapping[int, int]
    anchored: int = NOON + 500
    time: int = NOON + 5000
    # Where they are other than the file makes believe: contracts' code, and the ticket's word.
    codes: Mapping[str, bytes] = field(default_factory=dict)
    ticket: int | None = None


def story() -> tuple[ProofFile, Beside]:
    """A ticket of ten acts through two lanes, and two messages; no hash in it is right yet."""
    opened = _said("open", {"subject": "Charged twice", "body": "Order 4711 was charged twice."}, "Ann", 1)
    ticket = to_hex(ticket_id(CUSTOMER, bytes.fromhex(opened.entry[2:])))

    def said(number: int, kind: str, content: Any, author: str, after: str | None = None) -> Opening:
        return _said(kind, content, author, number, ticket=ticket, after=after)

    taken = said(2, "take", {"body": "I take this one."}, "Bo")
    asked = said(3, "reply", {"body": "Which card was it?"}, "Bo")
    answered = said(4, "reply", {"body": "The one that ends in 1234."}, "Ann")
    passed = said(5, "transfer", {"data": {"to": "cards"}}, "Bo")
    given = said(6, "assign", {"data": {"why": "she knows cards"}}, "Su")
    erasing = {"data": {"ground": "GDPR art. 17(1)(a)"}}
    erased = said(7, "erasure", erasing, "Di", after=answered.entry)
    solved = said(8, "reply", {"body": "One of the two is paid back.\nSorry!"}, "Di")
    rated = said(9, "rating", {"body": "谢谢"}, "Ann")
    steps: tuple[tuple[int, int, str, Actor, Opening | None, dict[str, int]], ...] = (
        # lane of the log, place in it, actor, kind, opening, what changes in the word
        (
            1,
            5,
            CUSTOMER,
            Actor.CUSTOMER,
            opened,
            {"status": Status.NEW, "lane": 1, "seat": 4, "due_at": 30_000_240},
        ),
        (1, 9, AGENT, Actor.AGENT, taken, {"status": Status.OPEN, "seat": 2, "due_at": 30_000_480}),
        (1, 17, AGENT, Actor.AGENT, asked, {"status": Status.WAITING, "budget": 400, "due_at": 30_004_800}),
        (
            1,
            18,
            CUSTOMER,
            Actor.CUSTOMER,
            answered,
            {"status": Status.OPEN, "budget": 0, "due_at": 30_000_880},
        ),
        (1, 30, AGENT, Actor.AGENT, passed, {"status": Status.ESCALATED, "lane": 2, "seat": 0}),
        (2, 2, SUPERVISOR, Actor.SUPERVISOR, given, {"status": Status.OPEN, "seat": 5, "breached": 1}),
        (2, 3, OTHER_AGENT, Actor.AGENT, erased, {}),
        (
            2,
            8,
            OTHER_AGENT,
            Actor.AGENT,
            solved,
            {"status": Status.RESOLVED, "budget": 7, "due_at": 30_009_000},
        ),
        (2, 20, CUSTOMER, Actor.CUSTOMER, rated, {"rating": 4}),
        (2, 33, STRANGER, Actor.ANYONE, None, {"status": Status.CLOSED, "budget": 0, "due_at": 0}),
    )
    word, acts = {"customer": int(CUSTOMER, 16)}, []
    for number, (lane, position, actor, kind, opening, changes) in enumerate(steps, 1):
        word = word | changes | {"acts": number}
        entry = NOTHING if opening is None else opening.entry
        at = NOON + 60 * number
        acts.append(ShownAct(lane, position, pack(TICKET, **word), actor, kind, entry, at, ()))
    messages = [
        said(20 + number, "message", text, "Ann") for number, text in enumerate(("Hello?", "Thanks!"))
    ]
    shown = [step[4] for step in steps if step[4] is not None and step[4] is not answered]
    file = ProofFile(
        desk="acme",
        chain_id=31_337,
        contracts={
            name: ShownContract(address, b"", CREATIONS[name])
            for name, address in (
                ("AgentCertification", CERTIFICATION),
                ("RecordAnchor", ANCHOR),
                ("TicketDesk", DESK),
            )
        },
        block=ShownBlock(77, "", b""),
        nodes=(),
        ticket=ticket,
        acts=tuple(acts),
        openings=(*shown, *messages),
        messages=tuple(ShownMessage(message.entry, "", ()) for message in messages),
        consistency=(EarlierRoot(1, 18, b"", ()), EarlierRoot(2, 3, b"", ())),
    )
    beside = Beside(
        certificates={
            2: _certificate(AGENT, program=1, issued_at=NOON - 86_400),
            # Renewed after his acts.
            5: _certificate(OTHER_AGENT, program=2, issued_at=NOON + 4000, level=2),
        },
        lanes={1: pack(LANE, program=1, level=1, turns=9), 2: pack(LANE, program=2, level=1)},
    )
    return file, beside


def honest() -> ProofFile:
    """The story's file, which verifies against its own block."""
    return rebuilt(*story())


def rebuilt(file: ProofFile, beside: Beside) -> ProofFile:
    """A file that says the same, with every hash made anew."""
    file = _committed(file)
    contracts = {
        name: replace(contract, code=beside.codes.get(name) or _code(file, name))
        for name, contract in file.contracts.items()
    }
    logs = {lane: _log(file, lane) for lane in sorted({act.lane for act in file.acts})}
    acts = tuple(replace(act, path=tuple(logs[act.lane].inclusion_proof(act.position))) for act in file.acts)
    tree = _tree(file)
    messages = tuple(
        ShownMessage(message.entry, tree.root, _path(tree, message.entry)) for message in file.messages
    )
    consistency = tuple(
        EarlierRoot(each.lane, each.size, log.root(each.size), tuple(log.consistency_proof(each.size)))
        for each in file.consistency
        if (log := logs.get(each.lane)) is not None and each.size <= len(log)
    )
    storages = {
        "TicketDesk": {
            _slot(bytes.fromhex(file.ticket[2:]), "_tickets"): file.acts[-1].word
            if beside.ticket is None
            else beside.ticket,
            **_lanes(logs, beside),
        },
        "AgentCertification": {
            _slot(_key(number), "_certificates"): word
            for number, word in beside.certificates.items()
            if number in _seats(file)
        },
        "RecordAnchor": {_slot(bytes.fromhex(tree.root[2:]), "anchoredAt"): beside.anchored},
    }
    addresses = {name: contract.address for name, contract in contracts.items()}
    nodes, root = _state(
        {addresses[name]: (contract.code, storages[name]) for name, contract in contracts.items()},
        {addresses[name]: _needed(slots, logs) for name, slots in storages.items() if name in addresses},
    )
    sealed = header(file.block.number, beside.time, root)
    return replace(
        file,
        contracts=contracts,
        acts=acts,
        messages=messages,
        consistency=consistency,
        openings=tuple(sorted(file.openings, key=lambda opening: opening.entry)),
        nodes=tuple(sorted(nodes, key=keccak)),
        block=ShownBlock(file.block.number, to_hex(keccak(sealed)), sealed),
    )


def _code(file: ProofFile, name: str) -> bytes:
    return runtime_code(
        name,
        chain_id=file.chain_id,
        address=file.contracts[name].address,
        certification=file.contracts["AgentCertification"].address,
    )


def _committed(file: ProofFile) -> ProofFile:
    """The file with an entry for each opening as it is now; where the first changes, it is another ticket."""
    entries: dict[str, str] = {}
    ticket = file.ticket
    openings = []
    # The record that opens the ticket comes first: the others name the ticket.
    for opening in sorted(file.openings, key=lambda opening: opening.entry != file.acts[0].entry):
        record = opening.record
        if record.ticket == file.ticket:
            record = replace(record, ticket=ticket)
        if record.after in entries:
            record = replace(record, after=entries[record.after])
        again = commit(record, opening.salt)
        entries[opening.entry] = again.entry
        openings.append(again)
        if opening.entry == file.acts[0].entry:
            customer = to_hex(unpack(TICKET, file.acts[0].word)["customer"].to_bytes(20, "big"))
            ticket = to_hex(ticket_id(customer, bytes.fromhex(again.entry[2:])))
    messages = (
        replace(message, entry=entries.get(message.entry, message.entry)) for message in file.messages
    )
    return replace(
        file,
        ticket=ticket,
        openings=tuple(openings),
        acts=tuple(replace(act, entry=entries.get(act.entry, act.entry)) for act in file.acts),
        messages=tuple(sorted(messages, key=lambda message: message.entry)),
    )


def _log(file: ProofFile, lane: int) -> Log:
    """A lane's log with the file's acts in their places, and others' between and behind them."""
    own = {act.position: _leaf(file, act) for act in file.acts if act.lane == lane}
    size = max(_FILLING, *(position + 1 for position in own))
    return Log(own.get(place, sha256(f"{lane} {place}".encode()).digest()) for place in range(size))


def _leaf(file: ProofFile, act: ShownAct) -> bytes:
    ticket, entry = bytes.fromhex(file.ticket[2:]), bytes.fromhex(act.entry[2:])
    return leaf_hash(leaf_data(ticket, act.word, act.actor, act.kind, entry, act.at))


def _tree(file: ProofFile) -> MerkleTree:
    others = [to_hex(_hash("entry", number)) for number in range(5)]
    return MerkleTree.of_entries([*(message.entry for message in file.messages), *others])


def _path(tree: MerkleTree, entry: str) -> tuple[bytes, ...]:
    return tuple(bytes.fromhex(each[2:]) for each in tree.path(tree.place([entry])))


def _seats(file: ProofFile) -> set[int]:
    fields = (unpack(TICKET, act.word) for act in file.acts)
    return {each["seat"] for each in fields if each["status"] != Status.NEW} - {0}


def _lanes(logs: Mapping[int, Log], beside: Beside) -> dict[int, int]:
    """The slots of lanes' words and peaks, those of levels that a size does not have out of date."""
    slots = {}
    for lane, log in logs.items():
        word = beside.lanes[lane]
        slots[_slot(_key(lane), "_lanes")] = word and word | len(log) << LANE["size"][0]
        peaks, first = log.peaks(), _slot(_key(lane), "_peaks")
        for level in range(len(log).bit_length()):
            peak = (
                peaks[bin(len(log) >> level + 1).count("1")] if len(log) >> level & 1 else _hash("old", level)
            )
            slots[first + level] = int.from_bytes(peak, "big")
    return slots


def _needed(slots: Iterable[int], logs: Mapping[int, Log]) -> list[int]:
    """The slots that a file proves: not those of peaks that there are no longer."""
    old = {
        _slot(_key(lane), "_peaks") + level
        for lane, log in logs.items()
        for level in range(40)
        if not len(log) >> level & 1
    }
    return [slot for slot in slots if slot not in old]


def _state(
    accounts: Mapping[str, tuple[bytes, Mapping[int, int]]], needed: Mapping[str, Iterable[int]]
) -> tuple[set[bytes], bytes]:
    """The nodes that lead to accounts and to the slots that a file needs, among others'; the state's root."""
    nodes: set[bytes] = set()
    state: dict[bytes, bytes] = {
        _hash("account", n)[:20]: rlp.encode([b"\1", b"", _hash("r", n), _hash("c", n)])
        for n in range(_OTHERS)
    }
    for address, (code, slots) in accounts.items():
        values = {_key(slot): rlp.encode(word) for slot, word in slots.items() if word}
        values |= {_hash("slot", number): rlp.encode(number + 1) for number in range(_OTHERS)}
        root = _proof(values, [_key(slot) for slot in needed[address]], nodes)
        state[bytes.fromhex(address[2:])] = rlp.encode([b"\1", b"", root, keccak(code)])
    return nodes, _proof(state, [bytes.fromhex(address[2:]) for address in accounts], nodes)


def _proof(values: Mapping[bytes, bytes], keys: Iterable[bytes], nodes: set[bytes]) -> bytes:
    """Add the nodes on the ways to some keys; the trie's root."""
    trie = HexaryTrie({})
    for key, value in values.items():
        trie[keccak(key)] = value
    for key in keys:
        nodes.update(rlp.encode(node) for node in trie.get_proof(keccak(key)) if len(rlp.encode(node)) >= 32)
    root: bytes = trie.root_hash
    return root


def header(number: int, time: int, state_root: bytes) -> bytes:
    hashes = [_hash("header", place) for place in range(5)]
    fields: list[Any] = [
        hashes[0],
        hashes[1],
        _hash("miner", 0)[:20],
        state_root,
        hashes[2],
        hashes[3],
        bytes(256),
    ]
    fields += [0, number, 30_000_000, 21_000, time, b"", hashes[4], bytes(8), 7, _hash("withdrawals", 0)]
    raw: bytes = rlp.encode(fields)
    return raw


def _said(
    kind: str, content: Any, author: str, number: int, *, ticket: str | None = None, after: str | None = None
) -> Opening:
    if isinstance(content, str):
        content = {"body": content}
    at = datetime.fromtimestamp(NOON + 60 * number - 5, timezone.utc)
    record = compose(content | {"created_at": at}, kind=kind, author=author, ticket=ticket, after=after)
    return commit(record, _hash("salt", number))


def _certificate(agent: str, *, program: int, issued_at: int, level: int = 1) -> int:
    return pack(
        CERTIFICATE,
        agent=int(agent, 16),
        program=program,
        level=level,
        standing=Standing.ACTIVE,
        issued_at=issued_at,
        expires_at=issued_at + 31_536_000,
    )


def _hash(what: str, number: int) -> bytes:
    return sha256(f"{what} {number}".encode()).digest()


def _slot(key: bytes, variable: str) -> int:
    return int.from_bytes(keccak(key + _key(_SLOTS[variable])), "big")


def _key(number: int) -> bytes:
    return number.to_bytes(32, "big")
