"""Shares of roles' keys: whose they are, what they are bound to, and what a store's host can do with them."""

from __future__ import annotations

import doctest
import json
from dataclasses import replace
from importlib import import_module

import pytest
from eth_account import Account

from proofdesk import Deployment, InvalidArgument, MemoryStore
from proofdesk._deployments import Contract
from proofdesk.privacy.keyring import Keyring
from proofdesk.privacy.keys import Reader, ReadingKey, Scope
from proofdesk.privacy.publishing import SignedKey
from proofdesk.privacy.roles import USUAL, kinds_of, mask_of, role_name, role_word
from proofdesk.privacy.shares import (
    ROLES,
    SHARES,
    Membership,
    Share,
    drop_key,
    listed_in,
    open_share,
    place_of,
    put_shares,
    seal_share,
    shares_in,
)
from proofdesk.privacy.wraps import seal_to
from proofdesk.signed.signers import signature_by
from tests.client.office import account
from tests.privacy.office import seed
from tests.privacy.people import KEYS, SCOPE

ROLE, MEMBER, OTHER = ReadingKey.from_bytes(32 * b"\x51"), KEYS["agents"], KEYS["auditors"]
REGISTRY = "0x" + 20 * "ee"
CHAIN = SCOPE.chain_id
HASH = "0x" + 64 * "1"
MANIFEST = Deployment(
    "demo",
    CHAIN,
    HASH,
    "2026-01-31T12:00:00Z",
    contracts={
        name: Contract(address, (), HASH, 1, HASH, HASH)
        for name, address in (("TicketDesk", SCOPE.desk), ("KeyRegistry", REGISTRY))
    },
)
WRONG: tuple[object, ...] = (None, 7, "0x", "!", [])


def share(role: str = "agents", key: ReadingKey = ROLE, member: ReadingKey = MEMBER, by: int = 3) -> Share:
    """A share as the desk's editor makes it, signed."""
    address = account(9).address
    said = Membership(role, key.public, address, member.public, account(by).address, CHAIN, REGISTRY)
    sealed = seal_share(SCOPE, role, key, Reader(address, member.public))
    signature = signature_by(account(by), said)
    return Share(role, key.public, address, member.public, account(by).address, signature, sealed)


def test_a_share_opens_to_its_member_alone() -> None:
    sealed = share().sealed
    assert open_share(SCOPE, "agents", ROLE.public, sealed, MEMBER) == ROLE
    assert open_share(SCOPE, "agents", ROLE.public, sealed, OTHER) is None
    assert ROLE.private_bytes() not in sealed


@pytest.mark.parametrize(
    ("scope", "role", "public"),
    [
        (Scope(CHAIN + 1, SCOPE.desk), "agents", ROLE.public),
        (Scope(CHAIN, "0x" + 20 * "d6"), "agents", ROLE.public),
        (SCOPE, "auditors", ROLE.public),
        (SCOPE, "agents", OTHER.public),
    ],
    ids=["chain", "desk", "role", "key"],
)
def test_a_share_is_bound_to_what_it_is_of(scope: Scope, role: str, public: bytes) -> None:
    assert open_share(scope, role, public, share().sealed, MEMBER) is None


def test_a_share_that_holds_another_key_than_it_says_is_none() -> None:
    # By whoever can write to the store: HPKE does not tell who sealed. The info is put together as the module
    # says it.
    bound = b"proofdesk.share.v1" + CHAIN.to_bytes(32, "big") + bytes.fromhex(SCOPE.desk[2:])
    info = bound + b"agents".ljust(32, b"\0") + ROLE.public + MEMBER.public
    member = Reader("?", MEMBER.public)
    assert (
        open_share(SCOPE, "agents", ROLE.public, seal_to(member, ROLE.private_bytes(), info), MEMBER) == ROLE
    )
    for content in (OTHER.private_bytes(), b"short", bytes(33)):
        assert open_share(SCOPE, "agents", ROLE.public, seal_to(member, content, info), MEMBER) is None


def test_every_byte_of_a_share_counts() -> None:
    sealed = share().sealed
    for place in range(len(sealed)):
        tampered = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        assert open_share(SCOPE, "agents", ROLE.public, tampered, MEMBER) is None, place
    assert open_share(SCOPE, "agents", ROLE.public, b"", MEMBER) is None


def test_a_share_is_what_its_json_says() -> None:
    made = share()
    assert Share.load(made.dump()) == made
    assert json.loads(made.dump())["format"] == "proofdesk-share/1"


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"format":"proofdesk-share/1"}'])
def test_what_is_no_share_is_none(content: bytes) -> None:
    assert Share.load(content) is None


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("name", ["format", "role", "key", "member", "reader", "by", "signature", "sealed"])
def test_a_share_with_a_wrong_field_is_none(name: str, wrong: object) -> None:
    found = Share.load(json.dumps(json.loads(share().dump()) | {name: wrong}).encode())
    # An empty signature is one in form; it is nobody's.
    assert found is None or not found.is_signed(CHAIN, REGISTRY)


