"""check_deployment passes what deploy made, and names each thing that is then broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from proofdesk._abi import artifact
from proofdesk._deployments import VERSION
from proofdesk._words import address_of
from proofdesk.ops._access import selector
from proofdesk.ops._addresses import FACTORY, created_by_factory
from proofdesk.ops._code import code_hash
from proofdesk.ops.check import Finding, check_deployment
from proofdesk.ops.config import Grant, LaneTerms
from proofdesk.ops.deploy import deploy
from proofdesk.ops.handover import handover
from proofdesk.ops.roles import DAY, Role
from tests.ops.conftest import Deployed
from tests.proof.planting import creation_that_writes

OWNER, CERTIFIER, SUPERVISOR, GUARDIAN, STRANGER = 1, 2, 3, 5, 9  # accounts; the supervisor edits lanes too
LANE = (1, 1, 1, 1, 0, False, False)
PROGRAM = ("0x" + 64 * "1", 1, 1, 0, True)

Break = Callable[[Deployed], object]


def only(findings: tuple[Finding, ...]) -> Finding:
    assert len(findings) == 1, [str(finding) for finding in findings]
    return findings[0]


def manage(function: str, *args: object) -> Break:
    """A call by the deployer, who is ADMIN, to the manager; "desk" stands for TicketDesk's address."""

    def act(desk: Deployed) -> None:
        values = [desk.address("TicketDesk") if arg == "desk" else arg for arg in args]
        values = [desk.w3.eth.accounts[int(str(arg)[1:])] if str(arg)[:1] == "#" else arg for arg in values]
        desk.send(0, "DeskAccess", function, *values)

    return act


def act(account: int, contract: str, function: str, *args: object) -> Break:
    """A call by one of the accounts."""
    return lambda desk: desk.send(account, contract, function, *args)


def test_passes_what_was_deployed(desk: Deployed) -> None:
    block = desk.w3.eth.block_number
    report = desk.check()
    assert report.ok
    assert report.findings == ()
    facts = dict(report.facts)
    assert facts["handover"].startswith("not yet: the deployer")
    assert (facts["opening"], facts["public lanes"]) == ("possible", "cards, orders")
    assert "all is as it should be" in str(report)
    assert desk.w3.eth.block_number == block


@pytest.mark.parametrize(
    ("breaking", "what", "found"),
    [
        (manage("revokeRole", 1, "#3"), "role supervisor", "no member"),
        (manage("grantRole", 4, "#9", 0), "role intake", "#9"),
        (manage("grantRole", 1, "#0", 0), "role supervisor", "(the deployer)"),
        (manage("grantRole", 0, "#9", 0), "role admin", "#9"),
        (manage("grantRole", 42, "#9", 0), "role unknown role 42", "#9"),
        (manage("grantRole", 1, "#3", 60), "execution delay of", "60 s: the contracts refuse it"),
        (manage("grantRole", 6, "#5", 60), "execution delay of", "60 s"),
        (manage("setRoleAdmin", 1, 2), "who grants supervisor", "certifier"),
        (manage("setRoleGuardian", 1, 2), "who may cancel what is announced by supervisor", "certifier"),
        (manage("setTargetClosed", "desk", True), "TicketDesk in the manager", "closed"),
        (
            manage("setTargetFunctionRole", "desk", [selector("TicketDesk", "createLane")], 0),
            "who may call TicketDesk.createLane",
            "admin",
        ),
        (
            manage("setTargetFunctionRole", "desk", [selector("TicketDesk", "retire")], 6),
            "who may call TicketDesk.retire",
            "guardian",
        ),
        (manage("setTargetFunctionRole", "desk", ["0x12345678"], 4), "function 0x12345678", "intake"),
        (act(SUPERVISOR, "TicketDesk", "createLane", LANE), "lanes on chain", "6"),
        (act(SUPERVISOR, "TicketDesk", "setArticle", 1, 7), "article of lane 1 (cards)", "7"),
        (act(CERTIFIER, "AgentCertification", "createProgram", PROGRAM), "programs on chain", "3"),
    ],
)
def test_fails_by(desk: Deployed, breaking: Break, what: str, found: str) -> None:
    breaking(desk)
    report = desk.check()
    finding = only(report.failures)
    assert not report.ok
    assert what in finding.what
    expected = desk.w3.eth.accounts[int(found[1:])] if found[0] == "#" else found
    assert expected in finding.found
    assert finding.advice in str(report)


