"""The access log: numbered without a lock, linked, signed, anchored; whatever was done to it is named."""

from __future__ import annotations

import doctest
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

import jsonschema
import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

import proofdesk
from proofdesk import InvalidArgument, MemoryStore
from proofdesk._records import commit, compose
from proofdesk._shell import drive
from proofdesk._store import Store
from proofdesk._words import keccak
from proofdesk.anchors.queue import Queue
from proofdesk.privacy.access_entry import START, AccessEntry, AccessLogBroken, check_row, key_of
from proofdesk.privacy.access_log import append
from proofdesk.privacy.numbered import Row
from proofdesk.signed.signers import SmartAccount, signature_by
from tests.client.office import account
from tests.client.signed.wallets import InParts, Whole
from tests.privacy.office import SealedOffice
from tests.privacy.people import SCOPE
from tools.build import artifact

SCHEMA = json.loads(
    (Path(proofdesk.__file__).parent / "schemas" / "access-entry.schema.json").read_text(encoding="utf-8")
)
MODULES = ("access_entry", "numbered", "threads", "erasing")


def row(count: int) -> list[AccessEntry]:
    """A log of so many entries, signed."""
    entries: list[AccessEntry] = []
    for number in range(1, count + 1):
        previous = entries[-1].link if entries else START
        entry = AccessEntry(SCOPE, number, f"0x{number:064x}", previous, account(1).address)
        entries.append(entry.signed(signature_by(account(1), entry)))
    return entries


def shelf(office: SealedOffice) -> Store:
    return office.desk.archive.store.shelf("access")


def change(office: SealedOffice, place: int, /, **fields: Any) -> None:
    """Another entry in place of one, as somebody would make it who can write to the store."""
    value = json.loads(shelf(office).get(key_of(place))) | fields
    link = keccak(
        b"proofdesk.access.v1"
        + value["number"].to_bytes(8, "big")
        + bytes.fromhex(value["entry"][2:])
        + bytes.fromhex(value["previous"][2:])
    )
    value = {**value, "link": "0x" + link.hex(), **{k: v for k, v in fields.items() if k == "link"}}
    shelf(office).put(key_of(place), json.dumps(value).encode())


def broken(office: SealedOffice) -> AccessLogBroken:
    """What is wrong with the log, for somebody who has not read it yet."""
    auditor = office.connected(office.supervisor.sender, office.desk.archive.store, "supervisor")
    with pytest.raises(AccessLogBroken) as caught:
        auditor.records.check_access()
    return caught.value


# ------------------------------------------------------------------------------------------------ an entry


def test_a_link_is_what_the_format_says() -> None:
    first, second = row(2)
    previous = keccak(b"proofdesk.access.v1" + bytes(7) + b"\1" + bytes(31) + b"\1" + bytes(32))
    assert first.link == "0x" + previous.hex()
    link = keccak(b"proofdesk.access.v1" + bytes(7) + b"\2" + bytes(31) + b"\2" + previous)
    assert second.link == "0x" + link.hex()
    assert key_of(2) == "0x" + keccak(b"proofdesk.access.v1" + bytes(7) + b"\2").hex()


def test_another_library_recovers_who_signed() -> None:
    entry = row(1)[0]
    message = {
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
            ],
            "AccessEntry": [
                {"name": "number", "type": "uint64"},
                {"name": "entry", "type": "bytes32"},
                {"name": "previous", "type": "bytes32"},
            ],
        },
        "primaryType": "AccessEntry",
        "domain": {"name": "proofdesk", "version": "1", "chainId": 31337, "verifyingContract": SCOPE.desk},
        "message": {"number": 1, "entry": entry.entry, "previous": START},
    }
    signable = encode_typed_data(full_message=message)
    assert Account.recover_message(signable, signature=entry.signature) == account(1).address
    assert entry.is_signed_by_key()
    assert not replace(entry, number=2).is_signed_by_key()
    assert not replace(entry, scope=replace(SCOPE, chain_id=1)).is_signed_by_key()


def test_an_entry_comes_back_as_it_was_kept() -> None:
    for entry in row(3):
        assert AccessEntry.load(entry.dump(), SCOPE, entry.number) == entry
        jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(entry.dump()))


