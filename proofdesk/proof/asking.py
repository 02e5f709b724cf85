"""What a node proves of its state: a block's header, and eth_getProof for many slots at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from proofdesk._errors import ConfigurationError, InvalidArgument
from proofdesk._reader import NodeContradicts, is_busy, sound
from proofdesk._rpc import AsyncNode, NodeError
from proofdesk._words import to_bytes, to_hex
from proofdesk.proof.creation import creation_in
from proofdesk.proof.file import ShownBlock, ShownContract
from proofdesk.proof.header import Header, encode_header
from proofdesk.proof.state import StateProof

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk

_AT_ONCE: Final = 256  # slots a request; nodes allow 1,024 and more
_WAITS: Final = (0.5, 2.0, 8.0)  # seconds
_NO_METHOD: Final = -32601
_UNKNOWN: Final = re.compile("not (supported|available|implemented|found|exist)|unsupported", re.IGNORECASE)
_STATE: Final = re.compile("state|block|trie|header|root", re.IGNORECASE)


class StateGone(ConfigurationError):  # noqa: N818  it is what happened, as all others
    """The node does not prove its state at that block, which it has no more, or has not yet."""


async def ask_block(node: AsyncNode, block: int | str) -> tuple[ShownBlock, Header]:
    """A block's header by its number or tag.

    Raises InvalidArgument where the chain has no such block, ProofFailed where it does not hash as Ethereum's
    do, NodeContradicts where it is another block, ConnectionLost, NodeError.
    """
    found = await node.request("eth_getBlockByNumber", hex(block) if isinstance(block, int) else block, False)
    if found is None:
        raise InvalidArgument(f"this chain has no block {block} yet")
    raw = encode_header(found)
    header = Header.decode(raw)
    if isinstance(block, int) and header.number != block:
        raise NodeContradicts(
            f"asked for block {block}, the node gave block {header.number}: ask another one"
        )
    return ShownBlock(header.number, to_hex(header.hash), raw), header


class StateAt:
    """What a node proves of a desk's contracts at one block; all that was asked for was checked."""

    def __init__(self, desk: AsyncDesk, header: Header) -> None:
        self._node, self._deployment, self._header = desk.node, desk.deployment, header
        self._nodes: list[bytes] = []
        self._slots: dict[str, list[int]] = {}
        self._proof = StateProof((), header.state_root)

    async def ask(self, contract: str, slots: Iterable[int]) -> None:
        """Have a contract's account and slots proven.

        Raises ProofFailed; ConfigurationError where the node answers no eth_getProof, StateGone;
        ConnectionLost, NodeError.
        """
        wanted = list(slots)
        self._nodes += await _ask_nodes(self._node, self._header.number, self._address(contract), wanted)
        self._slots.setdefault(contract, []).extend(wanted)
        self._proof = StateProof(self._nodes, self._header.state_root)
        for name, asked in self._slots.items():
            self._proof.account(self._address(name))
            for slot in asked:
                self.word(name, slot)

    def word(self, contract: str, slot: int) -> int:
        """A slot's word, as it is proven."""
        return self._proof.storage(self._address(contract), slot)

    def nodes(self) -> list[bytes]:
        """The nodes that prove what was asked for, and no others, in the order of their hashes."""
        return self._proof.used()

    async def contracts(self) -> dict[str, ShownContract]:
        """The contracts that were asked for, with code and creation; raises ConnectionLost, NodeError."""
        found = {}
        for name in sorted(self._slots):
            address = self._address(name)
            code = await self._node.request("eth_getCode", address, hex(self._header.number))
            with sound("a code"):
                created = creation_in(self._deployment, name)
                found[name] = ShownContract(address, bytes.fromhex(code[2:]), created)
        return found

    def _address(self, contract: str) -> str:
        return to_hex(to_bytes(self._deployment.contract(contract).address, 20, contract))


async def _ask_nodes(node: AsyncNode, block: int, address: str, slots: Sequence[int]) -> list[bytes]:
    """The Merkle-Patricia nodes of a contract's account and slots at a block, as the node gives them."""
    # Without a slot, still the account.
    waiting = [slots[start : start + _AT_ONCE] for start in range(0, max(1, len(slots)), _AT_ONCE)]
    waits = iter(_WAITS)
    found: list[bytes] = []
    while waiting:
        answers = await node.batch([("eth_getProof", _params(address, part, block)) for part in waiting])
        left: list[Sequence[int]] = []
        busy = None
        for part, answer in zip(waiting, answers, strict=True):
            if not isinstance(answer, NodeError):
                found += _nodes(answer)
            elif is_busy(answer):
                left.append(part)
                busy = answer
            else:
                _check(answer, block, len(part))
                # Too many for it, presumably: a half passes in the end.
                left += [part[: len(part) // 2], part[len(part) // 2 :]]
        if busy is not None:
            if (pause := next(waits, None)) is None:
                raise busy
            await node.transport.sleep(pause)
        waiting = left
    return found


def _check(error: NodeError, block: int, count: int) -> None:
    """Raise what is wrong, unless fewer slots may do."""
    is_unknown = _UNKNOWN.search(error.reason) and not _STATE.search(error.reason)
    if error.code == _NO_METHOD or is_unknown:
        raise ConfigurationError(
            "this node answers no eth_getProof, which proof files are made of: ask a node of your own (geth, "
            "reth, Nethermind, Besu, Erigon, anvil and Ganache answer it), or a service that offers it"
        )
    if count <= 1:
        raise StateGone(
            f"the node does not prove its state at block {block} ({error.reason}): most can for the last 128 "
            "blocks only; take a later block, or ask an archive node"
        )


def _params(address: str, slots: Iterable[int], block: int) -> list[Any]:
    return [address, [f"0x{slot:064x}" for slot in slots], hex(block)]


def _nodes(answer: Any) -> list[bytes]:
    with sound("a proof"):
        proofs = [answer["accountProof"], *(slot["proof"] for slot in answer["storageProof"])]
        return [bytes.fromhex(node[2:]) for proof in proofs for node in proof]
