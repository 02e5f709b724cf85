"""Nodes of which proof files are made: that move on, take little at once, prove nothing, or lie."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from proofdesk import ConfigurationError, Desk, InvalidArgument, LogMismatch
from proofdesk._rpc import NodeError
from proofdesk._words import to_hex
from proofdesk.proof import asking
from proofdesk.proof.asking import StateGone
from proofdesk.proof.errors import ProofFailed
from tests.client.office import Office
from tests.client.wire import Wire
from tests.proof.tickets import asked


@pytest.fixture
def line(anvil: Office) -> Wire:
    """A line to the office's node on which somebody may sit."""
    return Wire(anvil.chain.url)


@pytest.fixture
def listener(anvil: Office, line: Wire) -> Desk:
    """The desk over that line."""
    return Desk.connect(line, deployment=anvil.deployment, store=anvil.desk._core.archive.store)


def test_a_node_on_another_branch_is_asked_again(anvil: Office, line: Wire, listener: Desk) -> None:
    ticket = asked(anvil)
    snapshot = anvil.chain.rpc("evm_snapshot")
    asked(anvil, "This is of a branch that goes.")
    asked_for: list[str] = []

    def reorganise(methods: list[str], params: Any) -> None:
        asked_for.extend(methods)
        if methods == ["eth_getProof"] and asked_for.count("eth_getProof") == 1:
            anvil.chain.rpc("evm_revert", snapshot)
            anvil.chain.rpc("evm_increaseTime", 5)
            anvil.chain.rpc("evm_mine")

    line.before = reorganise
    file = listener.proofs.make(ticket)
    assert file.block.hash == to_hex(bytes(anvil.w3.eth.get_block(file.block.number)["hash"]))
    assert asked_for.count("eth_getBlockByNumber") > 1


def test_a_node_that_goes_on_is_asked_of_one_block(anvil: Office, line: Wire, listener: Desk) -> None:
    ticket = asked(anvil)
    number = anvil.w3.eth.block_number
    line.before = lambda methods, _: anvil.chain.rpc("evm_mine") if "eth_getProof" in methods else None
    assert listener.proofs.make(ticket).block.number == number
    assert anvil.w3.eth.block_number > number


Answer = Callable[[int], "dict[str, Any] | None"]


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[[Answer], list[int]]:
    """Answers eth_getProof of so many slots in the node's place, where it has an error for it."""
    ask = Wire.make_request

    def start(answer: Answer) -> list[int]:
        counts: list[int] = []

        def make_request(self: Wire, method: Any, params: Any) -> Any:
            if method != "eth_getProof":
                return ask(self, method, params)
            counts.append(len(params[1]))
            error = answer(len(params[1]))
            return ask(self, method, params) if error is None else {"jsonrpc": "2.0", "id": 1, "error": error}

        monkeypatch.setattr(Wire, "make_request", make_request)
        return counts

    def make_batch_request(self: Wire, requests: Any) -> Any:
        raise NotImplementedError

    monkeypatch.setattr(Wire, "make_batch_request", make_batch_request)
    return start


@pytest.mark.parametrize(
    "error",
    [
        {"code": -32601, "message": "no"},
        {"code": -32600, "message": "Method eth_getProof is not supported on this plan"},
        {"code": -32000, "message": "the method eth_getProof does not exist/is not available"},
    ],
)
def test_a_node_that_proves_nothing(
    anvil: Office, listener: Desk, answering: Callable[[Answer], list[int]], error: dict[str, Any]
) -> None:
    ticket = asked(anvil)
    counts = answering(lambda _: error)
    with pytest.raises(ConfigurationError, match=r"answers no eth_getProof.*geth"):
        listener.proofs.make(ticket)
    assert len(counts) == 1


def test_a_node_that_takes_few_slots(
    anvil: Office,
    listener: Desk,
    answering: Callable[[Answer], list[int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number in range(31):
        ticket = asked(anvil, f"Number {number}")
    expected = anvil.desk.proofs.make(ticket)
    refusal = {"code": -32000, "message": "too many slots (max 1)"}
    counts = answering(lambda count: refusal if count > 1 else None)
    assert listener.proofs.make(ticket) == expected
    assert counts.count(1) >= 7
    counts = answering(lambda _: None)
    monkeypatch.setattr(asking, "_AT_ONCE", 2)
    assert listener.proofs.make(ticket) == expected
    assert max(counts) == 2


def test_a_node_without_the_state(
    anvil: Office, listener: Desk, answering: Callable[[Answer], list[int]]
) -> None:
    ticket, number = asked(anvil), anvil.w3.eth.block_number
    lost = {"code": -32000, "message": "missing trie node: state is not available"}
    answering(lambda _: lost)
    with pytest.raises(StateGone, match=rf"at block {number} .*archive node"):
        listener.proofs.make(ticket, block=number)
    # It has that of the latest block, once that is known to all who answer for it.
    counts = answering(lambda _: lost if len(counts) < 3 else None)
    assert listener.proofs.make(ticket).block.number == number


def test_a_busy_node_is_given_time(
    anvil: Office,
    listener: Desk,
    answering: Callable[[Answer], list[int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ticket = asked(anvil)
    monkeypatch.setattr(asking, "_WAITS", (0.01, 0.01))
    busy = {"code": 429, "message": "Too Many Requests"}
    counts = answering(lambda _: busy if len(counts) < 3 else None)
    assert listener.proofs.make(ticket) == anvil.desk.proofs.make(ticket)
    counts = answering(lambda _: busy)
    with pytest.raises(NodeError, match="Too Many Requests"):
        listener.proofs.make(ticket)
    assert len(counts) == 3


@pytest.mark.parametrize(
    ("method", "lie", "problem"),
    [
        ("eth_getBlockByNumber", lambda block: block | {"stateRoot": "0x" + 64 * "1"}, "as Ethereum's do"),
        (
            "eth_getProof",
            lambda proof: proof | {"accountProof": proof["accountProof"][:1]},
            "not in the file",
        ),
        ("eth_getCode", lambda code: code + "00", "code"),
        ("eth_getLogs", lambda logs: logs[: len(logs) - len(logs) // 2], "2 acts at block"),
        ("eth_getLogs", lambda _: [], "was not opened by"),
    ],
)
def test_a_node_that_lies_is_found_out(
    anvil: Office,
    line: Wire,
    listener: Desk,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    lie: Callable[[Any], Any],
    problem: str,
) -> None:
    asked(anvil, "Somebody else's")
    ticket = asked(anvil)
    ask = Wire.make_request
    monkeypatch.setattr("proofdesk.proof.making._PAUSE", 0)

    def make_request(self: Wire, asked_for: Any, params: Any) -> Any:
        answer = ask(self, asked_for, params)
        return answer | {"result": lie(answer["result"])} if asked_for == method else answer

    monkeypatch.setattr(Wire, "make_request", make_request)
    with pytest.raises((ProofFailed, LogMismatch, InvalidArgument), match=problem):
        listener.proofs.make(ticket, messages=False)
