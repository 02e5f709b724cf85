"""Making a proof file: one block is read consistently, and what the node says of it is checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from proofdesk._errors import InvalidArgument, LogMismatch
from proofdesk._history import read_acts
from proofdesk._models import Act
from proofdesk._reader import NodeContradicts
from proofdesk._words import LANE, unpack
from proofdesk.anchors.queue import Batched
from proofdesk.proof.asking import StateAt, StateGone, ask_block
from proofdesk.proof.disclosing import disclosed
from proofdesk.proof.errors import ProofFailed
from proofdesk.proof.fields import ANCHOR, CERTIFICATION, DESK
from proofdesk.proof.file import EarlierRoot, ProofFile, ShownAct, ShownMessage
from proofdesk.proof.log import Log
from proofdesk.proof.proven import Proven
from proofdesk.proof.slots import (
    anchor_slot,
    certificate_slot,
    certificates_in,
    lane_slot,
    peak_slots,
    ticket_slot,
)
from proofdesk.proof.verification import rebuilt
from proofdesk.proof.verifying import verify_file

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk

_ATTEMPTS: Final = 4
_PAUSE: Final = 0.5  # seconds


@dataclass(frozen=True, slots=True)
class Wish:
    """What a file is to show of a ticket.

    `disclose` is ALL, NONE or entries, `messages` the entries of those there are, `earlier` a file whose
    lanes' roots are linked to this one's.
    """

    ticket: str
    disclose: str | frozenset[str]
    messages: frozenset[str] = frozenset()
    earlier: ProofFile | None = None


async def make(desk: AsyncDesk, wish: Wish, block: int | str) -> ProofFile:
    """The file, as of a block's number or tag, verified; a node that went on meanwhile is asked again.

    Raises as `AsyncProofs.make`.
    """
    earlier = None if wish.earlier is None else await _earlier(desk, wish.earlier)
    for attempt in range(_ATTEMPTS):
        try:
            found = await _make(desk, wish, earlier, block)
            await desk.run(verify_file, found)
            return found
        except (ProofFailed, LogMismatch, NodeContradicts, StateGone) as error:
            # Most likely it is at another block by now, or on another branch. What stays so is said.
            is_final = isinstance(error, StateGone) and isinstance(block, int)
            if is_final or attempt == _ATTEMPTS - 1:
                raise
        await desk.node.transport.sleep(_PAUSE)
    raise AssertionError("the last attempt returns or raises")


async def _make(desk: AsyncDesk, wish: Wish, earlier: Proven | None, tag: int | str) -> ProofFile:
    block, header = await ask_block(desk.node, tag)
    acts = await _acts(desk, wish.ticket, block.number)
    shown = await disclosed(desk, wish.disclose, acts, wish.messages, block.number)
    lanes = sorted({act.lane for act in acts})
    state = StateAt(desk, header)
    # Before the logs, which take longer: few blocks later some nodes prove it no more.
    await state.ask(DESK, [ticket_slot(wish.ticket), *map(lane_slot, lanes)])
    words = {lane: state.word(DESK, lane_slot(lane)) for lane in lanes}
    await state.ask(DESK, [slot for lane, word in words.items() for slot in peak_slots(lane, word)])
    await state.ask(CERTIFICATION, map(certificate_slot, certificates_in(act.word for act in acts)))
    if shown.anchored:
        await state.ask(ANCHOR, map(anchor_slot, {found.root for found in shown.anchored.values()}))
    logs = {lane: await _log(desk, lane, word, block.number) for lane, word in words.items()}
    return ProofFile(
        desk=desk.deployment.desk,
        chain_id=desk.deployment.chain_id,
        contracts=await state.contracts(),
        block=block,
        nodes=tuple(state.nodes()),
        ticket=wish.ticket,
        acts=tuple(_shown(act, logs[act.lane]) for act in acts),
        openings=shown.openings,
        messages=tuple(_message(entry, found) for entry, found in sorted(shown.anchored.items())),
        consistency=() if earlier is None else tuple(_links(earlier, logs)),
    )


async def _earlier(desk: AsyncDesk, file: ProofFile) -> Proven:
    """What an earlier file proves; raises ProofFailed, InvalidArgument for one of another desk."""
    found = await desk.run(verify_file, file)
    own = (desk.deployment.chain_id, desk.deployment.contract(DESK).address)
    if (found.chain_id, found.desk) != own:
        raise InvalidArgument(
            f"the earlier file is of the desk at {found.desk} on chain {found.chain_id}, not of {own[1]} on "
            f"chain {own[0]}: leave it out"
        )
    return found


async def _acts(desk: AsyncDesk, ticket: str, block: int) -> list[Act]:
    """A ticket's acts until a block, in order; raises UnknownTicket, InvalidArgument for too early a one."""
    contract = desk.deployment.contract(DESK)
    acts = await read_acts(desk.node, contract, block, tickets=[ticket])
    if not acts:
        await desk.tickets.get(ticket)
        raise InvalidArgument(f"ticket {ticket} was not opened by block {block}: name a later one")
    return sorted(acts, key=lambda act: act.number)


async def _log(desk: AsyncDesk, lane: int, word: int, block: int) -> Log:
    """A lane's log until a block, of as many acts as its word says; raises LogMismatch."""
    acts = await read_acts(desk.node, desk.deployment.contract(DESK), block, lanes=[lane])
    log, size = rebuilt(lane, sorted(acts, key=lambda act: act.position)), unpack(LANE, word)["size"]
    if len(log) != size:
        raise LogMismatch(
            f"lane {lane} has {size} acts at block {block}, {len(log)} events tell of", lane=lane
        )
    return log


def _shown(act: Act, log: Log) -> ShownAct:
    return ShownAct(
        lane=act.lane,
        position=act.position,
        word=act.word,
        actor=act.actor.lower(),
        kind=act.kind,
        entry=act.entry,
        at=int(act.at.timestamp()),
        path=tuple(log.inclusion_proof(act.position)),
    )


def _message(entry: str, found: Batched) -> ShownMessage:
    return ShownMessage(entry, found.root, tuple(bytes.fromhex(sibling[2:]) for sibling in found.path))


def _links(earlier: Proven, logs: Mapping[int, Log]) -> Iterator[EarlierRoot]:
    """What an earlier file proves of these lanes, each with the proof that its log goes on."""
    for known in earlier.lanes:
        log = logs.get(known.id)
        if log is None:
            continue
        if known.size > len(log):
            raise InvalidArgument(
                f"the earlier file proves {known.size} acts of lane {known.id}, the block {len(log)}: it is "
                "the later one, or of another branch"
            )
        path = log.consistency_proof(known.size)
        yield EarlierRoot(known.id, known.size, bytes.fromhex(known.root[2:]), tuple(path))
