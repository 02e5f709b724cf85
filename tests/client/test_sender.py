"""The sender against a real node: fees, nonces, errors, and that every call lands exactly once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from eth_account import Account

from proofdesk import (
    BatchFailed,
    Call,
    ConfigurationError,
    ConnectionLost,
    ContractRevert,
    InsufficientFunds,
    InvalidArgument,
    Result,
    Sender,
    TransactionError,
    TransactionInDoubt,
    UnknownLane,
)
from proofdesk._abi import encode_call
from tests.client.office import Office, account
from tests.client.wire import Wire
from tools.chain import Chain

RECEIVER = "0x" + 20 * "11"
WINDOWS = {"respondWithin": 1, "resolveWithin": 1, "confirmWithin": 1, "program": 1, "level": 0}
# Nothing in the contract keeps it from applying twice: only the sender does.
CREATE_LANE = encode_call("TicketDesk", "createLane", {**WINDOWS, "gated": False, "claims": False})


@pytest.fixture
def wire(office: Office) -> Wire:
    return Wire(office.chain.url)


@pytest.fixture
def sender(wire: Wire) -> Sender:
    return Sender(wire.w3, account(3), timeout=20)


@pytest.fixture
def paused(office: Office) -> Iterator[Office]:
    """A chain that mines only when told."""
    office.chain.rpc("evm_setAutomine", False)
    yield office
    office.chain.rpc("evm_setAutomine", True)


def desk_of(office: Office) -> str:
    return office.deployment.contract("TicketDesk").address


def lanes(office: Office) -> int:
    return len(office.desk.lanes.all())


def mining(office: Office, blocks: int) -> Callable[[list[str], list[str]], None]:
    """Mines whenever a receipt is asked for."""

    def mine(methods: list[str], params: list[str]) -> None:
        if methods[0] == "eth_getTransactionReceipt":
            office.chain.rpc("anvil_mine", hex(blocks))

    return mine


def balance(office: Office, address: str) -> int:
    return int(office.chain.rpc("eth_getBalance", address, "latest"), 16)


# ------------------------------------------------------------------------------------------------ one call


def test_keys_here_and_keys_of_the_node(office: Office) -> None:
    for who in (account(3), account(3).address):
        result = Sender(office.w3, who).send(RECEIVER, b"", value=5)
        assert (result.gas_used, result.events) == (21_000, ())
    assert balance(office, RECEIVER) == 10


def test_an_act_takes_four_requests(office: Office, wire: Wire, sender: Sender) -> None:
    sender.send(RECEIVER, b"")
    wire.asked.clear()
    sender.send(RECEIVER, b"")
    asked = [method for methods in wire.asked for method in methods]
    assert asked[:3] == ["eth_estimateGas", "eth_getTransactionCount", "eth_sendRawTransaction"]
    assert set(asked[3:]) == {"eth_getTransactionReceipt"}


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


# ---------------------------------------------------------------------------------------------------- fees


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
    sender, seen = Sender(wire.w3, account(3), timeout=0.4), []

    def mine_what_offers_more(methods: list[str], params: list[str]) -> None:
        if methods[0] == "eth_getTransactionReceipt":
            seen.append(params[0])
            if len(methods) == 2:
                paused.chain.rpc("evm_mine")

    wire.before = mine_what_offers_more
    result = sender.send(RECEIVER, b"", value=3)
    assert balance(paused, RECEIVER) == 3
    assert set(seen) == {seen[0]} and result.tx_hash != seen[0], "the second form of one transaction"


# -------------------------------------------------------------------------------------------- exactly once


@pytest.mark.parametrize("heard", [False, True])
def test_cut_at_every_request_it_lands_once(office: Office, wire: Wire, heard: bool) -> None:
    cuts = 0
    while True:
        sender = Sender(wire.w3, account(3), timeout=20)
        before = lanes(office)
        wire.cut(cuts, heard=heard)
        try:
            sender.send(desk_of(office), CREATE_LANE)
        except ConnectionLost as error:
            sent = any("eth_sendRawTransaction" in methods for methods in wire.asked)
            assert isinstance(error, TransactionInDoubt) == sent
            sender.send(desk_of(office), CREATE_LANE)
        assert lanes(office) == before + 1
        if wire.cut_at is not None:
            break
        cuts += 1
    assert cuts >= 5


def test_lost_while_it_waits_to_be_mined(paused: Office, wire: Wire, sender: Sender) -> None:
    def cut_when_sent(methods: list[str], params: list[str]) -> None:
        if "eth_sendRawTransaction" in methods:
            wire.cut(0, heard=True)

    wire.before = cut_when_sent
    with pytest.raises(TransactionInDoubt) as caught:
        sender.send(desk_of(paused), CREATE_LANE)
    pending = caught.value.tx_hashes
    assert len(pending) == 1 and pending[0] in str(caught.value)
    wire.before = None
    paused.chain.rpc("evm_setAutomine", True)
    paused.chain.rpc("evm_mine")
    wire.asked.clear()
    assert sender.send(desk_of(paused), CREATE_LANE).tx_hash == pending[0]
    assert lanes(paused) == 5
    assert ["eth_sendRawTransaction"] not in wire.asked, "what is out is waited for"


def test_not_mined_in_time_is_waited_for_by_calling_again(paused: Office, wire: Wire) -> None:
    sender = Sender(wire.w3, account(3), timeout=0.05)
    with pytest.raises(TransactionError, match="call again to go on waiting") as caught:
        sender.send(desk_of(paused), CREATE_LANE)
    paused.chain.rpc("evm_mine")
    assert sender.send(desk_of(paused), CREATE_LANE).tx_hash == caught.value.tx_hash
    assert lanes(paused) == 5


def test_what_the_node_forgot_is_sent_again(paused: Office, wire: Wire, sender: Sender) -> None:
    def drop_once(methods: list[str], params: list[str]) -> None:
        sent = [m for m in wire.asked if "eth_sendRawTransaction" in m]
        if methods == ["eth_getTransactionReceipt"] and len(sent) == 1:
            paused.chain.rpc("anvil_dropTransaction", params[0])
        elif len(sent) == 2:
            paused.chain.rpc("evm_mine")

    wire.before = drop_once
    sender.send(desk_of(paused), CREATE_LANE)
    assert lanes(paused) == 5


def test_what_is_mined_between_two_looks_is_not_sent_again(
    paused: Office, wire: Wire, sender: Sender
) -> None:
    raw: list[str] = []

    def hide_then_mine(methods: list[str], params: list[str]) -> None:
        if "eth_sendRawTransaction" in methods and not raw:
            raw.append(params[0])
        elif methods == ["eth_getTransactionReceipt"] and raw and not is_mined():
            paused.chain.rpc("anvil_dropTransaction", params[0])
        # The node did not know it a moment ago, and now counts its nonce as used: by itself.
        elif methods == ["eth_getTransactionCount"] and params[1] == "latest" and raw and not is_mined():
            paused.chain.rpc("eth_sendRawTransaction", raw[0])
            paused.chain.rpc("evm_mine")
            paused.chain.rpc("evm_setAutomine", True)

    def is_mined() -> bool:
        return lanes(paused) > 4

    wire.before = hide_then_mine
    sender.send(desk_of(paused), CREATE_LANE)
    assert lanes(paused) == 5


def test_a_nonce_that_another_sender_took(paused: Office, wire: Wire, sender: Sender) -> None:
    rival = Sender(paused.w3, account(3), timeout=20)

    def outbid_once(methods: list[str], params: list[str]) -> None:
        sent = [m for m in wire.asked if "eth_sendRawTransaction" in m]
        if methods == ["eth_getTransactionReceipt"] and len(sent) == 1 and not rivals:
            ours = paused.chain.rpc("eth_getTransactionByHash", params[0])
            signed = account(3).sign_transaction(
                {
                    "to": "0x" + 20 * "22",
                    "value": 1,
                    "gas": 21_000,
                    "nonce": int(ours["nonce"], 16),
                    "chainId": paused.chain.chain_id,
                    "maxFeePerGas": 2 * int(ours["maxFeePerGas"], 16),
                    "maxPriorityFeePerGas": 2 * int(ours["maxPriorityFeePerGas"], 16),
                }
            )
            rivals.append(paused.chain.rpc("eth_sendRawTransaction", signed.raw_transaction.to_0x_hex()))
            paused.chain.rpc("evm_setAutomine", True)
            paused.chain.rpc("evm_mine")

    rivals: list[str] = []
    wire.before = outbid_once
    sender.send(desk_of(paused), CREATE_LANE)
    assert lanes(paused) == 5 and balance(paused, "0x" + 20 * "22") == 1
    assert rival.send(RECEIVER, b"").gas_used == 21_000


def test_the_chain_was_reset(office: Office, sender: Sender) -> None:
    with office.isolated():
        sender.send(RECEIVER, b"")
        sender.send(RECEIVER, b"")
    assert sender.send(RECEIVER, b"", value=1).gas_used == 21_000


def test_threads_share_a_sender(office: Office, sender: Sender) -> None:
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda value: sender.send(RECEIVER, b"", value=value), range(1, 21)))
    assert len({result.tx_hash for result in results}) == 20
    assert balance(office, RECEIVER) == sum(range(1, 21))


def test_a_refused_call_leaves_no_gap_to_those_after_it(paused: Office, sender: Sender) -> None:
    def pending() -> int:
        return int(paused.chain.rpc("eth_getTransactionCount", sender.address, "pending"), 16)

    before = pending()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(sender.send, RECEIVER, b"", value=1)
        while pending() == before:
            assert not first.done()
        with pytest.raises(InsufficientFunds):
            sender.send(RECEIVER, b"", value=10**30, gas=21_000)
        second = pool.submit(sender.send, RECEIVER, b"", value=2)
        while not (first.done() and second.done()):
            paused.chain.rpc("evm_mine")
    assert balance(paused, RECEIVER) == 3
    assert second.result().block >= first.result().block


def test_two_senders_of_one_account(office: Office) -> None:
    senders = [Sender(Wire(office.chain.url).w3, account(3), timeout=20) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        batches = [[Call(RECEIVER, b"", value) for value in range(start, 100, 2)] for start in (1, 2)]
        results = list(pool.map(lambda job: job[0].send_many(job[1]), zip(senders, batches, strict=True)))
    assert [len(batch) for batch in results] == [50, 49]
    assert balance(office, RECEIVER) == sum(range(1, 100))


PROCESS = """
import sys
from web3 import HTTPProvider, Web3
from proofdesk import Sender
from tests.client.office import account
sender = Sender(Web3(HTTPProvider(sys.argv[1])), account(3))
for value in range(int(sys.argv[2]), 40, 2):
    sender.send("0x" + 20 * "11", b"", value=value)
