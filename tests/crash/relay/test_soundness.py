"""The judge of chains finds nothing where nothing is wrong, and what is wrong where something is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from proofdesk._words import keccak
from tests.client.office import Office, account
from tests.crash.relay.scene import Scene
from tests.crash.relay.soundness import contradictions
from tools.chain import Chain

Answer = Callable[[list[Any], Any], Any]

SOMEBODY = account(7)
# It jumps back until there is no gas: a block of it takes a while.
LONG = "0x5b600056"


@pytest.fixture(scope="module")
def busy() -> Iterator[Office]:
    """An office where a bit has happened, and gone, and happened again."""
    with Office.started("anvil") as office:
        rpc = office.chain.rpc
        with office.isolated():
            office.opened()
        first, second = office.taken(), office.taken()
        rpc("anvil_mine", "0x2")
        rpc("anvil_reorg", 3, [])
        office.agent.tickets.take(office.desk.tickets.get(second.id))
        assert first.id != second.id
        yield office


def found(office: Office, **answers: Answer) -> list[str]:
    """What is found where some answers are made others: by method, of the parameters and the answer."""

    def rpc(method: str, *parameters: Any) -> Any:
        answer = office.chain.rpc(method, *parameters)
        return answers[method](list(parameters), answer) if method in answers else answer

    return contradictions(rpc, office.deployment.contract("TicketDesk").address)


def last(office: Office) -> Any:
    """The latest block, which has an act."""
    return office.chain.rpc("eth_getBlockByNumber", "latest", True)


def test_a_chain_that_is_sound(busy: Office) -> None:
    assert found(busy) == []


def test_a_block_that_is_missing(busy: Office) -> None:
    number = hex(int(last(busy)["number"], 16) - 1)
    (problem,) = found(busy, eth_getBlockByNumber=lambda asked, block: None if asked[0] == number else block)
    assert problem.startswith(f"block {int(number, 16)} is missing")


def test_a_block_that_does_not_stand_on_the_one_before(busy: Office) -> None:
    number = last(busy)["number"]

    def moved(asked: list[Any], block: Any) -> Any:
        return block | {"parentHash": "0x" + 64 * "1"} if block["number"] == number else block

    (problem,) = found(busy, eth_getBlockByNumber=moved)
    assert problem == f"block {int(number, 16)} does not stand on block {int(number, 16) - 1}"


def test_a_latest_block_that_is_another(busy: Office) -> None:
    def other(asked: list[Any], block: Any) -> Any:
        return block | {"hash": "0x" + 64 * "1"} if asked[0] == "latest" else block

    (problem,) = found(busy, eth_getBlockByNumber=other)
    assert problem.startswith("the latest block is not")


@pytest.mark.parametrize(
    "changed", [{"blockHash": "0x" + 64 * "1"}, {"blockNumber": "0x1"}, {"transactionIndex": "0x1"}]
)
def test_a_receipt_of_another_place(busy: Office, changed: dict[str, str]) -> None:
    tx_hash = last(busy)["transactions"][0]["hash"]

    def moved(asked: list[Any], receipt: Any) -> Any:
        return receipt | changed if asked == [tx_hash] else receipt

    (problem,) = found(busy, eth_getTransactionReceipt=moved)
    assert tx_hash in problem and "by its receipt" in problem


def test_a_transaction_without_a_receipt(busy: Office) -> None:
    tx_hash = last(busy)["transactions"][0]["hash"]
    problems = found(
        busy, eth_getTransactionReceipt=lambda asked, receipt: None if asked == [tx_hash] else receipt
    )
    # Its logs are nobody's then, and the state is of an act that nothing tells of.
    assert problems[0] == f"transaction {tx_hash} of block {int(last(busy)['number'], 16)} has no receipt"
    assert any("are not those of its receipts" in problem for problem in problems)
    assert any("the log of lane 1 has" in problem for problem in problems)


def test_logs_that_are_not_the_receipts(busy: Office) -> None:
    block = last(busy)["hash"]
    (problem,) = found(busy, eth_getLogs=lambda asked, logs: [] if asked[0]["blockHash"] == block else logs)
    assert problem.endswith("are not those of its receipts")


def test_a_nonce_that_two_transactions_have(busy: Office) -> None:
    number = last(busy)["number"]

    def again(asked: list[Any], block: Any) -> Any:
        if block["number"] != number:
            return block
        (sent,) = block["transactions"]
        return block | {"transactions": [sent | {"nonce": hex(int(sent["nonce"], 16) - 1)}]}

    (problem,) = found(busy, eth_getBlockByNumber=again)
    assert "has a nonce that was not next" in problem


def test_an_account_with_another_nonce_than_its_transactions(busy: Office) -> None:
    sender = last(busy)["transactions"][0]["from"]
    with busy.isolated():
        nonce = int(busy.chain.rpc("eth_getTransactionCount", sender, "latest"), 16)
        busy.chain.rpc("anvil_setNonce", sender, hex(nonce + 1))
        assert f"latest: {sender} has nonce {nonce + 1} and {nonce} transactions" in found(busy)


def test_a_state_of_an_earlier_block_that_is_not_its_own(busy: Office) -> None:
    block = last(busy)
    sender, number = block["transactions"][0]["from"], block["number"]

    def older(asked: list[Any], nonce: str) -> str:
        return hex(int(nonce, 16) - 1) if asked == [sender, number] else nonce

    (problem,) = found(busy, eth_getTransactionCount=older)
    assert problem.startswith(f"block {int(number, 16)}: {sender} has nonce")


def test_a_ticket_that_is_not_as_it_was_logged(busy: Office) -> None:
    ticket = busy.desk.tickets.acts()[-1].ticket_id
    rpc, desk = busy.chain.rpc, busy.deployment.contract("TicketDesk").address
    with busy.isolated():
        # Where a word stands in the storage only the compiler says: all of it goes.
        for place in range(20):
            slot = keccak(bytes.fromhex(ticket[2:]) + place.to_bytes(32, "big"))
            rpc("anvil_setStorageAt", desk, "0x" + slot.hex(), "0x" + 64 * "0")
        problems = found(busy)
    assert any(
        each.startswith(f"latest: ticket {ticket} is 0x{64 * '0'} and was logged as 0x") for each in problems
    )


def test_a_desk_that_is_gone(busy: Office) -> None:
    """As it is after some of what anvil reorganises."""
    desk = busy.deployment.contract("TicketDesk").address
    with busy.isolated():
        busy.chain.rpc("anvil_setCode", desk, "0x")
        problems = found(busy)
    assert any(" is 0x and was logged as 0x" in problem for problem in problems)


def test_a_log_that_is_longer_than_its_events(busy: Office) -> None:
    """The state has what no block did."""
    number = last(busy)["number"]

    def short(asked: list[Any], logs: Any) -> Any:
        return [] if "blockHash" in asked[0] and asked[0]["blockHash"] == last(busy)["hash"] else logs

    def silent(asked: list[Any], receipt: Any) -> Any:
        return receipt | {"logs": []} if receipt["blockNumber"] == number else receipt

    problems = found(busy, eth_getLogs=short, eth_getTransactionReceipt=silent)
    assert any(problem.startswith("latest: the log of lane 1 has") for problem in problems)


# ---------------------------------------------------------------------------------------------------- anvil


def send(chain: Chain, nonce: int) -> None:
    """Send what is long in being mined."""
    form: Any = {
        "data": LONG,
        "gas": 20_000_000,
        "gasPrice": 3 * 10**10,
        "nonce": nonce,
        "chainId": chain.chain_id,
    }
    chain.rpc("eth_sendRawTransaction", "0x" + SOMEBODY.sign_transaction(form).raw_transaction.hex())


def mined(chain: Chain) -> None:
    while int(chain.rpc("txpool_status")["pending"], 16):
        pass


def snapshot_while_it_mines(chain: Chain, nonce: int) -> None:
    send(chain, nonce)
    snapshot = chain.rpc("evm_snapshot")
    mined(chain)
    chain.rpc("anvil_mine", "0x2")
    chain.rpc("evm_revert", snapshot)


def going_back_while_it_mines(chain: Chain, nonce: int) -> None:
    snapshot = chain.rpc("evm_snapshot")
    chain.rpc("anvil_mine", "0x3")
    send(chain, nonce)
    chain.rpc("evm_revert", snapshot)
    mined(chain)


@pytest.mark.parametrize(
    ("deed", "problem"),
    [(snapshot_while_it_mines, "has nonce"), (going_back_while_it_mines, "is missing")],
)
def test_what_anvil_makes_of_its_chain(deed: Callable[[Chain, int], None], problem: str) -> None:
    """Nothing of the project's is in it: why tests that go back have chains that mine when they are told."""
    problems: list[str] = []
    with Office.started("anvil") as office:
        for _ in range(20):
            count = office.chain.rpc("eth_getTransactionCount", SOMEBODY.address, "latest")
            deed(office.chain, int(count, 16))
            if problems := found(office):
                break
    assert any(problem in each for each in problems)


