"""The operator's scripts, called as Brownie's tests and console call them."""

from __future__ import annotations

import brownie
import pytest

from proofdesk._abi import artifact
from scripts import check_deployment, deploy, handover
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


def test_an_error_ends_the_command_with_its_message(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROOFDESK_CONFIG", "config/nowhere.toml")
    with pytest.raises(SystemExit, match=r"ConfigurationError: there is no config/nowhere\.toml"):
        check_deployment.main()
