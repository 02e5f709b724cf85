"""What happened on a desk, as its events tell it, and the records behind the acts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from proofdesk._abi import decode_event, topic
from proofdesk._deployments import Contract
from proofdesk._errors import ContentErased, ContentMissing, ContentSealed, ContentTampered, IntegrityError
from proofdesk._models import Act
from proofdesk._records import Record
from proofdesk._rpc import AsyncNode
from proofdesk._store import Archive
from proofdesk._words import NO_ENTRY, to_hex

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


def _entry(archive: Archive, act: Act) -> Entry:
    if act.entry == to_hex(NO_ENTRY):
        return Entry(act, None)
    try:
        return Entry(act, archive.read(act.entry).record)
    except (ContentErased, ContentMissing, ContentSealed, ContentTampered) as error:
        return Entry(act, None, error)