# --------------------------------------------------------------------------------------------------- trials


class LostError(Exception):
    """What a trial found."""


def failing(scene: Scene, *, spoilt: bool) -> None:
    """A trial that fails; where it is `spoilt`, on a chain that contradicts itself."""
    if spoilt:
        scene.office.chain.rpc("anvil_setNonce", SOMEBODY.address, "0x7")
    raise LostError("an act is lost")


def test_a_trial_on_a_chain_that_contradicts_itself_is_void(scene: Scene) -> None:
    chains: list[str] = []

    def trial() -> str:
        chains.append(scene.office.chain.url)
        if len(chains) == 1:
            failing(scene, spoilt=True)
        return "done"

    with pytest.warns(UserWarning, match=r"void.*has nonce 7 and 0 transactions.*an act is lost"):
        assert scene.attempt(trial) == "done"
    assert len(set(chains)) == 2 and scene.figures["void"] == 1


def test_a_trial_that_fails_on_a_sound_chain_has_failed(scene: Scene) -> None:
    void = scene.figures["void"]
    with pytest.raises(LostError):
        scene.attempt(lambda: failing(scene, spoilt=False))
    assert scene.figures["void"] == void


@pytest.mark.filterwarnings("ignore:void")
def test_too_many_void_trials_are_a_failure(scene: Scene) -> None:
    with pytest.raises(AssertionError, match=r"void.*has nonce 7"):
        scene.attempt(lambda: failing(scene, spoilt=True))
    assert scene.figures["void"] == 2
