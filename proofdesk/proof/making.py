"""Making a proof file: one block is read consistently, and what the node says of it is checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final

from proofdesk._errors import InvalidArgument, LogMismatch
from proofdesk._history import read_acts
from proofdesk._models import Act
from proofdesk._reader import NodeContradicts, sound
from proofdesk._words import LANE, NO_ENTRY, keccak, to_bytes, to_hex, unpack
from proofdesk.anchors.queue import Batched
from proofdesk.proof.asking import StateGone, ask_block, ask_nodes
from proofdesk.proof.disclosing import disclosed
from proofdesk.proof.errors import ProofFailed
from proofdesk.proof.file import (
    ANCHOR,
    CERTIFICATION,
    DESK,
    EarlierRoot,
    ProofFile,
    ShownAct,
    ShownContract,
    ShownMessage,
)
from proofdesk.proof.header import Header
from proofdesk.proof.log import Log, peaks_root
from proofdesk.proof.slots import (
    anchor_slot,
    certificate_slot,
    certificates_in,
    lane_slot,
    peak_slots,
    ticket_slot,
)
from proofdesk.proof.state import StateProof
from proofdesk.proof.verification import rebuilt

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
    """The file, as of a block's number or tag; a node that went on meanwhile is asked again.

    Raises as `AsyncProofs.make`.
    """
    for attempt in range(_ATTEMPTS):
        try:
            return await _make(desk, wish, block)
        except (ProofFailed, LogMismatch, NodeContradicts, StateGone) as error:
            # Most likely it is at another block by now, or on another branch. What stays so is said.
            is_final = isinstance(error, StateGone) and isinstance(block, int)
            if is_final or attempt == _ATTEMPTS - 1:
                raise
        await desk.node.transport.sleep(_PAUSE)
    raise AssertionError("the last attempt returns or raises")


async def _make(desk: AsyncDesk, wish: Wish, tag: int | str) -> ProofFile:
    block, header = await ask_block(desk.node, tag)
    acts = await _acts(desk, wish.ticket, header.number)
    entries = {act.entry for act in acts} - {to_hex(NO_ENTRY)}
    shown = await disclosed(desk, wish.disclose, entries, wish.messages, header.number)
    lanes = sorted({act.lane for act in acts})
    roots = sorted({found.root for found in shown.anchored.values()})
    state = _State(desk, header)
    await state.ask(DESK, [ticket_slot(wish.ticket), *map(lane_slot, lanes)])
    await state.ask(CERTIFICATION, map(certificate_slot, certificates_in(act.word for act in acts)))
    if roots:
        await state.ask(ANCHOR, map(anchor_slot, roots))
    peaks = {lane: peak_slots(lane, state.word(DESK, lane_slot(lane))) for lane in lanes}
    await state.ask(DESK, chain.from_iterable(peaks.values()))
    contracts = await state.contracts()
    if [act.number for act in acts] != list(range(1, len(acts) + 1)) or acts[-1].word != state.word(
        DESK, ticket_slot(wish.ticket)
    ):
        raise NodeContradicts(
            f"the ticket's events are not all that its word counts at block {header.number}"
        )
    logs = {lane: await _log(desk, lane, header.number) for lane in lanes}
    for lane, log in logs.items():
        if [state.word(DESK, slot) for slot in peaks[lane]] != [
            int.from_bytes(peak, "big") for peak in log.peaks()
        ]:
            raise LogMismatch(
                f"lane {lane}: its events do not give its root at block {header.number}", lane=lane
            )
    return ProofFile(
        desk=desk.deployment.desk,
        chain_id=desk.deployment.chain_id,
        contracts=contracts,
        block=block,
        nodes=tuple(state.nodes()),
        ticket=wish.ticket,
        acts=tuple(_shown(act, logs[act.lane]) for act in acts),
        openings=shown.openings,
        messages=tuple(_message(entry, found) for entry, found in sorted(shown.anchored.items())),
        consistency=() if wish.earlier is None else tuple(_links(wish.earlier, contracts, logs)),
    )


class _State:
    """What a node proves of a desk's contracts at one block; all that was asked for was checked."""

    def __init__(self, desk: AsyncDesk, header: Header) -> None:
        self._node, self._header = desk.node, header
        self._addresses = {
            name: to_hex(to_bytes(contract.address, 20, name))
            for name, contract in desk.deployment.contracts.items()
        }
        self._nodes: list[bytes] = []
        self._slots: dict[str, list[int]] = {}
        self._proof = StateProof((), header.state_root)

    async def ask(self, contract: str, slots: Iterable[int]) -> None:
        """Have a contract's account and slots proven; raises as `ask_nodes`, and ProofFailed."""
        wanted = list(slots)
        self._nodes += await ask_nodes(self._node, self._header.number, self._addresses[contract], wanted)
        self._slots.setdefault(contract, []).extend(wanted)
        self._proof = StateProof(self._nodes, self._header.state_root)
        for name, asked in self._slots.items():
            self._proof.account(self._addresses[name])
            for slot in asked:
                self.word(name, slot)

    def word(self, contract: str, slot: int) -> int:
        """A slot's word, as it is proven."""
        return self._proof.storage(self._addresses[contract], slot)

    def nodes(self) -> list[bytes]:
        """The nodes that prove what was asked for, and no others, in the order of their hashes."""
        return self._proof.used()

    async def contracts(self) -> dict[str, ShownContract]:
        """The contracts that were asked for, with their code; raises ProofFailed, NodeError."""
        found = {}
        for name in sorted(self._slots):
            address = self._addresses[name]
            code = await self._node.request("eth_getCode", address, hex(self._header.number))
            with sound("a code"):
                found[name] = ShownContract(address, bytes.fromhex(code[2:]))
            if keccak(found[name].code) != self._proof.account(address).code_hash:
                raise ProofFailed(f"{name} at {address}", "the node gives another code than the state has")
        return found


