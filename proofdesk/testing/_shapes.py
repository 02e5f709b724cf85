"""Blocks, transactions and receipts in the JSON shapes in which a node gives them."""

from __future__ import annotations

from typing import Any

import rlp

from proofdesk.testing._evm import Block
from proofdesk.testing._py_evm import (
    BlockHeaderAPI,
    SignedTransactionAPI,
    generate_contract_address,
)

LEGACY, DYNAMIC_FEE = 0, 2


def quantity(number: int) -> str:
    """A number as JSON-RPC has it.

    >>> quantity(255)
    '0xff'
    """
    return hex(number)


def data(content: bytes) -> str:
    """Bytes as JSON-RPC has them.

    >>> data(b"")
    '0x'
    """
    return "0x" + content.hex()


def kind_of(transaction: SignedTransactionAPI) -> int:
    """A transaction's EIP-2718 type."""
    return getattr(transaction, "type_id", None) or LEGACY


def price_of(transaction: SignedTransactionAPI, header: BlockHeaderAPI) -> int:
    """What a transaction pays for a unit of gas, wei."""
    base = header.base_fee_per_gas or 0
    return min(transaction.max_fee_per_gas, base + transaction.max_priority_fee_per_gas)


def block_json(block: Block, *, full: bool) -> dict[str, Any]:
    """A block; `full` with its transaction, otherwise with that one's hash."""
    header: Any = block.header
    mined = [] if block.transaction is None else [block.transaction]
    return {
        "hash": data(header.hash),
        "parentHash": data(header.parent_hash),
        "sha3Uncles": data(header.uncles_hash),
        "miner": data(header.coinbase),
        "stateRoot": data(header.state_root),
        "transactionsRoot": data(header.transaction_root),
        "receiptsRoot": data(header.receipt_root),
        "logsBloom": _bloom(header.bloom),
        "difficulty": quantity(header.difficulty),
        "totalDifficulty": "0x0",
        "number": quantity(header.block_number),
        "gasLimit": quantity(header.gas_limit),
        "gasUsed": quantity(header.gas_used),
        "timestamp": quantity(header.timestamp),
        "extraData": data(header.extra_data),
        "mixHash": data(header.mix_hash),
        "nonce": data(header.nonce),
        "baseFeePerGas": quantity(header.base_fee_per_gas),
        "withdrawalsRoot": data(header.withdrawals_root),
        "size": quantity(len(rlp.encode([header, mined, [], []]))),
        "uncles": [],
        "transactions": [transaction_json(block) if full else data(each.hash) for each in mined],
        "withdrawals": [],
    }


def transaction_json(block: Block) -> dict[str, Any]:
    """A block's transaction."""
    transaction: Any = block.transaction
    kind = kind_of(transaction)
    shape = {
        "type": quantity(kind),
        "nonce": quantity(transaction.nonce),
        "gas": quantity(transaction.gas),
        "gasPrice": quantity(price_of(transaction, block.header)),
        "to": data(transaction.to) if transaction.to else None,
        "from": data(transaction.sender),
        "value": quantity(transaction.value),
        "input": data(transaction.data),
        "r": quantity(transaction.r),
        "s": quantity(transaction.s),
        "v": quantity(transaction.v if kind == LEGACY else transaction.y_parity),
        "hash": data(transaction.hash),
        **_place(block),
    }
    if transaction.chain_id is not None:
        shape["chainId"] = quantity(transaction.chain_id)
    if kind != LEGACY:
        shape["yParity"] = quantity(transaction.y_parity)
        shape["accessList"] = [
            {"address": data(who), "storageKeys": [f"0x{slot:064x}" for slot in slots]}
            for who, slots in transaction.access_list
        ]
    if kind == DYNAMIC_FEE:
        shape["maxFeePerGas"] = quantity(transaction.max_fee_per_gas)
        shape["maxPriorityFeePerGas"] = quantity(transaction.max_priority_fee_per_gas)
    return shape


def receipt_json(block: Block) -> dict[str, Any]:
    """The receipt of a block's transaction."""
    transaction: Any = block.transaction
    receipt: Any = block.receipt
    created = None if transaction.to else generate_contract_address(transaction.sender, transaction.nonce)
    return {
        "type": quantity(kind_of(transaction)),
        "status": "0x1" if receipt.state_root == b"\x01" else "0x0",
        "cumulativeGasUsed": quantity(receipt.gas_used),
        "gasUsed": quantity(receipt.gas_used),
        "effectiveGasPrice": quantity(price_of(transaction, block.header)),
        "logsBloom": _bloom(receipt.bloom),
        "logs": logs_json(block),
        "transactionHash": data(transaction.hash),
        "from": data(transaction.sender),
        "to": data(transaction.to) if transaction.to else None,
        "contractAddress": None if created is None else data(created),
        **_place(block),
    }


def logs_json(block: Block) -> list[dict[str, Any]]:
    """The logs of a block, which are those of its transaction."""
    if block.transaction is None or block.receipt is None:
        return []
    header: Any = block.header
    return [
        {
            "address": data(log.address),
            "topics": [f"0x{topic:064x}" for topic in log.topics],
            "data": data(log.data),
            "logIndex": quantity(number),
            "transactionHash": data(block.transaction.hash),
            "blockTimestamp": quantity(header.timestamp),
            "removed": False,
            **_place(block),
        }
        for number, log in enumerate(block.receipt.logs)
    ]


def _place(block: Block) -> dict[str, Any]:
    header = block.header
    return {
        "blockHash": data(header.hash),
        "blockNumber": quantity(header.block_number),
        "transactionIndex": "0x0",
    }


def _bloom(bits: int) -> str:
    return f"0x{bits:0512x}"
