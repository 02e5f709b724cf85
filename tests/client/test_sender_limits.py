"""What no transaction can say, what no block holds, and what some nodes do not know."""

from __future__ import annotations

from typing import Any

import pytest

from proofdesk import Call, ConnectionLost, InvalidArgument, ProofdeskError, Sender, TransactionError
from tests.client.office import Office, account
from tests.client.sending import RECEIVER, balance
from tests.client.wire import Altered
from tools.chain import Chain

BURNER = "0x" + 20 * "77"
A_TURN = 26  # gas


# -------------------------------------------------------------------------------------------- bad arguments


@pytest.mark.parametrize("to", ["0x", "", "0x1234", "11" * 20, RECEIVER + "1", 7, b"", f"{RECEIVER}\n"])
def test_a_receiver_that_is_none_creates_nothing(office: Office, to: Any) -> None:
    before = balance(office, account(3).address)
    with pytest.raises(InvalidArgument, match="is no address of 0x and 40 hex digits"):
        Sender(office.w3, account(3)).send(to, b"", value=10**18, gas=100_000)
    assert balance(office, account(3).address) == before


@pytest.mark.parametrize(
    ("numbers", "name"),
    [
        ({"value": -1}, "value"),
        ({"value": 1 << 256}, "value"),
        ({"value": 1.5}, "value"),
        ({"value": None}, "value"),
        ({"gas": 0}, "gas"),
        ({"gas": -5}, "gas"),
        ({"gas": 1 << 64}, "gas"),
        ({"gas": "21000"}, "gas"),
        ({"most": -1}, "most"),
        ({"most": 1 << 256}, "most"),
    ],
    ids=str,
)
def test_numbers_that_no_transaction_holds(numbers: dict[str, Any], name: str) -> None:
    with pytest.raises(InvalidArgument, match=f"^{name} .*: pass a whole number from"):
        Call(RECEIVER, b"", **numbers)


def test_the_largest_numbers_are_taken() -> None:
    most = (1 << 256) - 1
    assert Call(None, b"", most, (1 << 64) - 1, most).value == most
    assert (
        Call(RECEIVER.upper().replace("X", "x"), b"").gas is None and Call(RECEIVER, b"", 0, 1, 0).most == 0
    )


# ---------------------------------------------------------------------------------------------------- gas


def burning(office: Office, gas: int) -> bytes:
    """What has the burner take so much, nearly; it does nothing but count."""
    office.chain.rpc("anvil_setCode", BURNER, "0x5f355b600190038060025700")
    return (gas // A_TURN).to_bytes(32, "big")


def given(office: Office, tx_hash: str) -> int:
    return int(office.chain.rpc("eth_getTransactionByHash", tx_hash)["gas"], 16)


@pytest.mark.parametrize(
    ("gas", "most"), [(12_000_000, None), (15_000_000, 1 << 24), (20_000_000, None), (28_000_000, 30_000_000)]
)
def test_gas_stays_within_what_a_block_and_a_transaction_may_have(
    office: Office, gas: int, most: int | None
) -> None:
    """2**24 where the call has room in it; a chain without that bound takes more where it is needed."""
    result = Sender(office.w3, account(3)).send(BURNER, burning(office, gas))
    assert gas < result.gas_used < gas + 50_000
    had = given(office, result.tx_hash)
    assert had == most if most else had > 1.19 * result.gas_used


def test_a_call_that_no_block_holds_is_refused_before_anything_is_sent(office: Office) -> None:
    def roomy(_: Any, answer: Any) -> Any:
        return {**answer, "result": {**answer["result"], "gasLimit": hex(10_000_000)}}

    line = Altered(office.chain.url, eth_getBlockByNumber=roomy)
    with pytest.raises(
        InvalidArgument, match=r"takes 12,\d+,\d+ gas, and a block of this chain has 10,000,000"
    ):
        Sender(line.w3, account(3)).send(BURNER, burning(office, 12_000_000))
    assert not any("sendRaw" in method for methods in line.asked for method in methods)
    with pytest.raises(TransactionError, match=r"exceeds allowance: .*: .* make several calls of it"):
        Sender(office.w3, account(3)).send(BURNER, burning(office, 40_000_000))


def test_what_a_chain_refuses_for_its_gas_says_how_much_it_was_given() -> None:
    with Chain.anvil(extra=("--hardfork", "osaka", "--enable-tx-gas-limit")) as chain:
        office: Any = type("Bare", (), {"chain": chain})
        sender = Sender(chain.url, account(3))
        assert sender.send(BURNER, burning(office, 15_000_000)).gas_used > 15_000_000
        with pytest.raises(
            TransactionError, match=r"nothing was done. It was given 24,\d+,\d+ gas: .*EIP-7825"
        ):
            sender.send(BURNER, burning(office, 20_000_000))


# -------------------------------------------------------------------------------- what nodes do not know


def null(_: Any, answer: Any) -> Any:
    return {**answer, "result": None}


def without_base_fee(_: Any, answer: Any) -> Any:
    return {**answer, "result": {**answer["result"], "baseFeePerGas": None, "gasLimit": None}}


@pytest.mark.parametrize(
    "answers",
    [
        {"eth_maxPriorityFeePerGas": null},
        {"eth_getBlockByNumber": without_base_fee},
        {"eth_gasPrice": null},
    ],
    ids=["tip", "base fee", "price"],
)
def test_null_is_as_good_as_no_answer(office: Office, answers: dict[str, Any]) -> None:
    line = Altered(office.chain.url, **answers)
    assert Sender(line.w3, account(3), timeout=20).send(RECEIVER, b"", value=1).gas_used == 21_000


@pytest.mark.parametrize("price", [None, "cheap", 7])
def test_a_price_that_is_none_is_no_nodes(office: Office, price: object) -> None:
    line = Altered(
        office.chain.url,
        eth_getBlockByNumber=without_base_fee,
        eth_gasPrice=lambda _, answer: {**answer, "result": price},
    )
    with pytest.raises(ConnectionLost, match="what answers eth_gasPrice is no node"):
        Sender(line.w3, account(3)).send(RECEIVER, b"")


@pytest.mark.parametrize("answer", ["refused", "null"])
def test_a_node_that_does_not_say_what_is_final_is_not_waited_for_for_ever(
    office: Office, answer: str
) -> None:
    """Though block after block comes; and once it says so, the call has its answer."""

    def unsaid(params: Any, found: Any) -> Any:
        if params[0] != "finalized":
            return found
        error = {"error": {"code": -39001, "message": "unknown block"}}
        return {**found, "result": None} if answer == "null" else {"jsonrpc": "2.0", "id": 1, **error}

    line = Altered(office.chain.url, eth_getBlockByNumber=unsaid)
    line.before = lambda methods, _: (
        office.chain.rpc("evm_mine") if "eth_getTransactionReceipt" in methods else None
    )
    sender = Sender(line.w3, account(3), timeout=0.5, confirmations="finalized")
    with pytest.raises(ProofdeskError, match="does not say which block is final") as caught:
        sender.send(RECEIVER, b"", value=1)
    assert ("unknown block" in str(caught.value)) is (answer == "refused")
    line.answers.clear()
    office.chain.rpc("anvil_mine", hex(70))
    sender.send(RECEIVER, b"", value=1)
    assert balance(office, RECEIVER) == 1
