"""Keys on chain: people's own, signed and carried; roles that are made, shared, taken away and rotated."""

from __future__ import annotations

import doctest
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest
from eth_account import Account

from proofdesk import ConfigurationError, ConnectionLost, Desk, InvalidArgument, MemoryStore
from proofdesk._contract_errors import (
    AccessManagedUnauthorized,
    InvalidSignature,
    NoKey,
    SignatureExpired,
    WrongVersion,
)
from proofdesk._shell import drive
from proofdesk.privacy.errors import InvalidKey
from proofdesk.privacy.keyring import Keyring
from proofdesk.privacy.keys import ReadingKey
from proofdesk.privacy.members import give
from proofdesk.privacy.publishing import MalformedKey, SignedKey
from proofdesk.privacy.registry import AsyncKeys
from proofdesk.privacy.roles import ALL, USUAL
from proofdesk.privacy.shares import Share, listed_in, place_of, shares_in
from tests.client.office import account
from tests.privacy.office import NO_ROLES, SealedOffice, keyring, seed


def log(desk: Desk) -> list[tuple[str | None, dict[str, Any]]]:
    """What the access log tells this desk."""
    return [(each.action, dict(each.details)) for each in desk.records.access()]


def members(desk: Desk, role: str) -> set[str]:
    """The addresses of a role's members."""
    return {member.address for member in desk.keys.members(role)}


def nonce(office: SealedOffice, address: str) -> int:
    """How many transactions an account has sent."""
    return office.w3.eth.get_transaction_count(office.w3.to_checksum_address(address))


# ------------------------------------------------------------------------------------------------ one's own


def test_a_key_is_published_once_however_often(office: SealedOffice) -> None:
    desk = office.stranger
    assert desk.keys.of(office.address("stranger")) is None
    first = desk.keys.publish()
    sent = nonce(office, desk.sender.address)
    assert desk.keys.publish() == first
    assert nonce(office, desk.sender.address) == sent
    found = desk.keys.of(office.address("stranger"))
    assert found is not None
    assert (found.key, found.version) == (keyring("stranger").own[0].public, 1)
    assert found.since == desk.now(first.block)


def test_another_key_is_another_version_and_none_retires(office: SealedOffice) -> None:
    desk, address = office.stranger, office.address("stranger")
    with pytest.raises(NoKey):
        desk.keys.retire()
    desk.keys.publish()
    other = seed("stranger").key(2)
    desk.keys.publish(other)
    assert (found := desk.keys.of(address)) is not None
    assert (found.key, found.version) == (other.public, 2)
    retired = desk.keys.retire()
    assert (found := desk.keys.of(address)) is not None
    assert (found.key, found.version) == (None, 3)
    assert desk.keys.retire() == retired


def test_what_nobody_can_seal_to_is_not_published(office: SealedOffice) -> None:
    for key in (bytes(32), b"short", b"\xff" * 32, "0x11", 7):
        with pytest.raises(InvalidKey):
            office.stranger.keys.publish(key)  # type: ignore[arg-type]  # what is refused
    with pytest.raises(ConfigurationError, match="keyring="):
        office.intake.keys.publish()


def test_who_has_no_gas_signs_and_another_carries(office: SealedOffice) -> None:
    owner, key = Account.create(), ReadingKey.new()
    signed = office.stranger.keys.sign_publish(key, signer=owner)
    assert SignedKey.from_json(signed.to_json()) == signed
    assert "signature" not in repr(signed)
    carried = office.intake.keys.carry(signed)
    assert (found := office.desk.keys.of(owner.address)) is not None
    assert found.key == key.public
    # Whoever carries it again gets the same.
    assert office.stranger.keys.carry(signed) == carried
    office.intake.keys.carry(office.stranger.keys.sign_retire(signer=owner))
    assert (found := office.desk.keys.of(owner.address)) is not None
    assert found.key is None


