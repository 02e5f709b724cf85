"""Contracts as tests call them: by function name and plain values, answers, events and refusals decoded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak

from tests.helpers.node import GAS, Node, RevertedError
from tools.build import artifact


class RefusedError(Exception):
    """A contract refused with this error and these arguments."""

    def __init__(self, name: str, *args: Any) -> None:
        super().__init__(name, *args)
        self.name = name
        self.arguments = args

    def __str__(self) -> str:
        return f"{self.name}({', '.join(map(_shown, self.arguments))})"


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a receipt: its name and its arguments by name."""

    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Codec:
    selector: bytes
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    names: tuple[str, ...]
    indexed: tuple[bool, ...]


class Contract:
    """A deployed contract.

    Addresses are lower-case text, `bytes32` bytes, structs tuples, enums ints.
    """

    def __init__(self, node: Node, name: str, address: str) -> None:
        self.node = node
        self.name = name
        self.address = address.lower()
        abi = artifact(name)["abi"]
        self._functions = {item["name"]: _codec(item) for item in abi if item["type"] == "function"}
        self._events = {_topic(item): (item["name"], _codec(item)) for item in abi if item["type"] == "event"}
        errors = {
            _codec(item).selector: (item["name"], _codec(item)) for item in abi if item["type"] == "error"
        }
        self._errors = errors | _BUILT_IN

    @classmethod
    def deployed(cls, node: Node, sender: str, name: str, *args: Any) -> Contract:
        """Deploys it; raises RefusedError when its constructor does."""
        found = artifact(name)
        inputs: list[dict[str, Any]] = next(
            (item["inputs"] for item in found["abi"] if item["type"] == "constructor"), []
        )
        data = bytes.fromhex(found["bytecode"][2:]) + encode(_types(inputs), args)
        contract = cls(node, name, "0x")
        try:
            contract.address = node.deploy(sender, data).lower()
        except RevertedError as reverted:
            raise contract.refusal(reverted.data) from None
        return contract

    @property
    def errors(self) -> set[str]:
        """The names of the errors its ABI declares."""
        return {name for name, _ in self._errors.values()} - {name for name, _ in _BUILT_IN.values()}

    def selector(self, function: str) -> bytes:
        """A function's four bytes."""
        return self._functions[function].selector

    def encoded(self, function: str, *args: Any) -> bytes:
        """A call's data."""
        codec = self._functions[function]
        return codec.selector + encode(codec.inputs, args)

    def send(self, sender: str, function: str, *args: Any, value: int = 0, gas: int = GAS) -> list[Event]:
        """One transaction, with `value` wei; the events it emitted. Raises RefusedError."""
        try:
            data = self.encoded(function, *args)
            receipt = self.node.send(sender, self.address, data, value=value, gas=gas)
        except RevertedError as reverted:
            raise self.refusal(reverted.data) from None
        return self.events(receipt)

    def events(self, receipt: dict[str, Any]) -> list[Event]:
        """The events it emitted in a transaction."""
        return [self._event(log) for log in receipt["logs"] if log["address"] == self.address]

    def view(self, function: str, *args: Any, at: int | None = None, sender: str | None = None) -> Any:
        """What a call answers: a value, or a tuple of several. Raises RefusedError."""
        data = self.encoded(function, *args)
        try:
            answer = self.node.call(sender or self.node.accounts[0], self.address, data, at)
        except RevertedError as reverted:
            raise self.refusal(reverted.data) from None
        return self.answer(function, answer)

    def answer(self, function: str, data: bytes) -> Any:
        """What a function's return data means: a value, or a tuple of several."""
        values = decode(self._functions[function].outputs, data)
        return values[0] if len(values) == 1 else values

    def attempt(self, sender: str, function: str, *args: Any, at: int | None = None) -> RefusedError | None:
        """How the next transaction would be refused (a second from now, or `at`); None if it would not."""
        data = self.encoded(function, *args)
        try:
            self.node.call(sender, self.address, data, self.node.now + 1 if at is None else at)
        except RevertedError as reverted:
            return self.refusal(reverted.data)
        return None

    def refusal(self, data: bytes) -> RefusedError:
        """What revert data means: an error's name, its selector where another contract's, or nothing."""
        if data[:4] not in self._errors:
            return RefusedError(data[:4].hex())
        name, codec = self._errors[data[:4]]
        return RefusedError(name, *decode(codec.inputs, data[4:]))

    def _event(self, log: dict[str, Any]) -> Event:
        topics = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
        name, codec = self._events[topics[0]]
        pairs = list(zip(codec.inputs, codec.indexed, strict=True))
        indexed = iter([decode([kind], topic)[0] for kind, topic in zip(
            [kind for kind, is_indexed in pairs if is_indexed], topics[1:], strict=True
        )])  # fmt: skip
        plain = iter(
            decode([kind for kind, is_indexed in pairs if not is_indexed], bytes.fromhex(log["data"][2:]))
        )
        values = (next(indexed) if is_indexed else next(plain) for _, is_indexed in pairs)
        return Event(name, dict(zip(codec.names, values, strict=True)))


@contextmanager
def refused(name: str, *args: Any) -> Iterator[None]:
    """Asserts that the `with` block is refused with exactly this error and these arguments."""
    try:
        yield
    except RefusedError as refusal:
        if (refusal.name, refusal.arguments) != (name, args):
            raise AssertionError(f"refused by {refusal} instead of {RefusedError(name, *args)}") from refusal
    else:
        raise AssertionError(f"not refused, though it should be by {RefusedError(name, *args)}")


@contextmanager
def refused_below(signature: str) -> Iterator[None]:
    """Asserts that the `with` block is refused by another contract's error, which is passed on.

    >>> keccak(b"TicketExists(bytes32)")[:4].hex()
    '81fa7b48'
    """
    try:
        yield
    except RefusedError as refusal:
        if refusal.name != keccak(signature.encode())[:4].hex():
            raise AssertionError(f"refused by {refusal} instead of {signature}") from refusal
    else:
        raise AssertionError(f"not refused, though it should be by {signature}")


def same(refusal: RefusedError | None, expected: RefusedError | None) -> bool:
    """Whether two outcomes are the same refusal, or both none."""
    if refusal is None or expected is None:
        return refusal is expected
    return (refusal.name, refusal.arguments) == (expected.name, expected.arguments)


def _type(item: dict[str, Any]) -> str:
    kind: str = item["type"]
    if kind.startswith("tuple"):
        return f"({','.join(_types(item['components']))}){kind.removeprefix('tuple')}"
    return kind


def _types(items: Sequence[dict[str, Any]]) -> list[str]:
    return [_type(item) for item in items]


def _signature(item: dict[str, Any]) -> bytes:
    return f"{item['name']}({','.join(_types(item['inputs']))})".encode()


def _topic(item: dict[str, Any]) -> bytes:
    return keccak(_signature(item))


def _codec(item: dict[str, Any]) -> _Codec:
    return _Codec(
        selector=keccak(_signature(item))[:4],
        inputs=tuple(_types(item["inputs"])),
        outputs=tuple(_types(item.get("outputs", ()))),
        names=tuple(each["name"] for each in item["inputs"]),
        indexed=tuple(each.get("indexed", False) for each in item["inputs"]),
    )


def _built_in(name: str, kind: str) -> tuple[str, _Codec]:
    return name, _codec({"name": name, "inputs": [{"name": "reason", "type": kind}]})


_BUILT_IN = {
    codec.selector: (name, codec)
    for name, codec in (_built_in("Panic", "uint256"), _built_in("Error", "string"))
}


def _shown(value: Any) -> str:
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)
