"""How a desk keeps its records, and who reads them: what deploy writes and adds, and what the check says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from proofdesk import Desk, MemoryStore
from proofdesk._contract_errors import AccessManagedUnauthorized
from proofdesk._deployments import CLEAR, SEALED, Deployment, load
from proofdesk._errors import ConfigurationError
from proofdesk.ops import deploy as deploying
from proofdesk.ops._check_records import check_form
from proofdesk.ops._contracts import BASE
from proofdesk.ops._findings import Finding, Reading, Report
from proofdesk.ops.check import check_deployment
from proofdesk.ops.config import load as load_config
from proofdesk.ops.cost import estimate
from proofdesk.ops.deploy import deploy
from proofdesk.ops.roles import DAY, Role
from proofdesk.privacy.keyring import Keyring
from proofdesk.privacy.keys import ReadingKey
from proofdesk.privacy.roles import ALL, USUAL, mask_of, role_word
from tests.ops.conftest import CONFIG, Deployed, Place
from tests.ops.test_claims import as_owner, sent_by, without_claims
from tests.ops.test_handover import hand_over

OWNER, EDITOR, STRANGER = 1, 3, 9
REGISTRY = "KeyRegistry"
MANIFEST = "31337/development.json"


def sealed(desk: Deployed) -> Deployed:
    """The same desk, whose manifest and config promise that its records are sealed."""
    promising = replace(desk.deployment, records=SEALED)
    promising.save(desk.folder)
    return replace(desk, deployment=promising, config=replace(desk.config, records=SEALED))


def publish(desk: Deployed, role: str, key: bytes, mask: int) -> None:
    desk.send(EDITOR, REGISTRY, "publishRole", "0x" + role_word(role).hex(), "0x" + key.hex(), mask)


def with_roles(desk: Deployed, roles: Mapping[str, frozenset[str]] = USUAL) -> Deployed:
    for name, kinds in roles.items():
        publish(desk, name, ReadingKey.new().public, mask_of(kinds))
    return desk


def records(report: Report) -> str:
    return dict(report.facts)["records"]


def warnings(report: Report) -> dict[str, Finding]:
    assert report.ok, str(report)
    return {finding.what: finding for finding in report.findings}


# -------------------------------------------------------------------------------------------------- the form


@pytest.mark.parametrize("form", [SEALED, CLEAR])
def test_the_manifest_says_what_the_config_says(place: Place, form: str) -> None:
    config = replace(load_config(CONFIG), records=form, claims=None)
    assert deploy(place.sender(0), config, path=place.folder).records == form
    assert load(place.folder / MANIFEST).records == form


def test_a_clear_desk_becomes_a_sealed_one(desk: Deployed) -> None:
    config = replace(desk.config, records=SEALED)
    finding = desk.check(config).failures[0]
    assert (finding.expected, finding.found) == ("sealed (the config)", "clear (the manifest)")
    assert "run deploy again" in finding.advice
    before = sent_by(desk, 0)
    assert deploy(desk.sender(0), config, path=desk.folder).records == SEALED
    assert load(desk.folder / MANIFEST) == replace(desk.deployment, records=SEALED)
    assert sent_by(desk, 0) == before, "the manifest alone says it"


def test_a_clear_desks_roles_are_made_before_it_is_sealed(desk: Deployed) -> None:
    """So that there is no moment in which nothing can be written."""
    store, keyring = MemoryStore(), Keyring([ReadingKey.new()])

    def editor(deployment: Deployment) -> Desk:
        account = desk.w3.eth.accounts[EDITOR]
        return Desk.connect(desk.w3, account=account, deployment=deployment, store=store, keyring=keyring)

    clear = editor(desk.deployment)
    clear.keys.publish()
    clear.keys.create_role("supervisors", ALL, [clear.sender.address])
    config = replace(desk.config, records=SEALED)
    found = deploy(desk.sender(0), config, path=desk.folder)
    assert records(check_deployment(desk.w3, found, config)) == "sealed, read by supervisors v1 (all)"
    before = set(store)
    ticket = editor(found).tickets.open(lane="cards", content="my secret text")
    (entry,) = set(store) - before
    assert b"my secret text" not in store.get(entry)
    assert editor(found).tickets.history(ticket)[0].record is not None
    assert all(b"proofdesk-sealed/1" not in store.get(entry) for entry in before), "what was clear stays so"


def test_a_sealed_desk_never_becomes_a_clear_one(desk: Deployed) -> None:
    promising, before = sealed(desk), sent_by(desk, 0)
    with pytest.raises(ConfigurationError, match=r"development\.json promises .* are sealed: leave form"):
        deploy(desk.sender(0), desk.config, path=desk.folder)
    assert load(desk.folder / MANIFEST) == promising.deployment
    assert sent_by(desk, 0) == before
    finding = promising.check(desk.config).failures[0]
    assert (finding.what, finding.advice.partition(":")[0]) == ("records", "correct the config")


def test_clear_records_are_for_local_chains(desk: Deployed) -> None:
    config = replace(desk.config, chain_id=5)
    reading = Reading(desk.sender(0).node, desk.deployment, config, desk.sender(0).address, (), 0, False)
    (finding,) = check_form(reading)
    assert finding.is_warning
    assert finding.found == "clear: whoever has the store reads them"


# ----------------------------------------------------------------------------------------------- who reads


def test_says_which_roles_read(desk: Deployed) -> None:
    assert records(desk.check()) == "clear"
    desk = with_roles(sealed(desk))
    publish(desk, "agents", ReadingKey.new().public, mask_of(USUAL["agents"]))
    report = desk.check()
    assert report.findings == ()
    assert dict(report.facts)["opening"] == "possible"
    assert records(report) == (
        "sealed, read by agents v2 (all but exam, revocation), supervisors v1 (all), auditors v1 (all)"
    )


def test_a_clear_desk_is_not_asked_who_reads(desk: Deployed) -> None:
    publish(desk, "agents", ReadingKey.new().public, mask_of(["note"]))
    assert desk.check().findings == ()


def test_warns_where_nothing_can_be_written(desk: Deployed) -> None:
    desk = sealed(desk)
    for _ in ("never had one", "had one, retired"):
        report = desk.check()
        (finding,) = warnings(report).values()
        assert (finding.what, finding.found) == ("roles that read records", "none: no record can be written")
        assert records(report) == "sealed, read by no role"
        assert dict(report.facts)["opening"] == "not yet: no role reads what is written"
        publish(desk, "agents", ReadingKey.new().public, mask_of(ALL))
        publish(desk, "agents", bytes(32), 0)


def test_warns_of_records_that_hang_on_one_key(desk: Deployed) -> None:
    desk = with_roles(sealed(desk), {"agents": frozenset({"open", "reply"}), "auditors": ALL})
    (finding,) = warnings(desk.check()).values()
    assert finding.what == "records that only role auditors reads"
    assert finding.found == "all but open, reply"


def test_warns_of_records_that_nobody_reads(desk: Deployed) -> None:
    readers = ALL - {"exam"}
    (finding,) = warnings(with_roles(sealed(desk), {"agents": readers, "auditors": readers}).check()).values()
    assert (finding.what, finding.found) == ("records that no role reads", "exam")


def test_fails_by_a_key_that_nobody_can_seal_to(desk: Deployed) -> None:
    desk = with_roles(sealed(desk))
    publish(desk, "auditors", (1).to_bytes(32, "little"), mask_of(ALL))
    (finding,) = desk.check().failures
    assert finding.what == "key of role auditors v2"
    assert "key rotate auditors" in finding.advice


# --------------------------------------------------------------------------------------------- older desks


@pytest.fixture
def older(desk: Deployed, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    """A desk of before there were anchors and keys; its config, but for who publishes them, is of today."""
    config = replace(without_claims(desk.config), desk="older")
    then = tuple(grant for grant in config.grants if grant.role is not Role.KEYS_EDITOR)
    with monkeypatch.context() as patched:
        patched.setattr(deploying, "contracts_of", lambda **_: BASE)
        made = deploy(desk.sender(0), replace(config, grants=then), path=desk.folder)
    assert set(made.contracts) == set(BASE)
    return replace(desk, config=replace(config, grants=then), deployment=made)


def today(older: Deployed) -> Deployed:
    """Its manifest says nothing of records, which is a promise; the config names who publishes keys."""
    deployment = replace(older.deployment, records=SEALED)
    deployment.save(older.folder)
    config = replace(without_claims(load_config(CONFIG)), desk="older", records=SEALED)
    return replace(older, deployment=deployment, config=config)


def missing(desk: Deployed) -> dict[str, bool]:
    """What is missing, and whether that is but a warning."""
    return {item.what: item.is_warning for item in desk.check().findings if item.found == "missing"}


def test_an_older_desk_gets_anchor_and_keys(older: Deployed) -> None:
    assert missing(older) == {"contract RecordAnchor": True, "contract KeyRegistry": True}, "it needs none"
    older = today(older)
    assert missing(older) == {"contract RecordAnchor": True, "contract KeyRegistry": False}
    assert records(older.check()) == "sealed, read by no role"
    said = estimate(older.w3, older.sender(0).address, older.config, path=older.folder).steps
    before = sent_by(older, 0)
    found = deploy(older.sender(0), older.config, path=older.folder)
    assert sent_by(older, 0) - before == len(said) - 1, "all but the handover"
    assert_whole(older, found)


def test_an_older_desk_gets_them_after_its_handover(older: Deployed) -> None:
    older = today(hand_over(older))
    found = deploy(older.sender(OWNER), older.config, path=older.folder)
    assert_whole(older, found)
    assert_delayed(older, found)
    assert found.roles["keys_editor"] == (older.w3.eth.accounts[EDITOR],)


def test_an_older_desk_gets_them_though_its_owner_is_a_multisignature(older: Deployed) -> None:
    older = today(hand_over(older))
    with pytest.raises(ConfigurationError, match=r"\d+ rules are missing and .* is not ADMIN"):
        deploy(older.sender(STRANGER), older.config, path=older.folder)
    found = load(older.folder / "31337" / "older.json")
    for item in check_deployment(older.w3, found, older.config).failures:
        for call in item.advice.removeprefix("as ADMIN call ").split(", then "):
            as_owner(older, found, call)
    assert_whole(older, found)
    assert_delayed(older, found)


def assert_whole(older: Deployed, found: Deployment) -> None:
    """Its editor publishes keys, and nobody else does."""
    assert set(found.contracts) == {*BASE, "RecordAnchor", REGISTRY}
    assert set(warnings(check_deployment(older.w3, found, older.config))) == {"roles that read records"}
    desk, key = replace(older, deployment=found), ReadingKey.new().public
    with pytest.raises(AccessManagedUnauthorized):
        desk.send(STRANGER, REGISTRY, "publishRole", "0x" + role_word("agents").hex(), "0x" + key.hex(), 1)
    publish(desk, "agents", key, mask_of(ALL))


def assert_delayed(older: Deployed, found: Deployment) -> None:
    """Who publishes keys changes no sooner than any other rule of a desk that was handed over."""
    manager, registry = found.contract("DeskAccess").address, found.contract(REGISTRY).address
    delay = older.sender(0).node.call("DeskAccess", manager, "getTargetAdminDelay", registry)
    assert delay == 45 * DAY
