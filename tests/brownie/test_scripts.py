"""The operator's scripts, called as Brownie's tests and console call them."""

from __future__ import annotations

import json
from pathlib import Path

import brownie
import pytest
from eth_account import Account

from proofdesk._abi import artifact
from scripts import certify, check_deployment, deploy, fund, handover, policies, sources
from scripts._brownie import ROOT, operation
from tests.brownie.conftest import Premises

SUPERVISOR, MODULE = 1, 5
WINTER = """
token = "ETH"
lane = "refunds"
[return]
window = "60d"
refund = "100%"
"""


def test_brownie_compiles_what_was_deployed(premises: Premises) -> None:
    """So that whoever compiles with Brownie verifies the package's code."""
    project = brownie.project.get_loaded_projects()[0]
    for name in premises.deployment.contracts:
        assert project[name].bytecode == artifact(name)["bytecode"][2:]


def test_deploying_again_sends_nothing(premises: Premises) -> None:
    height = len(brownie.chain)
    assert deploy.main() == premises.deployment
    assert len(brownie.chain) == height


def test_cost_tells_what_is_left(premises: Premises, capsys: pytest.CaptureFixture[str]) -> None:
    height = len(brownie.chain)
    assert [step.name for step in deploy.cost().steps] == ["handover"]
    assert "1 transaction to send" in capsys.readouterr().out
    assert len(brownie.chain) == height


def test_sources_are_written_beside_the_manifests(
    premises: Premises, capsys: pytest.CaptureFixture[str]
) -> None:
    found = {source.name: source for source in sources.main()}
    assert found["TicketDesk"].address == premises.deployment.contract("TicketDesk").address
    assert found["TicketDesk"].input.exists()
    assert "contracts/TicketDesk.sol:TicketDesk" in capsys.readouterr().out


def test_check_passes_and_sends_nothing(premises: Premises) -> None:
    height = len(brownie.chain)
    assert check_deployment.main().ok
    assert len(brownie.chain) == height


def test_check_fails_loudly(premises: Premises, capsys: pytest.CaptureFixture[str]) -> None:
    premises.access.revokeRole(SUPERVISOR, premises.supervisor, {"from": premises.deployer})
    with pytest.raises(SystemExit, match="1"):
        check_deployment.main()
    assert "✗ role supervisor" in capsys.readouterr().out


@pytest.fixture
def with_claims(premises: Premises) -> Premises:
    """Ganache's desk is the smallest that is worth trying."""
    if "RefundVault" not in premises.deployment.contracts:
        pytest.skip("this network's desk has no claims")
    return premises


def test_fund_fills_the_vault(with_claims: Premises, capsys: pytest.CaptureFixture[str]) -> None:
    books = fund.main("0.5")
    assert (books.balance, books.free) == (5 * 10**17, 5 * 10**17)
    assert f"free       {5 * 10**17}" in capsys.readouterr().out
    with pytest.raises(SystemExit, match=r"how much\? brownie run fund main 0\.5"):
        fund.main()
    with pytest.raises(SystemExit, match="'half' is no amount of ETH: write one above 0, with at most 18"):
        fund.main("half")
    with pytest.raises(SystemExit, match="does not say how many decimals it has: is it a token"):
        fund.main("1", with_claims.desk.address)


def test_policies_publishes_what_is_new(
    with_claims: Premises, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Running it again sends nothing."""
    config = tmp_path / "development.toml"
    text = (ROOT / "config" / "development.toml").read_text(encoding="utf-8")
    for key in ('syllabus = "', 'policies = ["'):
        text = text.replace(key, f"{key}{ROOT}/config/")
    (tmp_path / "winter.toml").write_text(WINTER, encoding="utf-8")
    config.write_text(text.replace('policies = ["', 'policies = ["winter.toml", "'), encoding="utf-8")
    monkeypatch.setenv("PROOFDESK_CONFIG", str(config))
    assert policies.main().policies.keys() == {"standard", "winter"}
    height = len(brownie.chain)
    policies.main()
    assert len(brownie.chain) == height
    assert check_deployment.main().ok


def test_handover_leaves_the_deployer_powerless(premises: Premises) -> None:
    handover.main()
    with brownie.reverts(revert_pattern="AccessManagerUnauthorizedAccount.*"):
        premises.access.grantRole(SUPERVISOR, premises.deployer, 0, {"from": premises.deployer})
    with brownie.reverts(revert_pattern="AccessManagedUnauthorized.*"):
        premises.desk.retire(premises.deployer, {"from": premises.deployer})
    premises.access.grantRole(SUPERVISOR, premises.stranger, 0, {"from": premises.owner})
    assert premises.access.hasRole(SUPERVISOR, premises.stranger) == (True, 0)


def test_a_module_is_announced_45_days_before(premises: Premises) -> None:
    handover.main()
    premises.access.grantRole(MODULE, premises.stranger, 0, {"from": premises.owner})
    brownie.chain.sleep(45 * 86_400 - 60)
    brownie.chain.mine()
    assert premises.access.hasRole(MODULE, premises.stranger)[0] is False
    brownie.chain.sleep(120)
    brownie.chain.mine()
    assert premises.access.hasRole(MODULE, premises.stranger)[0] is True


def test_accounts_come_from_brownies_keystores(
    premises: Premises, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    account = Account.create()
    keystore = tmp_path / "somebody.json"
    # Few iterations: the test is not of scrypt.
    encrypted = Account.encrypt(account.key, "a password", kdf="pbkdf2", iterations=1000)
    keystore.write_text(json.dumps(encrypted), encoding="utf-8")
    monkeypatch.setenv("PROOFDESK_ACCOUNT", str(keystore))
    monkeypatch.setenv("PROOFDESK_PASSWORD", "a password")
    with operation() as here:
        assert here.sender().address == account.address
    monkeypatch.setenv("PROOFDESK_PASSWORD", "another")
    with pytest.raises(SystemExit, match="the password does not open account") as caught, operation() as here:
        here.sender()
    assert "another" not in str(caught.value)
    monkeypatch.setenv("PROOFDESK_ACCOUNT", "nobody-of-that-name")
    with pytest.raises(SystemExit, match="Brownie has no account nobody-of-that-name"), operation() as here:
        here.sender()


def test_an_error_ends_the_command_with_its_message(
    premises: Premises, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROOFDESK_CONFIG", "config/nowhere.toml")
    with pytest.raises(SystemExit, match=r"ConfigurationError: there is no config/nowhere\.toml"):
        check_deployment.main()
    with pytest.raises(SystemExit, match=r"there is no config"):
        certify.main("exams.csv")
    monkeypatch.delenv("PROOFDESK_CONFIG")
    with pytest.raises(SystemExit, match=r"which file\? brownie run certify main exams\.csv"):
        certify.main()
    with pytest.raises(SystemExit, match="'x' is no certificate's id"):
        certify.suspend("x")