REFUSED: list[tuple[dict[str, Any], bool, str]] = [
    ({"v": 2}, False, "v: 2 must be 1"),
    ({"number": 2}, True, "says that it is entry 2"),
    ({"number": 0}, False, "number: 0 must be a whole number from 1"),
    ({"number": True}, False, "number: True must be"),
    ({"entry": "0x" + 64 * "A"}, False, "entry: "),
    ({"previous": "0x"}, False, "previous: "),
    ({"link": "0x" + 64 * "1"}, True, "has a link that is not made of what it says"),
    ({"by": account(1).address.lower()}, True, "by: has not the capitals"),
    ({"by": "0x12"}, False, "by: "),
    ({"signature": "0x1"}, False, "signature: "),
    ({"more": 1}, False, "more: is not known here"),
]


@pytest.mark.parametrize(("fields", "fits", "problem"), REFUSED)
def test_what_is_no_entry_is_refused(fields: dict[str, Any], fits: bool, problem: str) -> None:
    value = json.loads(row(1)[0].dump()) | fields
    assert jsonschema.Draft202012Validator(SCHEMA).is_valid(value) == fits
    with pytest.raises(AccessLogBroken, match=problem):
        AccessEntry.load(json.dumps(value).encode(), SCOPE, 1)


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"\xff", b"{" * 90_000])
def test_what_is_no_json_is_refused(content: bytes) -> None:
    with pytest.raises(AccessLogBroken):
        AccessEntry.load(content, SCOPE, 1)


def test_a_row_is_checked() -> None:
    entries = row(5)
    check_row(entries)
    check_row(entries[3:], before=entries[2])
    for wrong, number, problem in [
        (entries[1:], 1, "is missing"),
        ([*entries[:2], *entries[3:]], 3, "is missing"),
        ([*entries[:2], replace(entries[2], entry=START), *entries[3:]], 4, "does not follow"),
        ([replace(entries[0], previous=entries[4].link)], 1, "does not follow"),
    ]:
        with pytest.raises(AccessLogBroken, match=problem) as caught:
            check_row(wrong)
        assert caught.value.number == number


class Asked(MemoryStore):
    """Counts how often it is asked for something."""

    asked = 0

    def __contains__(self, entry: str) -> bool:
        self.asked += 1
        return super().__contains__(entry)


def test_the_end_of_a_row_is_found_in_few_steps(seed: int) -> None:
    rng = Random(seed)
    for length in (0, 1, 2, 3, 7, 8, 9, *(rng.randrange(10, 3000) for _ in range(20))):
        store = Asked()
        found = Row(store, lambda number: f"0x{number:064x}")
        for number in range(1, length + 1):
            store.put(found.key(number), b"")
        for known in {0, length // 2, max(0, length - 1), length}:
            store.asked = 0
            assert found.end(known) == length
            assert store.asked <= 2 * (length - known + 1).bit_length() + 1


# -------------------------------------------------------------------------------------------------- the log


def test_who_reads_the_log_sees_what_was_done(office: SealedOffice) -> None:
    drive(append(office.agent._core, "rewrap", records=3))
    logged = office.supervisor.records.check_access()
    assert [access.action for access in logged] == ["create", "create", "create", "rewrap"]
    last = logged[-1]
    assert (last.number, last.by, last.details) == (4, office.agent.sender.address, {"records": 3})
    # Who may not read it still sees who did something.
    assert [(each.action, each.by) for each in office.stranger.records.check_access()] == [
        (None, access.by) for access in logged
    ]


def test_each_link_waits_to_be_anchored(office: SealedOffice) -> None:
    links = {access.link for access in office.supervisor.records.access()}
    assert links <= Queue(office.desk.archive.store).waiting(now=2e9).keys()


def test_many_append_at_once(office: SealedOffice) -> None:
    store = office.desk.archive.store

    def work(name: str) -> None:
        desk = office.connected(office.of(name).sender, store, name)
        for number in range(6):
            drive(append(desk._core, "rewrap", records=number))

    names = ["supervisor", "agent", "second_agent", "auditor"]
    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(work, names))
    logged = office.supervisor.records.check_access()[3:]
    assert [access.number for access in logged] == list(range(4, 28))
    for name in names:
        own = [access.details["records"] for access in logged if access.by == office.address(name)]
        assert own == list(range(6))
    assert {access.link for access in logged} <= Queue(store).waiting(now=2e9).keys()


