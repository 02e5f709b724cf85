"""Keys of accounts and of roles: published, versioned, retired, signed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.helpers.claim_items import Signer
from tests.helpers.contract import Contract, Event, refused
from tests.helpers.every_error import never_expected
from tests.helpers.people import People, Person
from tests.helpers.signed import chain_id, seal, separator

PUBLISH_KEY = "PublishKey(address owner,bytes32 key,uint32 version,uint64 deadline)"
"""Word for word from the design."""
KEYS_EDITOR = 10
KEY, OTHER, ZERO = b"\x11" * 32, b"\x22" * 32, bytes(32)
AGENTS = b"agents".ljust(32, b"\0")
READS = 0b1001


@dataclass(slots=True)
class Registry:
    """The registry of a desk."""

    people: People
    contract: Contract

    @property
    def editor(self) -> str:
        """Who holds KEYS_EDITOR."""
        return self.people.lane_editor.address

    def publish(self, by: Person | str, key: bytes = KEY) -> list[Event]:
        """Somebody publishes his key."""
        return self.contract.send(by if isinstance(by, str) else by.address, "publish", key)

    def publish_role(self, role: bytes = AGENTS, key: bytes = KEY, reads: int = READS) -> list[Event]:
        """The editor publishes a role's."""
        return self.contract.send(self.editor, "publishRole", role, key, reads)

    def carry(self, signer: Signer, signature: bytes | None = None, **said: Any) -> list[Event]:
        """A stranger carries what somebody signed, by default in order."""
        values = {"owner": signer.address, "key": KEY, "version": 1, "deadline": self.people.desk.now + 60}
        values |= said
        signature = self.sealed(signer, values) if signature is None else signature
        return self.contract.send(self.people.stranger.address, "publishFor", *values.values(), signature)

    def sealed(self, signer: Signer, values: dict[str, Any]) -> bytes:
        """The signature of these values."""
        struct = encode(["address", "bytes32", "uint32", "uint64"], list(values.values()))
        domain = separator(chain_id(self.people.desk), self.contract.address)
        said = keccak(keccak(PUBLISH_KEY.encode()) + struct)
        return seal(signer.key, keccak(b"\x19\x01" + domain + said))

    def key_of(self, owner: Person | Signer) -> tuple[bytes, int, int]:
        """What it says of an account."""
        return self.contract.view("keyOf", owner.address)


@pytest.fixture
def registry(people: People) -> Registry:
    """A registry whose editor is the one of lanes."""
    desk, admin = people.desk, people.admin.address
    contract = Contract.deployed(desk.node, admin, "KeyRegistry", desk.access.address)
    selectors = [contract.selector("publishRole")]
    desk.access.send(admin, "setTargetFunctionRole", contract.address, selectors, KEYS_EDITOR)
    desk.access.send(admin, "grantRole", KEYS_EDITOR, people.lane_editor.address, 0)
    return Registry(people, contract)


@pytest.fixture
def signer() -> Signer:
    """Somebody who has a key of his own and no ether."""
    return Signer.named("reader")


def test_its_manager_is_a_contract(people: People) -> None:
    with refused("NoContract", people.stranger.address):
        Contract.deployed(people.desk.node, people.admin.address, "KeyRegistry", people.stranger.address)


def test_an_account_publishes_its_own_key(registry: Registry, customer: Person) -> None:
    assert registry.key_of(customer) == (ZERO, 0, 0)
    (published,) = registry.publish(customer)
    assert published.arguments == {"owner": customer.address, "version": 1, "key": KEY}
    assert registry.key_of(customer) == (KEY, 1, registry.people.desk.now)
    assert registry.key_of(registry.people.stranger) == (ZERO, 0, 0)


def test_a_later_key_is_the_next_version(registry: Registry, customer: Person) -> None:
    registry.publish(customer)
    (published,) = registry.publish(customer, OTHER)
    assert published.arguments["version"] == 2
    assert registry.key_of(customer)[:2] == (OTHER, 2)


def test_a_key_is_retired_and_comes_back_as_another_version(registry: Registry, customer: Person) -> None:
    with refused("NoKey", bytes.fromhex(customer.address[2:]).rjust(32, b"\0")):
        registry.publish(customer, ZERO)
    registry.publish(customer)
    registry.publish(customer, ZERO)
    assert registry.key_of(customer)[:2] == (ZERO, 2)
    with refused("NoKey", bytes.fromhex(customer.address[2:]).rjust(32, b"\0")):
        registry.publish(customer, ZERO)
    registry.publish(customer)
    assert registry.key_of(customer)[:2] == (KEY, 3)


# -------------------------------------------------------------------------------------------------- signed


def test_what_he_signed_is_published(registry: Registry, signer: Signer) -> None:
    (published,) = registry.carry(signer)
    assert published.arguments == {"owner": signer.address, "version": 1, "key": KEY}
    assert registry.key_of(signer)[:2] == (KEY, 1)


def test_it_is_published_once(registry: Registry, signer: Signer) -> None:
    registry.carry(signer)
    with refused("WrongVersion", 1, 2):
        registry.carry(signer)
    registry.carry(signer, key=OTHER, version=2)
    with refused("WrongVersion", 2, 3):
        registry.carry(signer, key=OTHER, version=2)


