"""A desk's claims are what its config says: with its deployment, later, or after its handover."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from proofdesk._abi import encode_call, encode_constructor
from proofdesk._deployments import Deployment, load
from proofdesk._errors import ConfigurationError
from proofdesk.claims import ETH, EvidenceKind
from proofdesk.ops._claims import items_of, perform
from proofdesk.ops._code import code_at, code_hash
from proofdesk.ops._contracts import BASE, MADE_WITH, MODULES, OF_CLAIMS
from proofdesk.ops.check import check_deployment
from proofdesk.ops.config import Config, Grant
from proofdesk.ops.cost import estimate
from proofdesk.ops.deploy import deploy
from proofdesk.ops.handover import handover
from proofdesk.ops.policies import update_policies
from proofdesk.ops.roles import DAY, Role
from tests.ops.conftest import Deployed, Place
from tests.ops.test_check import only
from tests.ops.test_deploy import nonce
from tests.ops.test_handover import hand_over, pass_days

OWNER, EDITOR, TREASURER, STRANGER = 1, 3, 6, 9
TOKEN = "0x" + 40 * "7"
# Answers everything with 6: `balanceOf`, and `decimals`.
TOKEN_CODE = "0x600660005260206000f3"
REFUNDS = 5


def without_claims(config: Config) -> Config:
    """The same desk, its claims lane too, before its operator thought of claims."""
    grants = (grant for grant in config.grants if grant.role not in (Role.TREASURER, Role.CLAIMS_EDITOR))
    return replace(config, desk="plain", claims=None, grants=tuple(grants))


def with_claims(desk: Deployed, **changes: Any) -> Config:
    assert desk.config.claims is not None
    return replace(desk.config, claims=replace(desk.config.claims, **changes))


def begun(desk: Deployed) -> tuple[Deployed, Config]:
    """A desk without claims, and the config that adds them."""
    config = without_claims(desk.config)
    plain = replace(desk, config=config, deployment=deploy(desk.sender(0), config, path=desk.folder))
    return plain, replace(desk.config, desk="plain")


def tokens(desk: Deployed, **changes: Any) -> Config:
    """The config with a token, which is on the chain."""
    desk.rpc("anvil_setCode", TOKEN, TOKEN_CODE)
    return with_claims(desk, tokens=(TOKEN,), **changes)


def sent_by(desk: Place, account: int) -> int:
    return int(desk.rpc("eth_getTransactionCount", desk.w3.eth.accounts[account], "latest"), 16)


# ---------------------------------------------------------------------------------------- with the deployment


def test_the_chain_has_what_the_config_says(desk: Deployed) -> None:
    config = desk.config.claims
    assert config is not None
    (shop,), (promise,) = config.merchants, config.compensation
    node, at = desk.sender(0).node, desk.address
    assert node.call("PolicyBook", at("PolicyBook"), "merchantTerm", shop)[1] == 2**64 - 1
    for kind, account in config.parties:
        assert node.call("PolicyBook", at("PolicyBook"), "partyTerm", account, int(kind))[1] == 2**64 - 1
    policy = config.policies["standard"]
    assert desk.deployment.policies == {"standard": policy.id}
    for rule in policy.rules:
        assert node.call("PolicyBook", at("PolicyBook"), "ruleOf", policy.id, int(rule.reason)) == rule.abi
    offer = node.call("CompensationDesk", at("CompensationDesk"), "offerOf", REFUNDS)
    assert offer == (ETH, promise.amount, promise.daily_cap)


def test_modules_are_the_desks_own_and_no_other(desk: Deployed) -> None:
    assert desk.deployment.roles["module"] == tuple(map(desk.address, MODULES))
    for name in desk.deployment.contracts:
        member, delay = desk.sender(0).node.call(
            "DeskAccess", desk.address("DeskAccess"), "hasRole", int(Role.MODULE), desk.address(name)
        )
        assert (member, delay) == (name in MODULES, 0), name


def test_lists_a_token_and_takes_amounts_by_its_decimals(desk: Deployed) -> None:
    config = replace(tokens(desk, decimals={TOKEN: 6}), desk="tokens")
    deployment = deploy(desk.sender(0), config, path=desk.folder)
    vault = deployment.contract("RefundVault").address
    assert desk.sender(0).node.call("RefundVault", vault, "isListed", TOKEN)
    assert check_deployment(desk.w3, deployment, config).ok
    wrong = replace(tokens(desk, decimals={TOKEN: 18}), desk="tokens")
    with pytest.raises(ConfigurationError, match=f"token {TOKEN} has 6 decimals, and .* give it 18"):
        deploy(desk.sender(0), wrong, path=desk.folder)
    assert "correct them first" in only(check_deployment(desk.w3, deployment, wrong).failures).advice


# ------------------------------------------------------------------------------------------------ added later


def test_a_desk_without_them_has_anchor_and_keys_only(desk: Deployed) -> None:
    plain, _ = begun(desk)
    assert set(plain.deployment.contracts) == {*BASE, "RecordAnchor", "KeyRegistry"}
    assert plain.check().findings == ()
    assert plain.deployment.roles["module"] == ()


def test_are_added_before_the_handover(desk: Deployed) -> None:
    _, config = begun(desk)
    said = estimate(desk.w3, desk.w3.eth.accounts[0], config, path=desk.folder).steps
    before = nonce(desk)
    found = deploy(desk.sender(0), config, path=desk.folder)
    assert nonce(desk) - before == len(said) - 1, "all but the handover"
    assert set(OF_CLAIMS) <= set(found.contracts)
    assert check_deployment(desk.w3, found, config).findings == ()
    handover(desk.sender(0), found, config, path=desk.folder)


def test_are_added_by_the_owner_after_the_handover(desk: Deployed) -> None:
    """Its modules wait for 45 days as any other, and its contracts have the delays of the others."""
    plain, config = begun(desk)
    plain = hand_over(plain)
    said = estimate(desk.w3, desk.w3.eth.accounts[OWNER], config, path=desk.folder).steps
    before = sent_by(desk, OWNER)
    found = deploy(desk.sender(OWNER), config, path=desk.folder)
    assert sent_by(desk, OWNER) - before == len(said), "no handover is to come"
    report = check_deployment(desk.w3, found, config)
    assert report.ok
    assert {item.what for item in report.findings} == {
        f"role module, member {found.contract(name).address}" for name in MODULES
    }
    assert found.roles["admin"] == (config.owner,)
    assert found.roles["treasurer"]
    with pytest.raises(AssertionError):
        assert_modules(desk, found)
    pass_days(desk, 45)
    assert_modules(desk, found)
    # The owner can no more change a rule of theirs at once than of the desk's.
    manager, node = found.contract("DeskAccess").address, desk.sender(0).node
    for name in ("RefundVault", "PolicyBook", "ClaimDesk", "CompensationDesk"):
        address = found.contract(name).address
        assert node.call("DeskAccess", manager, "getTargetAdminDelay", address) == 45 * DAY
    before = sent_by(desk, OWNER)
    assert deploy(desk.sender(OWNER), config, path=desk.folder) == found
    assert sent_by(desk, OWNER) == before


def assert_modules(desk: Deployed, deployment: Deployment) -> None:
    manager, node = deployment.contract("DeskAccess").address, desk.sender(0).node
    for name in MODULES:
        address = deployment.contract(name).address
        assert node.call("DeskAccess", manager, "hasRole", int(Role.MODULE), address)[0]


def test_anybody_creates_the_contracts_for_an_owner_who_is_a_multisignature(desk: Deployed) -> None:
    """What only ADMIN may do is named, and done in his wallet; the rest by those who hold the roles."""
    plain, config = begun(desk)
    plain = hand_over(plain)
    with pytest.raises(ConfigurationError, match=r"\d+ rules are missing and .* is not ADMIN"):
        deploy(desk.sender(STRANGER), config, path=desk.folder)
    found = load(desk.folder / "31337" / "plain.json")
    assert set(OF_CLAIMS) <= set(found.contracts)
    for item in check_deployment(desk.w3, found, config).failures:
        for call in item.advice.removeprefix("as ADMIN call ").split(", then "):
            as_owner(desk, found, call)
    with pytest.raises(ConfigurationError, match="not compensation refunds: a claims_editor's to add, and"):
        deploy(desk.sender(TREASURER), replace(config, claims=only_promise(config)), path=desk.folder)
    found = deploy(desk.sender(EDITOR), config, path=desk.folder)
    assert check_deployment(desk.w3, found, config).ok


def only_promise(config: Config) -> Any:
    assert config.claims is not None
    return replace(config.claims, merchants=(), parties=(), policies={})


def as_owner(desk: Deployed, deployment: Deployment, call: str) -> None:
    """Send the manager a call as a finding writes it."""
    function, _, arguments = call.partition("(")
    if function not in {"grantRole", "setTargetFunctionRole", "setTargetAdminDelay"}:
        return
    values: list[Any] = []
    for part in arguments.rstrip(")").split(", "):
        values.append([part[1:-1]] if part[0] == "[" else int(part) if part.isdigit() else part)
    data = encode_call("DeskAccess", function, *values)
    desk.sender(OWNER).send(deployment.contract("DeskAccess").address, data)


def test_a_promise_comes_before_the_lanes_first_ticket(desk: Deployed) -> None:
    plain, config = begun(desk)
    desk.rpc("anvil_impersonateAccount", plain.address("DeskAccess"))
    gated = plain.deployment.lane("cards-fraud")
    plain.send(4, "TicketDesk", "open", gated, "0x" + 64 * "1")
    assert config.claims is not None
    good = config.claims.compensation[0]
    late = replace(good, lane="cards-fraud")
    config = replace(config, claims=replace(config.claims, compensation=(late, good)))
    steps = estimate(desk.w3, desk.w3.eth.accounts[0], config, path=desk.folder).steps
    named = {step.name for step in steps if step.name.startswith("compensation")}
    assert named == {f"compensation {good.lane}"}, "what cannot be is not counted"
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="not compensation cards-fraud: its lane has tickets"):
            deploy(desk.sender(0), config, path=desk.folder)
    # It costs nobody the rest: promises, rules and roles.
    finding = only(check_deployment(desk.w3, load(desk.folder / "31337" / "plain.json"), config).failures)
    assert (finding.what, "promise it for a new lane" in finding.advice) == ("compensation cards-fraud", True)


def test_what_the_contract_refuses_costs_nobody_the_rest(desk: Deployed) -> None:
    """As a ticket that is opened between the look and the promise does."""
    config = with_claims(desk, tokens=(desk.w3.eth.accounts[STRANGER],), merchants=(TOKEN,))
    with pytest.raises(ConfigurationError, match=r"all else is done, but not token .*: NotAToken"):
        deploy(desk.sender(0), replace(config, desk="other"), path=desk.folder)
    deployment = load(desk.folder / "31337" / "other.json")
    left = check_deployment(desk.w3, deployment, replace(config, desk="other")).failures
    assert {item.what.split()[0] for item in left} == {"code", "token"}


def test_a_policy_that_the_contract_refuses_does_not_stop_those_behind_it(desk: Deployed) -> None:
    assert desk.config.claims is not None
    standard = desk.config.claims.policies["standard"]
    foreign = replace(standard, token=TOKEN)
    winter = replace(standard, rules=standard.rules[:-1])
    config = with_claims(desk, policies={"standard": standard, "foreign": foreign, "winter": winter})
    with pytest.raises(ConfigurationError, match="not policy foreign: TokenNotListed"):
        update_policies(desk.sender(EDITOR), desk.deployment, config, path=desk.folder)
    assert list(load(desk.folder / "31337" / "development.json").policies) == ["standard", "winter"]


# ------------------------------------------------------------------------------------------ whose it is to do


def test_what_another_must_do_is_left_and_the_rest_is_done(desk: Deployed) -> None:
    """After the first deployment merchants are the editor's to appoint, tokens the treasurer's to list."""
    stranger = desk.w3.eth.accounts[STRANGER]
    config = tokens(desk, merchants=(stranger,))
    message = r"all else is done, but not token 0x7777…7777: a treasurer's to add, and .* is none$"
    with pytest.raises(ConfigurationError, match=message):
        deploy(desk.sender(EDITOR), config, path=desk.folder)
    assert only_named(desk, config, "token 0x7777…7777", "merchants in office")


def only_named(desk: Deployed, config: Config, *names: str) -> bool:
    return {finding.what for finding in desk.check(config).failures} == set(names)


def test_a_treasurer_announces_a_token_and_lists_it_a_day_later(desk: Deployed) -> None:
    config = tokens(desk)
    before = sent_by(desk, TREASURER)
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=r"token 0x7777…7777: announced, run this again from 20"):
            deploy(desk.sender(TREASURER), config, path=desk.folder)
    assert sent_by(desk, TREASURER) - before == 1, "announced once"
    pass_days(desk, 1)
    deploy(desk.sender(TREASURER), config, path=desk.folder)
    assert desk.check(config).ok


def test_a_dismissed_merchant_does_not_come_back(desk: Deployed) -> None:
    config = desk.config.claims
    assert config is not None
    desk.send(EDITOR, "PolicyBook", "dismissMerchant", config.merchants[0])
    before = nonce(desk)
    with pytest.raises(ConfigurationError, match=r"merchant 0x2361…1E8f: dismissed at .* name another"):
        deploy(desk.sender(0), desk.config, path=desk.folder)
    assert nonce(desk) == before
    assert "dismissed at" in only(desk.check().failures).advice


def test_a_promise_never_changes(desk: Deployed) -> None:
    assert desk.config.claims is not None
    more = replace(desk.config.claims.compensation[0], amount=10**17)
    config = with_claims(desk, compensation=(more,))
    with pytest.raises(ConfigurationError, match=r"its lane promises 1\d+ of 0x0+, .*, for ever"):
        deploy(desk.sender(0), config, path=desk.folder)
    assert "for ever" in only(desk.check(config).failures).advice


def test_items_are_done_once(desk: Deployed) -> None:
    for item in items_of(desk.config):
        assert list(perform(desk.sender(0), desk.deployment, item)) == []


# --------------------------------------------------------------------------------------------------- policies


def another(desk: Deployed, name: str = "winter") -> Config:
    """The config with a policy more, without the last rule of the first."""
    assert desk.config.claims is not None
    standard = desk.config.claims.policies["standard"]
    winter = replace(standard, rules=standard.rules[:-1])
    return with_claims(desk, policies={"standard": standard, name: winter})


def test_publishes_what_the_config_has_more(desk: Deployed) -> None:
    config = another(desk)
    found = update_policies(desk.sender(EDITOR), desk.deployment, config, path=desk.folder)
    assert list(found.policies) == ["standard", "winter"]
    assert load(desk.folder / "31337" / "development.json") == found
    assert replace(desk, deployment=found).check(config).ok
    before = sent_by(desk, EDITOR)
    assert update_policies(desk.sender(EDITOR), found, config, path=desk.folder) == found
    assert sent_by(desk, EDITOR) == before


def test_an_editor_with_a_delay_announces_a_policy(desk: Deployed) -> None:
    editor = desk.w3.eth.accounts[STRANGER]
    desk.send(0, "DeskAccess", "grantRole", int(Role.CLAIMS_EDITOR), editor, 2 * DAY)
    config = another(desk)
    with pytest.raises(ConfigurationError, match="not policy winter: announced, run this again from"):
        update_policies(desk.sender(STRANGER), desk.deployment, config, path=desk.folder)
    pass_days(desk, 2)
    found = update_policies(desk.sender(STRANGER), desk.deployment, config, path=desk.folder)
    assert "winter" in found.policies


def test_a_name_keeps_its_policy(desk: Deployed) -> None:
    """A shop that signs receipts by a name must not sign by other rules than it thinks."""
    config = another(desk, "standard")
    block = desk.w3.eth.block_number
    for run in (
        lambda: deploy(desk.sender(0), config, path=desk.folder),
        lambda: estimate(desk.w3, desk.w3.eth.accounts[0], config, path=desk.folder),
        lambda: update_policies(desk.sender(EDITOR), desk.deployment, config, path=desk.folder),
    ):
        with pytest.raises(ConfigurationError, match=r"policy standard is 0x\w+ in the manifest, and"):
            run()
    assert desk.w3.eth.block_number == block
    assert "policies in the manifest" in {item.what for item in desk.check(config).failures}


def test_needs_a_table(desk: Deployed) -> None:
    with pytest.raises(ConfigurationError, match=r"has no table \[claims\]"):
        update_policies(desk.sender(EDITOR), desk.deployment, replace(desk.config, claims=None))


# ----------------------------------------------------------------------------------------------------- checks


def test_a_token_that_is_no_more_is_told(desk: Deployed) -> None:
    config = replace(tokens(desk), desk="tokens")
    deployment = deploy(desk.sender(0), config, path=desk.folder)
    assert check_deployment(desk.w3, deployment, config).ok
    desk.rpc("anvil_setCode", TOKEN, "0x")
    assert only(check_deployment(desk.w3, deployment, config).failures).what == f"code of token {TOKEN}"


def test_a_module_that_works_by_other_rules_is_told(desk: Deployed) -> None:
    sender, at = desk.sender(0), desk.address
    made_with = at("DeskAccess"), at("TicketDesk"), at("RefundVault")
    book = sender.send(None, encode_constructor("PolicyBook", *made_with)).contract
    code = encode_constructor("ClaimDesk", at("DeskAccess"), book, at("RecordAnchor"))
    module = sender.send(None, code).contract
    desk.send(0, "DeskAccess", "grantRole", int(Role.MODULE), module, 0)
    known = Grant(Role.MODULE, module, code_hash=code_hash(code_at(sender.node, module)))
    report = desk.check(replace(desk.config, grants=(*desk.config.grants, known)))
    finding = only(report.findings)
    assert (finding.what, finding.expected, finding.found, finding.is_warning) == (
        f"policies of module {module}",
        at("PolicyBook"),
        book,
        True,
    )


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"merchants": (TOKEN,)}, "merchant 0x7777…7777"),
        ({"parties": ((EvidenceKind.PHOTO, TOKEN),)}, "party photo 0x7777…7777"),
    ],
)
def test_check_names_what_is_missing(desk: Deployed, change: dict[str, Any], what: str) -> None:
    found = {item.what: item.found for item in desk.check(with_claims(desk, **change)).failures}
    assert found[what] == "missing"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"merchants": ()}, "merchants in office"),
        ({"parties": ()}, "parties for defect"),
        ({"compensation": ()}, "lanes that promise compensation"),
    ],
)
def test_check_fails_by_what_the_config_does_not_name(
    desk: Deployed, change: dict[str, Any], what: str
) -> None:
    failures = desk.check(with_claims(desk, **change)).failures
    assert what in {item.what for item in failures}
    assert what not in {item.what for item in desk.check().failures}


def test_check_fails_by_a_token_that_the_config_does_not_name(desk: Deployed) -> None:
    deployment = deploy(desk.sender(0), replace(tokens(desk), desk="tokens"), path=desk.folder)
    config = replace(desk.config, desk="tokens")
    finding = only(check_deployment(desk.w3, deployment, config).failures)
    assert (finding.what, finding.found) == ("tokens that the vault takes", TOKEN)


def test_check_tells_of_a_policy_that_the_config_does_not_name(desk: Deployed) -> None:
    finding = only(desk.check(with_claims(desk, policies={})).findings)
    assert finding.is_warning
    assert finding.found == desk.deployment.policies["standard"]


def test_check_fails_by_a_treasurer_without_delay_off_local_chains(desk: Deployed) -> None:
    """Customers are to see beforehand what leaves the vault."""
    account = desk.w3.eth.accounts[STRANGER]
    desk.send(0, "DeskAccess", "grantRole", int(Role.TREASURER), account, 0)
    config = replace(desk.config, grants=(*desk.config.grants, Grant(Role.TREASURER, account)))
    assert desk.check(config).ok
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("proofdesk.ops._check_claims.LOCAL_CHAINS", ())
        finding = only(desk.check(config).failures)
    assert finding.what == f"execution delay of treasurer {account}"


def test_check_fails_by_a_module_that_is_another_desks(desk: Deployed) -> None:
    """Its code is this package's, but another desk's policies and editors rule it."""
    other = deploy(desk.sender(0), replace(desk.config, desk="other"), path=desk.folder)
    module = other.contract("ClaimDesk").address
    desk.send(0, "DeskAccess", "grantRole", int(Role.MODULE), module, 0)
    found = {item.what for item in desk.check().failures}
    assert found == {"role module", f"module {module}"}


def test_check_fails_by_a_module_without_the_role(desk: Deployed) -> None:
    module = desk.address("ClaimDesk")
    desk.send(0, "DeskAccess", "revokeRole", int(Role.MODULE), module)
    finding = only(desk.check().failures)
    assert (finding.what, finding.expected) == ("role module", f"{module} a member")


@pytest.mark.parametrize("name", ["RecordAnchor", *OF_CLAIMS])
def test_check_fails_by_changed_code(desk: Deployed, name: str) -> None:
    desk.rpc("anvil_setCode", desk.address(name), "0x00")
    assert only(desk.check().failures).what == f"code of {name} at {desk.address(name)}"


@pytest.mark.parametrize(("name", "view"), [("ClaimDesk", "policies"), ("DeskUpkeep", "compensation")])
def test_check_fails_by_contracts_of_another_desk(desk: Deployed, name: str, view: str) -> None:
    other = deploy(desk.sender(0), replace(desk.config, desk="other"), path=desk.folder)
    contracts = {**desk.deployment.contracts, name: other.contract(name)}
    mixed = replace(desk, deployment=replace(desk.deployment, contracts=contracts))
    assert f"{view} of {name}" in {item.what for item in mixed.check().failures}


@pytest.mark.parametrize("name", OF_CLAIMS)
def test_refuses_a_manifest_with_a_planted_contract(desk: Deployed, name: str) -> None:
    other = deploy(desk.sender(STRANGER), replace(desk.config, desk="other"), path=desk.folder)
    contracts = {**desk.deployment.contracts, name: other.contract(name)}
    replace(desk.deployment, contracts=contracts).save(desk.folder)
    with pytest.raises(ConfigurationError, match=f"{name} .* is made with .*, not with "):
        deploy(desk.sender(0), desk.config, path=desk.folder)
    # Nor does it help to say that it, and what is above it, was made with the right ones.
    contracts = dict(desk.deployment.contracts)
    for forged in OF_CLAIMS[OF_CLAIMS.index(name) :]:
        made_with = tuple(contracts[below].address for below in MADE_WITH[forged])
        contracts[forged] = replace(other.contract(forged), arguments=made_with)
    replace(desk.deployment, contracts=contracts).save(desk.folder)
    with pytest.raises(ConfigurationError, match=f"{name} .* is one whose \\w+ is .*, not "):
        deploy(desk.sender(0), desk.config, path=desk.folder)