def test_a_share_is_signed_by_who_shared_it() -> None:
    made = share()
    assert made.is_signed(CHAIN, REGISTRY)
    stranger = account(15).address
    for other in (
        replace(made, by=stranger),
        replace(made, member=stranger),
        replace(made, role="auditors"),
        replace(made, key=OTHER.public),
        replace(made, reader=OTHER.public),
    ):
        assert not other.is_signed(CHAIN, REGISTRY)
    assert not made.is_signed(CHAIN + 1, REGISTRY)
    assert not made.is_signed(CHAIN, "0x" + 20 * "11")


def test_a_store_lists_keys_and_their_shares() -> None:
    store = MemoryStore()
    put_shares(store, [share(), share(member=OTHER)])
    put_shares(store, [share("auditors", OTHER)])
    assert {(each.role, each.key) for each in listed_in(store)} == {
        ("agents", ROLE.public),
        ("auditors", OTHER.public),
    }
    assert len(list(shares_in(store))) == 3
    assert drop_key(store, "agents", ROLE.public) == 2
    assert (
        [each.role for each in shares_in(store)] == [each.role for each in listed_in(store)] == ["auditors"]
    )


def test_what_lies_elsewhere_or_is_none_is_passed_over() -> None:
    store = MemoryStore()
    put_shares(store, [share()])
    shelf, listings = store.shelf(SHARES), store.shelf(ROLES)
    shelf.put("0x" + 64 * "1", share("auditors").dump())
    shelf.put("0x" + 64 * "2", b"{")
    for place, content in enumerate((b"{", b"[]", b"{}", listings.get(next(iter(listings)))), 1):
        listings.put(f"0x{place:064x}", content)
    assert [each.role for each in shares_in(store)] == ["agents"]
    assert [each.role for each in listed_in(store)] == ["agents"]


def test_who_lists_keys_without_end_is_not_read_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStore()
    for _ in range(5):
        put_shares(store, [share(key=ReadingKey.new())])
    monkeypatch.setattr("proofdesk.privacy.shares._MOST", 3)
    assert len(list(listed_in(store))) == 3


def test_two_new_keys_of_a_role_do_not_overwrite_each_other() -> None:
    assert place_of("agents", ROLE.public, MEMBER.public) != place_of("agents", OTHER.public, MEMBER.public)


@pytest.mark.parametrize("name", ["", "Agents", "a b", "é", "1st", "-a", "a" * 33, None, 7, b"agents"])
def test_what_is_no_name_of_a_role_is_refused(name: str) -> None:
    with pytest.raises(InvalidArgument, match="lower-case"):
        role_word(name)


def test_names_and_words_of_roles() -> None:
    for name in ("agents", "a", "a" * 32, "second-line-2"):
        assert role_name(role_word(name)) == name
    assert role_name(b"Chefs".ljust(32, b"\0")) == "0x" + b"Chefs".hex() + 54 * "0"
    assert role_name(b"a\0b".ljust(32, b"\0")).startswith("0x")


def test_kinds_and_their_bits() -> None:
    for kinds in USUAL.values():
        assert kinds_of(mask_of(kinds)) == kinds
    assert kinds_of(mask_of(["access"])) == {"access"}
    # A later package's kinds are none of ours.
    assert kinds_of(1 << 31 | 1) == {"open"}
    with pytest.raises(InvalidArgument, match="reads nothing"):
        mask_of([])
    with pytest.raises(InvalidArgument, match="'opne' is no kind"):
        mask_of(["open", "opne"])
    assert mask_of("open") == mask_of(["open"])


@pytest.mark.parametrize("name", ["keyring", "publishing", "roles", "shares"])
def test_examples(name: str) -> None:
    module = import_module(f"proofdesk.privacy.{name}")
    globs = vars(module) | {
        "ReadingKey": ReadingKey,
        "SignedKey": SignedKey,
        "Keyring": Keyring,
        "account": Account.create(),
        "address": account(3).address,
        "key": MEMBER,
        "manifest": MANIFEST,
        "role": ROLE,
        "scope": SCOPE,
        "seed": seed("agent"),
        "store": MemoryStore(),
    }
    output: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for test in doctest.DocTestFinder(exclude_empty=True).find(module, globs=globs):
        runner.run(test, out=output.append)
    assert not runner.failures, "".join(output)
    assert runner.tries