"""


def test_two_processes_of_one_account(office: Office) -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", PROCESS, office.chain.url, start]) for start in ("1", "2")
    ]
    assert [process.wait(120) for process in processes] == [0, 0]
    assert balance(office, RECEIVER) == sum(range(1, 40))


# --------------------------------------------------------------------------------------------- many, deep


def test_many_calls_in_order_and_bounded_in_flight(paused: Office) -> None:
    sent: set[str] = set()
    peak = 0

    def watch(methods: list[str], params: list[list[str]]) -> None:
        nonlocal peak
        if methods[0] == "eth_sendRawTransaction":
            sent.update(raw[0] for raw in batches[-1])
            peak = max(peak, len(sent) - mined())
        elif methods[0] == "eth_getTransactionReceipt":
            paused.chain.rpc("evm_mine")

    def mined() -> int:
        return int(paused.chain.rpc("eth_getTransactionCount", account(3).address, "latest"), 16) - before

    class Listening(Wire):
        def make_batch_request(self, batch_requests: Any) -> Any:
            batches.append([params for _, params in batch_requests])
            return super().make_batch_request(batch_requests)

    batches: list[list[list[str]]] = []
    before = 0
    before = mined()
    line = Listening(paused.chain.url)
    line.before = watch
    results = Sender(line.w3, account(3)).send_many([Call(RECEIVER, b"", value) for value in range(1, 1201)])
    values = [
        int(paused.chain.rpc("eth_getTransactionByHash", result.tx_hash)["value"], 16)
        for result in results[::100]
    ]
    assert values == list(range(1, 1201, 100))
    assert peak == 500


def test_a_bad_call_does_not_sink_the_others(office: Office, sender: Sender) -> None:
    to = desk_of(office)
    calls = [Call(to, encode_call("TicketDesk", "setArticle", lane, 7)) for lane in (1, 99, 2)]
    with pytest.raises(BatchFailed, match="1 of 3 calls failed, first call 1") as caught:
        sender.send_many(calls)
    _, bad, _ = caught.value.outcomes
    assert isinstance(bad, UnknownLane) and bad.lane == 99 and bad.tx_hash
    assert office.desk.lanes.get(1).article == office.desk.lanes.get(2).article == 7


def test_a_reason_that_only_the_state_before_gives(paused: Office, wire: Wire, sender: Sender) -> None:
    def mine_when_both_are_sent(methods: list[str], params: list[str]) -> None:
        if methods[0] == "eth_getTransactionReceipt":
            paused.chain.rpc("evm_mine")

    wire.before = mine_when_both_are_sent
    too_early = encode_call("TicketDesk", "setArticle", 5, 7)
    calls = [Call(desk_of(paused), data, gas=300_000) for data in (too_early, CREATE_LANE)]
    with pytest.raises(BatchFailed) as caught:
        sender.send_many(calls)
    refused, made = caught.value.outcomes
    assert isinstance(refused, UnknownLane) and refused.lane == 5
    assert isinstance(made, Result) and lanes(paused) == 5


def test_one_of_many_in_doubt_is_taken_up_alone(paused: Office, wire: Wire) -> None:
    sender = Sender(wire.w3, account(3), timeout=0.05)
    calls = [Call(desk_of(paused), CREATE_LANE), Call(RECEIVER, b"", 1), Call(RECEIVER, b"", 2)]
    with pytest.raises(TransactionError, match="not mined"):
        sender.send_many(calls)
    paused.chain.rpc("evm_mine")
    sender.send(desk_of(paused), CREATE_LANE)
    assert lanes(paused) == 5


def test_acts_that_cost_more_than_the_one_estimated(office: Office) -> None:
    office.opened()
    office.opened()
    calls = [office.desk.call("TicketDesk", "open", 1, f"0x{number:064x}") for number in range(1, 127)]
    results = office.customer.sender.send_many(calls)
    gas = [result.gas_used for result in results]
    assert max(gas) == gas[-1] > 1.4 * gas[0], "leaf 127 completes seven subtrees and begins an eighth"


@pytest.mark.parametrize("heard", [False, True])
def test_many_calls_cut_at_every_request(
    office: Office, wire: Wire, heard: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proofdesk._sender.MAX_IN_FLIGHT", 2)
    calls = [Call(desk_of(office), CREATE_LANE)] * 3
    cut = 0
    while True:
        sender, before = Sender(wire.w3, account(3), timeout=20), lanes(office)
        wire.cut(cut, heard=heard)
        try:
            sender.send_many(calls)
        except ConnectionLost:
            sender.send_many(calls)
        assert lanes(office) == before + 3
        if wire.cut_at is not None:
            break
        cut += 1
    assert cut >= 5


def test_confirmations_are_waited_for(office: Office, wire: Wire) -> None:
    sender = Sender(wire.w3, account(3), confirmations=3)
    wire.before = mining(office, 1)
    result = sender.send(RECEIVER, b"")
    assert int(office.chain.rpc("eth_blockNumber"), 16) == result.block + 2


def test_finality_is_waited_for(office: Office, wire: Wire) -> None:
    sender = Sender(wire.w3, account(3), confirmations="finalized")
    wire.before = mining(office, 64)
    result = sender.send(RECEIVER, b"")
    finalized = office.chain.rpc("eth_getBlockByNumber", "finalized", False)
    assert int(finalized["number"], 16) >= result.block


def test_a_block_that_was_reorganised_away_is_waited_out(office: Office, wire: Wire) -> None:
    sender = Sender(wire.w3, account(3), confirmations=3, timeout=20)
    turned: list[int] = []

    def reorganise_once(methods: list[str], params: list[str]) -> None:
        if methods[0] == "eth_getTransactionReceipt":
            polls = [m for m in wire.asked if m[0] == "eth_getTransactionReceipt"]
            if len(polls) == 1 and not turned:
                assert office.chain.rpc("eth_getTransactionReceipt", params[0])
                turned.append(1)
                office.chain.rpc("anvil_reorg", 2, [])
                assert not office.chain.rpc("eth_getTransactionReceipt", params[0])
            else:
                office.chain.rpc("evm_mine")

    wire.before = reorganise_once
    result = sender.send(RECEIVER, b"", value=9)
    assert turned and balance(office, RECEIVER) == 9
    assert office.chain.rpc("eth_getTransactionReceipt", result.tx_hash)["blockNumber"] == hex(result.block)


# ------------------------------------------------------------------------------------------ other providers


class NoBatches(Wire):
    """A provider that knows no batches."""

    def make_batch_request(self, batch_requests: Any) -> Any:
        raise NotImplementedError


class RefusedBatches(Wire):
    """A node that answers a batch with one error."""

    def make_batch_request(self, batch_requests: Any) -> Any:  # noqa: ARG002
        return {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "no batches"}}


@pytest.mark.parametrize("provider", [NoBatches, RefusedBatches])
def test_without_batches_it_is_asked_one_by_one(office: Office, provider: type[Wire]) -> None:
    sender = Sender(provider(office.chain.url).w3, account(3))
    assert len(sender.send_many([Call(RECEIVER, b"", value) for value in (1, 2, 3)])) == 3
    assert balance(office, RECEIVER) == 6


def test_a_provider_that_retries_by_itself(office: Office) -> None:
    class Twice(Wire):
        def make_request(self, method: Any, params: Any) -> Any:
            if method == "eth_sendRawTransaction":
                super().make_request(method, params)  # whose answer is lost on the way
            return super().make_request(method, params)

    before = lanes(office)
    Sender(Twice(office.chain.url).w3, account(3), timeout=20).send(desk_of(office), CREATE_LANE)
    assert lanes(office) == before + 1


def test_a_node_that_counts_only_what_is_mined(paused: Office) -> None:
    class Slow(Wire):
        def make_request(self, method: Any, params: Any) -> Any:
            if method == "eth_getTransactionCount":
                params = [params[0], "latest"]
            return super().make_request(method, params)

    sender = Sender(Slow(paused.chain.url).w3, account(3), timeout=20)
    with ThreadPoolExecutor(5) as pool:
        sent = [pool.submit(sender.send, RECEIVER, b"", value=value) for value in (1, 2, 3, 4, 5)]
        while len(paused.chain.rpc("txpool_content")["pending"].get(sender.address.lower(), {})) < 5:
            assert not any(future.done() for future in sent)
        paused.chain.rpc("evm_mine")
    assert [future.result().block for future in sent] == 5 * [sent[0].result().block]
    assert balance(paused, RECEIVER) == 15


def test_an_answer_that_is_no_json(office: Office) -> None:
    class Proxy(Wire):
        def decode_rpc_response(self, raw_response: bytes) -> Any:  # noqa: ARG002
            return super().decode_rpc_response(b"<html>502 Bad Gateway</html>")

    with pytest.raises(ConnectionLost, match="did not answer"):
        Sender(Proxy(office.chain.url).w3, account(3)).send(RECEIVER, b"")


# ----------------------------------------------------------------------------------- nodes of little manners


class Refusing(Wire):
    """Refuses some requests from a moment on, as public nodes do who were asked too often."""

    methods: tuple[str, ...] = ()

    def make_request(self, method: Any, params: Any) -> Any:
        if method in self.methods:
            return {"jsonrpc": "2.0", "id": 1, "error": {"code": -32005, "message": "too many requests"}}
        return super().make_request(method, params)

    def make_batch_request(self, batch_requests: Any) -> Any:
        raise NotImplementedError


def test_what_is_refused_while_it_waits_ends_nothing(paused: Office) -> None:
    wire = Refusing(paused.chain.url)
    asked: list[str] = []

    def refuse(methods: list[str], params: Any) -> None:
        asked.extend(methods)
        if "eth_sendRawTransaction" in methods:
            wire.methods = ("eth_getTransactionByHash", "eth_getTransactionCount", "eth_gasPrice")
        elif len(asked) > 14:
            paused.chain.rpc("evm_mine")

    wire.before = refuse
    Sender(wire.w3, account(3), timeout=60).send(desk_of(paused), CREATE_LANE)
    assert lanes(paused) == 5


def test_a_cap_below_a_risen_fee_leaves_it_in_doubt(paused: Office, wire: Wire) -> None:
    sender = Sender(wire.w3, account(3), timeout=1.5, max_fee_per_gas=5 * 10**9)
    raised: list[str] = []

    def raise_fee(methods: list[str], params: Any) -> None:
        if methods == ["eth_getTransactionReceipt"] and not raised:
            raised.append(params[0])
            paused.chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(50 * 10**9))

    wire.before = raise_fee
    with pytest.raises(TransactionError, match="not mined within") as caught:
        sender.send(RECEIVER, b"", value=1)
    assert caught.value.tx_hash == raised[0]
    paused.chain.rpc("anvil_setNextBlockBaseFeePerGas", "0x1")
    paused.chain.rpc("evm_mine")
    assert sender.send(RECEIVER, b"", value=1).tx_hash == raised[0]


def test_what_is_signed_is_good_on_one_chain_alone(office: Office) -> None:
    class Lying(Wire):
        def make_request(self, method: Any, params: Any) -> Any:
            answer = super().make_request(method, params)
            return {**answer, "result": "0x1"} if method == "eth_chainId" and self.asked[1:] else answer

    signed: list[int] = []
    desk = office.desk
    wire = Lying(office.chain.url)
    wire.before = lambda methods, params: (
        signed.append(Account.recover_transaction(params[0]) and chain_of(params[0]))
        if methods == ["eth_sendRawTransaction"]
        else None
    )
    own = type(desk).connect(
        wire.w3, account=account(10), deployment=office.deployment, store=desk.archive.store
    )
    own.tickets.open(lane="cards", content="Which chain?")
    assert signed == [31337]


def chain_of(raw: str) -> int:
    """The chain that a type-2 transaction is good on: the first of its fields (EIP-1559)."""
    import rlp

    return int.from_bytes(rlp.decode(bytes.fromhex(raw[4:]))[0], "big")


def test_a_tip_is_bounded_whatever_the_node_says(office: Office) -> None:
    class Greedy(Wire):
        def make_batch_request(self, batch_requests: Any) -> Any:
            answers = super().make_batch_request(batch_requests)
            for (method, _), answer in zip(batch_requests, answers, strict=True):
                if method == "eth_maxPriorityFeePerGas":
                    answer["result"] = hex(10**16)
            return answers

    before = int(office.chain.rpc("eth_getBalance", account(3).address, "latest"), 16)
    Sender(Greedy(office.chain.url).w3, account(3)).send(RECEIVER, b"")
    spent = before - int(office.chain.rpc("eth_getBalance", account(3).address, "latest"), 16)
    assert 0 < spent < 21_000 * 10 * 10**9


def test_a_chain_that_stands_still_never_confirms(office: Office, wire: Wire) -> None:
    sender = Sender(wire.w3, account(3), confirmations=2, timeout=0.3)
    with pytest.raises(TransactionError, match=r"mined in block \d+ .* no further block came") as caught:
        sender.send(RECEIVER, b"", value=1)
    office.chain.rpc("evm_mine")
    assert sender.send(RECEIVER, b"", value=1).tx_hash == caught.value.tx_hash


def test_a_chain_that_goes_on_has_the_time_it_takes(office: Office, wire: Wire) -> None:
    sender = Sender(wire.w3, account(3), confirmations=9, timeout=2)
    wire.before = lambda methods, _: (
        office.chain.rpc("evm_mine") if "eth_getTransactionReceipt" in methods else None
    )
    assert sender.send(RECEIVER, b"", value=1).gas_used == 21_000
