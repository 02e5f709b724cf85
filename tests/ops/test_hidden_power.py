"""What deployer and owner could prepare unseen: the handover refuses or ends it, the check names it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from proofdesk._abi import encode_call, encode_constructor
from proofdesk._contract_errors import AccessManagerNotScheduled
from proofdesk._deployments import Contract
from proofdesk._errors import ConfigurationError
from proofdesk._sender import Sender
from proofdesk.ops.handover import handover
from proofdesk.ops.roles import DAY, Role
from tests.ops.conftest import Deployed
from tests.ops.test_check import only
from tests.ops.test_deploy import nonce
from tests.ops.test_handover import hand_over, pass_days, roles_of

OWNER, STRANGER = 1, 9


@pytest.fixture
def handed_over(desk: Deployed) -> Deployed:
    return hand_over(desk)


def closing(desk: Deployed) -> bytes:
    return encode_call("DeskAccess", "setTargetClosed", desk.address("TicketDesk"), True)


def announce(desk: Deployed, data: bytes, when: int = 0) -> str:
    """Let the owner announce a call to the manager; returns what cancels it."""
    manager, owner = desk.address("DeskAccess"), desk.w3.eth.accounts[OWNER]
    desk.send(OWNER, "DeskAccess", "schedule", manager, data, when)
    return f"cancel({owner}, {manager}, 0x{data.hex()})"


def early(desk: Deployed, function: str) -> bytes:
    """A call whose delay the owner, ADMIN beside the deployer, made a second."""
    target, stranger = desk.address("TicketDesk"), desk.w3.eth.accounts[STRANGER]
    delay = int(function == "grantRole")
    desk.send(0, "DeskAccess", "grantRole", 0, desk.w3.eth.accounts[OWNER], delay)
    desk.send(0, "DeskAccess", "setTargetAdminDelay", target, 1)
    args: dict[str, tuple[object, ...]] = {
        "grantRole": (int(Role.MODULE), stranger, 0),
        "setTargetClosed": (target, True),
        "setTargetFunctionRole": (target, ["0x12345678"], 1),
        "updateAuthority": (target, desk.address("DeskAccess")),
    }
    return encode_call("DeskAccess", function, *args[function])


# -------------------------------------------------------------------------------------------- announced calls


@pytest.mark.parametrize("days", [0, 30])
def test_handover_refuses_while_a_call_is_announced(desk: Deployed, days: int) -> None:
    data = early(desk, "setTargetClosed")
    when = days and desk.w3.eth.get_block("latest")["timestamp"] + days * DAY
    cancel = announce(desk, data, when)
    before = nonce(desk)
    with pytest.raises(
        ConfigurationError, match="could be made after the handover; as ADMIN cancel"
    ) as caught:
        hand_over(desk)
    assert cancel in str(caught.value)
    assert nonce(desk) == before
    desk.send(0, "DeskAccess", "cancel", desk.w3.eth.accounts[OWNER], desk.address("DeskAccess"), data)
    assert hand_over(desk).check().findings == ()


@pytest.mark.parametrize(
    "function", ["grantRole", "setTargetClosed", "setTargetFunctionRole", "updateAuthority"]
)
def test_check_fails_by_a_call_announced_for_too_soon(desk: Deployed, function: str) -> None:
    cancel = announce(desk, early(desk, function))
    found = [item for item in desk.check().failures if "execution delay" not in item.what]
    finding = only(tuple(found))
    assert finding.what == "a call announced to the manager"
    assert cancel in finding.advice


def test_check_knows_a_call_announced_again(handed_over: Deployed) -> None:
    """The same call for the same time, announced, cancelled and announced, is one that may be made."""
    manager, owner = handed_over.address("DeskAccess"), handed_over.w3.eth.accounts[OWNER]
    when = handed_over.w3.eth.get_block("latest")["timestamp"] + 46 * DAY
    announce(handed_over, closing(handed_over), when)
    handed_over.send(OWNER, "DeskAccess", "cancel", owner, manager, closing(handed_over))
    announce(handed_over, closing(handed_over), when)
    assert only(handed_over.check().findings).is_warning


# --------------------------------------------------------------------------------------------- lowered delays


def test_handover_ends_a_lowering_under_way(desk: Deployed) -> None:
    target, stranger = desk.address("TicketDesk"), desk.w3.eth.accounts[STRANGER]
    for function, subject in (("setGrantDelay", int(Role.MODULE)), ("setTargetAdminDelay", target)):
        desk.send(0, "DeskAccess", function, subject, 45 * DAY)
        desk.send(0, "DeskAccess", function, subject, 0)
    pass_days(desk, 44.9)
    desk = hand_over(desk)
    assert desk.check().ok
    pass_days(desk, 0.2)
    desk.send(OWNER, "DeskAccess", "grantRole", int(Role.MODULE), stranger, 0)
    assert roles_of(desk, STRANGER) == set()
    with pytest.raises(AccessManagerNotScheduled):
        desk.send(OWNER, "DeskAccess", "setTargetClosed", target, True)


def test_handover_leaves_longer_delays(desk: Deployed) -> None:
    desk.send(0, "DeskAccess", "setGrantDelay", int(Role.MODULE), 60 * DAY)
    desk.send(0, "DeskAccess", "setGrantDelay", int(Role.MODULE), 50 * DAY)
    desk = hand_over(desk)
    pass_days(desk, 11)
    call = encode_call("DeskAccess", "getRoleGrantDelay", int(Role.MODULE))
    found = desk.rpc("eth_call", {"to": desk.address("DeskAccess"), "data": "0x" + call.hex()}, "latest")
    assert int(found, 16) == 60 * DAY


class Overtaken(Sender):
    """A sender whose transaction comes a moment after another's."""

    def send(self, to: Any, data: bytes, *, value: int = 0, gas: int | None = None) -> Any:
        manager, stranger = str(to), self.node.w3.eth.accounts[STRANGER]
        owner = Sender(self.node.w3, self.node.w3.eth.accounts[OWNER])
        owner.send(manager, encode_call("DeskAccess", "grantRole", int(Role.MODULE), stranger, 0))
        return super().send(to, data, value=value, gas=gas)


