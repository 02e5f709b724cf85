"""A chain in this process: py-evm, a block for every transaction, a clock that tests set."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eth_typing import Address
from eth_utils.exceptions import ValidationError

from proofdesk.testing._py_evm import (
    AtomicDB,
    BlockHeaderAPI,
    ChainContext,
    ComputationAPI,
    ConsensusApplier,
    MemoryDB,
    MiningChain,
    NoProofConsensus,
    ReceiptAPI,
    Revert,
    ShanghaiVM,
    SignedTransactionAPI,
    SpoofTransaction,
    StateAPI,
)

GAS_LIMIT = 30_000_000
# A call keeps a 64th of its gas from what it calls, so what was used may not be enough to be given.
_KEPT, _OF = 64, 63
_STIPEND = 2_300
# As geth's estimates: at most so much above what is needed.
_CLOSE_ENOUGH = 1.015

_NO_PROOF = ConsensusApplier(NoProofConsensus)


class RefusedError(Exception):
    """A transaction that no block can take; `args` say why."""


@dataclass(frozen=True, slots=True)
class Message:
    """A call as a node is asked for it; `to` empty creates a contract."""

    sender: Address
    to: Address
    data: bytes
    value: int
    gas: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call came to: `error` is empty if it went well; `spent` is gas before refunds."""

    output: bytes
    error: str
    is_revert: bool
    spent: int


@dataclass(frozen=True, slots=True)
class Block:
    """A block, with its one transaction and that one's receipt, if it has any."""

    header: BlockHeaderAPI
    transaction: SignedTransactionAPI | None = None
    receipt: ReceiptAPI | None = None


class Evm:
    """The chain; `balances` are wei by address, `blocks` begin with the genesis block."""

    def __init__(self, chain_id: int, balances: Mapping[Address, int]) -> None:
        self.chain_id = chain_id
        rules = _NO_PROOF.amend_vm_configuration(((0, ShanghaiVM),))
        self._store: dict[bytes, bytes] = {}
        self._chain: Any = MiningChain.configure(vm_configuration=rules, chain_id=chain_id).from_genesis(
            AtomicDB(MemoryDB(self._store)),
            {"gas_limit": GAS_LIMIT, "timestamp": int(time.time()), "difficulty": 0, "nonce": bytes(8)},
            {who: {"balance": wei, "nonce": 0, "code": b"", "storage": {}} for who, wei in balances.items()},
        )
        self.transactions: Any = self._chain.get_vm().get_transaction_builder()
        self.blocks = [Block(self._chain.get_canonical_head())]
        self.numbers: dict[bytes, int] = {}
        """The block that each transaction is in, by its hash."""
        self.offset = 0
        """Seconds that the next block's time is ahead of this machine's."""
        self._next_time: int | None = None
        self._snapshots: list[tuple[dict[bytes, bytes], int, int]] = []

    @property
    def latest(self) -> Block:
        """The last block."""
        return self.blocks[-1]

    def set_next_time(self, seconds: int) -> None:
        """The next block has this time, and the clock goes on from it; it must lie after the last block's."""
        self._next_time, self.offset = seconds, seconds - int(time.time())

    def state(self, block: Block) -> StateAPI:
        """What all accounts were after a block; writing to it changes nothing. Gas is free in it."""
        header: Any = block.header
        # What the opcode BLOCKHASH reaches, the last first.
        before = self.blocks[max(0, header.block_number - 256) : header.block_number][::-1]
        return ShanghaiVM.build_state(
            self._chain.chaindb.db,
            header.copy(base_fee_per_gas=0),
            ChainContext(self.chain_id),
            [each.header.hash for each in before],
        )

    # ---------------------------------------------------------------------------------------------- mining

    def mine(self, transaction: SignedTransactionAPI | None = None) -> None:
        """Put a transaction into a block of its own, or none into one; raises RefusedError."""
        parent: Any = self.latest.header
        at = max(int(time.time()) + self.offset, parent.timestamp + 1)
        self._chain.header = self._chain.create_header_from_parent(
            parent, timestamp=at if self._next_time is None else self._next_time, gas_limit=GAS_LIMIT
        )
        try:
            mined, receipts, _ = self._chain.mine_all([] if transaction is None else [transaction])
        except ValidationError as error:
            raise RefusedError(str(error)) from None
        self._next_time = None
        header = mined.imported_block.header
        self.blocks.append(Block(header, transaction, next(iter(receipts), None)))
        if transaction is not None:
            self.numbers[transaction.hash] = header.block_number

    # --------------------------------------------------------------------------------------------- calling

    def call(self, message: Message, block: Block) -> Outcome:
        """Make a call on the state after a block; raises RefusedError where it cannot even begin."""
        state = self.state(block)
        unsigned = self.transactions.new_unsigned_dynamic_fee_transaction(
            chain_id=self.chain_id,
            nonce=state.get_nonce(message.sender),
            max_priority_fee_per_gas=0,
            max_fee_per_gas=0,
            gas=GAS_LIMIT if message.gas is None else message.gas,
            to=message.to,
            value=message.value,
            data=message.data,
            access_list=(),
        )
        if unsigned.gas < unsigned.intrinsic_gas:
            raise RefusedError("intrinsic gas too low")
        transaction: Any = SpoofTransaction(unsigned, from_=message.sender)
        try:
            computation: ComputationAPI = state.apply_transaction(transaction)
        except ValidationError as error:
            raise RefusedError(str(error)) from None
        failed = computation.error if computation.is_error else None
        return Outcome(
            computation.output,
            "" if failed is None else type(failed).__name__,
            isinstance(failed, Revert),
            unsigned.gas - computation.get_gas_remaining(),
        )

    def estimate(self, message: Message, block: Block) -> tuple[int, Outcome]:
        """The gas a call needs, at most 1.5 % more; and what it comes to with all there is."""
        most = message.gas or GAS_LIMIT
        found = self._with_gas(message, most, block)
        if found.error:
            return most, found
        low, high = found.spent - 1, most
        tried = min(most, found.spent * _KEPT // _OF + _STIPEND)
        while high > low + 1 and high > low * _CLOSE_ENOUGH:
            if self._with_gas(message, tried, block).error:
                low = tried
            else:
                high = tried
            tried = (low + high) // 2
        return high, found

    def _with_gas(self, message: Message, gas: int, block: Block) -> Outcome:
        return self.call(Message(message.sender, message.to, message.data, message.value, gas), block)

    # ------------------------------------------------------------------------------------------- snapshots

    def snapshot(self) -> int:
        """Remember all that is; returns the number to come back by."""
        self._snapshots.append((dict(self._store), len(self.blocks), self.offset))
        return len(self._snapshots) - 1

    def revert(self, number: int) -> bool:
        """Come back to a snapshot, which with all later ones is used up; False where there is none."""
        if not 0 <= number < len(self._snapshots):
            return False
        store, height, self.offset = self._snapshots[number]
        del self._snapshots[number:], self.blocks[height:]
        self._store.clear()
        self._store.update(store)
        self._next_time = None
        self.numbers = {key: number for key, number in self.numbers.items() if number < height}
        return True