def test_what_was_signed_is_carried_as_it_was_or_not_at_all(office: SealedOffice) -> None:
    owner, desk = Account.create(), office.intake
    signed = desk.keys.sign_publish(ReadingKey.new(), signer=owner)
    other = desk.keys.sign_publish(ReadingKey.new(), signer=owner)
    with pytest.raises(InvalidSignature):
        desk.keys.carry(replace(signed, key=other.key))
    with pytest.raises(InvalidSignature):
        desk.keys.carry(replace(signed, owner=account(15).address))
    for elsewhere in (replace(signed, chain_id=1), replace(signed, registry="0x" + 20 * "11")):
        with pytest.raises(InvalidArgument, match="carry it there"):
            desk.keys.carry(elsewhere)
    desk.keys.carry(other)
    with pytest.raises(WrongVersion):
        desk.keys.carry(signed)
    soon = desk.keys.sign_publish(ReadingKey.new(), signer=owner, deadline=int(desk.now().timestamp()) + 60)
    office.chain.rpc("evm_increaseTime", 120)
    office.chain.rpc("evm_mine")
    with pytest.raises(SignatureExpired):
        desk.keys.carry(soon)
    with pytest.raises(MalformedKey, match="version"):
        replace(signed, version=0)


# ---------------------------------------------------------------------------------------------------- roles


def test_the_office_has_its_roles(office: SealedOffice) -> None:
    assert {role.name: role.kinds for role in office.desk.keys.roles()} == dict(USUAL)
    assert members(office.desk, "agents") == {office.address("agent"), office.address("second_agent")}
    assert [action for action, _ in log(office.supervisor)] == ["create", "create", "create"]


@pytest.mark.parametrize(
    ("name", "reads", "problem"),
    [
        ("a" * 33, ["open"], "1 to 32"),
        ("Agenten-für", ["open"], "1 to 32"),
        ("", ["open"], "1 to 32"),
        ("court", [], "reads nothing"),
        ("court", ["opne"], "is no kind of record"),
    ],
)
def test_a_role_that_cannot_be_meant_is_not_made(
    office: SealedOffice, name: str, reads: list[str], problem: str
) -> None:
    with pytest.raises(InvalidArgument, match=problem):
        office.supervisor.keys.create_role(name, reads, [office.address("agent")])
    assert len(office.desk.keys.roles()) == 3


def test_a_role_is_shared_to_published_keys_only(office: SealedOffice) -> None:
    keys = office.supervisor.keys
    with pytest.raises(InvalidArgument, match="never published"):
        keys.create_role("court", ["open"], [office.address("stranger")])
    office.stranger.keys.publish()
    office.stranger.keys.retire()
    with pytest.raises(InvalidArgument, match="retired"):
        keys.share("agents", office.address("stranger"))
    for nobody in ("0x11", None, "agent"):
        with pytest.raises(InvalidArgument):
            keys.share("agents", nobody)  # type: ignore[arg-type]  # what is refused
    with pytest.raises(InvalidArgument, match="nobody would have"):
        keys.create_role("court", ["open"], [])
    assert len(log(office.supervisor)) == 3


def test_a_role_that_is_not_there_is_not_shared(office: SealedOffice) -> None:
    for call in (office.supervisor.keys.share, office.supervisor.keys.unshare):
        with pytest.raises(InvalidArgument, match="court"):
            call("court", office.address("agent"))
    with pytest.raises(InvalidArgument, match="agents, supervisors, auditors"):
        office.supervisor.keys.rotate("court")


def test_who_is_no_editor_changes_no_role(office: SealedOffice) -> None:
    before = set(office.desk.archive.store.shelf("shares"))
    me, keys = office.address("agent"), office.agent.keys
    for call in (
        lambda: keys.create_role("court", ["open"], [me]),
        lambda: keys.share("agents", me),
        lambda: keys.unshare("agents", me),
        lambda: keys.rotate("agents"),
    ):
        with pytest.raises(AccessManagedUnauthorized, match="lacks the role") as caught:
            call()
        assert caught.value.caller == me
    assert set(office.desk.archive.store.shelf("shares")) == before
    assert len(log(office.supervisor)) == 3


