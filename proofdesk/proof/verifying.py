"""A proof file verified by itself: from the block's header down to every word, in one order.

Nothing is asked of a chain. What does not follow is named by ProofFailed; what is left is a Proven.
docs/proof-format.md says the same to who writes another verifier.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from proofdesk._errors import InvalidArgument, LogMismatch, RecordTooLarge
from proofdesk._history import fits
from proofdesk._models import Actor, Certificate, Standing, Status
from proofdesk._records import Opening, Record, verify_entry
from proofdesk._words import (
    CERTIFICATE,
    LANE,
    TICKET,
    address_of,
    certificate_of,
    keccak,
    leaf_data,
    moment,
    ticket_of,
    to_bytes,
    to_hex,
    unpack,
)
from proofdesk.anchors.tree import root_of, standard_leaf
from proofdesk.proof import slots
from proofdesk.proof.code import runtime_code
from proofdesk.proof.creation import address_by
from proofdesk.proof.errors import ProofFailed
from proofdesk.proof.fields import ANCHOR, CERTIFICATION, DESK, LAST_SECOND
from proofdesk.proof.file import ProofFile, ShownAct, ShownMessage
from proofdesk.proof.header import Header
from proofdesk.proof.log import leaf_hash, peaks_root, verify_consistency, verify_inclusion
from proofdesk.proof.proven import Proven, ProvenAct, ProvenBlock, ProvenLane, ProvenMessage, erasures_in
from proofdesk.proof.state import StateProof
from proofdesk.proof.verification import check_ticket


def verify_file(
    file: ProofFile | bytes | str | os.PathLike[str],
    *,
    block_hash: str | bytes | None = None,
    is_asked: bool = False,
) -> Proven:
    """Verify a proof file, given as it is, by its bytes or its path, and say what it proves.

    `block_hash` is the hash of its block from a source that the reader trusts; without one all holds only if
    the file's own is the chain's. `is_asked` says that it is what a node has for that block: the statements
    then do not call it the reader's own. Raises MalformedProof for what is no proof file, ProofFailed naming
    what does not hold, InvalidArgument for a hash that is none, OSError.

    >>> file = desk.proofs.make(ticket)
    >>> verify_file(file.dump(), block_hash=file.block.hash).ticket.id == ticket.id
    True
    """
    given = None if block_hash is None else to_bytes(block_hash, 32, "block hash")
    # One that was made here in its one form too: what cannot be written or read proves nothing to anybody.
    return _Verifier(
        ProofFile.load(file.dump() if isinstance(file, ProofFile) else file), given, is_asked
    ).proven()


class _Verifier:
    """Verifies one file; each method is one check of docs/proof-format.md."""

    def __init__(self, file: ProofFile, given: bytes | None, is_asked: bool) -> None:
        self._file = file
        self._header = _header(file, given)
        self._block = ProvenBlock(
            number=self._header.number,
            hash=to_hex(self._header.hash),
            at=_moment(self._header.time, "block"),
            is_given=given is not None,
            is_asked=is_asked and given is not None,
        )
        self._state = StateProof(file.nodes, self._header.state_root)
        self._openings = {opening.entry: opening for opening in file.openings}

    def proven(self) -> Proven:
        """All checks, in their order; raises ProofFailed."""
        file = self._file
        self._check_code()
        began = tuple(name for name in file.contracts if self._began_empty(name))
        word = self._word(DESK, slots.ticket_slot(file.ticket))
        if not word:
            raise ProofFailed("ticket", f"there is no ticket {file.ticket} at this block")
        lane_words = {lane: self._lane_word(lane) for lane in sorted({act.lane for act in file.acts})}
        lanes = {lane: self._lane(lane, word) for lane, word in lane_words.items()}
        acts = tuple(self._act(number, act, lanes) for number, act in enumerate(file.acts, 1))
        self._check_moves(acts, word)
        certificates = self._certificates(acts)
        _check_agents(acts, certificates, lane_words)
        messages = self._messages()
        self._check_openings(acts, messages)
        earlier = self._earlier(lanes)
        if unused := self._state.unused():
            raise ProofFailed("nodes", f"nothing needs node {to_hex(keccak(unused[0]))}")
        return Proven(
            chain_id=file.chain_id,
            desk=self._address(DESK),
            certification=self._address(CERTIFICATION),
            anchor=self._address(ANCHOR) if messages else None,
            began=began,
            called=file.desk,
            block=self._block,
            ticket=ticket_of(bytes.fromhex(file.ticket[2:]), word),
            acts=acts,
            lanes=tuple(lanes.values()),
            certificates=tuple(certificates.values()),
            messages=messages,
            erasures=erasures_in(acts),
            earlier=earlier,
        )

    # ------------------------------------------------------------------------------------ what the chain says

    def _check_code(self) -> None:
        """Each contract's code is the account's, and what this package's constructor makes there."""
        certification = self._file.contracts[CERTIFICATION].address
        for name, contract in self._file.contracts.items():
            if self._state.account(contract.address).code_hash != keccak(contract.code):
                raise ProofFailed(name, f"the code is not that of the account {contract.address}")
            expected = runtime_code(
                name,
                chain_id=self._file.chain_id,
                address=contract.address,
                certification=certification,
            )
            if contract.code != expected:
                raise ProofFailed(
                    name,
                    f"the code at {contract.address} is not this package's, made for chain "
                    f"{self._file.chain_id} and the contracts that the file names: a desk of another version "
                    "is verified by that version",
                )

    def _began_empty(self, name: str) -> bool:
        """Whether a contract's address says that this package's code made it, so that it began empty."""
        contract = self._file.contracts[name]
        if contract.created is None:
            return False
        try:
            address = address_by(name, contract.created)
        except InvalidArgument:
            raise ProofFailed(name, "is made with other arguments than the file says") from None
        if to_bytes(address, 20, name) != to_bytes(contract.address, 20, name):
            raise ProofFailed(name, f"this package's code, made as the file says, stands at {address}")
        return True

    def _lane_word(self, lane: int) -> int:
        word = self._word(DESK, slots.lane_slot(lane))
        if not word:
            raise ProofFailed(f"lane {lane}", "there is none of this number at this block")
        return word

    def _lane(self, lane: int, word: int) -> ProvenLane:
        """A lane's size, and its root, folded of the peaks that the chain keeps."""
        peaks = [self._word(DESK, slot).to_bytes(32, "big") for slot in slots.peak_slots(lane, word)]
        return ProvenLane(lane, unpack(LANE, word)["size"], to_hex(peaks_root(peaks)))

    def _certificates(self, acts: Sequence[ProvenAct]) -> dict[int, Certificate]:
        """The certificates that ever had the ticket's seat, as they are at the block."""
        found = {}
        for number in slots.certificates_in(act.word for act in acts):
            word = self._word(CERTIFICATION, slots.certificate_slot(number))
            if not 1 <= unpack(CERTIFICATE, word)["standing"] < len(Standing):
                raise ProofFailed(f"certificate {number}", "there is none of this number at this block")
            found[number] = certificate_of(number, word)
        return found

    # ------------------------------------------------------------------------------------- what the file says

    def _act(self, number: int, act: ShownAct, lanes: Mapping[int, ProvenLane]) -> ProvenAct:
        """An act that is in its lane's log, with its record where it is disclosed."""
        part, lane = f"act {number}", lanes[act.lane]
        field = unpack(TICKET, act.word)
        if not 1 <= field["status"] < len(Status):
            raise ProofFailed(part, "its word has a status that there is not")
        leaf = leaf_data(
            bytes.fromhex(self._file.ticket[2:]),
            act.word,
            act.actor,
            act.kind,
            bytes.fromhex(act.entry[2:]),
            act.at,
        )
        root = bytes.fromhex(lane.root[2:])
        if not verify_inclusion(leaf_hash(leaf), act.position, lane.size, act.path, root):
            raise ProofFailed(part, f"is not leaf {act.position} of the log of lane {act.lane} at this block")
        found = ProvenAct(
            ticket_id=self._file.ticket,
            lane=act.lane,
            position=act.position,
            number=field["acts"],
            status=Status(field["status"]),
            word=act.word,
            actor=address_of(int(act.actor, 16)),
            kind=act.kind,
            entry=act.entry,
            at=_moment(act.at, part),
        )
        record = self._record(act.entry, part)
        return replace(found, record=record) if record is not None and fits(found, record) else found

    def _check_moves(self, acts: Sequence[ProvenAct], word: int) -> None:
        """The acts are all that the word counts, and each follows."""
        try:
            check_ticket(acts, word)
        except LogMismatch as error:
            raise ProofFailed("acts", str(error)) from None
        if acts[0].lane != unpack(TICKET, acts[0].word)["lane"]:
            raise ProofFailed("act 1", "opens the ticket in another lane than its word says")
        times = [*(act.at for act in acts), self._block.at]
        for number, (at, then) in enumerate(pairwise(times), 1):
            if at > then:
                raise ProofFailed(f"act {number}", "is later than what came after it")

    def _messages(self) -> tuple[ProvenMessage, ...]:
        """The messages, each this ticket's and under a root that was anchored."""
        return tuple(map(self._message, self._file.messages))

    def _message(self, message: ShownMessage) -> ProvenMessage:
        part = f"message {message.entry}"
        record = self._record(message.entry, part)
        if record is None:
            raise ProofFailed(part, "is not disclosed: nothing shows that it belongs to this ticket")
        if record.kind != "message" or record.ticket != self._file.ticket:
            raise ProofFailed(part, "is no message of this ticket")
        if root_of(standard_leaf([message.entry]), map(to_hex, message.path)) != message.root:
            raise ProofFailed(part, f"its path does not lead to root {message.root}")
        time = self._word(ANCHOR, slots.anchor_slot(message.root))
        if not 0 < time <= self._header.time:
            raise ProofFailed(part, f"root {message.root} was not anchored by this block")
        return ProvenMessage(message.entry, message.root, moment(time), record)

    def _check_openings(self, acts: Sequence[ProvenAct], messages: Sequence[ProvenMessage]) -> None:
        """What is disclosed is an act's own record, or a message."""
        known = {act.entry for act in acts if act.record is not None}
        known |= {message.entry for message in messages}
        for entry in self._openings:
            if entry not in known:
                raise ProofFailed("openings", f"entry {entry} is of no act and no message here")

    def _earlier(self, lanes: Mapping[int, ProvenLane]) -> tuple[ProvenLane, ...]:
        """The earlier roots, each continued by its lane's log."""
        for shown in self._file.consistency:
            part, now = f"lane {shown.lane} at size {shown.size}", lanes.get(shown.lane)
            if now is None:
                raise ProofFailed(part, "no act of the ticket is in this lane")
            root = bytes.fromhex(now.root[2:])
            if not verify_consistency(shown.size, now.size, shown.root, root, shown.path):
                raise ProofFailed(part, "its log is not continued by the one at this block")
        return tuple(ProvenLane(each.lane, each.size, to_hex(each.root)) for each in self._file.consistency)

    # ---------------------------------------------------------------------------------------------- the means

    def _word(self, contract: str, slot: int) -> int:
        return self._state.storage(self._file.contracts[contract].address, slot)

    def _address(self, contract: str) -> str:
        return address_of(int(self._file.contracts[contract].address, 16))

    def _record(self, entry: str, part: str) -> Record | None:
        """The record that the file discloses for an entry, if it opens it."""
        opening = self._openings.get(entry)
        if opening is None:
            return None
        if not _opens(opening):
            raise ProofFailed(part, f"what is disclosed for entry {entry} is not what was committed to")
        return opening.record


