"""What a node has and does not mine, because it came before its turn, and what only looks like it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from proofdesk import Call, Sender, TransactionError
from proofdesk._shell import drive
from proofdesk.sending.trouble import _is_held_back
from tests.client.office import Office, account
from tests.client.sending import RECEIVER, balance
from tests.client.wire import Altered, Wire

NOT_FOUND = {"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "no such method"}}


class FromTheFuture(Wire):
    """What is sent first finds the account a nonce behind, which is then mined: anvil does not look again."""

    def __init__(self, office: Office) -> None:
        super().__init__(office.chain.url)
        self.sent: list[str] = []
        self._rpc = office.chain.rpc

    def make_request(self, method: Any, params: Any) -> Any:
        return self._late([(method, params)], lambda: super(FromTheFuture, self).make_request(method, params))

    def make_batch_request(self, batch_requests: Any) -> Any:
        return self._late(
            batch_requests, lambda: super(FromTheFuture, self).make_batch_request(batch_requests)
        )

    def _late(self, requests: Any, ask: Any) -> Any:
        raws = [params[0] for method, params in requests if method == "eth_sendRawTransaction"]
        is_first = bool(raws) and not self.sent
        self.sent += raws
        if not is_first:
            return ask()
        nonce = int(self._rpc("eth_getTransactionCount", account(3).address, "latest"), 16)
        self._rpc("anvil_setNonce", account(3).address, hex(nonce - 1))
        answer = ask()
        self._rpc("anvil_setNonce", account(3).address, hex(nonce))
        status = self._rpc("txpool_status")
        assert (status["pending"], int(status["queued"], 16)) == ("0x0", len(raws))
        return answer


@pytest.fixture
def used(office: Office) -> Iterator[Office]:
    """An office whose account has a nonce to be set back by; nothing waits when the test ends."""
    Sender(office.w3, account(3)).send(RECEIVER, b"")
    yield office
    office.chain.rpc("anvil_dropAllTransactions")


@pytest.mark.parametrize("count", [1, 120])
def test_what_is_held_back_is_offered_in_another_form_at_once(used: Office, count: int) -> None:
    line, started = FromTheFuture(used), time.monotonic()
    sender = Sender(line.w3, account(3), timeout=600)
    results = sender.send_many([Call(RECEIVER, b"", value, 21_000) for value in range(1, count + 1)])
    assert len(results) == count and balance(used, RECEIVER) == count * (count + 1) // 2
    assert time.monotonic() - started < 150, "blocks that pass by are waited for a quarter of the timeout"
    assert len(line.sent) > count


def test_the_other_form_goes_by_its_own_hash_whatever_the_node_calls_it(used: Office) -> None:
    class Renaming(FromTheFuture):
        def _late(self, requests: Any, ask: Any) -> Any:
            asked.extend(params for _, params in requests)
            answer = super()._late(requests, ask)
            is_sent = requests[0][0] == "eth_sendRawTransaction"
            return {**answer, "result": foreign} if is_sent and isinstance(answer, dict) else answer

    foreign, asked = "0x" + 64 * "a", list[Any]()
    line = Renaming(used)
    assert (
        Sender(line.w3, account(3), timeout=600).send(RECEIVER, b"", value=7, gas=21_000).gas_used == 21_000
    )
    assert len(line.sent) > 1 and [foreign] not in asked


@pytest.mark.parametrize("pool", ["told", "not told"])
def test_what_only_waits_is_sent_once(paused: Office, pool: str) -> None:
    """By a node that counts what is mined alone, so that what it has always seems to be next."""
    sent: list[str] = []
    line = Altered(paused.chain.url)
    line.answers["eth_getTransactionCount"] = lambda params, _: {
        "jsonrpc": "2.0",
        "id": 1,
        "result": paused.chain.rpc("eth_getTransactionCount", params[0], "latest"),
    }
    if pool == "not told":
        line.answers["txpool_status"] = lambda *_: NOT_FOUND
    line.before = lambda methods, params: sent.extend(params) if "sendRaw" in methods[0] else None
    with pytest.raises(TransactionError, match="not mined"):
        Sender(line.w3, account(3), timeout=2).send(RECEIVER, b"", value=1)
    assert ["txpool_status"] in line.asked and len(sent) == 1


@pytest.mark.parametrize(
    ("status", "is_held_back"),
    [
        ({"pending": "0x0", "queued": "0x1"}, True),
        ({"pending": "0", "queued": "12"}, True),
        ({"pending": 0, "queued": 3, "baseFee": 0}, True),
        ({"pending": "0x1", "queued": "0x1"}, False),
        ({"pending": "0x0", "queued": "0x0"}, False),
        ({"pending": 0, "queued": 0}, False),
        ({"queued": "0x1"}, False),
        ({"pending": "0x0"}, False),
        ({}, False),
        (None, False),
        ("0x1", False),
    ],
    ids=str,
)
def test_what_other_clients_say_of_their_pool(office: Office, status: object, is_held_back: bool) -> None:
    line = Altered(office.chain.url, txpool_status=lambda _, answer: {**answer, "result": status})
    assert drive(_is_held_back(Sender(line.w3, account(3))._core._outbox)) is is_held_back


def test_a_node_that_tells_nobody_of_its_pool_holds_nothing_back(office: Office) -> None:
    line = Altered(office.chain.url, txpool_status=lambda *_: NOT_FOUND)
    assert not drive(_is_held_back(Sender(line.w3, account(3))._core._outbox))
