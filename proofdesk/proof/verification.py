"""Verification: a lane's log rebuilt from events alone and held against contract, table and records.

Everything checked is a function of acts and of what the chain says at one block; whatever differs first is
named. Acts that somebody else hands in (an index, an export, a doubtful copy) are judged in the same way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, Protocol

from proofdesk._abi import encode_call
from proofdesk._errors import ContentErased, ContentSealed, LogMismatch, RecordElsewhere
from proofdesk._history import DESK, Entry, read_acts, read_records
from proofdesk._models import Act, Actor, Status, Ticket
from proofdesk._rpc import NodeError
from proofdesk._transitions import is_legal
from proofdesk._words import TICKET, act_leaf, ticket_id, ticket_of, to_hex, unpack
from proofdesk.proof.log import Log

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk

MAX_ACTS = 1000  # from here on a ticket is only ended

_BATCH = 200
_COMPARED = ("ticket_id", "word", "actor", "kind", "entry", "at")
_ASSIGNABLE = {Status.NEW, Status.OPEN, Status.WAITING, Status.ON_HOLD, Status.ESCALATED}
_TRANSFERABLE = {
    Actor.AGENT: {Status.OPEN, Status.ON_HOLD},
    Actor.SUPERVISOR: {Status.NEW, Status.OPEN, Status.ON_HOLD, Status.ESCALATED},
}


class Logged(Protocol):
    """What an act's leaf and its place in a log say of it: an Act's part that needs no node to be known."""

    @property
    def ticket_id(self) -> str: ...
    @property
    def lane(self) -> int: ...
    @property
    def position(self) -> int: ...
    @property
    def number(self) -> int: ...
    @property
    def status(self) -> Status: ...
    @property
    def word(self) -> int: ...
    @property
    def kind(self) -> Actor: ...
    @property
    def entry(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Verified:
    """What was verified, as of `block`: so many acts and tickets, and each lane's root.

    `records` were read and are what was committed to; `erased` ones were erased, as the log says; those that
    are `sealed` this desk's keyring cannot open. `oddities` say, one by one, which acts name a record that is
    not theirs, as whoever may act can: they hide nothing, and are no fault of the others'.
    """

    block: int
    acts: int
    tickets: int
    records: int
    erased: int
    sealed: int
    oddities: tuple[str, ...]
    roots: Mapping[int, str]


class Read(NamedTuple):
    """How records were found: read and fitting, erased, sealed to others; what is odd, in words."""

    records: int
    erased: int
    sealed: int
    oddities: tuple[str, ...]


async def verify(
    desk: AsyncDesk,
    lanes: Collection[int],
    given: Iterable[Act] | None,
    contents: bool,
    *,
    ticket: str | None = None,
) -> Verified:
    """Verify lanes and their tickets, or one of these; given acts are judged in place of the chain's.

    Raises LogMismatch, ContentMissing, ContentTampered naming the first difference; ConnectionLost.
    """
    # All is read as of one block, so that a desk at work can be verified.
    block = await desk.node.height()
    chain = await _read_acts(desk, block, lanes=lanes)
    acts = chain if given is None else [act for act in given if act.lane in lanes]
    roots: dict[int, str] = {}
    for lane in sorted(lanes):
        roots[lane] = await desk.read(DESK, "root", lane, block=block)
        check_lane(
            lane,
            sorted((act for act in acts if act.lane == lane), key=lambda act: act.position),
            size=(await desk.read(DESK, "lane", lane, block=block))[-1],
            peaks=[bytes.fromhex(peak[2:]) for peak in await desk.read(DESK, "peaks", lane, block=block)],
            root=bytes.fromhex(roots[lane][2:]),
            reference=() if given is None else [act for act in chain if act.lane == lane],
        )
    tickets = await _whole(desk, [act for act in acts if ticket in (None, act.ticket_id)], block)
    for own, word in tickets:
        check_ticket(own, word)
    checked = [act for own, _ in tickets for act in own]
    entries = await desk.run(read_records, desk.archive, checked) if contents else []
    return Verified(block, len(checked), len(tickets), *check_records(entries), roots)


def rebuilt(lane: int, acts: Iterable[Act]) -> Log:
    """A lane's log, from its acts in the order of their positions.

    Raises LogMismatch where a position is missing or stands twice.
    """
    log = Log()
    for act in acts:
        if act.position != len(log):
            position = min(act.position, len(log))
            what = "is missing" if act.position > position else "is given twice"
            raise LogMismatch(f"lane {lane}: leaf {position} {what}", lane=lane, position=position)
        log.append(act_leaf(act))
    return log


def check_lane(
    lane: int, acts: Sequence[Act], size: int, peaks: Sequence[bytes], root: bytes, reference: Sequence[Act]
) -> None:
    """Check a lane's acts against its log on chain, in the order of their positions.

    `reference` are the chain's own events, should the acts come from elsewhere: they tell which act differs.
    Raises LogMismatch naming the first difference as closely as it can be known.
    """
    for act, other in zip(acts, reference, strict=False):
        for field in _COMPARED:
            given, known = getattr(act, field), getattr(other, field)
            if given != known and act.position == other.position:
                raise LogMismatch(
                    f"lane {lane}, leaf {act.position}, act {other.number} of ticket {other.ticket_id}: "
                    f"{field} is {_shown(given)}, the chain says {_shown(known)}",
                    lane=lane,
                    position=act.position,
                )
    log = rebuilt(lane, acts)
    if len(log) != size:
        position = min(len(log), size)
        missing = f"{size - len(log)} are missing" if size > len(log) else f"{len(log) - size} are too many"
        raise LogMismatch(
            f"lane {lane} has {size} acts on chain, {len(log)} were given: from leaf {position} on {missing}",
            lane=lane,
            position=position,
        )
    start = 0
    for index, (ours, theirs) in enumerate(zip(log.peaks(), peaks, strict=True)):
        width = 1 << _heights(size)[index]
        if ours != theirs:
            raise LogMismatch(
                f"lane {lane}: the acts give another root than the chain's; the first difference is in the "
                f"leaves from {start} to {start + width - 1}",
                lane=lane,
                position=start,
            )
        start += width
    if log.root() != root:
        raise LogMismatch(
            f"lane {lane}: the acts give root {to_hex(log.root())}, the chain says {to_hex(root)}", lane=lane
        )


def check_ticket(acts: Sequence[Logged], word: int) -> None:
    """Check all acts of a ticket, in their order, against each other, the table and its word on chain.

    Raises LogMismatch naming the first act that does not follow.
    """
    first, last = acts[0], acts[-1]
    for number, act in enumerate(acts, 1):
        if act.number != number:
            _fail(act, f"is act {act.number} where act {number} should follow")
    opened = _ticket(first)
    if opened.status is not Status.NEW or _id(first.entry, opened.customer) != first.ticket_id:
        _fail(first, f"opens no ticket of {opened.customer} with this entry")
    for before, act in pairwise(acts):
        if not _follows(_ticket(before), act, _ticket(act)):
            _fail(
                act, f"{act.kind.name} cannot lead from {before.status.name} to {act.status.name} like this"
            )
    if last.word != word:
        _fail(last, f"left the word {last.word:#x}, the chain has {word:#x}")


def check_records(entries: Sequence[Entry]) -> Read:
    """Check that each record is there, as committed to, and see whether it is its act's.

    Raises ContentMissing, ContentTampered.
    """
    records = erased = sealed = 0
    oddities = []
    for entry in entries:
        if isinstance(entry.problem, ContentErased):
            erased += 1
        elif isinstance(entry.problem, ContentSealed):
            sealed += 1
        elif isinstance(entry.problem, RecordElsewhere):
            # Not raised: whoever may act could keep a whole desk from being verified, for ever.
            oddities.append(f"{_place(entry.act)}: names a record that was written for another ticket or act")
        elif entry.problem is not None:
            raise entry.problem
        elif entry.record is not None:
            records += 1
    return Read(records, erased, sealed, tuple(oddities))


def _follows(before: Ticket, act: Logged, after: Ticket) -> bool:
    """Whether an act may have made one ticket of the other."""
    kind, from_, to = act.kind, before.status, after.status
    if after.customer != before.customer or act.lane != before.lane or before.breached > after.breached:
        return False
    if after.rating != before.rating:
        ended = from_ in (Status.RESOLVED, Status.CLOSED)
        return kind is Actor.CUSTOMER and before.rating is None and to is from_ and ended
    if after.lane != before.lane:
        shed = to is Status.ESCALATED and after.certificate_id is None
        return shed and from_ in _TRANSFERABLE.get(kind, ())
    if to is Status.OPEN and (from_ is Status.NEW or after.certificate_id != before.certificate_id):
        taken = kind is Actor.AGENT and from_ is Status.NEW
        return after.certificate_id is not None and (
            taken or (kind is Actor.SUPERVISOR and from_ in _ASSIGNABLE)
        )
    if is_legal(kind, from_, to):
        return True
    if to is Status.ESCALATED and after.certificate_id is None:
        return is_legal(kind, from_, Status.OPEN)  # Open without an agent
    if kind is Actor.SUPERVISOR and to is Status.OPEN:
        return from_ in _ASSIGNABLE  # to the agent who had it
    return to is Status.CLOSED and before.acts >= MAX_ACTS and kind in (Actor.ANYONE, Actor.MODULE)


def _fail(act: Logged, problem: str) -> None:
    raise LogMismatch(f"{_place(act)}: {problem}", lane=act.lane, position=act.position)


def _place(act: Logged) -> str:
    return f"lane {act.lane}, leaf {act.position}, act {act.number} of ticket {act.ticket_id}"


def _ticket(act: Logged) -> Ticket:
    return ticket_of(bytes.fromhex(act.ticket_id[2:]), act.word)


def _id(entry: str, customer: str) -> str:
    return to_hex(ticket_id(customer, bytes.fromhex(entry[2:])))


def _heights(size: int) -> list[int]:
    return [height for height in reversed(range(size.bit_length())) if size >> height & 1]


def _shown(value: object) -> str:
    if isinstance(value, Enum):
        return value.name
    return f"{value:#x}" if isinstance(value, int) else f"{value}"


async def _read_acts(
    desk: AsyncDesk, until: int, *, lanes: Collection[int] = (), tickets: Collection[str] = ()
) -> list[Act]:
    return await read_acts(desk.node, desk.deployment.contract(DESK), until, lanes=lanes, tickets=tickets)


async def _whole(desk: AsyncDesk, acts: Iterable[Act], block: int) -> list[tuple[list[Act], int]]:
    """Each ticket's acts in their order, those in other lanes too, and its word on chain."""
    found: dict[str, list[Act]] = defaultdict(list)
    for act in acts:
        found[act.ticket_id].append(act)
    words = await _words(desk, list(found), block)
    partial = [id_ for id_, word in words.items() if unpack(TICKET, word)["acts"] > len(found[id_])]
    for group in _groups(partial):
        for id_ in group:
            found[id_].clear()
        for act in await _read_acts(desk, block, tickets=group):
            found[act.ticket_id].append(act)
    return [(sorted(own, key=lambda act: act.number), words[id_]) for id_, own in found.items()]


async def _words(desk: AsyncDesk, ids: Sequence[str], block: int) -> dict[str, int]:
    address, words = desk.deployment.contract(DESK).address, {}
    for group in _groups(ids):
        calls = [{"to": address, "data": to_hex(encode_call(DESK, "wordOf", id_))} for id_ in group]
        answers = await desk.node.batch([("eth_call", [call, hex(block)]) for call in calls])
        for id_, answer in zip(group, answers, strict=True):
            if isinstance(answer, NodeError):
                raise answer
            words[id_] = int(answer, 16)
    return words


def _groups(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))