def test_who_could_not_log_it_makes_no_role(office: SealedOffice) -> None:
    office.chain.rpc("anvil_setCode", office.deployment.contract("KeyRegistry").address, NO_ROLES)
    bare = office.desk.using(account(3))
    with pytest.raises(ConfigurationError, match="records of kind access"):
        bare.keys.create_role("court", ["open"], [office.address("agent")])


def test_an_older_desk_is_told_what_to_run(office: SealedOffice) -> None:
    known = office.deployment.contracts
    older = replace(
        office.deployment, contracts={name: known[name] for name in known if name != "KeyRegistry"}
    )
    desk = Desk(
        office.w3, older, sender=office.supervisor.sender, store=MemoryStore(), keyring=keyring("agent")
    )
    for call in (
        lambda: desk.keys.roles(),
        lambda: desk.keys.publish(),
        lambda: desk.keys.rotate("agents"),
        lambda: desk.prepare("Where is my card?", kind="open"),
    ):
        with pytest.raises(ConfigurationError, match=r"no KeyRegistry.*Run deploy"):
            call()


def test_who_is_shared_a_role_reads_what_it_reads(office: SealedOffice) -> None:
    ticket = office.opened("In confidence")
    office.stranger.keys.publish()
    assert office.stranger.tickets.history(ticket)[0].record is None
    office.second_supervisor.keys.roles()
    office.supervisor.keys.share("supervisors", office.address("stranger"))
    late = office.connected(office.stranger.sender, office.desk.archive.store, "stranger")
    assert (record := late.tickets.history(ticket)[0].record) is not None
    assert record.body == "In confidence"
    assert log(office.supervisor)[-1] == (
        "share",
        {"role": "supervisors", "version": 1, "member": office.address("stranger")},
    )
    assert office.address("stranger") in members(office.desk, "supervisors")


def test_who_has_no_role_key_cannot_share_it(office: SealedOffice) -> None:
    office.stranger.keys.publish()
    # The supervisor makes the keys of agents, and is none of them.
    with pytest.raises(ConfigurationError, match="does not have the key of role agents v1"):
        office.supervisor.keys.share("agents", office.address("stranger"))
    bare = office.desk.using(account(3))
    with pytest.raises(ConfigurationError, match="keyring="):
        bare.keys.share("supervisors", office.address("stranger"))
    assert len(log(office.supervisor)) == 3


def test_what_is_unshared_is_gone_and_logged(office: SealedOffice) -> None:
    second = office.address("second_supervisor")
    office.supervisor.keys.unshare("supervisors", second)
    assert members(office.desk, "supervisors") == {office.address("supervisor")}
    assert log(office.supervisor)[-1] == ("unshare", {"role": "supervisors", "member": second})
    ticket = office.opened()
    late = office.connected(office.second_supervisor.sender, office.desk.archive.store, "second_supervisor")
    assert late.tickets.history(ticket)[0].record is None
    with pytest.raises(InvalidArgument, match="nothing of role supervisors"):
        office.supervisor.keys.unshare("supervisors", second)


def test_a_role_is_made_twice_only_if_it_is_the_same(office: SealedOffice) -> None:
    keys, agent = office.supervisor.keys, office.address("agent")
    made = keys.create_role("court", ["open"], [agent])
    sent = nonce(office, office.address("supervisor"))
    assert keys.create_role("court", ["open"], [agent]) == made
    assert nonce(office, office.address("supervisor")) == sent
    with pytest.raises(InvalidArgument, match="is there already"):
        keys.create_role("court", ["open", "reply"], [agent])
    with pytest.raises(InvalidArgument, match="is there already"):
        keys.create_role("court", ["open"], [office.address("auditor")])


