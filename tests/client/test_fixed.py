"""The quick codec says what eth_abi says, of every value and of every answer."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from hypothesis import example, given, seed, settings
from hypothesis import strategies as st

from proofdesk import InvalidArgument, _fixed
from proofdesk._abi import artifact, decode_result, encode_call
from proofdesk._words import address_of
from tests.conftest import SEED

KINDS = ["uint8", "uint16", "uint32", "uint40", "uint64", "uint256", "address", "bool", "bytes32", "bytes4"]
PROFILE = settings(max_examples=500, deadline=None, print_blob=True)


def kinds() -> st.SearchStrategy[dict[str, Any]]:
    """A kind, or a struct of kinds."""
    leaf = st.sampled_from(KINDS).map(lambda kind: {"name": "value", "type": kind})
    return st.recursive(
        leaf,
        lambda inner: st.lists(inner, min_size=1, max_size=4).map(
            lambda parts: {"name": "value", "type": "tuple", "components": parts}
        ),
        max_leaves=6,
    )


def named(part: dict[str, Any]) -> str:
    """A type as eth_abi writes it."""
    if part["type"] != "tuple":
        return str(part["type"])
    return f"({','.join(map(named, part['components']))})"


def values(part: dict[str, Any]) -> st.SearchStrategy[Any]:
    """What fits a kind, as this package gives it."""
    kind = part["type"]
    if kind == "tuple":
        return st.tuples(*map(values, part["components"]))
    if kind == "bool":
        return st.booleans()
    if kind == "address":
        return st.integers(0, 2**160 - 1).map(address_of)
    if kind.startswith("bytes"):
        size = int(kind[5:])
        return st.binary(min_size=size, max_size=size).map(lambda raw: "0x" + raw.hex())
    return st.integers(0, 2 ** int(kind[4:]) - 1)


def plain(part: dict[str, Any], value: Any) -> Any:
    """A value as eth_abi takes it."""
    if part["type"] == "tuple":
        return tuple(map(plain, part["components"], value))
    return bytes.fromhex(value[2:]) if part["type"].startswith("bytes") else value


@seed(SEED)
@PROFILE
@given(st.data())
def test_both_write_the_same_and_read_it_back(data: Any) -> None:
    part = data.draw(kinds())
    value = data.draw(values(part))
    written = _fixed.encode(part, value)
    assert written == encode([named(part)], [plain(part, value)])
    assert _fixed.decode([part], written) == (value,)


@seed(SEED)
@PROFILE
@given(st.lists(kinds(), min_size=1, max_size=3), st.binary(max_size=256), st.integers(0, 255))
def test_both_refuse_the_same_answers(parts: list[dict[str, Any]], data: bytes, zeros: int) -> None:
    data = bytes(zeros) + data
    try:
        theirs = decode([named(part) for part in parts], data)
    except DecodingError:
        with pytest.raises(ValueError):
            _fixed.decode(parts, data)
        return
    ours = _fixed.decode(parts, data)
    assert [plain(part, value) for part, value in zip(parts, lowered(ours), strict=True)] == list(
        lowered(theirs)
    )


def lowered(value: Any) -> Any:
    """Addresses in one form: eth_abi gives them without capitals."""
    if isinstance(value, tuple):
        return tuple(map(lowered, value))
    return value.lower() if isinstance(value, str) else value


@example(
    part={"name": "value", "type": "address"}, value="0xAb5801a7D398351b8bE11C439e05C5b3259aec9B"[:-1] + "b"
)
@example(part={"name": "value", "type": "uint8"}, value=256)
@example(part={"name": "value", "type": "uint8"}, value=-1)
@example(part={"name": "value", "type": "uint8"}, value=True)
@example(part={"name": "value", "type": "uint8"}, value="7")
@example(part={"name": "value", "type": "uint8"}, value=1.5)
@example(part={"name": "value", "type": "bool"}, value=1)
@example(part={"name": "value", "type": "bytes32"}, value="0x1234")
@example(part={"name": "value", "type": "tuple", "components": [{"name": "a", "type": "bool"}]}, value=())
@seed(SEED)
@PROFILE
@given(
    kinds(), st.one_of(st.none(), st.integers(), st.text(), st.floats(), st.lists(st.integers(), max_size=3))
)
def test_what_does_not_fit_is_refused(part: dict[str, Any], value: Any) -> None:
    try:
        encode([named(part)], [plain(part, value)])
    except Exception:  # whatever it raises, it refused
        with pytest.raises((ValueError, TypeError, KeyError, OverflowError, AttributeError)):
            _fixed.encode(part, value)


def test_what_a_desk_is_asked_most_is_of_fixed_size() -> None:
    functions = {
        item["name"]: item
        for contract in ("TicketDesk", "AgentCertification")
        for item in artifact(contract)["abi"]
        if item["type"] == "function"
    }
    for name in ("wordOf", "lane", "laneCount", "nextInLine", "root", "certificate", "candidate", "program"):
        assert _fixed.is_fixed(functions[name]["inputs"]) and _fixed.is_fixed(functions[name]["outputs"]), (
            name
        )


def test_a_refusal_names_the_value() -> None:
    with pytest.raises(InvalidArgument, match=r"TicketDesk.lane: number -1 does not fit uint256"):
        encode_call("TicketDesk", "lane", -1)
    with pytest.raises(InvalidArgument, match=r"31 bytes are nothing that TicketDesk.laneCount gives"):
        decode_result("TicketDesk", "laneCount", bytes(31))
