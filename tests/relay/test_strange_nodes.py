"""Nodes that answer something else than they were asked: nothing is made of it."""

from __future__ import annotations

from dataclasses import replace
from threading import Event, Thread
from typing import Any

import pytest

from proofdesk import ConnectionLost
from proofdesk._abi import artifact
from proofdesk._rpc import NodeError
from proofdesk.ops.relay import Relayer, receipts
from proofdesk.ops.relay.chain import answers_of
from proofdesk.ops.relay.simulation import TooMuch, decode_list, encode_calls, simulate
from tests.client.office import Office
from tests.relay.people import Crowd, codes, key, yes


def sent(office: Office, relayer: Relayer, crowd: Crowd) -> tuple[Any, bytes]:
    """The receipt of a batch of three, and its call data."""
    acts = [crowd.open(number) for number in range(3)]
    yes(relayer.submit(acts))
    relayer.step(flush=True)
    fate = relayer.fate(acts[0].digest)
    assert fate is not None
    receipt = office.chain.rpc("eth_getTransactionReceipt", fate.tx_hash)
    return receipt, encode_calls([act.calldata for act in acts])


def test_a_receipt_says_of_each_act_what_became_of_it(office: Office, relayer: Relayer, crowd: Crowd) -> None:
    receipt, data = sent(office, relayer, crowd)
    mined = receipts.read(receipt, relayer.desk.deployment.contract("TicketDesk").address, data)
    assert (len(mined.calls), mined.refused, mined.reverted) == (3, {}, False) and mined.cost > 0


def test_what_other_contracts_log_in_between_is_passed_over(
    office: Office, relayer: Relayer, crowd: Crowd
) -> None:
    receipt, data = sent(office, relayer, crowd)
    receipt["logs"] = [
        each for log in receipt["logs"] for each in ({**log, "address": "0x" + 20 * "77"}, log)
    ]
    mined = receipts.read(receipt, relayer.desk.deployment.contract("TicketDesk").address, data)
    assert (len(mined.calls), mined.refused) == (3, {})


def test_one_answer_that_failed_fails_all_that_were_asked() -> None:
    class Partly:
        def batch(self, _: object) -> list[Any]:
            return ["0x1", NodeError("eth_call", "not here")]

    node: Any = Partly()
    with pytest.raises(NodeError, match="not here"):
        answers_of(node, [("eth_call", []), ("eth_call", [])])


@pytest.mark.parametrize("wrong", ["one is missing", "two are swapped", "another's"])
def test_a_receipt_that_is_another_batchs(office: Office, relayer: Relayer, crowd: Crowd, wrong: str) -> None:
    receipt, data = sent(office, relayer, crowd)
    if wrong == "one is missing":
        receipt["logs"].pop()
    elif wrong == "two are swapped":
        receipt["logs"].reverse()
    else:
        data = encode_calls([crowd.open(number).calldata for number in range(3)])
    desk = relayer.desk.deployment.contract("TicketDesk").address
    with pytest.raises(ConnectionLost, match="does not fit the acts"):
        receipts.read(receipt, desk, data)


class Says:
    """A node that says one thing."""

    def __init__(self, answer: str) -> None:
        self._answer = answer

    def request(self, *_: object) -> str:
        return self._answer


@pytest.mark.parametrize("answer", ["0x", "0x" + 64 * "0", "0x" + 62 * "0" + "20" + 62 * "f" + "ff"])
def test_a_call_that_is_answered_for_other_acts(answer: str) -> None:
    node: Any = Says(answer)
    with pytest.raises(TooMuch, match="of 2 acts"):
        simulate(node, "0x" + 20 * "11", "0x" + 20 * "22", [b"one", b"two"])


def test_lists_of_bytes_are_read_as_they_were_written(office: Office) -> None:
    calls = [b"", b"a", 32 * b"b", 33 * b"c"]
    data = encode_calls(calls)
    assert decode_list(data[4:]) == calls
    desk = office.w3.eth.contract(abi=artifact("TicketDesk")["abi"])
    assert desk.encode_abi("batch", args=[calls]) == "0x" + data.hex()


def test_a_node_that_makes_no_calls_without_a_receiver(
    relayer: Relayer, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise NodeError("eth_call", "not here")

    monkeypatch.setattr("proofdesk.ops.relay.checks.accepted", refuse)
    act = crowd.open(1)
    other = replace(act, message={**act.message, "customer": key(2).address})
    assert codes(relayer.submit([other, crowd.open(3)])) == ["no-answer"] * 2
    assert codes(relayer.submit([crowd.open(3)])) == ["yes"]


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("eth_getBlockByNumber", None),
        ("eth_getBlockByNumber", {}),
        ("eth_call", None),
        ("eth_call", "0x"),
        ("eth_call", {}),
        ("eth_getBalance", None),
        ("eth_getTransactionReceipt", {}),
        ("eth_getTransactionReceipt", {"blockNumber": "0x1"}),
        ("eth_getTransactionReceipt", "0x"),
    ],
)
def test_a_hand_that_gets_odd_answers_goes_on(
    relayer: Relayer, crowd: Crowd, monkeypatch: pytest.MonkeyPatch, method: str, answer: Any
) -> None:
    act = crowd.open(1)
    yes(relayer.submit([act]))
    transport = relayer.desk.node._core.transport
    ask, ask_all = transport.ask, transport.ask_all
    odd, stop = Event(), Event()

    def spoilt(asked: str, response: Any) -> Any:
        if asked != method:
            return response
        odd.set()
        return {**response, "result": answer}

    async def one(asked: str, params: Any) -> Any:
        return spoilt(asked, await ask(asked, params))

    async def all_of(requests: Any) -> Any:
        answers = await ask_all(requests)
        return [spoilt(request[0], each) for request, each in zip(requests, answers, strict=True)]

    relayer._chain._until = 0.0
    hand = Thread(target=relayer.run, args=(stop,), kwargs={"poll": 0.01}, daemon=True)
    with monkeypatch.context() as patch:
        patch.setattr(transport, "ask", one)
        patch.setattr(transport, "ask_all", all_of)
        hand.start()
        assert odd.wait(10)
    while relayer.counts()["done"] < 1:
        assert hand.is_alive()
        relayer._news.set()
    stop.set()
    hand.join()


def test_a_hand_outlives_what_nobody_thought_of(
    relayer: Relayer, crowd: Crowd, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    yes(relayer.submit([crowd.open(1)]))
    stop, step = Event(), relayer.step
    faults = [RuntimeError("a fault")]

    def fail_once() -> Any:
        if faults:
            raise faults.pop()
        return step(flush=True)

    monkeypatch.setattr(relayer, "step", fail_once)
    hand = Thread(target=relayer.run, args=(stop,), kwargs={"poll": 0.01}, daemon=True)
    hand.start()
    while relayer.counts()["done"] < 1:
        assert hand.is_alive()
    stop.set()
    hand.join()
    assert "nobody thought of" in caplog.text