def test_any_signer_signs(office: SealedOffice) -> None:
    built = artifact("SmartAccount")
    factory = office.w3.eth.contract(abi=built["abi"], bytecode=built["bytecode"])
    sent = factory.constructor(account(18).address).transact({"from": account(19).address})
    wallet = str(office.w3.eth.wait_for_transaction_receipt(sent)["contractAddress"])
    log = office.supervisor._core.records.log
    for signer in (
        account(3),
        Whole(account(3)),
        InParts(account(3)),
        SmartAccount(wallet, account(18)),
    ):
        drive(log.append("rewrap", {"records": 1}, signer=signer))
    # A node that signs for its accounts.
    node = office.desk.using(account(3).address)
    drive(append(node._core, "rewrap", records=1))
    by = [access.by for access in office.supervisor.records.check_access()[3:]]
    assert by == [*3 * [account(3).address], wallet, account(3).address]
    # It is asked, and says no.
    change(office, 7, signature="0x" + 65 * "11")
    assert (broken(office).number, broken(office).problem) == (7, f"is not signed by {wallet}")


def test_an_unknown_action_is_refused_and_nothing_is_kept(office: SealedOffice) -> None:
    before = set(office.desk.archive.store)
    with pytest.raises(InvalidArgument, match="'give' is no action on access; there are create, erase"):
        drive(append(office.supervisor._core, "give"))
    assert set(office.desk.archive.store) == before


def test_who_was_stopped_before_the_link_was_queued_is_helped(office: SealedOffice) -> None:
    store = office.desk.archive.store
    last = office.supervisor.records.access()[-1]
    for settle in (
        lambda: drive(office.agent._core.records.log.settle()),
        lambda: drive(append(office.agent._core, "rewrap")),
    ):
        store.shelf("queue").delete(last.link)
        settle()
        assert last.link in store.shelf("queue")


def stolen(office: SealedOffice) -> dict[str, Any]:
    """Somebody's entry that names the supervisor's record; he signs it himself."""
    first = json.loads(shelf(office).get(key_of(1)))
    log = office.stranger._core.records.log
    entry = AccessEntry(log._scope, 1, first["entry"], START, office.stranger.sender.address)
    return {"by": entry.by, "signature": "0x" + signature_by(account(15), entry).hex()}


def of_another_kind(office: SealedOffice) -> dict[str, Any]:
    opening = commit(compose("Hello?", kind="open", author=office.supervisor.sender.address))
    office.supervisor.keep(opening)
    return {"entry": opening.entry}


TAMPERED: list[tuple[int, Callable[[SealedOffice], dict[str, Any]], int, str]] = [
    (1, lambda _: {"signature": "0x" + 65 * "00"}, 1, "is not signed by"),
    (1, stolen, 1, "its record of somebody else"),
    (3, of_another_kind, 3, "names a record that is none of access"),
    (3, lambda _: {"entry": START}, 3, "has no record any more"),
    (2, lambda _: {"previous": "0x" + 64 * "1"}, 2, "does not follow"),
    (2, lambda _: {"link": "0x" + 64 * "1"}, 2, "has a link that is not made"),
    (2, lambda _: {"number": 3}, 2, "says that it is entry 3"),
]


@pytest.mark.parametrize(("place", "fields", "number", "problem"), TAMPERED)
def test_what_was_tampered_with_is_named(
    office: SealedOffice,
    place: int,
    fields: Callable[[SealedOffice], dict[str, Any]],
    number: int,
    problem: str,
) -> None:
    change(office, place, **fields(office))
    found = broken(office)
    assert found.number == number
    assert problem in found.problem


def test_what_was_taken_out_is_named(office: SealedOffice) -> None:
    kept = [shelf(office).get(key_of(number)) for number in (1, 2, 3)]
    for number in (1, 2):
        shelf(office).delete(key_of(number))
        assert (broken(office).number, broken(office).problem) == (
            number,
            "is missing, and there are others behind it",
        )
        shelf(office).put(key_of(number), kept[number - 1])
    # The last one is missed by who had read it.
    assert len(office.auditor.records.access()) == 3
    shelf(office).delete(key_of(3))
    with pytest.raises(AccessLogBroken, match="entry 3 of the access log was there, and is gone"):
        office.auditor.records.access()


def test_two_entries_that_were_exchanged_are_named(office: SealedOffice) -> None:
    first, second = (json.loads(shelf(office).get(key_of(number))) for number in (2, 3))
    change(office, 2, entry=second["entry"], signature=second["signature"])
    change(office, 3, entry=first["entry"], signature=first["signature"])
    assert (broken(office).number, broken(office).problem) == (
        3,
        "does not follow the one before it: one of the two was exchanged",
    )


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    module = import_module(f"proofdesk.privacy.{name}")
    globs = {"account": account(1), "scope": SCOPE, "MemoryStore": MemoryStore, "signature_by": signature_by}
    output: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for test in doctest.DocTestFinder(exclude_empty=True).find(module, extraglobs=globs):
        runner.run(test, out=output.append)
    assert not runner.failures, "".join(output)
