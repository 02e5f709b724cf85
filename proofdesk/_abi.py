"""What goes to a contract and what comes from it, encoded and decoded without a chain.

Values are those of the package: bytes are 0x-hex, addresses EIP-55, structs tuples. What is to be encoded may
be bytes and mappings too.
"""

from __future__ import annotations

import json
from collections.abc import Container, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from proofdesk import _fixed
from proofdesk._errors import ConfigurationError, ConnectionLost, ContractRevert, InvalidArgument
from proofdesk._models import Act, Event
from proofdesk._words import act_of, address_of, keccak, to_bytes, to_hex

_FOLDER = Path(__file__).parent / "abi"
# What a value that does not fit makes conversions raise.
_MISFITS = (ValueError, TypeError, KeyError, OverflowError, AttributeError)
_UNKNOWN: tuple[str, Sequence[Any]] = ("", ())
_NO_LOG = "the node sent a log that is none: try again later, or ask another node"
_ERROR, _PANIC = bytes.fromhex("08c379a0"), bytes.fromhex("4e487b71")


@cache
def artifact(name: str) -> Mapping[str, Any]:
    """A shipped contract's artifact: `abi`, `bytecode`, `deployedBytecode`, `immutableReferences` …

    Raises ConfigurationError for a contract that this package does not ship.

    >>> artifact("TicketDesk")["contractName"]
    'TicketDesk'
    """
    try:
        found: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(shipped())
        raise ConfigurationError(f"this package ships no contract {name!r}; it ships {known}") from None
    return found


def shipped() -> list[str]:
    """The names of the contracts that this package ships.

    >>> shipped()[0]
    'AgentCertification'
    """
    return sorted(path.stem for path in _FOLDER.glob("*.json"))


def encode_call(contract: str, function: str, *args: object) -> bytes:
    """The data of a call; `function` is a name, or a signature where several share one.

    Raises InvalidArgument for a function the contract does not have or an argument that does not fit.

    >>> encode_call("TicketDesk", "closeLane", 3).hex()[:8]
    '66626bde'
    """
    selector, inputs, _ = _function(contract, function, len(args))
    return selector + _encode(f"{contract}.{function}", inputs, args)


def decode_result(contract: str, function: str, data: bytes) -> Any:
    """What a call returned: None, one value, or a tuple of them.

    Raises InvalidArgument for data the function does not return, as from an address without this contract.

    >>> decode_result("TicketDesk", "laneCount", bytes(31) + b"\\4")
    4
    """
    outputs = _function(contract, function, None)[2]
    values = _decode(f"{contract}.{function}", outputs, data)
    return values if len(values) > 1 else next(iter(values), None)


def encode_constructor(contract: str, *args: object) -> bytes:
    """The data that creates a contract: its bytecode and the constructor's arguments.

    Raises ConfigurationError, InvalidArgument as `artifact` and `encode_call` do.

    >>> encode_constructor("DeskAccess", "0x" + 20 * "11").hex()[-40:] == 20 * "11"
    True
    """
    found = artifact(contract)
    inputs: list[Any] = next((item["inputs"] for item in found["abi"] if item["type"] == "constructor"), [])
    return bytes.fromhex(found["bytecode"][2:]) + _encode(f"new {contract}", inputs, args)


@cache
def topic(contract: str, event: str) -> str:
    """An event's first topic, for filters.

    >>> topic("AgentCertification", "CertificateRevoked")[:10]
    '0x45597071'
    """
    for item in artifact(contract)["abi"]:
        if item["type"] == "event" and item["name"] == event:
            return to_hex(keccak(_signature(item).encode()))
    raise InvalidArgument(f"{contract} has no event {event}")


def decode_event(log: Mapping[str, Any]) -> Act | Event:
    """Decode a log as the node's JSON gives it; an unknown one's name is its topic.

    Raises ConnectionLost for what is no log, or none that a desk's contracts make.
    """
    try:
        return _event(log)
    except (*_MISFITS, IndexError, InvalidArgument):
        raise ConnectionLost(_NO_LOG) from None