def test_handover_looks_again_when_it_is_done(desk: Deployed) -> None:
    desk.send(0, "DeskAccess", "grantRole", 0, desk.w3.eth.accounts[OWNER], 0)
    sender = Overtaken(desk.w3, desk.w3.eth.accounts[0])
    with pytest.raises(ConfigurationError, match=r"only 0x.* can mend it now.*role module"):
        handover(sender, desk.deployment, desk.config, path=desk.folder)
    sent = nonce(desk)
    with pytest.raises(ConfigurationError, match="role module"):
        hand_over(desk)
    assert nonce(desk) == sent


# ------------------------------------------------------------------------------------- what no view shows


@pytest.mark.parametrize("contract", ["TicketDesk", "AgentCertification"])
def test_check_fails_by_an_authority_there_and_back(desk: Deployed, contract: str) -> None:
    code = encode_constructor("DeskAccess", desk.w3.eth.accounts[OWNER])
    other = desk.sender(OWNER).send(None, code).contract
    target, manager = desk.address(contract), desk.address("DeskAccess")
    desk.send(0, "DeskAccess", "updateAuthority", target, other)
    desk.sender(OWNER).send(other, encode_call("DeskAccess", "updateAuthority", target, manager))
    finding = only(desk.check().failures)
    assert finding.what == f"all authorities that {contract} has had"
    assert finding.found == f"{manager} → {other} → {manager}"
    with pytest.raises(ConfigurationError, match="not ready to be handed over"):
        hand_over(desk)


def with_contract(desk: Deployed, name: str, contract: Contract) -> Deployed:
    contracts = {**desk.deployment.contracts, name: contract}
    return replace(desk, deployment=replace(desk.deployment, contracts=contracts))


@pytest.mark.parametrize("contract", ["DeskAccess", "TicketDesk", "AgentCertification"])
def test_check_fails_by_a_manifest_that_begins_later(desk: Deployed, contract: str) -> None:
    known = desk.deployment.contract(contract)
    later = desk.w3.eth.block_number
    found = {
        item.what for item in with_contract(desk, contract, replace(known, block=later)).check().failures
    }
    assert f"creation of {contract} by {known.transaction}" in found


@pytest.mark.parametrize("where", ["another's", "nobody's"])
def test_check_fails_by_another_transaction(desk: Deployed, where: str) -> None:
    known = desk.deployment.contract("DeskAccess")
    other = desk.deployment.contract("TicketDesk").transaction if where == "another's" else "0x" + 64 * "1"
    failures = with_contract(desk, "DeskAccess", replace(known, transaction=other)).check().failures
    found = [finding.what for finding in failures]
    # What that one ran, if it is there, was no creation code of this contract either.
    code = [f"creation code of DeskAccess by {other}"] if where == "another's" else []
    assert found == [f"creation of DeskAccess by {other}", *code]


def test_check_fails_by_another_deployer(desk: Deployed) -> None:
    known, stranger = desk.deployment.contract("DeskAccess"), desk.w3.eth.accounts[STRANGER]
    found = with_contract(desk, "DeskAccess", replace(known, arguments=(stranger,))).check().failures
    first = next(item for item in found if item.what == "first grant by DeskAccess")
    assert (first.expected, first.found) == (f"admin to {stranger}", f"admin to {desk.w3.eth.accounts[0]}")