@pytest.mark.parametrize("step", ["give", "publishRole", "append"])
def test_what_was_interrupted_is_finished_by_the_same_call(
    office: SealedOffice, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """The making of a role breaks before or after each of its steps."""
    agent = office.address("agent")

    def broken(*_: Any, **__: Any) -> Any:
        raise ConnectionLost("cut")

    with monkeypatch.context() as patched:
        if step == "give":
            patched.setattr("proofdesk.privacy.registry.give", broken)
        elif step == "publishRole":
            patched.setattr(office.supervisor._core, "send", broken)
        else:
            patched.setattr(AsyncKeys, "_log", broken)
        with pytest.raises(ConnectionLost):
            office.supervisor.keys.create_role("court", ["open"], [agent])
    made = office.supervisor.keys.create_role("court", ["open"], [agent])
    assert made.version == 1
    assert members(office.desk, "court") == {agent}
    assert [details["role"] for action, details in log(office.supervisor)].count("court") == 1
    # A record of now on is read by its member through it alone.
    ring = office.agent._core.archive.codec
    assert made.key is not None
    assert ring.holder_of(made.key) is not None  # type: ignore[attr-defined]  # a keyring's codec


def test_a_store_host_cannot_name_himself_a_member(office: SealedOffice) -> None:
    """He has a published key, and writes into the store what a share looks like."""
    office.stranger.keys.publish()
    store, role = office.desk.archive.store, office.desk.keys.roles()[0]
    assert role.key is not None
    genuine = next(share for share in shares_in(store) if share.role == "agents")
    key, address = keyring("stranger").own[0].public, office.address("stranger")
    place = place_of("agents", role.key, key)
    # With the editor's signature for somebody else, and with his own.
    forged = replace(genuine, member=address, reader=key)
    store.shelf("shares").put(place, forged.dump())
    assert address not in members(office.desk, "agents")
    rotated = office.supervisor.keys.rotate("agents")
    assert address not in rotated.members
    assert rotated.left == (address,)
    drive(_given_by_himself(office, rotated.role.key))
    rotated = office.supervisor.keys.rotate("agents")
    assert rotated.left == (address,)
    assert not [
        share for share in shares_in(store) if share.key == rotated.role.key and share.member == address
    ]


async def _given_by_himself(office: SealedOffice, key: bytes | None) -> None:
    """The stranger shares himself a key, and says that it is the role's."""
    from proofdesk.privacy.members import give

    assert key is not None
    core, fake = office.stranger._core, ReadingKey.new()
    fake.public = key
    await give(core, "agents", fake, [await core.keys.reader_of(core.sender.address)])


# ----------------------------------------------------------------------------------------------- rotation


def test_a_rotated_role_leaves_out_who_is_named(office: SealedOffice) -> None:
    agent, second = office.address("agent"), office.address("second_agent")
    rotated = office.supervisor.keys.rotate("agents", without=[second])
    assert (rotated.role.version, rotated.members, rotated.left) == (2, (agent,), ())
    assert rotated.role.kinds == USUAL["agents"]
    assert members(office.desk, "agents") == {agent}
    assert [share.member for share in shares_in(office.desk.archive.store) if share.member == second] == []
    assert log(office.supervisor)[-1] == (
        "rotate",
        {"role": "agents", "version": 2, "members": [agent], "without": [second]},
    )
    # Who stays has the older key too, for what is not re-wrapped yet.
    assert [share.role for share in shares_in(office.desk.archive.store) if share.member == agent] == 2 * [
        "agents"
    ]
    assert [each.version for each in office.desk.keys.versions("agents")] == [1, 2]


def test_what_a_role_reads_changes_with_its_key(office: SealedOffice) -> None:
    rotated = office.supervisor.keys.rotate("auditors", reads=["open"])
    assert rotated.role.kinds == {"open"}
    assert {role.name: role.kinds for role in office.desk.keys.roles()}["auditors"] == {"open"}


def test_a_rotation_that_cannot_be_meant_changes_nothing(office: SealedOffice) -> None:
    store = office.desk.archive.store
    before = len(list(shares_in(store)))
    everyone = [office.address("agent"), office.address("second_agent")]
    for without, problem in (
        ([office.address("auditor")], "is no member"),
        (everyone, "nobody would have"),
        (["0x11"], "address"),
    ):
        with pytest.raises(InvalidArgument, match=problem):
            office.supervisor.keys.rotate("agents", without=without)
    with pytest.raises(InvalidArgument, match="reads nothing"):
        office.supervisor.keys.rotate("agents", reads=[])
    assert len(list(shares_in(store))) == before
    assert [role.version for role in office.desk.keys.roles()] == [1, 1, 1]


def test_who_retired_his_key_is_left_and_said(office: SealedOffice) -> None:
    office.second_agent.keys.retire()
    rotated = office.supervisor.keys.rotate("agents")
    assert rotated.left == (office.address("second_agent"),)
    assert rotated.members == (office.address("agent"),)
    # What he was shared of the key before does not make him a member of the one now.
    office.second_agent.keys.publish(seed("second_agent").key(2))
    assert members(office.desk, "agents") == {office.address("agent")}
    assert office.supervisor.keys.rotate("agents").members == (office.address("agent"),)


def test_the_last_share_of_an_older_key_stays_for_who_re_wraps(office: SealedOffice) -> None:
    agent, second = office.address("agent"), office.address("second_agent")
    office.supervisor.keys.rotate("agents")
    store = office.desk.archive.store
    first, now = (each.key for each in office.desk.keys.versions("agents"))
    # The store lost the other one's.
    for share in [each for each in shares_in(store) if (each.key, each.member) == (first, agent)]:
        store.shelf("shares").delete(share.place)
    office.supervisor.keys.rotate("agents", without=[second])
    assert [share.key for share in shares_in(store) if share.member == second] == [first]
    assert now != first


def test_who_has_another_key_by_now_is_shared_to_that_one(office: SealedOffice) -> None:
    newer = seed("agent").key(2)
    office.agent.keys.publish(newer)
    rotated = office.supervisor.keys.rotate("agents")
    assert rotated.role.key is not None
    share = Share.load(
        office.desk.archive.store.shelf("shares").get(place_of("agents", rotated.role.key, newer.public))
    )
    assert share is not None
    assert share.member == office.address("agent")


def test_a_rotation_that_broke_before_it_was_published_is_made_anew(
    office: SealedOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise ConnectionLost("cut")

    with monkeypatch.context() as patched:
        patched.setattr(office.supervisor._core, "send", broken)
        with pytest.raises(ConnectionLost):
            office.supervisor.keys.rotate("agents")
    rotated = office.supervisor.keys.rotate("agents", without=[office.address("second_agent")])
    assert rotated.role.version == 2
    # What was shared and never published opens nothing; the key that counts was never shared to who is out.
    keys = {
        share.key for share in shares_in(office.desk.archive.store) if share.member == office.address("agent")
    }
    assert rotated.role.key in keys
    assert len([each for each in listed_in(office.desk.archive.store) if each.role == "agents"]) == 3


def test_a_rotation_that_broke_before_it_was_logged_is_finished_by_the_same_call(
    office: SealedOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent, second = office.address("agent"), office.address("second_agent")

    def broken(*_: Any, **__: Any) -> Any:
        raise ConnectionLost("cut")

    with monkeypatch.context() as patched:
        patched.setattr(AsyncKeys, "_log", broken)
        with pytest.raises(ConnectionLost):
            office.supervisor.keys.rotate("agents", without=[second])
    rotated = office.supervisor.keys.rotate("agents", without=[second])
    assert (rotated.role.version, rotated.members, rotated.left) == (2, (agent,), ())
    details = {"role": "agents", "version": 2, "members": [agent], "without": [second]}
    assert log(office.supervisor)[-1] == ("rotate", details)
    assert second not in {share.member for share in shares_in(office.desk.archive.store)}
    # What is asked for beyond that is done beyond that.
    assert office.supervisor.keys.rotate("agents").role.version == 3
    with pytest.raises(InvalidArgument, match="is no member"):
        office.supervisor.keys.rotate("agents", without=[second])


def test_what_another_tool_published_is_nobodys_rotation(office: SealedOffice) -> None:
    word, key = "0x" + b"agents".ljust(32, b"\0").hex(), "0x" + ReadingKey.new().public.hex()
    office.supervisor.send("KeyRegistry", "publishRole", word, key, 1)
    entries = len(log(office.supervisor))
    with pytest.raises(InvalidArgument, match="nobody would have"):
        office.supervisor.keys.rotate("agents")
    assert len(log(office.supervisor)) == entries


@pytest.mark.parametrize("what", ["rotate", "unshare", "share"])
def test_who_was_taken_out_while_a_rotation_was_on_its_way_stays_out(
    office: SealedOffice, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    first, second, stranger = map(office.address, ("supervisor", "second_supervisor", "stranger"))
    office.stranger.keys.publish()
    other = office.connected(office.supervisor.sender, office.desk.archive.store, "supervisor")
    do: dict[str, Callable[[AsyncKeys], Any]] = {
        "rotate": lambda keys: keys.rotate("supervisors", without=[second]),
        "unshare": lambda keys: keys.unshare("supervisors", second),
        "share": lambda keys: keys.share("supervisors", stranger),
    }
    waiting = [do[what]]

    async def late(*arguments: Any) -> None:
        while waiting:
            await waiting.pop()(other._core.keys)
        await give(*arguments)

    monkeypatch.setattr("proofdesk.privacy.registry.give", late)
    rotated = office.supervisor.keys.rotate("supervisors")
    expected = (first, second) if what == "share" else (first,)
    assert set(rotated.members) == members(office.desk, "supervisors") == set(expected)
    assert rotated.left == ((stranger,) if what == "share" else ())
    keys = {share.key for share in shares_in(office.desk.archive.store) if share.member == second}
    assert (rotated.role.key in keys) is (what == "share")
    # What was published in between is no key of his, either.
    assert {"rotate": 4, "unshare": 3, "share": 2}[what] == rotated.role.version


def test_a_retired_role_can_be_made_again(office: SealedOffice) -> None:
    office.supervisor.send(
        "KeyRegistry", "publishRole", "0x" + b"agents".ljust(32, b"\0").hex(), bytes(32), 0
    )
    retired = office.desk.keys.roles()[0]
    assert (retired.key, retired.kinds, retired.version) == (None, frozenset(), 2)
    with pytest.raises(InvalidArgument, match="only supervisors, auditors"):
        office.supervisor.keys.rotate("agents")
    with pytest.raises(InvalidArgument, match="was retired"):
        _ = retired.reader
    assert office.supervisor.keys.create_role("agents", ALL, [office.address("agent")]).version == 3


@pytest.mark.parametrize("name", ["members", "published", "registry"])
def test_examples(office: SealedOffice, name: str) -> None:
    module = import_module(f"proofdesk.privacy.{name}")
    output: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for test in doctest.DocTestFinder(exclude_empty=True).find(module):
        with office.isolated():
            test.globs |= {
                "Keyring": Keyring,
                "ReadingKey": ReadingKey,
                "account": account(14),
                "agent": office.agent,
                "desk": office.supervisor,
                "key": ReadingKey.new(),
                "newcomer": account(14).address,
            }
            runner.run(test, out=output.append)
    assert not runner.failures, "".join(output)


def test_every_public_name_is_explained() -> None:
    for name in (
        "keyring",
        "members",
        "published",
        "publishing",
        "registry",
        "roles",
        "rotations",
        "shares",
        "writing",
    ):
        module = import_module(f"proofdesk.privacy.{name}")
        for each, value in vars(module).items():
            if not each.startswith("_") and getattr(value, "__module__", None) == module.__name__:
                assert value.__doc__, each
