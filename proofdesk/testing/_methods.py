"""The JSON-RPC methods of the chain in this process: what they take, what they answer, what they refuse."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from inspect import signature
from typing import Any, TypeVar

from eth_keys.datatypes import PrivateKey
from eth_typing import Address
from eth_utils.exceptions import ValidationError
from rlp.exceptions import RLPException

from proofdesk.testing._evm import GAS_LIMIT, Block, Evm, Message, Outcome, RefusedError
from proofdesk.testing._params import (
    INTERNAL,
    NOT_FOUND,
    REFUSED,
    REJECTED,
    REVERTED,
    RpcError,
    addresses,
    fields,
    invalid,
    number,
    raw,
    topics,
)
from proofdesk.testing._py_evm import (
    SignedTransactionAPI,
    UnrecognizedTransactionType,
)
from proofdesk.testing._shapes import block_json, data, logs_json, quantity, receipt_json, transaction_json

_GWEI = 10**9
_CALL = (
    *("from", "to", "data", "input", "value", "gas", "nonce", "chainId", "type", "accessList"),
    *("gasPrice", "maxFeePerGas", "maxPriorityFeePerGas"),
)
_FILTER = ("address", "topics", "fromBlock", "toBlock", "blockHash")
# A block is final here as soon as it is there: nothing but a revert takes it back.
_NEWEST = ("latest", "pending", "safe", "finalized")

_Method = TypeVar("_Method", bound=Callable[..., Any])
_METHODS: dict[str, Callable[..., Any]] = {}


def _named(name: str) -> Callable[[_Method], _Method]:
    def named(method: _Method) -> _Method:
        _METHODS[name] = method
        return method

    return named


class Methods:
    """What the node does; `keys` are those of the accounts that it signs for, by address."""

    def __init__(self, evm: Evm, keys: Mapping[Address, PrivateKey]) -> None:
        self._evm = evm
        self._keys = keys

    def __call__(self, name: str, params: Sequence[Any]) -> Any:
        """Do one; raises RpcError."""
        method = _METHODS.get(name)
        if method is None:
            raise RpcError(NOT_FOUND, f"Method not found: {name}")
        try:
            signature(method).bind(self, *params)
        except TypeError:
            raise invalid(f"{name} does not take {len(params)} parameters") from None
        try:
            return method(self, *params)
        except RefusedError as error:
            raise RpcError(REJECTED, str(error)) from None

    # ------------------------------------------------------------------------------------------- the chain

    @_named("web3_clientVersion")
    def _version(self) -> str:
        return f"proofdesk-testing/{version('proofdesk')}/py-evm/{version('py-evm')}"

    @_named("net_version")
    def _net_version(self) -> str:
        return str(self._evm.chain_id)

    @_named("eth_chainId")
    def _chain_id(self) -> str:
        return quantity(self._evm.chain_id)

    @_named("eth_syncing")
    def _syncing(self) -> bool:
        return False

    @_named("eth_accounts")
    def _accounts(self) -> list[str]:
        return [data(address) for address in self._keys]

    @_named("eth_blockNumber")
    def _height(self) -> str:
        return quantity(self._evm.latest.header.block_number)

    @_named("eth_getBlockByNumber")
    def _block_by_number(self, tag: Any, full: bool = False) -> dict[str, Any] | None:
        found = self._at(tag)
        return None if found is None else block_json(found, full=full)

    @_named("eth_getBlockByHash")
    def _block_by_hash(self, digest: Any, full: bool = False) -> dict[str, Any] | None:
        found = self._with_hash(digest)
        return None if found is None else block_json(found, full=full)

    # --------------------------------------------------------------------------------------- what there is

    @_named("eth_getBalance")
    def _balance(self, address: Any, tag: Any = "latest") -> str:
        return quantity(self._evm.state(self._known(tag)).get_balance(_address(address)))

    @_named("eth_getTransactionCount")
    def _count(self, address: Any, tag: Any = "latest") -> str:
        return quantity(self._evm.state(self._known(tag)).get_nonce(_address(address)))

    @_named("eth_getCode")
    def _code(self, address: Any, tag: Any = "latest") -> str:
        return data(self._evm.state(self._known(tag)).get_code(_address(address)))

    @_named("eth_getStorageAt")
    def _storage(self, address: Any, slot: Any, tag: Any = "latest") -> str:
        return f"0x{self._evm.state(self._known(tag)).get_storage(_address(address), number(slot)):064x}"

    @_named("eth_getTransactionByHash")
    def _transaction(self, digest: Any) -> dict[str, Any] | None:
        height = self._evm.numbers.get(raw(digest, 32))
        return None if height is None else transaction_json(self._evm.blocks[height])

    @_named("eth_getTransactionReceipt")
    def _receipt(self, digest: Any) -> dict[str, Any] | None:
        height = self._evm.numbers.get(raw(digest, 32))
        return None if height is None else receipt_json(self._evm.blocks[height])

    @_named("eth_getBlockReceipts")
    def _receipts(self, tag: Any) -> list[dict[str, Any]] | None:
        found = self._at(tag)
        if found is None:
            return None
        return [] if found.receipt is None else [receipt_json(found)]

    @_named("eth_getLogs")
    def _logs(self, wanted: Any) -> list[dict[str, Any]]:
        asked = fields(wanted, _FILTER)
        where, what = addresses(asked.get("address")), topics(asked.get("topics", []))
        return [
            log for block in self._range(asked) for log in logs_json(block) if _is_wanted(log, where, what)
        ]

    # ------------------------------------------------------------------------------------------------ fees

    @_named("eth_gasPrice")
    def _gas_price(self) -> str:
        return quantity((self._evm.latest.header.base_fee_per_gas or 0) + _GWEI)

    @_named("eth_maxPriorityFeePerGas")
    def _priority_fee(self) -> str:
        return quantity(_GWEI)

    # --------------------------------------------------------------------------------------------- calling

    @_named("eth_call")
    def _call(self, call: Any, tag: Any = "latest") -> str:
        return data(_succeeded(self._evm.call(self._message(call), self._known(tag))).output)

    @_named("eth_estimateGas")
    def _estimate(self, call: Any, tag: Any = "latest") -> str:
        gas, outcome = self._evm.estimate(self._message(call), self._known(tag))
        _succeeded(outcome)
        return quantity(gas)

    # --------------------------------------------------------------------------------------------- sending

    @_named("eth_sendRawTransaction")
    def _send_raw(self, encoded: Any) -> str:
        try:
            transaction = self._evm.transactions.decode(raw(encoded))
            transaction.validate()
        except (RLPException, ValidationError, UnrecognizedTransactionType, IndexError):
            raise invalid("Failed to decode transaction") from None
        return self._mine(transaction)

    @_named("eth_sendTransaction")
    def _send(self, call: Any) -> str:
        given, message = fields(call, _CALL), self._message(call)
        key = self._keys.get(message.sender)
        if key is None:
            raise invalid("No Signer available")
        gas = number(self._estimate(call)) if message.gas is None else message.gas
        nonce = given.get("nonce", self._count(given["from"]))
        shape: dict[str, Any] = {"nonce": number(nonce), "gas": gas, "to": message.to}
        shape |= {"value": message.value, "data": message.data}
        if "gasPrice" in given:
            unsigned = self._evm.transactions.create_unsigned_transaction(
                gas_price=number(given["gasPrice"]), **shape
            )
            return self._mine(unsigned.as_signed_transaction(key, chain_id=self._evm.chain_id))
        priority = number(given.get("maxPriorityFeePerGas", _GWEI))
        most = 2 * (self._evm.latest.header.base_fee_per_gas or 0) + priority
        unsigned = self._evm.transactions.new_unsigned_dynamic_fee_transaction(
            chain_id=self._evm.chain_id,
            max_priority_fee_per_gas=priority,
            max_fee_per_gas=number(given.get("maxFeePerGas", most)),
            access_list=(),
            **shape,
        )
        return self._mine(unsigned.as_signed_transaction(key))

    def _mine(self, transaction: SignedTransactionAPI) -> str:
        if transaction.chain_id not in (None, self._evm.chain_id):
            raise RpcError(REJECTED, "invalid chain id for signer")
        state = self._evm.state(self._evm.latest)
        if transaction.nonce < state.get_nonce(transaction.sender):
            raise RpcError(REJECTED, "nonce too low")
        if transaction.gas < transaction.intrinsic_gas:
            raise RpcError(REFUSED, "intrinsic gas too low")
        if transaction.gas > GAS_LIMIT:
            raise RpcError(REFUSED, f"gas limit too high: a block has {GAS_LIMIT}")
        needed = transaction.value + transaction.gas * transaction.max_fee_per_gas
        if state.get_balance(transaction.sender) < needed:
            raise RpcError(REJECTED, "Insufficient funds for gas * price + value")
        self._evm.mine(transaction)
        return data(transaction.hash)

    # ----------------------------------------------------------------------------------------------- tests

    @_named("evm_snapshot")
    def _snapshot(self) -> str:
        return quantity(self._evm.snapshot())

    @_named("evm_revert")
    def _revert(self, snapshot: Any) -> bool:
        return self._evm.revert(number(snapshot))

    @_named("evm_increaseTime")
    def _increase_time(self, seconds: Any) -> int:
        self._evm.offset += number(seconds)
        return number(seconds)

    @_named("evm_setNextBlockTimestamp")
    def _set_time(self, seconds: Any) -> None:
        last: Any = self._evm.latest.header
        if number(seconds) <= last.timestamp:
            raise invalid(f"Timestamp error: {number(seconds)} is not after the previous block's")
        self._evm.set_next_time(number(seconds))

    @_named("evm_mine")
    def _mine_empty(self, seconds: Any = None) -> str:
        if seconds is not None:
            self._set_time(seconds)
        self._evm.mine()
        return "0x0"

    # --------------------------------------------------------------------------------------------- reading

    def _message(self, call: Any) -> Message:
        given = fields(call, _CALL)
        content = given.get("input", given.get("data", "0x"))
        return Message(
            sender=_address(given["from"]) if "from" in given else Address(bytes(20)),
            to=_address(given["to"]) if given.get("to", "0x") != "0x" else Address(b""),
            data=raw(content),
            value=number(given.get("value", 0)),
            gas=number(given["gas"]) if "gas" in given else None,
        )

    def _with_hash(self, digest: Any) -> Block | None:
        wanted = raw(digest, 32)
        return next((block for block in self._evm.blocks if block.header.hash == wanted), None)

    def _at(self, tag: Any) -> Block | None:
        """The block of a tag, a number or EIP-1898's object."""
        if isinstance(tag, dict):
            asked = fields(tag, ("blockHash", "blockNumber", "requireCanonical"))
            if "blockHash" in asked:
                return self._with_hash(asked["blockHash"])
            tag = asked.get("blockNumber")
        if tag in _NEWEST or tag is None:
            return self._evm.latest
        height = 0 if tag == "earliest" else number(tag)
        return self._evm.blocks[height] if height < len(self._evm.blocks) else None

    def _known(self, tag: Any) -> Block:
        found = self._at(tag)
        if found is None:
            height = len(self._evm.blocks) - 1
            raise invalid(f"BlockOutOfRangeError: block height is {height} but requested was {tag}")
        return found

    def _range(self, asked: Mapping[str, Any]) -> Sequence[Block]:
        if "blockHash" in asked:
            if "fromBlock" in asked or "toBlock" in asked:
                raise invalid("cannot specify both blockHash and fromBlock/toBlock")
            found = self._with_hash(asked["blockHash"])
            if found is None:
                raise RpcError(REFUSED, "unknown block")
            return [found]
        first = self._known(asked.get("fromBlock", "latest")).header.block_number
        # A range may end in blocks to come.
        last = self._at(asked.get("toBlock")) or self._evm.latest
        return self._evm.blocks[first : last.header.block_number + 1]


def _address(value: Any) -> Address:
    return Address(raw(value, 20))


def _is_wanted(
    log: Mapping[str, Any], where: frozenset[bytes] | None, what: Sequence[frozenset[bytes] | None]
) -> bool:
    if where is not None and bytes.fromhex(log["address"][2:]) not in where:
        return False
    found = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
    if len(found) < len(what):
        return False
    return all(some is None or topic in some for topic, some in zip(found, what, strict=False))


def _succeeded(outcome: Outcome) -> Outcome:
    if outcome.is_revert:
        raise RpcError(REVERTED, "execution reverted", data(outcome.output))
    if outcome.error:
        raise RpcError(INTERNAL, f"EVM error {outcome.error}")
    return outcome
