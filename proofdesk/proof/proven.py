"""What a proof file has proven: values that hold if its block is the chain's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from proofdesk._models import Actor, Certificate, Status, Ticket
from proofdesk._records import Record
from proofdesk._words import NO_ENTRY, to_hex
from proofdesk.proof.saying import Statement, say


@dataclass(frozen=True, slots=True)
class ProvenBlock:
    """The block that all is proven against.

    `is_given` if its hash did not come from the file alone; `is_asked` if a node said it, not the reader.
    """

    number: int
    hash: str
    at: datetime
    is_given: bool
    is_asked: bool = False


@dataclass(frozen=True, slots=True)
class ProvenAct:
    """An act of the ticket, leaf `position` of the log of `lane`; `record` where the file discloses it."""

    ticket_id: str
    lane: int
    position: int
    number: int
    status: Status
    word: int
    actor: str
    kind: Actor
    entry: str
    at: datetime
    record: Record | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ProvenLane:
    """The log of a lane at the block: its size and its RFC 9162 root."""

    id: int
    size: int
    root: str


@dataclass(frozen=True, slots=True)
class ProvenMessage:
    """A record beside the acts, which was there when its `root` was anchored."""

    entry: str
    root: str
    anchored_at: datetime
    record: Record = field(repr=False)


@dataclass(frozen=True, slots=True)
class ProvenErasure:
    """That act `act` says that something was erased before it; whether it was, nobody proves.

    It is the record of act `number`; with `acts`, all records up to that act, and messages; otherwise
    `entry`, of no act before it; with none of the three it is not said plainly. `ground` is the legal ground
    that it names; empty where it names none.
    """

    act: int
    at: datetime
    by: str
    kind: Actor
    ground: str
    entry: str = ""
    number: int = 0
    acts: int = 0


@dataclass(frozen=True, slots=True)
class Proven:
    """What a proof file has proven of a ticket; `statements` says it in words.

    `called` is the name the file gives the desk, which nothing proves. `began` are the contracts whose
    addresses say that this package's code made them, so that they began empty. `earlier` are roots of which
    was shown that the lanes' logs continue them.
    """

    chain_id: int
    desk: str
    certification: str
    anchor: str | None
    called: str
    block: ProvenBlock
    ticket: Ticket
    acts: tuple[ProvenAct, ...]
    lanes: tuple[ProvenLane, ...]
    certificates: tuple[Certificate, ...]
    messages: tuple[ProvenMessage, ...] = ()
    erasures: tuple[ProvenErasure, ...] = ()
    earlier: tuple[ProvenLane, ...] = ()
    began: tuple[str, ...] = ()

    def statements(self, lang: str = "en") -> tuple[Statement, ...]:
        """What is proven, not shown, erased, and what all this does not prove; `lang` is en or zh.

        Raises InvalidArgument for another language.

        >>> from proofdesk.proof.verifying import verify_file
        >>> str(verify_file(desk.proofs.make(ticket)).statements("zh")[-1])
        '记录所言属实，包括其中的作者姓名和时间：所证明的是这些文字已被固定，以及由哪个账户在何时固定。'
        """
        return say(self, lang)


def erasures_in(acts: Sequence[ProvenAct]) -> tuple[ProvenErasure, ...]:
    """What the disclosed records say was erased, in the order of the acts that say so."""
    shown = [(act, act.record) for act in acts if act.record is not None]
    return tuple(_erasure(act, record, acts) for act, record in shown if record.kind == "erasure")


def _erasure(act: ProvenAct, record: Record, acts: Sequence[ProvenAct]) -> ProvenErasure:
    ground, upto, entry = record.data.get("ground"), record.data.get("acts"), record.after
    found = ProvenErasure(
        act=act.number,
        at=act.at,
        by=act.actor,
        kind=act.kind,
        ground=ground if isinstance(ground, str) else "",
    )
    # Nobody checks what people write there; what is odd says less, not more.
    if record.data.get("scope") == "ticket":
        # True is a number to Python, and none in JSON.
        if entry == acts[0].entry and isinstance(upto, int) and upto is not True and upto > 0:
            return replace(found, acts=min(upto, act.number - 1))
        return found
    if entry is None or entry == to_hex(NO_ENTRY):
        return found
    # Nobody erases what is yet to come.
    number = next((each.number for each in acts[: act.number - 1] if each.entry == entry), 0)
    return replace(found, entry=entry, number=number)
