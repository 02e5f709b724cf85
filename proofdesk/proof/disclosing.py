"""What a proof file discloses: records that its maker chooses of those he can read, and dated messages."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from proofdesk._errors import ContentErased, ContentMissing, ContentSealed, ContentTampered, InvalidArgument
from proofdesk._history import fits
from proofdesk._models import Act
from proofdesk._records import Opening
from proofdesk._store import Archive
from proofdesk._words import NO_ENTRY, to_bytes, to_hex
from proofdesk.anchors.queue import Batched, proofs_of
from proofdesk.proof.fields import ANCHOR

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk

log = logging.getLogger("proofdesk.proof")

ALL: Final = "all"
EVERYTHING: Final = "everything"
NONE: Final = "none"
_MESSAGE: Final = "message"


@dataclass(frozen=True, slots=True)
class Disclosed:
    """What opens entries of acts and messages, in their order; and how each of the messages was anchored."""

    openings: tuple[Opening, ...]
    anchored: Mapping[str, Batched]


def entries_of(disclose: str | Iterable[str]) -> str | frozenset[str]:
    """What is to be disclosed: ALL, EVERYTHING, NONE or entries; raises InvalidArgument for anything else."""
    if isinstance(disclose, str):
        if disclose not in (ALL, EVERYTHING, NONE):
            known = ", ".join(map(repr, (ALL, EVERYTHING, NONE)))
            raise InvalidArgument(f"disclose {disclose!r:.80} is not {known} or a list of entries")
        return disclose
    return frozenset(to_hex(to_bytes(entry, 32, "entry")) for entry in disclose)


async def disclosed(
    desk: AsyncDesk, chosen: str | frozenset[str], acts: Sequence[Act], messages: Collection[str], block: int
) -> Disclosed:
    """Read what is chosen of the entries of a ticket's acts and messages, as far as a block proves them.

    ALL is what both sides have seen; EVERYTHING the desk's own notes too. Of both, what is erased, damaged,
    sealed to others or another ticket's is left out, and messages that are not anchored yet. Of entries that
    were named nothing is: raises InvalidArgument for those, and what Archive.read raises.
    """
    if chosen == NONE:
        return Disclosed((), {})
    by_acts = {act.entry for act in acts} - {to_hex(NO_ENTRY)}
    if isinstance(chosen, str):
        readable = await desk.run(_readable, desk.archive, {*by_acts, *messages})
        # Late: it loads what seals.
        from proofdesk.privacy.writing import INTERNAL

        left_out = INTERNAL if chosen == ALL else ()
        openings = [
            each for each in readable if each.record.kind not in left_out and _belongs(each, acts, messages)
        ]
    else:
        if strange := chosen - {*by_acts, *messages}:
            raise InvalidArgument(
                f"entry {min(strange)} is of none of this ticket's acts and messages: name those that are"
            )
        openings = [await desk.run(desk.archive.read, entry) for entry in sorted(chosen)]
        for opening in openings:
            if not _belongs(opening, acts, messages):
                raise InvalidArgument(
                    f"the record of entry {opening.entry} was written for another ticket or act: leave it out"
                )
    beside = {opening.entry for opening in openings if opening.record.kind == _MESSAGE}
    anchored = await _anchored(desk, sorted(beside), block)
    late = beside - anchored.keys()
    if late and not isinstance(chosen, str):
        raise InvalidArgument(
            f"message {min(late)} is not anchored by block {block}, and so cannot be proven: leave it out or "
            "see that `proofdesk anchor run` is at work and try again later"
        )
    return Disclosed(tuple(each for each in openings if each.entry not in late), anchored)


def _belongs(opening: Opening, acts: Sequence[Act], messages: Collection[str]) -> bool:
    """Whether a record is that of an act that names it, or else a message of their ticket."""
    entry, record = opening.entry, opening.record
    if record.kind == _MESSAGE:
        return entry in messages and record.ticket == acts[0].ticket_id
    return any(fits(act, record) for act in acts if act.entry == entry)


def _readable(archive: Archive, entries: Iterable[str]) -> list[Opening]:
    found = []
    for entry in sorted(entries):
        try:
            found.append(archive.read(entry))
        except (ContentErased, ContentMissing, ContentSealed):
            continue
        except ContentTampered as error:
            log.warning("left out: %s", error)
    return found


async def _anchored(desk: AsyncDesk, entries: Iterable[str], block: int) -> dict[str, Batched]:
    """How entries were anchored, of those that were by a block."""
    found = await desk.run(proofs_of, desk.archive.store, entries)
    dated = {
        root: await desk.read(ANCHOR, "anchoredAt", root, block=block)
        for root in sorted({batched.root for batched in found.values()})
    }
    return {entry: batched for entry, batched in found.items() if dated[batched.root]}
