"""After the handover the owner rules, slowly where it matters, and the deployer does nothing any more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proofdesk._abi import encode_call
from proofdesk._contract_errors import (
    AccessManagedUnauthorized,
    AccessManagerNotReady,
    AccessManagerNotScheduled,
    AccessManagerUnauthorizedAccount,
    MissingRole,
)
from proofdesk._deployments import load
from proofdesk._errors import ConfigurationError, DeploymentMismatch
from proofdesk.ops.config import DEPLOYER, Grant
from proofdesk.ops.deploy import deploy
from proofdesk.ops.handover import assert_powerless, handover
from proofdesk.ops.roles import DAY, Role
from tests.ops.conftest import Deployed
from tests.ops.test_deploy import Crash, CrashingSender, nonce

OWNER, SUPERVISOR, GUARDIAN, STRANGER = 1, 3, 5, 9
LANE = (1, 1, 1, 1, 0, False, False)


@pytest.fixture
def handed_over(desk: Deployed) -> Deployed:
    return hand_over(desk)


def hand_over(desk: Deployed) -> Deployed:
    return replace(desk, deployment=handover(desk.sender(0), desk.deployment, desk.config, path=desk.folder))


def pass_days(desk: Deployed, days: float) -> None:
    desk.rpc("evm_increaseTime", int(days * DAY))
    desk.rpc("evm_mine")


def roles_of(desk: Deployed, account: int) -> set[Role]:
    address = desk.w3.eth.accounts[account]
    node = desk.sender(0).node
    manager = desk.address("DeskAccess")
    return {role for role in Role if node.call("DeskAccess", manager, "hasRole", int(role), address)[0]}


def test_owner_is_admin_and_deployer_nothing(handed_over: Deployed) -> None:
    assert roles_of(handed_over, 0) == set()
    assert roles_of(handed_over, OWNER) == {Role.ADMIN}
    assert handed_over.check().ok


def test_deployer_can_call_nothing(handed_over: Deployed) -> None:
    stranger = handed_over.w3.eth.accounts[STRANGER]
    with pytest.raises(AccessManagedUnauthorized):
        handed_over.send(0, "TicketDesk", "createLane", LANE)
    with pytest.raises(AccessManagedUnauthorized):
        handed_over.send(0, "TicketDesk", "retire", stranger)
    with pytest.raises(AccessManagerUnauthorizedAccount):
        handed_over.send(0, "DeskAccess", "grantRole", 0, stranger, 0)
    with pytest.raises(MissingRole):
        handed_over.send(0, "TicketDesk", "assign", [], [], [])
    handed_over.send(OWNER, "DeskAccess", "grantRole", 1, stranger, 0)
    handed_over.send(STRANGER, "TicketDesk", "assign", [], [], [])


def test_takes_every_role_from_the_deployer(desk: Deployed) -> None:
    """Those of the config too: on a local chain `deployer` may hold roles until the handover."""
    grants = tuple(Grant(role, DEPLOYER) for role in (Role.SUPERVISOR, Role.INTAKE, Role.GUARDIAN))
    config = replace(desk.config, desk="own", grants=(*desk.config.grants, *grants))
    deployment = deploy(desk.sender(0), config, path=desk.folder)
    own = replace(desk, config=config, deployment=deployment)
    assert roles_of(own, 0) == {Role.ADMIN, Role.SUPERVISOR, Role.INTAKE, Role.GUARDIAN}
    own = hand_over(own)
    assert roles_of(own, 0) == set()
    assert own.check().ok
    assert own.w3.eth.accounts[0] not in str(own.deployment.roles)


def test_is_one_transaction_and_done_once(desk: Deployed) -> None:
    before = nonce(desk)
    handed_over = hand_over(desk)
    assert nonce(desk) - before == 1
    assert hand_over(handed_over).deployment == handed_over.deployment
    assert nonce(desk) - before == 1
    assert load(desk.folder / "31337" / "development.json") == handed_over.deployment


def test_deploying_again_gives_nothing_back(handed_over: Deployed) -> None:
    again = deploy(handed_over.sender(0), handed_over.config, path=handed_over.folder)
    assert again == handed_over.deployment
    assert roles_of(handed_over, 0) == set()


def test_goes_on_after_a_crash(desk: Deployed) -> None:
    sender = CrashingSender(desk.w3, desk.w3.eth.accounts[0])
    sender.after = 1
    with pytest.raises(Crash):
        handover(sender, desk.deployment, desk.config, path=desk.folder)
    assert hand_over(desk).deployment.roles["admin"] == (desk.w3.eth.accounts[OWNER],)
    assert desk.check().ok


def test_takes_a_role_that_was_given_back(handed_over: Deployed) -> None:
    handed_over.send(OWNER, "DeskAccess", "grantRole", 1, handed_over.w3.eth.accounts[0], 0)
    with pytest.raises(DeploymentMismatch, match="holds after the handover"):
        assert_powerless(handed_over.sender(0).node, handed_over.deployment)
    hand_over(handed_over)
    assert roles_of(handed_over, 0) == set()


def test_notices_a_function_left_open(handed_over: Deployed) -> None:
    """A role is not the only way: a function may be everybody's."""
    everybody = 2**64 - 1
    target, four = (
        handed_over.address("TicketDesk"),
        "0x" + encode_call("TicketDesk", "closeLane", 1).hex()[:8],
    )
    data = encode_call("DeskAccess", "setTargetFunctionRole", target, [four], everybody)
    handed_over.send(OWNER, "DeskAccess", "schedule", handed_over.address("DeskAccess"), data, 0)
    pass_days(handed_over, 45)
    handed_over.send(OWNER, "DeskAccess", "setTargetFunctionRole", target, [four], everybody)
    with pytest.raises(DeploymentMismatch, match=r"TicketDesk\.closeLane by .* is possible"):
        assert_powerless(handed_over.sender(0).node, handed_over.deployment)


