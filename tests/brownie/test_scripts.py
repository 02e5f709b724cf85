"""The operator's scripts, called as Brownie's tests and console call them."""

from __future__ import annotations

import json
from pathlib import Path

import brownie
import pytest
from eth_account import Account

from proofdesk._abi import artifact
from scripts import certify, check_deployment, deploy, handover, sources
from scripts._brownie import operation
from tests.brownie.conftest import Office

SUPERVISOR, MODULE = 1, 5


def test_brownie_compiles_what_was_deployed(office: Office) -> None:
    """So that whoever compiles with Brownie verifies the package's code."""
    project = brownie.project.get_loaded_projects()[0]
    for name in office.deployment.contracts:
        assert project[name].bytecode == artifact(name)["bytecode"][2:]


def test_deploying_again_sends_nothing(office: Office) -> None:
    height = len(brownie.chain)
    assert deploy.main() == office.deployment
    assert len(brownie.chain) == height


def test_cost_tells_what_is_left(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    height = len(brownie.chain)
    assert [step.name for step in deploy.cost().steps] == ["handover"]
    assert "1 transaction to send" in capsys.readouterr().out
    assert len(brownie.chain) == height


def test_sources_are_written_beside_the_manifests(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    found = {source.name: source for source in sources.main()}
    assert found["TicketDesk"].address == office.deployment.contract("TicketDesk").address
    assert found["TicketDesk"].input.exists()
    assert "contracts/TicketDesk.sol:TicketDesk" in capsys.readouterr().out


def test_check_passes_and_sends_nothing(office: Office) -> None:
    height = len(brownie.chain)
    assert check_deployment.main().ok
    assert len(brownie.chain) == height


def test_check_fails_loudly(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    office.access.revokeRole(SUPERVISOR, office.supervisor, {"from": office.deployer})
    with pytest.raises(SystemExit, match="1"):
        check_deployment.main()
    assert "✗ role supervisor" in capsys.readouterr().out


def test_handover_leaves_the_deployer_powerless(office: Office) -> None:
    handover.main()
    with brownie.reverts(revert_pattern="AccessManagerUnauthorizedAccount.*"):
        office.access.grantRole(SUPERVISOR, office.deployer, 0, {"from": office.deployer})
    with brownie.reverts(revert_pattern="AccessManagedUnauthorized.*"):
        office.desk.retire(office.deployer, {"from": office.deployer})
    office.access.grantRole(SUPERVISOR, office.stranger, 0, {"from": office.owner})
    assert office.access.hasRole(SUPERVISOR, office.stranger) == (True, 0)


def test_a_module_is_announced_45_days_before(office: Office) -> None:
    handover.main()
    office.access.grantRole(MODULE, office.stranger, 0, {"from": office.owner})
    brownie.chain.sleep(45 * 86_400 - 60)
    brownie.chain.mine()
    assert office.access.hasRole(MODULE, office.stranger)[0] is False
    brownie.chain.sleep(120)
    brownie.chain.mine()
    assert office.access.hasRole(MODULE, office.stranger)[0] is True


def test_accounts_come_from_brownies_keystores(
    office: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
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


def test_an_error_ends_the_command_with_its_message(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
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