@pytest.mark.parametrize("contract", ["DeskAccess", "AgentCertification", "TicketDesk"])
@pytest.mark.parametrize("code", ["", "00"])
def test_fails_by_changed_code(desk: Deployed, contract: str, code: str) -> None:
    desk.rpc("anvil_setCode", desk.address(contract), "0x" + code)
    finding = only(desk.check().failures)
    assert finding.what == f"code of {contract} at {desk.address(contract)}"
    assert finding.found == (code_hash(bytes.fromhex(code)) if code else "no code")


def test_fails_by_code_that_is_not_this_packages(desk: Deployed) -> None:
    """The manifest agrees with the chain, but both are another contract's."""
    desk.rpc("anvil_setCode", desk.address("TicketDesk"), "0x00")
    contract = replace(desk.deployment.contract("TicketDesk"), code_hash=code_hash(b"\0"))
    contracts = {**desk.deployment.contracts, "TicketDesk": contract}
    changed = replace(desk.deployment, contracts=contracts, version="0.0.7")
    finding = only(replace(desk, deployment=changed).check().failures)
    assert finding.expected == "this package's"
    assert f'this is {VERSION}): pip install "proofdesk==0.0.7"' in finding.advice
    # Another build of this version, or one that wrote none: only the commit tells them apart.
    for version in ("", VERSION):
        built = replace(changed, version=version, commit="abcdef0")
        advice = only(replace(desk, deployment=built).check().failures).advice
        assert advice.endswith("the proofdesk it was deployed by (commit abcdef0)")


@pytest.mark.parametrize("by_factory", [False, True])
def test_fails_by_code_that_another_code_left(desk: Deployed, by_factory: bool) -> None:
    """The code is this package's; what made it wrote a date into the storage before."""
    creation = creation_that_writes({7: 1}, bytes.fromhex(artifact("RecordAnchor")["deployedBytecode"][2:]))
    if by_factory:
        done = desk.sender(9).send(FACTORY, bytes(32) + creation)
        address = created_by_factory(bytes(32) + creation)
    else:
        done = desk.sender(9).send(None, creation)
        receipt = desk.rpc("eth_getTransactionReceipt", done.tx_hash)
        address = address_of(int(receipt["contractAddress"], 16))
    planted = replace(
        desk.deployment.contract("RecordAnchor"), address=address, transaction=done.tx_hash, block=done.block
    )
    contracts = {**desk.deployment.contracts, "RecordAnchor": planted}
    failures = replace(desk, deployment=replace(desk.deployment, contracts=contracts)).check().failures
    # The others tell that it is not the anchor which ClaimDesk was made with.
    finding = only(tuple(each for each in failures if each.what.startswith("creation")))
    assert finding.what == f"creation code of RecordAnchor by {done.tx_hash}"
    assert "another, which may have written" in finding.found


def test_fails_by_one_changed_immutable(desk: Deployed) -> None:
    """Code that differs only where the constructor wrote is found by the manifest's hash."""
    known = desk.address("AgentCertification")[2:].lower()
    code = desk.rpc("eth_getCode", desk.address("TicketDesk"), "latest")
    assert known in code
    desk.rpc("anvil_setCode", desk.address("TicketDesk"), code.replace(known, 40 * "1"))
    assert only(desk.check().failures).what.startswith("code of TicketDesk")


def test_fails_by_another_authority(desk: Deployed) -> None:
    desk.send(
        0, "DeskAccess", "updateAuthority", desk.address("AgentCertification"), desk.address("TicketDesk")
    )
    finding = only(desk.check().failures)
    assert (finding.what, finding.found) == ("authority of AgentCertification", desk.address("TicketDesk"))


def test_fails_by_anothers_certification(desk: Deployed) -> None:
    another = deploy(desk.sender(0), replace(desk.config, desk="another"), path=desk.folder)
    name = "AgentCertification"
    contracts = {**desk.deployment.contracts, name: another.contract(name)}
    mixed = replace(desk, deployment=replace(desk.deployment, contracts=contracts))
    found = {finding.what for finding in mixed.check().failures}
    assert {"authority of AgentCertification", "certification of TicketDesk"} <= found