def event_of(log: Mapping[str, Any], contracts: Container[str] | None = None) -> Act | Event:
    """Decode a log of a receipt, where any contract that was called may have logged whatever it liked.

    An act or an event is what one of `contracts` logged, None being all of them; of the rest, and of what
    does not fit, the name is the topic. Raises ConnectionLost for what is no log.
    """
    try:
        where, index, data = address_of(int(log["address"], 16)), int(log["logIndex"], 16), log["data"]
        if contracts is None or where in contracts:
            with suppress(*_MISFITS, IndexError, InvalidArgument):
                return _event(log)
        return Event(next(iter(log["topics"]), ""), {"data": data}, where, index)
    except _MISFITS:
        raise ConnectionLost(_NO_LOG) from None


def _event(log: Mapping[str, Any]) -> Act | Event:
    topics: list[str] = log["topics"]
    first = topics[0] if len(topics) else ""
    if first == topic("TicketDesk", "ActLogged"):
        return _act(log, topics)
    index, where = int(log["logIndex"], 16), address_of(int(log["address"], 16))
    name, inputs = _events().get(first, _UNKNOWN)
    indexed = [part for part in inputs if part["indexed"]]
    if not name or len(indexed) != len(topics) - 1:
        return Event(first, {"data": log["data"]}, where, index)
    plain = [part for part in inputs if not part["indexed"]]
    values = dict(zip((part["name"] for part in plain), _decode(name, plain, _raw(log["data"])), strict=True))
    for part, value in zip(indexed, topics[1:], strict=True):
        # Only what fits a word is found in a topic; of anything longer it holds a hash.
        values[part["name"]] = _decode(name, [part], _raw(value))[0]
    return Event(name, {part["name"]: values[part["name"]] for part in inputs}, where, index)


def decode_error(data: bytes, *, tx_hash: str | None = None) -> ContractRevert:
    """The error that a contract reverted with: its generated class, or a ContractRevert that says as much.

    >>> from proofdesk._contract_errors import UnknownLane
    >>> decode_error(UnknownLane.selector + bytes(31) + b"\\7").lane
    7
    """
    # Late: a hundred generated classes that only a refused act needs.
    from proofdesk._contract_errors import BY_SELECTOR

    selector, rest = data[:4], data[4:]
    # Every generated class takes its own Solidity arguments, which their base cannot say.
    kind: Any = BY_SELECTOR.get(selector)
    try:
        if kind is not None:
            error: ContractRevert = kind(*_values(rest, *kind.types), tx_hash=tx_hash)
            error.data = data
            return error
        if selector == _ERROR:
            message = f"the contract refused: {_values(rest, 'string')[0]}"
        elif selector == _PANIC:
            message = f"the contract failed with panic code {_values(rest, 'uint256')[0]}: report this"
        elif data:
            message = (
                f"the contract refused with error {to_hex(selector)}, which this package does not know: "
                "is the contract of another version?"
            )
        else:
            message = "the contract refused without a reason: is it the contract that was meant, had it gas?"
    except InvalidArgument:
        message = f"the contract refused with a malformed error {to_hex(selector)}"
    return ContractRevert(message, tx_hash=tx_hash, data=data)


def _values(data: bytes, *types: str) -> tuple[Any, ...]:
    return _decode("a contract", [{"type": kind} for kind in types], data)


def _act(log: Mapping[str, Any], topics: Sequence[str]) -> Act:
    # Sliced by hand: a log has many of these, and the general way takes ten times as long.
    data = _raw(log["data"])
    if len(data) != 160:
        raise ValueError("no act")
    return act_of(
        ticket_id=_raw(topics[1]),
        lane=int(topics[2], 16),
        position=int.from_bytes(data[96:128], "big"),
        word=int.from_bytes(data[32:64], "big"),
        actor=address_of(int(topics[3], 16)),
        kind=data[31],
        entry=data[64:96],
        at=int.from_bytes(data[128:160], "big"),
        block=int(log["blockNumber"], 16),
        tx_hash=_raw(log["transactionHash"]),
        log_index=int(log["logIndex"], 16),
    )


@cache
def _events() -> Mapping[str, tuple[str, Sequence[Any]]]:
    items = (item for name in shipped() for item in artifact(name)["abi"])
    return {
        to_hex(keccak(_signature(item).encode())): (item["name"], item["inputs"])
        for item in items
        if item["type"] == "event"
    }


