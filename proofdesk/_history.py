"""What happened on a desk, as its events tell it, and the records behind the acts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from proofdesk._abi import decode_event, topic
from proofdesk._deployments import Contract
from proofdesk._errors import (
    ContentErased,
    ContentMissing,
    ContentSealed,
    ContentTampered,
    IntegrityError,
    RecordElsewhere,
)
from proofdesk._models import Act, Actor
from proofdesk._records import Record
from proofdesk._rpc import AsyncNode
from proofdesk._store import Archive
from proofdesk._words import NO_ENTRY, ticket_id, ticket_of, to_hex

if TYPE_CHECKING:
    from proofdesk.proof.verification import Logged

DESK = "TicketDesk"


@dataclass(frozen=True, slots=True)
class Entry:
    """An act and its record; `problem` says why that cannot be read. A called clock is an act without one."""

    act: Act
    record: Record | None
    problem: IntegrityError | ContentSealed | None = None


async def read_acts(
    node: AsyncNode,
    desk: Contract,
    until: int,
    *,
    since: int = 0,
    lanes: Collection[int] = (),
    tickets: Collection[str] = (),
) -> list[Act]:
    """The acts logged in the blocks from `since` to `until`, in order; of all lanes and tickets by default.

    Raises ConnectionLost, NodeError.
    """
    topics: list[Any] = [
        topic(DESK, "ActLogged"),
        list(tickets) or None,
        [f"0x{lane:064x}" for lane in lanes],
    ]
    logs = await node.logs(desk.address, topics[: 3 if lanes else 2], max(since, desk.block), until)
    return [act for act in map(decode_event, logs) if isinstance(act, Act)]


def read_records(archive: Archive, acts: Sequence[Act]) -> list[Entry]:
    """The acts with their records, verified against their entries; an erasure explains one that is gone."""
    entries = [_entry(archive, act) for act in acts]
    if not any(isinstance(entry.problem, (ContentErased, ContentMissing)) for entry in entries):
        return entries
    # Late: most desks have erased nothing.
    from proofdesk.privacy.erasing import explained

    return explained(entries)


def fits(act: Logged, record: Record) -> bool:
    """Whether a record is an act's own. Entries are public: whoever acts may name one that is not his.

    >>> opened = desk.tickets.history(ticket)[0]
    >>> fits(opened.act, opened.record)
    True
    """
    if act.number == 1 or ends_what_it_opened(act):
        return record.kind == "open"
    return record.ticket == act.ticket_id and record.kind not in ("message", "access")


def ends_what_it_opened(act: Logged) -> bool:
    """Whether a module goes on by the record that opened the ticket, as where a claim is judged at once."""
    if act.kind is not Actor.MODULE:
        return False
    customer = ticket_of(bytes.fromhex(act.ticket_id[2:]), act.word).customer
    return to_hex(ticket_id(customer, bytes.fromhex(act.entry[2:]))) == act.ticket_id


def _entry(archive: Archive, act: Act) -> Entry:
    if act.entry == to_hex(NO_ENTRY):
        return Entry(act, None)
    try:
        record = archive.read(act.entry).record
        return Entry(act, record) if fits(act, record) else Entry(act, None, RecordElsewhere(act.entry))
    except (ContentErased, ContentMissing, ContentSealed, ContentTampered) as error:
        return Entry(act, None, error)