def test_fails_by_a_missing_contract(desk: Deployed) -> None:
    contracts = {name: item for name, item in desk.deployment.contracts.items() if name != "TicketDesk"}
    finding = only(replace(desk, deployment=replace(desk.deployment, contracts=contracts)).check().failures)
    assert (finding.what, finding.found) == ("contract TicketDesk", "missing")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("respond_within", 241),
        ("resolve_within", 2881),
        ("confirm_within", 4321),
        ("level", 2),
        ("gated", True),
        ("claims", True),
        ("program", "orders"),
    ],
)
def test_fails_by_a_differing_lane(desk: Deployed, field: str, value: Any) -> None:
    lane = replace(desk.config.lanes[0], **{field: value})
    config = replace(desk.config, lanes=(lane, *desk.config.lanes[1:]))
    assert only(desk.check(config).failures).what == f"{field} of lane 1 (cards)"


@pytest.mark.parametrize(
    ("field", "value"), [("syllabus", bytes(32)), ("pass_mark", 1), ("validity", 1), ("retake_delay", 1)]
)
def test_fails_by_a_differing_program(desk: Deployed, field: str, value: Any) -> None:
    program = replace(desk.config.programs[0], **{field: value})
    config = replace(desk.config, programs=(program, *desk.config.programs[1:]))
    assert only(desk.check(config).failures).what == f"{field} of program 1 (cards)"


def test_fails_by_what_the_config_has_more(desk: Deployed) -> None:
    config = replace(
        desk.config,
        lanes=(*desk.config.lanes, LaneTerms("new", 1, 1, 1, "cards")),
        programs=(*desk.config.programs, replace(desk.config.programs[0], name="new")),
    )
    found = [(finding.what, finding.found) for finding in desk.check(config).failures]
    assert ("lane 6 (new)", "missing") in found
    assert ("program 3 (new)", "missing") in found
    assert {"lanes in the manifest", "programs in the manifest"} <= {what for what, _ in found}


def test_fails_by_another_chain_or_desk(desk: Deployed) -> None:
    found = [finding.what for finding in desk.check(replace(desk.config, chain_id=5, desk="acme")).failures]
    assert found == ["chain id", "desk"]
    other = replace(desk.deployment, genesis_hash="0x" + 64 * "1")
    assert only(check_deployment(desk.w3, other, desk.config).failures).what == "genesis block"


@pytest.mark.parametrize(
    ("breaking", "what", "found"),
    [
        (act(GUARDIAN, "TicketDesk", "pauseOpening"), "opening", "paused"),
        (act(0, "TicketDesk", "retire", "0x" + 40 * "1"), "opening", "retired"),
        (act(SUPERVISOR, "TicketDesk", "closeLane", 2), "lane 2 (cards-fraud)", "closed for ever"),
        (
            act(CERTIFIER, "AgentCertification", "setProgramActive", 1, False),
            "program 1 (cards)",
            "takes none",
        ),
    ],
)
def test_warns_of(desk: Deployed, breaking: Break, what: str, found: str) -> None:
    breaking(desk)
    report = desk.check()
    finding = only(report.findings)
    assert report.ok
    assert finding.is_warning
    assert finding.what == what
    assert found in finding.found


def test_warns_of_a_desk_without_a_public_lane(desk: Deployed) -> None:
    for lane in (1, 3):
        desk.send(SUPERVISOR, "TicketDesk", "closeLane", lane)
    report = desk.check()
    assert "public lane" in [finding.what for finding in report.findings]
    assert dict(report.facts)["public lanes"] == "none"


# ------------------------------------------------------------------------------------------------- modules


def with_module(desk: Deployed, account: str, code_hash: str | None = None) -> Deployed:
    desk.send(0, "DeskAccess", "grantRole", int(Role.MODULE), account, 0)
    grants = (*desk.config.grants, Grant(Role.MODULE, account, code_hash=code_hash))
    return replace(desk, config=replace(desk.config, grants=grants))


def test_modules_are_contracts(desk: Deployed) -> None:
    account = desk.w3.eth.accounts[STRANGER]
    finding = only(with_module(desk, account).check().failures)
    assert (finding.what, finding.found) == (f"module {account}", "no code")


def test_modules_have_known_code(desk: Deployed) -> None:
    account = "0x" + 40 * "5"
    desk.rpc("anvil_setCode", account, "0x6001")
    assert only(with_module(desk, account).check().failures).what == f"module {account}"
    assert with_module(desk, account, code_hash(b"\x60\x01")).check().ok
    assert not with_module(desk, account, code_hash(b"\x60\x02")).check().ok