def _header(file: ProofFile, given: bytes | None) -> Header:
    """The header, of the hash that the file names and, where one was given, the reader knows."""
    header = Header.decode(file.block.header)
    if to_hex(header.hash) != file.block.hash or header.number != file.block.number:
        raise ProofFailed("block", "its header is not that of the number and the hash that the file names")
    if given is not None and header.hash != given:
        raise ProofFailed(
            "block", f"the file is about the block of hash {file.block.hash}, you gave {to_hex(given)}"
        )
    return header


def _check_agents(
    acts: Sequence[ProvenAct], certificates: Mapping[int, Certificate], lane_words: Mapping[int, int]
) -> None:
    """Who acted as agent holds the seat's certificate, and it is of the program of the lane he was seated in.

    Its level and its term are those of the last renewal, and say nothing of an act before that.
    """
    seat = 0
    for act in acts:
        before, seat = seat, 0 if act.status is Status.NEW else unpack(TICKET, act.word)["seat"]
        own = certificates.get(before or seat)
        if act.kind is Actor.AGENT and (own is None or own.agent != act.actor):
            raise ProofFailed(f"act {act.number}", f"{act.actor} does not hold the seat's certificate")
        program = unpack(LANE, lane_words[act.lane])["program"]
        if seat not in (0, before) and certificates[seat].program != program:
            raise ProofFailed(
                f"act {act.number}", f"certificate {seat} is not of the lane's program {program}"
            )


def _opens(opening: Opening) -> bool:
    try:
        return verify_entry(opening.record, opening.salt, opening.entry)
    except RecordTooLarge:
        return False  # no entry was ever made of it


def _moment(seconds: int, part: str) -> datetime:
    if seconds > LAST_SECOND:
        raise ProofFailed(part, f"{seconds} seconds is no time")
    return moment(seconds)
