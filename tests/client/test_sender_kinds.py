"""Of each kind one call is estimated, before anything is sent; what is in doubt is not signed anew."""

from __future__ import annotations

import pytest

from proofdesk import Call, ContractRevert, Sender, TransactionError
from proofdesk._abi import encode_call
from tests.client.office import Office, account
from tests.client.sending import RECEIVER, balance, desk_of
from tests.client.wire import Wire

ROOM = 8
OTHER = "0x" + 20 * "22"


def asked(wire: Wire, method: str) -> int:
    """How often it was asked for."""
    return sum(methods.count(method) for methods in wire.asked)


def test_of_each_receiver_function_and_length_one_is_estimated(office: Office, wire: Wire) -> None:
    kinds = [(RECEIVER, b""), (OTHER, b""), (RECEIVER, b"abcd"), (RECEIVER, b"efgh"), (RECEIVER, b"abcdefgh")]
    calls = [Call(to, data, value) for value in (1, 2) for to, data in kinds]
    assert len(Sender(wire.w3, account(3)).send_many(calls)) == 10
    assert asked(wire, "eth_estimateGas") == len(kinds)


def test_what_is_sent_in_steps_is_estimated_at_the_first(
    office: Office, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proofdesk._outbox.MAX_IN_FLIGHT", ROOM)
    sender = Sender(wire.w3, account(3))
    calls = [Call(RECEIVER, b"", 1)] * (2 * ROOM)
    assert len(sender.send_many(calls)) == 2 * ROOM
    assert asked(wire, "eth_estimateGas") == 1
    wire.asked.clear()
    # Nobody but its owner may, and it comes last.
    forbidden = Call(desk_of(office), encode_call("TicketDesk", "pauseOpening"))
    with pytest.raises(ContractRevert):
        sender.send_many([*calls, forbidden])
    assert asked(wire, "eth_sendRawTransaction") == 0 and balance(office, RECEIVER) == 2 * ROOM


def test_what_the_node_signed_is_not_asked_of_it_again(paused: Office, wire: Wire) -> None:
    """It may sign another transaction each time, under a name that nobody knows."""
    sender, call = Sender(wire.w3, account(3).address, timeout=0.3), Call(RECEIVER, b"", 1, 21_000)
    for _ in range(3):
        with pytest.raises(TransactionError, match="not mined"):
            sender.send_many([call])
    assert asked(wire, "eth_sendTransaction") == 1
    paused.chain.rpc("evm_mine")
    assert len(sender.send_many([call])) == 1 and balance(paused, RECEIVER) == 1
