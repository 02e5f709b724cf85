"""The sender against a real node: one call, its errors, its fees."""

from __future__ import annotations

import pytest
from eth_account import Account

from proofdesk import (
    ConfigurationError,
    ContractRevert,
    InsufficientFunds,
    InvalidArgument,
    Sender,
    TransactionError,
    UnknownLane,
)
from proofdesk._abi import encode_call
from tests.client.office import Office, account
from tests.client.sending import CREATE_LANE, RECEIVER, balance, desk_of
from tests.client.wire import Wire
from tools.chain import Chain

# -------------------------------------------------------------------------------------------------- one call


def test_keys_here_and_keys_of_the_node(office: Office) -> None:
    for who in (account(3), account(3).address):
        result = Sender(office.w3, who).send(RECEIVER, b"", value=5)
        assert (result.gas_used, result.events) == (21_000, ())
    assert balance(office, RECEIVER) == 10


def test_an_act_takes_two_requests_where_the_node_can_wait(wire: Wire, sender: Sender) -> None:
    sender.send(RECEIVER, b"")
    wire.asked.clear()
    sender.send(RECEIVER, b"")
    assert wire.asked == [["eth_estimateGas", "eth_getTransactionCount"], ["eth_sendRawTransactionSync"]]


def test_a_refusal_is_known_before_anything_is_sent(office: Office, sender: Sender) -> None:
    count = office.chain.rpc("eth_getTransactionCount", sender.address, "pending")
    with pytest.raises(UnknownLane) as caught:
        sender.send(desk_of(office), encode_call("TicketDesk", "closeLane", 99))
    assert (caught.value.lane, caught.value.tx_hash) == (99, None)
    assert office.chain.rpc("eth_getTransactionCount", sender.address, "pending") == count


def test_a_refusal_on_chain_has_its_reason_and_its_transaction(office: Office, sender: Sender) -> None:
    with pytest.raises(UnknownLane) as caught:
        sender.send(desk_of(office), encode_call("TicketDesk", "closeLane", 99), gas=200_000)
    assert caught.value.lane == 99
    receipt = office.chain.rpc("eth_getTransactionReceipt", caught.value.tx_hash)
    assert receipt["status"] == "0x0"


def test_running_out_of_gas_is_said(office: Office, sender: Sender) -> None:
    with pytest.raises(ContractRevert, match="ran out of gas"):
        sender.send(desk_of(office), CREATE_LANE, gas=60_000)


def test_a_contract_that_is_none_gives_no_reason(office: Office, sender: Sender) -> None:
    with pytest.raises(ContractRevert, match="without a reason"):
        sender.send(desk_of(office), b"\1\2\3\4")


def test_an_unfunded_account_learns_what_it_needs(office: Office) -> None:
    poor = Account.create()
    with pytest.raises(InsufficientFunds) as caught:
        Sender(office.w3, poor).send(RECEIVER, b"", value=7)
    assert (caught.value.account, caught.value.balance) == (poor.address, 0)
    office.chain.rpc("anvil_setBalance", poor.address, hex(caught.value.needed))
    assert Sender(office.w3, poor).send(RECEIVER, b"", value=7).gas_used == 21_000


def test_an_account_of_nobody(office: Office) -> None:
    nobody = Account.create().address
    office.chain.rpc("anvil_setBalance", nobody, hex(10**18))
    with pytest.raises(ConfigurationError, match="does not sign for"):
        Sender(office.w3, nobody).send(RECEIVER, b"")


@pytest.mark.parametrize(
    "options", [{"confirmations": 0}, {"confirmations": "soon"}, {"timeout": 0}, {"gas_margin": 0.9}]
)
def test_options_that_cannot_be_meant(office: Office, options: dict[str, object]) -> None:
    with pytest.raises(InvalidArgument):
        Sender(office.w3, account(3), **options)  # type: ignore[arg-type]  # wrong on purpose


# ------------------------------------------------------------------------------------------------------ fees


def test_the_cap_is_kept(office: Office) -> None:
    base = int(office.chain.rpc("eth_getBlockByNumber", "latest", False)["baseFeePerGas"], 16)
    result = Sender(office.w3, account(3), max_fee_per_gas=base + 1).send(RECEIVER, b"")
    sent = office.chain.rpc("eth_getTransactionByHash", result.tx_hash)
    assert int(sent["maxFeePerGas"], 16) == base + 1
    with pytest.raises(TransactionError, match="raise max_fee_per_gas"):
        Sender(office.w3, account(3), max_fee_per_gas=1).send(RECEIVER, b"")


def test_fees_that_rose_since_are_read_anew() -> None:
    with Chain.anvil() as chain:  # of its own: a snapshot does not hold the fee
        sender = Sender(Wire(chain.url).w3, account(3))
        sender.send(RECEIVER, b"")
        chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(10**11))
        chain.rpc("evm_mine")
        assert sender.send(RECEIVER, b"").gas_used == 21_000


def test_a_chain_without_base_fees() -> None:
    with Chain.anvil(extra=["--hardfork", "berlin"]) as chain:
        result = Sender(Wire(chain.url).w3, account(0)).send(RECEIVER, b"", value=1)
        assert chain.rpc("eth_getTransactionByHash", result.tx_hash)["type"] == "0x0"


def test_a_stuck_transaction_offers_more(paused: Office, wire: Wire) -> None:
    sender, seen = Sender(wire.w3, account(3), timeout=10), []

    def mine_what_offers_more(methods: list[str], params: list[str]) -> None:
        if methods[0] == "eth_getTransactionReceipt":
            seen.append(params[0])
            # A first block passes the first form by, for its base fee is higher; later ones are cheap again.
            is_dear = len(seen) == 1
            if is_dear or len(methods) == 2:
                paused.chain.rpc("anvil_setNextBlockBaseFeePerGas", hex((50 if is_dear else 1) * 10**9))
                paused.chain.rpc("evm_mine")

    wire.before = mine_what_offers_more
    result = sender.send(RECEIVER, b"", value=3)
    assert balance(paused, RECEIVER) == 3
    assert set(seen) == {seen[0]} and result.tx_hash != seen[0], "the second form of one transaction"