def test_contracts_that_are_no_modules_are_unknown(desk: Deployed) -> None:
    """A DeskAccess calls whatever its ADMIN likes: as a module it would be a person."""
    another = deploy(desk.sender(0), replace(desk.config, desk="another"), path=desk.folder)
    for account in (another.contract("DeskAccess").address, desk.address("DeskAccess")):
        finding = only(with_module(desk, account).check().failures)
        assert (finding.what, finding.expected) == (f"module {account}", "one of the desk's own modules")
        desk.send(0, "DeskAccess", "revokeRole", int(Role.MODULE), account)


def test_modules_do_not_delegate(desk: Deployed) -> None:
    """The key of an account with delegated code can change it: a hash of it proves nothing."""
    account = desk.w3.eth.accounts[STRANGER]
    code = bytes.fromhex("ef0100" + desk.address("DeskAccess")[2:])
    desk.rpc("anvil_setCode", account, "0x" + code.hex())
    finding = only(with_module(desk, account, code_hash(code)).check().failures)
    assert (finding.what, finding.found) == (f"module {account}", "an account that delegates")


# ----------------------------------------------------------------------------------------- after the handover


@pytest.fixture
def handed_over(desk: Deployed) -> Deployed:
    return replace(desk, deployment=handover(desk.sender(0), desk.deployment, desk.config, path=desk.folder))


def test_passes_after_the_handover(handed_over: Deployed) -> None:
    report = handed_over.check()
    assert report.findings == ()
    assert dict(report.facts)["handover"] == "done"


@pytest.mark.parametrize("role", [Role.ADMIN, Role.SUPERVISOR])
def test_fails_by_a_deployer_with_a_role(handed_over: Deployed, role: Role) -> None:
    handed_over.send(OWNER, "DeskAccess", "grantRole", int(role), handed_over.w3.eth.accounts[0], 0)
    finding = only(handed_over.check().failures)
    assert finding.what == f"role {role.key}"
    assert "(the deployer)" in finding.found


def test_fails_by_a_missing_owner(handed_over: Deployed) -> None:
    owner = handed_over.w3.eth.accounts[OWNER]
    handed_over.send(OWNER, "DeskAccess", "grantRole", 0, handed_over.w3.eth.accounts[STRANGER], 0)
    handed_over.send(OWNER, "DeskAccess", "renounceRole", 0, owner)
    found = [(finding.what, finding.found) for finding in handed_over.check().failures]
    assert found == [("role admin", "no member"), ("role admin", handed_over.w3.eth.accounts[STRANGER])]


def test_fails_by_a_delay_that_is_being_lowered(handed_over: Deployed) -> None:
    handed_over.send(OWNER, "DeskAccess", "setTargetAdminDelay", handed_over.address("TicketDesk"), 0)
    finding = only(handed_over.check().failures)
    assert (finding.what[-10:], finding.found) == ("TicketDesk", "45 → 0 days")
    handed_over.send(OWNER, "DeskAccess", "setTargetAdminDelay", handed_over.address("TicketDesk"), 46 * DAY)
    assert handed_over.check().ok
    handed_over.send(OWNER, "DeskAccess", "setGrantDelay", int(Role.MODULE), DAY)
    assert only(handed_over.check().failures).what == "delay of granting module"


def test_names_a_module_before_its_grant_holds(handed_over: Deployed) -> None:
    account = handed_over.w3.eth.accounts[STRANGER]
    handed_over.send(OWNER, "DeskAccess", "grantRole", int(Role.MODULE), account, 0)
    assert {"role module", f"module {account}"} == {finding.what for finding in handed_over.check().failures}
    expected = replace(handed_over.config, grants=(*handed_over.config.grants, Grant(Role.MODULE, account)))
    warning = only(tuple(item for item in handed_over.check(expected).findings if item.is_warning))
    assert warning.what == f"role module, member {account}"


def test_warns_of_an_announced_call(handed_over: Deployed) -> None:
    from proofdesk._abi import encode_call

    target = handed_over.address("TicketDesk")
    data = encode_call("DeskAccess", "setTargetClosed", target, True)
    handed_over.send(OWNER, "DeskAccess", "schedule", handed_over.address("DeskAccess"), data, 0)
    warning = only(handed_over.check().findings)
    assert warning.is_warning
    assert data.hex()[:8] in warning.found
    owner = handed_over.w3.eth.accounts[OWNER]
    handed_over.send(OWNER, "DeskAccess", "cancel", owner, handed_over.address("DeskAccess"), data)
    assert handed_over.check().findings == ()