def test_it_is_carried_in_order(registry: Registry, signer: Signer) -> None:
    with refused("WrongVersion", 2, 1):
        registry.carry(signer, version=2)
    with refused("WrongVersion", 0, 1):
        registry.carry(signer, version=0)


def test_a_signed_zero_retires(registry: Registry, signer: Signer) -> None:
    registry.carry(signer)
    registry.carry(signer, key=ZERO, version=2)
    assert registry.key_of(signer)[:2] == (ZERO, 2)
    with refused("NoKey", bytes.fromhex(signer.address[2:]).rjust(32, b"\0")):
        registry.carry(signer, key=ZERO, version=3)


def test_it_lapses(registry: Registry, signer: Signer) -> None:
    now = registry.people.desk.now
    with refused("SignatureExpired", now - 1):
        registry.carry(signer, deadline=now - 1)


@pytest.mark.parametrize("field", ["key", "version", "deadline"])
def test_no_field_of_it_is_changed(registry: Registry, signer: Signer, field: str) -> None:
    registry.carry(signer)
    values = {
        "owner": signer.address,
        "key": KEY,
        "version": 2,
        "deadline": registry.people.desk.now + 60,
    }
    others: dict[str, Any] = {"key": OTHER, "version": 3, "deadline": values["deadline"] + 1}
    signature = registry.sealed(signer, values | {field: others[field]})
    with refused("InvalidSignature", signer.address):
        registry.carry(signer, signature, **values)


def test_it_is_its_owners_word(registry: Registry, signer: Signer, customer: Person) -> None:
    with refused("InvalidSignature", customer.address):
        registry.carry(signer, owner=customer.address)
    with refused("EmptyOwner"):
        registry.carry(signer, owner="0x" + 40 * "0")


def test_another_registry_takes_it_not(registry: Registry, signer: Signer) -> None:
    desk, admin = registry.people.desk, registry.people.admin.address
    other = Contract.deployed(desk.node, admin, "KeyRegistry", desk.access.address)
    values = {"owner": signer.address, "key": KEY, "version": 1, "deadline": desk.now + 60}
    signature = Registry(registry.people, other).sealed(signer, values)
    with refused("InvalidSignature", signer.address):
        registry.carry(signer, signature, **values)


def test_a_smart_account_answers_for_itself(registry: Registry, signer: Signer) -> None:
    desk, admin = registry.people.desk, registry.people.admin.address
    account = Contract.deployed(desk.node, admin, "SmartAccount", signer.address)
    registry.carry(Signer(signer.key, account.address))
    assert registry.contract.view("keyOf", account.address)[:2] == (KEY, 1)
    reverts = 1
    account.send(admin, "setAnswer", reverts, 0)
    with refused("InvalidSignature", account.address):
        registry.carry(Signer(signer.key, account.address), key=OTHER, version=2)


# --------------------------------------------------------------------------------------------------- roles


def test_a_role_has_a_key_and_what_it_reads(registry: Registry) -> None:
    assert registry.contract.view("roles") == ()
    (published,) = registry.publish_role()
    assert published.arguments == {"role": AGENTS, "version": 1, "key": KEY, "reads": READS}
    assert registry.contract.view("roles") == ((AGENTS, KEY, READS, 1, registry.people.desk.now),)


def test_a_roles_next_key_takes_the_place_of_the_one_before(registry: Registry) -> None:
    registry.publish_role()
    registry.publish_role(b"auditors".ljust(32, b"\0"))
    (published,) = registry.publish_role(key=OTHER, reads=1)
    assert published.arguments["version"] == 2
    first, second = registry.contract.view("roles")
    assert first[:4] == (AGENTS, OTHER, 1, 2)
    assert second[:4] == (b"auditors".ljust(32, b"\0"), KEY, READS, 1)


def test_a_role_is_retired(registry: Registry) -> None:
    with refused("NoKey", AGENTS):
        registry.publish_role(key=ZERO, reads=0)
    registry.publish_role()
    registry.publish_role(key=ZERO, reads=0)
    assert registry.contract.view("roles")[0][:4] == (AGENTS, ZERO, 0, 2)
    with refused("NoKey", AGENTS):
        registry.publish_role(key=ZERO, reads=0)


def test_a_role_reads_something_or_has_no_key(registry: Registry) -> None:
    with refused("WrongReads", AGENTS, 0):
        registry.publish_role(reads=0)
    registry.publish_role()
    with refused("WrongReads", AGENTS, READS):
        registry.publish_role(key=ZERO)
    with refused("EmptyOwner"):
        registry.publish_role(role=ZERO)


def test_a_desk_has_sixteen_roles(registry: Registry) -> None:
    for number in range(16):
        registry.publish_role(bytes([number + 1]) * 32)
    with refused("TooManyRoles"):
        registry.publish_role(bytes([17]) * 32)
    registry.publish_role(bytes([16]) * 32, OTHER)
    assert len(registry.contract.view("roles")) == 16


def test_only_the_editor_publishes_roles(registry: Registry) -> None:
    for person in registry.people.everybody:
        if person.address != registry.editor:
            with refused("AccessManagedUnauthorized", person.address):
                registry.contract.send(person.address, "publishRole", AGENTS, KEY, READS)


def test_every_error_is_expected_somewhere() -> None:
    assert not never_expected("IKeyRegistry", Path(__file__).parent)
