"""What a proof file discloses: records that its maker chooses of those he can read, and dated messages."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from proofdesk._errors import ContentErased, ContentMissing, ContentSealed, InvalidArgument
from proofdesk._records import Opening
from proofdesk._store import Archive
from proofdesk._words import to_bytes, to_hex
from proofdesk.anchors.queue import Batched, proof_of
from proofdesk.proof.file import ANCHOR

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk

ALL: Final = "all"
NONE: Final = "none"


@dataclass(frozen=True, slots=True)
class Disclosed:
    """What opens entries of acts and messages, in their order; and how each of the messages was anchored."""

    openings: tuple[Opening, ...]
    anchored: Mapping[str, Batched]


def entries_of(disclose: str | Iterable[str]) -> str | frozenset[str]:
    """What is to be disclosed: ALL, NONE or entries; raises InvalidArgument for anything else."""
    if isinstance(disclose, str):
        if disclose not in (ALL, NONE):
            raise InvalidArgument(f"disclose {disclose!r:.80} is not {ALL!r}, {NONE!r} or a list of entries")
        return disclose
    return frozenset(to_hex(to_bytes(entry, 32, "entry")) for entry in disclose)


async def disclosed(
    desk: AsyncDesk,
    chosen: str | frozenset[str],
    acts: Collection[str],
    messages: Collection[str],
    block: int,
) -> Disclosed:
    """Read what is chosen of the entries of acts and messages, as far as messages were anchored by a block.

    Of all, what is erased or sealed to others is left out, and messages that are not anchored yet. Of entries
    that were named nothing is: raises InvalidArgument for a strange one, and for a message that is not
    anchored yet, and what Archive.read raises.
    """
    if chosen == NONE:
        return Disclosed((), {})
    if isinstance(chosen, str):
        openings = await desk.run(_readable, desk.archive, {*acts, *messages})
    elif strange := chosen - {*acts, *messages}:
        raise InvalidArgument(
            f"entry {min(strange)} is of none of this ticket's acts and messages: name those that are"
        )
    else:
        openings = [await desk.run(desk.archive.read, entry) for entry in sorted(chosen)]
    beside = [opening.entry for opening in openings if opening.entry not in acts]
    anchored = await _anchored(desk, beside, block)
    if chosen != ALL and (late := set(beside) - anchored.keys()):
        raise InvalidArgument(
            f"message {min(late)} is not anchored by block {block}, and so cannot be proven: leave it out or "
            "see that `proofdesk anchor run` is at work and try again later"
        )
    left_out = set(beside) - anchored.keys()
    return Disclosed(tuple(each for each in openings if each.entry not in left_out), anchored)


def _readable(archive: Archive, entries: Iterable[str]) -> list[Opening]:
    found = []
    for entry in sorted(entries):
        try:
            found.append(archive.read(entry))
        except (ContentErased, ContentMissing, ContentSealed):
            continue
    return found


async def _anchored(desk: AsyncDesk, entries: Iterable[str], block: int) -> dict[str, Batched]:
    """How entries were anchored, of those that were by a block."""
    found, dated = {}, {}
    for entry in entries:
        batched = await desk.run(proof_of, desk.archive.store, entry)
        if batched is None:
            continue
        if batched.root not in dated:
            dated[batched.root] = await desk.read(ANCHOR, "anchoredAt", batched.root, block=block)
        if dated[batched.root]:
            found[entry] = batched
    return found
