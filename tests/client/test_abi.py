"""Encoding and decoding without a chain, also of what no contract of ours would send."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi import encode

from proofdesk import Act, Actor, ConnectionLost, ContractRevert, Event, IllegalMove, InvalidArgument, Status
from proofdesk._abi import (
    artifact,
    decode_error,
    decode_event,
    decode_result,
    encode_call,
    encode_constructor,
    topic,
)
from proofdesk._errors import ConfigurationError
from proofdesk._rpc import NodeError

HASH = "0x" + 32 * "ab"
ADDRESS = "0x" + 19 * "00" + "2a"
CHECKSUMMED = "0x" + 19 * "00" + "2A"
TERMS = (HASH, 7000, 3600, 60, True)


def log(topics: list[str], data: bytes = b"") -> dict[str, Any]:
    return {
        "topics": topics,
        "data": "0x" + data.hex(),
        "address": ADDRESS,
        "logIndex": "0x3",
        "blockNumber": "0x7",
        "transactionHash": HASH,
    }


def word(value: int) -> str:
    return f"0x{value:064x}"


# ---------------------------------------------------------------------------------------------- encoding


def test_structs_are_tuples_or_mappings() -> None:
    names = ("syllabus", "passMark", "validity", "retakeDelay", "active")
    by_name = dict(zip(names, TERMS, strict=True))
    assert encode_call("AgentCertification", "createProgram", TERMS) == encode_call(
        "AgentCertification", "createProgram", by_name
    )


def test_functions_of_one_name_are_told_apart() -> None:
    arguments = (ADDRESS, ADDRESS, 1)
    short = encode_call("AgentCertification", "safeTransferFrom", *arguments)
    long = encode_call("AgentCertification", "safeTransferFrom", *arguments, b"")
    assert short[:4].hex() == "42842e0e" and long[:4].hex() == "b88d4fde"
    named = "safeTransferFrom(address,address,uint256)"
    assert encode_call("AgentCertification", named, *arguments) == short


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        ("open", (1,), r"takes 2 arguments \(number, entry\), not 1"),
        ("open", ("cards", HASH), "number 'cards' does not fit uint256"),
        ("open", (-1, HASH), "number -1 does not fit uint256"),
        ("open", (1, "0x12"), "entry '0x12'"),
        ("open", (1, 5), "entry 5 does not fit bytes32"),
        ("setArticle", (1, 2**32), "article 4294967296 does not fit uint32"),
        ("retire", ("0x12",), "successor '0x12' does not fit address"),
        ("assign", ([HASH], [1], HASH), "entries"),
        ("createLane", ({"gated": True},), "config"),
        ("vanish", (), "TicketDesk has no function vanish"),
    ],
)
def test_what_does_not_fit_is_named(function: str, arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        encode_call("TicketDesk", function, *arguments)


def test_constructors_and_unknown_contracts() -> None:
    data = encode_constructor("TicketDesk", ADDRESS, ADDRESS)
    assert data.startswith(bytes.fromhex(artifact("TicketDesk")["bytecode"][2:]))
    with pytest.raises(InvalidArgument, match="new TicketDesk takes 2 arguments"):
        encode_constructor("TicketDesk")
    with pytest.raises(ConfigurationError, match="it ships AgentCertification, ClaimDesk, CompensationDesk"):
        artifact("DisputeDesk")
    with pytest.raises(InvalidArgument, match="no event Opened"):
        topic("TicketDesk", "Opened")


# ---------------------------------------------------------------------------------------------- decoding


def test_results() -> None:
    assert decode_result("AgentCertification", "program", encode(["(bytes32,uint16,uint32,uint32,bool)"], [
        (bytes.fromhex(HASH[2:]), *TERMS[1:])
    ])) == TERMS  # fmt: skip
    assert decode_result("TicketDesk", "closeLane", b"") is None
    opening = encode(["bool", "bool", "address"], [True, False, ADDRESS])
    assert decode_result("TicketDesk", "opening", opening) == (
        True,
        False,
        CHECKSUMMED,
    )
    with pytest.raises(InvalidArgument, match="3 bytes are nothing that TicketDesk"):
        decode_result("TicketDesk", "laneCount", b"abc")


def test_an_act_is_sliced_as_it_is_decoded() -> None:
    types = ["uint8", "uint256", "bytes32", "uint256", "uint64"]
    ticket_word = 5 << 160 | 3 << 230 | 0x2A
    data = encode(types, [2, ticket_word, bytes.fromhex(HASH[2:]), 17, 1_800_000_000])
    act = decode_event(log([topic("TicketDesk", "ActLogged"), HASH, word(4), word(0x2A)], data))
    assert isinstance(act, Act)
    assert (act.ticket_id, act.lane, act.position, act.number) == (HASH, 4, 17, 3)
    assert (act.kind, act.status, act.word, act.entry) == (Actor.AGENT, Status.RESOLVED, ticket_word, HASH)
    assert (act.at.timestamp(), act.block, act.tx_hash, act.log_index) == (1_800_000_000, 7, HASH, 3)


def test_other_events_have_their_arguments() -> None:
    found = decode_event(
        log([topic("AgentCertification", "CertificateRevoked"), word(9)], bytes.fromhex(HASH[2:]))
    )
    assert found == Event(
        "CertificateRevoked",
        {"certificateId": 9, "reason": HASH},
        CHECKSUMMED,
        3,
    )


@pytest.mark.parametrize("topics", [[], [HASH], [topic("AgentCertification", "CertificateRevoked")]])
def test_events_of_others_stay_as_they_are(topics: list[str]) -> None:
    found = decode_event(log(topics, b"\1"))
    assert isinstance(found, Event)
    assert (found.name, found.arguments) == (topics[0] if topics else "", {"data": "0x01"})


# ------------------------------------------------------------------------------------------------- errors


def test_an_error_has_its_class_and_arguments() -> None:
    error = decode_error(IllegalMove.selector + encode(["uint8"] * 3, [2, 8, 5]), tx_hash=HASH)
    assert isinstance(error, IllegalMove)
    assert (error.from_, error.to, error.actor) == (Status.OPEN, Status.DISPUTED, Actor.ANYONE)
    assert (error.tx_hash, error.data[:4]) == (HASH, IllegalMove.selector)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "without a reason"),
        (bytes.fromhex("08c379a0") + encode(["string"], ["too late"]), "refused: too late"),
        (bytes.fromhex("4e487b71") + encode(["uint256"], [17]), "panic code 17"),
        (b"\xde\xad\xbe\xef" + b"x" * 40, "0xdeadbeef, which this package does not know"),
        (IllegalMove.selector + b"\1", "malformed error 0x7262adc3"),
        (b"\1\2", "0x0102"),
    ],
)
def test_other_refusals_say_as_much_as_is_known(data: bytes, message: str) -> None:
    error = decode_error(data)
    assert type(error) is ContractRevert and message in str(error)
    assert error.data == data


@pytest.mark.parametrize(
    ("error", "revert"),
    [
        ({"code": 3, "message": "execution reverted", "data": "0xdeadbeef"}, b"\xde\xad\xbe\xef"),
        ({"code": 3, "message": "execution reverted"}, b""),
        (
            {"code": -32015, "message": "VM execution error.", "data": "Reverted 0xdeadbeef"},
            b"\xde\xad\xbe\xef",
        ),
        ({"code": -32000, "message": "VM Exception: revert", "data": {"result": "0xdead"}}, b"\xde\xad"),
        ({"code": -32000, "message": "reverted", "data": {"data": "0xdead"}}, b"\xde\xad"),
        ({"code": -32000, "message": "nonce too low"}, None),
        ({"code": -32601, "message": "Method not found", "data": {"hint": "none"}}, None),
        ("no object at all", None),
    ],
)
def test_reverts_as_nodes_report_them(error: Any, revert: bytes | None) -> None:
    assert NodeError("eth_call", error).revert == revert


@pytest.mark.parametrize(
    "change",
    [
        {"data": "0x"},
        {"data": "0x12"},
        {"data": "none"},
        {"data": None},
        {"topics": None},
        {"topics": [topic("TicketDesk", "ActLogged")]},
        {"blockNumber": None},
        {"logIndex": "x"},
        {"transactionHash": 7},
        {"data": "0x" + word(99)[2:] * 5},
    ],
    ids=str,
)
def test_a_log_that_is_no_act_is_refused(change: dict[str, Any]) -> None:
    act = log([topic("TicketDesk", "ActLogged"), HASH, word(1), word(42)], bytes(160)) | change
    with pytest.raises(ConnectionLost, match="a log that is none"):
        decode_event(act)


@pytest.mark.parametrize("missing", ["topics", "data", "address", "logIndex"])
def test_a_log_that_lacks_a_field_is_refused(missing: str) -> None:
    whole = log([topic("TicketDesk", "LaneClosedForever"), word(1)])
    assert isinstance(decode_event(whole), Event)
    del whole[missing]
    with pytest.raises(ConnectionLost, match="a log that is none"):
        decode_event(whole)
    with pytest.raises(ConnectionLost, match="a log that is none"):
        decode_event(log([topic("TicketDesk", "LaneArticleSet"), word(1)], b"short"))