# ------------------------------------------------------------------------------------------------- refusals


def test_refuses_a_config_without_owner(desk: Deployed) -> None:
    with pytest.raises(ConfigurationError, match=r"names no desk\.owner"):
        hand_over(replace(desk, config=replace(desk.config, owner=None)))


def test_refuses_the_deployer_as_owner(desk: Deployed) -> None:
    with pytest.raises(ConfigurationError, match="a handover is to somebody else"):
        hand_over(replace(desk, config=replace(desk.config, owner=desk.w3.eth.accounts[0])))


def test_refuses_a_contract_of_the_desk_as_owner(desk: Deployed) -> None:
    with pytest.raises(ConfigurationError, match="is the desk's own TicketDesk"):
        hand_over(replace(desk, config=replace(desk.config, owner=desk.address("TicketDesk"))))


def test_refuses_another_sender(desk: Deployed) -> None:
    with pytest.raises(ConfigurationError, match="hands it over: use that account"):
        handover(desk.sender(STRANGER), desk.deployment, desk.config, path=desk.folder)


def test_refuses_a_desk_that_is_not_ready(desk: Deployed) -> None:
    """The deployer, who could still mend it, is not sent away."""
    desk.send(0, "DeskAccess", "revokeRole", 1, desk.w3.eth.accounts[SUPERVISOR])
    before = nonce(desk)
    with pytest.raises(ConfigurationError, match=r"not ready to be handed over.*role supervisor: no member"):
        hand_over(desk)
    assert nonce(desk) == before
    assert roles_of(desk, 0) == {Role.ADMIN}


def test_refuses_where_nobody_would_be_admin_for_a_while(desk: Deployed) -> None:
    desk.send(0, "DeskAccess", "setGrantDelay", 0, DAY)
    with pytest.raises(ConfigurationError, match="granting ADMIN takes 86400 s here"):
        hand_over(desk)
    assert roles_of(desk, 0) == {Role.ADMIN}
    desk.send(0, "DeskAccess", "grantRole", 0, desk.w3.eth.accounts[OWNER], 0)
    with pytest.raises(ConfigurationError, match="granting ADMIN takes 86400 s here"):
        hand_over(desk)
    pass_days(desk, 1)
    hand_over(desk)
    assert roles_of(desk, OWNER) == {Role.ADMIN}


def test_refuses_where_another_is_admin(handed_over: Deployed) -> None:
    config = replace(handed_over.config, owner=handed_over.w3.eth.accounts[STRANGER])
    with pytest.raises(ConfigurationError, match="is ADMIN: was it given to another"):
        hand_over(replace(handed_over, config=config))


# --------------------------------------------------------------------------------------------------- delays


def test_a_module_waits_for_45_days(handed_over: Deployed) -> None:
    module = handed_over.w3.eth.accounts[STRANGER]
    handed_over.send(OWNER, "DeskAccess", "grantRole", int(Role.MODULE), module, 0)
    pass_days(handed_over, 44.99)
    assert roles_of(handed_over, STRANGER) == set()
    pass_days(handed_over, 0.02)
    assert roles_of(handed_over, STRANGER) == {Role.MODULE}


@pytest.mark.parametrize("function", ["setTargetClosed", "updateAuthority", "setTargetFunctionRole"])
def test_changing_a_contract_is_announced_45_days_before(handed_over: Deployed, function: str) -> None:
    manager, target = handed_over.address("DeskAccess"), handed_over.address("TicketDesk")
    args: dict[str, tuple[object, ...]] = {
        "setTargetClosed": (target, True),
        "updateAuthority": (target, manager),
        "setTargetFunctionRole": (target, ["0x12345678"], 1),
    }
    with pytest.raises(AccessManagerNotScheduled):
        handed_over.send(OWNER, "DeskAccess", function, *args[function])
    data = encode_call("DeskAccess", function, *args[function])
    handed_over.send(OWNER, "DeskAccess", "schedule", manager, data, 0)
    pass_days(handed_over, 44.99)
    with pytest.raises(AccessManagerNotReady):
        handed_over.send(OWNER, "DeskAccess", function, *args[function])
    pass_days(handed_over, 0.02)
    handed_over.send(OWNER, "DeskAccess", function, *args[function])


def test_the_delays_cannot_be_shortened_at_once(handed_over: Deployed) -> None:
    manager, target = handed_over.address("DeskAccess"), handed_over.address("TicketDesk")
    handed_over.send(OWNER, "DeskAccess", "setTargetAdminDelay", target, 0)
    handed_over.send(OWNER, "DeskAccess", "setGrantDelay", int(Role.MODULE), 0)
    node = handed_over.sender(0).node
    pass_days(handed_over, 44.99)
    assert node.call("DeskAccess", manager, "getTargetAdminDelay", target) == 45 * DAY
    assert node.call("DeskAccess", manager, "getRoleGrantDelay", int(Role.MODULE)) == 45 * DAY
