"""Lies that hold in every hash: each changes one thing of a story, from which all hashes are made anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from proofdesk._models import Actor, Status
from proofdesk._records import commit, compose
from proofdesk._words import CERTIFICATE, LANE, TICKET, pack, unpack
from proofdesk.proof.code import runtime_code
from proofdesk.proof.file import ProofFile
from tests.proof import forging
from tests.proof.forging import Beside

Told = tuple[ProofFile, Beside]
Lie = Callable[[ProofFile, Beside], Told]

OTHER = "0x" + 64 * "7"


def word(act: int, **changes: int) -> Lie:
    """The word of an act says something else."""

    def lie(file: ProofFile, beside: Beside) -> Told:
        fields = unpack(TICKET, file.acts[act - 1].word) | changes
        return acted(act, word=pack(TICKET, **fields))(file, beside)

    return lie


def acted(act: int, **changes: Any) -> Lie:
    """An act is another one."""

    def lie(file: ProofFile, beside: Beside) -> Told:
        acts = list(file.acts)
        acts[act - 1] = replace(acts[act - 1], **changes)
        return replace(file, acts=tuple(acts)), beside

    return lie


def without(act: int) -> Lie:
    """An act is left out, and the chain's word counts it."""

    def lie(file: ProofFile, beside: Beside) -> Told:
        left = tuple(each for number, each in enumerate(file.acts, 1) if number != act)
        entries = {each.entry for each in left} | {each.entry for each in file.messages}
        openings = tuple(each for each in file.openings if each.entry in entries)
        return replace(file, acts=left, openings=openings), replace(beside, ticket=file.acts[-1].word)

    return lie


def certificate(number: int, **changes: int) -> Lie:
    """A certificate's word says something else."""

    def lie(file: ProofFile, beside: Beside) -> Told:
        fields = unpack(CERTIFICATE, beside.certificates[number]) | changes
        words = {**beside.certificates, number: pack(CERTIFICATE, **fields)}
        return file, replace(beside, certificates=words)

    return lie


def record(place: int, **changes: Any) -> Lie:
    """What an act or a message carries is another record; from 11 on they are messages."""

    def lie(file: ProofFile, beside: Beside) -> Told:
        entry = [*(act.entry for act in file.acts), *(each.entry for each in file.messages)][place - 1]
        openings = [
            commit(replace(each.record, **changes), each.salt) if each.entry == entry else each
            for each in file.openings
        ]
        entries = {old.entry: new.entry for old, new in zip(file.openings, openings, strict=True)}
        return (
            replace(
                file,
                openings=tuple(openings),
                acts=tuple(replace(act, entry=entries.get(act.entry, act.entry)) for act in file.acts),
                messages=tuple(
                    replace(each, entry=entries.get(each.entry, each.entry)) for each in file.messages
                ),
            ),
            beside,
        )

    return lie


def aside(**changes: Any) -> Lie:
    """The state says something else beside the acts."""
    return lambda file, beside: (file, replace(beside, **changes))


def another_entry(file: ProofFile, beside: Beside) -> Told:
    """The ticket's id is not of this entry; with its opening it would be made so."""
    hidden = tuple(each for each in file.openings if each.entry != file.acts[0].entry)
    return acted(1, entry=OTHER)(replace(file, openings=hidden), beside)


def undisclosed_message(file: ProofFile, beside: Beside) -> Told:
    entry = file.messages[0].entry
    return replace(file, openings=tuple(each for each in file.openings if each.entry != entry)), beside


def opening_of_nothing(file: ProofFile, beside: Beside) -> Told:
    content = {"body": "I said so.", "created_at": file.openings[0].record.created_at}
    made = commit(compose(content, kind="note", author="Bo", ticket=file.ticket), bytes(32))
    return replace(file, openings=(*file.openings, made)), beside


def foreign_code(chain_id: int, certification: str) -> Lie:
    """The desk's code was made for another chain or with another certification."""
    return lambda file, beside: (
        file,
        replace(
            beside,
            codes={
                "TicketDesk": runtime_code(
                    "TicketDesk", chain_id=chain_id, address=forging.DESK, certification=certification
                )
            },
        ),
    )