async def _acts(desk: AsyncDesk, ticket: str, block: int) -> list[Act]:
    """A ticket's acts until a block, in order; raises UnknownTicket, InvalidArgument for too early a one."""
    contract = desk.deployment.contract(DESK)
    acts = await read_acts(desk.node, contract, block, tickets=[ticket])
    if not acts:
        await desk.tickets.get(ticket)
        raise InvalidArgument(f"ticket {ticket} was not opened by block {block}: name a later one")
    return sorted(acts, key=lambda act: act.number)


async def _log(desk: AsyncDesk, lane: int, block: int) -> Log:
    acts = await read_acts(desk.node, desk.deployment.contract(DESK), block, lanes=[lane])
    return rebuilt(lane, sorted(acts, key=lambda act: act.position))


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


def _links(
    earlier: ProofFile, contracts: Mapping[str, ShownContract], logs: Mapping[int, Log]
) -> Iterator[EarlierRoot]:
    """The roots that an earlier file proves of these lanes, each with the proof that its log goes on.

    Raises InvalidArgument for a file of another desk, or a later one, and ProofFailed, LogMismatch.
    """
    desk = earlier.contracts[DESK].address
    if desk != contracts[DESK].address:
        raise InvalidArgument(
            f"the earlier file is of the desk at {desk}, this one is of {contracts[DESK].address}"
        )
    state = StateProof(earlier.nodes, Header.decode(earlier.block.header).state_root)
    for lane in sorted({act.lane for act in earlier.acts} & logs.keys()):
        word = state.storage(desk, lane_slot(lane))
        size, log = unpack(LANE, word)["size"], logs[lane]
        if size > len(log):
            raise InvalidArgument(
                f"the earlier file has {size} acts of lane {lane}, this block {len(log)}: it is the later one"
            )
        root = peaks_root([state.storage(desk, slot).to_bytes(32, "big") for slot in peak_slots(lane, word)])
        if root != log.root(size):
            raise LogMismatch(
                f"lane {lane} had another root at size {size}, as the earlier file proves", lane=lane
            )
        yield EarlierRoot(lane, size, root, tuple(log.consistency_proof(size)))