@cache
def _function(contract: str, function: str, count: int | None) -> tuple[bytes, list[Any], list[Any]]:
    """Selector, inputs and outputs; `count` arguments tell functions of one name apart."""
    found = [
        item
        for item in artifact(contract)["abi"]
        if item["type"] == "function" and function in (item["name"], _signature(item))
    ]
    if len(found) > 1 and count is not None:
        found = [item for item in found if len(item["inputs"]) == count]
    if not found:
        raise InvalidArgument(f"{contract} has no function {function}")
    selector = keccak(_signature(found[0]).encode())[:4]
    return selector, found[0]["inputs"], found[0]["outputs"]


def _signature(item: Mapping[str, Any]) -> str:
    return f"{item['name']}({','.join(_type(part) for part in item['inputs'])})"


def _type(part: Mapping[str, Any]) -> str:
    kind: str = part["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(_type(inner) for inner in part['components'])}){kind[len('tuple') :]}"


def _encode(what: str, inputs: Sequence[Mapping[str, Any]], args: Sequence[object]) -> bytes:
    if len(inputs) != len(args):
        names = ", ".join(part["name"] for part in inputs)
        raise InvalidArgument(f"{what} takes {len(inputs)} arguments ({names}), not {len(args)}")
    encode = _encode_fixed if _fixed.is_fixed(inputs) else _encode_any
    try:
        return encode(inputs, args)
    except _MISFITS:
        for part, value in zip(inputs, args, strict=True):
            try:
                encode([part], [value])
            except _MISFITS:
                kind = _type(part)
                raise InvalidArgument(f"{what}: {part['name']} {value!r} does not fit {kind}") from None
        raise


def _encode_fixed(parts: Sequence[Mapping[str, Any]], values: Sequence[object]) -> bytes:
    return b"".join(map(_fixed.encode, parts, values))


def _encode_any(parts: Sequence[Mapping[str, Any]], values: Sequence[object]) -> bytes:
    # Late, here and below: eth_abi takes longer to import than this whole package.
    from eth_abi.abi import encode
    from eth_abi.exceptions import EncodingError

    try:
        return encode(list(map(_type, parts)), list(map(_lowered, parts, values)))
    except EncodingError as error:
        raise ValueError(*error.args) from None


def _lowered(part: Mapping[str, Any], value: Any) -> Any:
    """A value as eth_abi takes it."""
    kind: str = part["type"]
    if kind.endswith("]"):
        inner = {**part, "type": kind[: kind.rindex("[")]}
        return [_lowered(inner, item) for item in value]
    if kind == "tuple":
        parts = part["components"]
        items = [value[inner["name"]] for inner in parts] if isinstance(value, Mapping) else list(value)
        return tuple(_lowered(inner, item) for inner, item in zip(parts, items, strict=True))
    if kind.startswith("bytes"):
        # eth_abi would pad what is too short.
        size = kind.removeprefix("bytes")
        return to_bytes(value, int(size), part["name"]) if size else _raw(value)
    return value


def _decode(what: str, outputs: Sequence[Mapping[str, Any]], data: bytes) -> tuple[Any, ...]:
    try:
        return _fixed.decode(outputs, data) if _fixed.is_fixed(outputs) else _decode_any(outputs, data)
    except ValueError:
        raise InvalidArgument(
            f"{len(data)} bytes are nothing that {what} gives: is that contract at this address?"
        ) from None


def _decode_any(parts: Sequence[Mapping[str, Any]], data: bytes) -> tuple[Any, ...]:
    from eth_abi.abi import decode
    from eth_abi.exceptions import DecodingError

    try:
        values = decode(list(map(_type, parts)), data)
    except (DecodingError, OverflowError) as error:
        raise ValueError(*error.args) from None
    return tuple(map(_lifted, parts, values))


def _lifted(part: Mapping[str, Any], value: Any) -> Any:
    """A value as this package gives it."""
    kind: str = part["type"]
    if kind.endswith("]"):
        inner = {**part, "type": kind[: kind.rindex("[")]}
        return tuple(_lifted(inner, item) for item in value)
    if kind == "tuple":
        return tuple(_lifted(inner, item) for inner, item in zip(part["components"], value, strict=True))
    if kind == "address":
        return address_of(int(value, 16))
    return to_hex(value) if isinstance(value, bytes) else value


def _raw(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else bytes.fromhex(value.removeprefix("0x"))
