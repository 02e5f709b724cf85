"""What a deployment is said to cost is what it then costs, on every kind of chain."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from web3 import HTTPProvider, Web3

from proofdesk._errors import InsufficientFunds
from proofdesk._sender import Sender
from proofdesk.ops.config import Config
from proofdesk.ops.config import load as load_config
from proofdesk.ops.cost import Estimate, estimate
from proofdesk.ops.deploy import Step, deploy
from proofdesk.ops.handover import handover
from proofdesk.ops.network import Network
from tests.ops.conftest import CONFIG, Deployed, Place
from tests.ops.test_deploy import STEPS, Crash, nonce
from tools.chain import Chain
from tools.deployment_gas import FILE, measure

TOLERANCE = 0.03
ORACLE = "0x420000000000000000000000000000000000000F"
# Answers getL1FeeUpperBound(n) with 1000 n, anything else with 0.
ORACLE_CODE = "0x60003560e01c63f1c7a58b14600435026103e80260005260206000f3"
PER_BYTE = 20


@pytest.fixture
def config() -> Config:
    return load_config(CONFIG)


@pytest.fixture
def other_chain() -> Any:
    """An anvil that is no local chain to us, on which nobody has money."""
    with Chain.anvil(chain_id=11155111) as chain:
        yield chain


def of(estimate: Estimate) -> dict[str, int]:
    return {step.name: step.gas for step in estimate.steps}


@pytest.mark.parametrize("deterministic", [False, True])
def test_what_is_said_is_what_it_costs(place: Place, config: Config, deterministic: bool) -> None:
    config = replace(config, deterministic=deterministic)
    sender = place.sender(0)
    said = of(estimate(place.w3, sender.address, config, path=place.folder))
    used: dict[str, int] = {}

    def note(step: Step) -> None:
        used[step.name] = sum(gas_of(place, tx_hash) for tx_hash in step.transactions)

    deployment = deploy(sender, config, path=place.folder, progress=note)
    handover(sender, deployment, config, path=place.folder)
    last = place.w3.eth.get_block("latest")["transactions"][-1]
    used["handover"] = gas_of(place, Web3.to_hex(last))
    assert list(said) == list(used)
    for name, gas in used.items():
        assert said[name] == pytest.approx(gas, rel=TOLERANCE), name


def gas_of(place: Place, tx_hash: str) -> int:
    return int(place.rpc("eth_getTransactionReceipt", tx_hash)["gasUsed"], 16)


def test_figures_are_those_of_the_contracts_as_they_are() -> None:
    """If not: python -m tools.deployment_gas."""
    assert flat(json.loads(FILE.read_text(encoding="utf-8"))) == pytest.approx(flat(measure()), rel=TOLERANCE)


def flat(tree: Mapping[str, Any], place: str = "") -> dict[str, int]:
    found: dict[str, int] = {}
    for name, item in tree.items():
        at = f"{place}.{name}"
        found |= flat(item, at) if isinstance(item, Mapping) else {at: item}
    return found


def test_what_is_there_costs_nothing(place: Place, config: Config) -> None:
    sender, names = place.sender(0), list(of(estimate(place.w3, place.sender(0).address, config)))
    for last in (1, 3, 4, 9, 15, 18, 22):

        def crash(step: Step, last: int = last) -> None:
            if step.number == last:
                raise Crash

        with pytest.raises(Crash):
            deploy(sender, config, path=place.folder, progress=crash)
        missing = of(estimate(place.w3, sender.address, config, path=place.folder))
        assert list(missing) == names[last:]


def test_only_the_handover_is_left(desk: Deployed) -> None:
    left = estimate(desk.w3, desk.sender(0).address, desk.config, path=desk.folder)
    assert list(of(left)) == ["handover"]
    handover(desk.sender(0), desk.deployment, desk.config, path=desk.folder)
    left = estimate(desk.w3, desk.sender(0).address, desk.config, path=desk.folder)
    assert (left.steps, left.cost, left.required) == ((), 0, 0)
    assert "nothing to pay" in str(left)


def test_what_the_factory_made_is_there_without_a_manifest_too(place: Place, config: Config) -> None:
    config = replace(config, deterministic=True)
    deploy(place.sender(0), config, path=place.folder)
    left = estimate(place.w3, place.sender(0).address, config, path=place.folder / "elsewhere")
    assert list(of(left)) == ["handover"]


def test_articles_are_transactions_of_their_own(place: Place, config: Config) -> None:
    lanes = (replace(config.lanes[0], article=7), *config.lanes[1:])
    names = list(of(estimate(place.w3, place.sender(0).address, replace(config, lanes=lanes))))
    at = names.index("lane cards")
    assert names[at + 1] == "article of lane cards"


class Arbitrum(HTTPProvider):
    """A node that counts the bytes of a transaction as gas."""

    def make_request(self, method, params):  # type: ignore[no-untyped-def]  # as HTTPProvider's
        answer = super().make_request(method, params)
        if method == "eth_estimateGas" and "result" in answer:
            size = len(params[0]["data"]) // 2 - 1
            answer["result"] = hex(int(answer["result"], 16) + PER_BYTE * size)
        return answer


def test_data_that_is_counted_as_gas_is_seen(ops_chain: Chain, place: Place, config: Config) -> None:
    deployer = place.sender(0).address
    plain = estimate(place.w3, deployer, config)
    dearer = estimate(Web3(Arbitrum(ops_chain.url)), deployer, config)
    for one, other in zip(plain.steps, dearer.steps, strict=True):
        assert other.gas > one.gas
    more = of(dearer)["rules"] - of(plain)["rules"]
    # Twenty-six functions' selectors and nine labels, in twenty calls or so.
    assert 2_500 * PER_BYTE < more < 7_000 * PER_BYTE


def test_a_fee_for_data_is_asked_of_the_oracle(place: Place, config: Config) -> None:
    deployer = place.sender(0).address
    plain = estimate(place.w3, deployer, config)
    assert {step.data_fee for step in plain.steps} == {0}
    place.rpc("anvil_setCode", ORACLE, ORACLE_CODE)
    dearer = estimate(place.w3, deployer, config)
    fees = {step.name: step.data_fee for step in dearer.steps}
    # The contract's code, its admin, and a signed transaction's other fields.
    assert 9_600_000 < fees["contract DeskAccess"] < 10_000_000
    assert dearer.cost == plain.cost + sum(fees.values())
    assert dearer.required == plain.required + 2 * sum(fees.values())


def test_refuses_to_begin_with_too_little(other_chain: Chain, config: Config, tmp_path: Path) -> None:
    config = replace(config, chain_id=11155111)
    deployer = other_chain.rpc("eth_accounts")[0]
    needed = estimate(other_chain.url, deployer, config, path=tmp_path).required
    other_chain.rpc("anvil_setBalance", deployer, hex(needed - 10**15))
    with pytest.raises(InsufficientFunds, match=r"has 0\.0\d+ ETH, and .* needs up to 0\.0\d+ ETH") as caught:
        deploy(Sender(other_chain.url, deployer), config, path=tmp_path)
    assert caught.value.needed - caught.value.balance == 10**15
    assert "send it 0.001000 ETH first" in str(caught.value)
    assert other_chain.rpc("eth_getTransactionCount", deployer, "latest") == "0x0"
    # What is called enough is enough.
    other_chain.rpc("anvil_setBalance", deployer, hex(needed))
    deployment = deploy(Sender(other_chain.url, deployer), config, path=tmp_path)
    handover(Sender(other_chain.url, deployer), deployment, config, path=tmp_path)


def test_on_a_local_chain_nobody_counts(place: Place, config: Config) -> None:
    place.rpc("anvil_setBalance", place.w3.eth.accounts[0], hex(6 * 10**15))
    before = nonce(place)
    with pytest.raises(InsufficientFunds):
        deploy(place.sender(0), config, path=place.folder)
    assert nonce(place) > before


def test_estimating_sends_nothing(place: Place, config: Config) -> None:
    height = place.w3.eth.block_number
    estimate(place.w3, place.sender(0).address, config, path=place.folder)
    assert place.w3.eth.block_number == height
    assert not place.folder.exists()


def test_says_prices_and_how_long_it_takes(place: Place, config: Config) -> None:
    network = Network("mine", 31337, currency="xDAI", confirmations=3, block_time=12, max_fee_per_gas=10**6)
    shown = str(estimate(place.w3, place.sender(9).address, replace(config, network=network)))
    assert f"desk development on chain 31337: {STEPS + 1} transactions to send" in shown
    assert "at most 0.001 is offered, about 16 min" in shown
    assert f"{place.w3.eth.accounts[9]} has 10000.000000 xDAI: enough" in shown


@pytest.mark.parametrize(
    ("wei", "shown"),
    [
        (0, "0.000000 ETH"),
        (1, "0.000000000000000001 ETH"),
        (123_456_789, "0.000000000124 ETH"),
        (10**15 + 1, "0.001001 ETH"),
        (2 * 10**18, "2.000000 ETH"),
    ],
)
def test_amounts_are_rounded_up(wei: int, shown: str) -> None:
    assert Estimate("mine", 1, "ETH", "0x", 0, 0, 0, ()).shown(wei) == shown