def patched_code(file: ProofFile, beside: Beside) -> Told:
    """Of the places of one immutable a single one is another."""
    code = bytearray(
        runtime_code("TicketDesk", chain_id=31_337, address=forging.DESK, certification=forging.CERTIFICATION)
    )
    assert code[2596 + 12 : 2596 + 32] == bytes.fromhex(forging.CERTIFICATION[2:])
    code[2596 + 31] ^= 1
    return file, replace(beside, codes={"TicketDesk": bytes(code)})


LANES = {1: pack(LANE, program=1, level=1), 2: pack(LANE, program=2, level=1)}
OTHER_PROGRAM = {**LANES, 2: pack(LANE, program=1)}
# The lie, and what part is named with which words.
LIES: Mapping[str, tuple[Lie, str, str]] = {
    "code for another chain": (foreign_code(1, forging.CERTIFICATION), "TicketDesk", "is not this package's"),
    "code with another certification": (foreign_code(31_337, forging.ANCHOR), "TicketDesk", "is not this"),
    "one immutable of many": (patched_code, "TicketDesk", "is not this package's"),
    "the anchor's code": (aside(codes={"RecordAnchor": b"\x60"}), "RecordAnchor", "is not this package's"),
    "a block of no time": (aside(time=253_402_300_800), "block", "is no time"),
    "no such ticket": (aside(ticket=0), "ticket", "there is no ticket"),
    "no such lane": (aside(lanes={**LANES, 2: 0}), "lane 2", "there is none"),
    "a status that there is not": (word(4, status=12), "act 4", "a status that there is not"),
    "a status of none": (word(4, status=0), "act 4", "a status that there is not"),
    "the last act left out": (without(10), "acts", "the chain has"),
    "the first act left out": (without(1), "acts", "is act 2 where act 1 should follow"),
    "an act in the middle left out": (without(7), "acts", "is act 8 where act 7 should follow"),
    "another word on chain": (aside(ticket=1 << 230), "acts", "the chain has"),
    "an illegal move": (word(8, status=Status.CLOSED), "acts", "cannot lead from OPEN to CLOSED"),
    "a move of another kind": (acted(8, kind=Actor.ANYONE), "acts", "ANYONE cannot lead"),
    "a breach taken back": (word(10, breached=0), "acts", "act 10"),
    "a rating by another": (acted(9, kind=Actor.SUPERVISOR), "acts", "act 9"),
    "another customer": (word(5, customer=7), "acts", "act 5"),
    "opened by another": (word(1, customer=7), "acts", "act 2"),
    "opened with another entry": (another_entry, "acts", "opens no ticket"),
    "opened in a log of another lane": (acted(1, lane=2, position=1), "act 1", "in another lane than"),
    "opened with an agent": (word(1, status=Status.OPEN), "acts", "opens no ticket"),
    "opened in another lane": (word(1, lane=2), "acts", "act 2"),
    "logged in another lane": (acted(3, lane=2, position=1), "acts", "act 3"),
    "times that fall": (acted(6, at=forging.NOON), "act 5", "later than what came after"),
    "an act after the block": (acted(10, at=forging.NOON + 9999), "act 10", "later than what came after"),
    "an agent without the certificate": (acted(3, actor=forging.OTHER_AGENT), "act 3", "does not hold"),
    "who takes without the certificate": (acted(2, actor=forging.OTHER_AGENT), "act 2", "does not hold"),
    "a certificate of another": (certificate(5, agent=7), "act 7", "does not hold"),
    "a certificate that there is not": (certificate(5, standing=0), "certificate 5", "there is none"),
    "a standing that there is not": (certificate(5, standing=5), "certificate 5", "there is none"),
    "a certificate of another program": (
        aside(lanes=OTHER_PROGRAM),
        "act 6",
        "is not of the lane's program",
    ),
    "a record of another ticket": (record(3, ticket=OTHER), "openings", "is of no act and no message"),
    "a message as an act's record": (record(3, kind="message"), "openings", "is of no act and"),
    "an opening that is none": (record(1, kind="exam"), "openings", "is of no act and no message"),
    "a message of another ticket": (record(11, ticket=OTHER), "message", "is no message of this ticket"),
    "a message that is none": (record(11, kind="reply"), "message", "is no message of this ticket"),
    "a message nobody can read": (undisclosed_message, "message", "is not disclosed"),
    "a message never anchored": (aside(anchored=0), "message", "was not anchored by this block"),
    "a message anchored later": (aside(anchored=forging.NOON + 5001), "message", "was not anchored by"),
    "an opening of nothing": (opening_of_nothing, "openings", "is of no act and no message"),
}
