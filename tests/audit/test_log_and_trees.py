"""The access log and what is anchored: each way in which they can be wrong is found, and nothing else."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

from eth_typing import Hash32

from proofdesk._shell import drive
from proofdesk.anchors import MerkleTree
from proofdesk.anchors.queue import Queue
from proofdesk.ops.anchoring import Anchorer
from proofdesk.ops.audit import Kind
from proofdesk.privacy.access_entry import SHELF, AccessEntry, key_of
from proofdesk.privacy.access_log import append
from proofdesk.signed.signers import signature_by
from tests.audit.business import Business, as_json
from tests.client.office import account


def entry(business: Business, number: int) -> AccessEntry:
    """An entry of the access log."""
    content = business.store.shelf(SHELF).get(key_of(number))
    return AccessEntry.load(content, business.scope, number)


def put(business: Business, changed: AccessEntry) -> None:
    """Put an entry in place of what is under its number."""
    business.store.shelf(SHELF).put(key_of(changed.number), changed.dump())


def test_a_gap(business: Business) -> None:
    business.store.shelf(SHELF).delete(key_of(2))
    for name in ("auditor", "stranger"):
        assert business.kinds(name) == {Kind.LOG_GAP: 1}, name
    first = business.audit().first
    assert first is not None and first.where == "entry 2 of the access log"


def test_an_end_that_was_cut_off(business: Business) -> None:
    last = len(list(business.store.shelf(SHELF)))
    business.store.shelf(SHELF).delete(key_of(last))
    # Its record is left, which a moment ago may have been written to be logged, and later is a difference.
    assert business.audit("supervisor").counts["under way"] == 1


def test_an_entry_that_follows_another_one_than_is_there(business: Business) -> None:
    changed = replace(entry(business, 3), previous="0x" + 32 * "12")
    put(business, changed.signed(signature_by(account(3), changed)))
    found = business.audit()
    assert set(found.kinds) == {Kind.LOG_BROKEN.value, Kind.NOT_ANCHORED.value}
    assert found.first is not None and found.first.where == "entry 3 of the access log"


def test_what_is_no_entry(business: Business) -> None:
    business.store.shelf(SHELF).put(key_of(3), b"{}")
    assert business.kinds() == {Kind.LOG_BROKEN: 1}
    business.store.shelf(SHELF).put("0x" + 32 * "12", b"{}")
    assert business.kinds() == {Kind.LOG_BROKEN: 2}


def test_an_entry_that_nobody_signed(business: Business) -> None:
    put(business, replace(entry(business, 2), signature="0x" + 65 * "11"))
    first = business.audit().first
    assert business.kinds() == {Kind.LOG_SIGNATURE: 1} and first is not None
    assert business.office.address("supervisor") in first.expected


def test_an_entry_that_another_one_signed_in_his_name(business: Business) -> None:
    changed = entry(business, 2)
    put(
        business,
        changed.signed(account(15).unsafe_sign_hash(Hash32(bytes.fromhex(changed.digest[2:]))).signature),
    )
    assert business.kinds() == {Kind.LOG_SIGNATURE: 1}


def test_an_entry_whose_record_is_gone(business: Business) -> None:
    business.store.delete(entry(business, 4).entry)
    assert business.kinds() == {Kind.MISSING: 1}


def test_an_entry_that_names_another_record(business: Business) -> None:
    last = len(list(business.store.shelf(SHELF)))
    changed = replace(entry(business, last), entry=business.entry(business.talk, 3))
    put(business, changed.signed(signature_by(account(3), changed)))
    assert business.kinds() == {Kind.LOG_BROKEN: 1, Kind.NOT_ANCHORED: 1}


def logged(business: Business, name: str, action: str, /, **details: Any) -> None:
    """Have somebody log what he cannot do."""
    drive(append(business.office.of(name)._core, action, **details))


def test_roles_are_changed_by_their_editor_alone(business: Business) -> None:
    logged(business, "agent", "share", role="supervisors", version=1, member=business.office.address("agent"))
    first = business.audit().first
    assert business.kinds() == {Kind.LOG_OFFICE: 1} and first is not None
    assert business.office.address("agent") in first.found and "KEYS_EDITOR" in first.expected


def test_tickets_are_opened_by_offices_and_their_customers(business: Business) -> None:
    talk = business.talk.id
    details = {"name": "court", "key": "0x" + 32 * "09"}
    logged(business, "customer", "grant", ticket=business.erased.id, **details)
    assert set(business.kinds()) <= {Kind.NO_READER}
    for name in ("agent", "other_customer", "stranger"):
        logged(business, name, "revoke", ticket=talk, **details)
    assert business.kinds()[Kind.LOG_OFFICE] == 3


def test_what_is_logged_as_erased_was_erased_on_chain(business: Business) -> None:
    entry_ = business.entry(business.talk, 3)
    logged(business, "agent", "erase", ticket=business.talk.id, entry=entry_, erasure=entry_)
    assert business.kinds() == {}
    logged(business, "agent", "erase", ticket=business.talk.id, entry=entry_, erasure="0x" + 32 * "12")
    assert business.kinds() == {Kind.LOG_BROKEN: 1}


def test_strangers_log_nothing(business: Business) -> None:
    logged(business, "other_customer", "rewrap", ticket=business.talk.id, records=1)
    assert business.kinds() == {Kind.LOG_OFFICE: 1}


def test_who_has_lost_his_office_logs_no_more(business: Business) -> None:
    office = business.office
    logged(business, "supervisor", "share", role="agents", version=1, member=office.address("agent"))
    owner = office.desk.using(account(0))
    owner.send("DeskAccess", "revokeRole", 10, office.address("supervisor"))
    # He held it when he logged that; and nobody says any more that the shares are right but the chain's past.
    assert business.kinds() == {}


# ------------------------------------------------------------------------------------------------- anchoring


def waiting(business: Business) -> str:
    """The link of the last entry of the log, which waits to be anchored."""
    return entry(business, len(list(business.store.shelf(SHELF)))).link


def values(business: Business) -> list[str]:
    """What was anchored."""
    return list(business.store.shelf("batched"))


def test_a_value_that_nobody_handed_in(business: Business) -> None:
    link = waiting(business)
    business.store.shelf("queue").delete(link)
    first = business.audit().first
    assert business.kinds() == {Kind.NOT_ANCHORED: 1} and first is not None and link in first.expected


def test_a_value_that_waits_too_long(business: Business) -> None:
    link = waiting(business)
    business.store.shelf("queue").put(link, as_json({"since": time.time() - 7200}))
    assert business.kinds() == {Kind.WAITING: 1}
    assert business.kinds(patience=timedelta(hours=3)) == {}
    business.store.shelf("queue").put(link, b"{}")
    assert business.kinds() == {Kind.WAITING: 1}


def test_all_that_waited_is_in_a_tree_afterwards(business: Business) -> None:
    before = business.audit().counts["waiting"]
    Anchorer(business.office.supervisor).step(everything=True)
    found = business.audit()
    assert found.ok and "waiting" not in found.counts and found.counts["trees"] == 2 and before


def test_a_tree_that_is_gone(business: Business) -> None:
    (root,) = business.store.shelf("trees")
    business.store.shelf("trees").delete(root)
    assert business.kinds() == {Kind.TREE: len(values(business))}


def test_a_tree_that_was_changed(business: Business) -> None:
    shelf = business.store.shelf("trees")
    (root,) = shelf
    tree = json.loads(shelf.get(root))
    tree["values"][0]["value"] = ["0x" + 32 * "12"]
    shelf.put(root, as_json(tree))
    assert business.kinds() == {Kind.TREE: 1}
    shelf.put(root, MerkleTree.of_entries(["0x" + 32 * "12"]).dump().encode())
    assert business.kinds() == {Kind.TREE: 1}


def test_a_tree_that_was_never_dated(business: Business) -> None:
    tree = MerkleTree.of_entries(["0x" + 32 * "12"])
    business.store.shelf("trees").put(tree.root, tree.dump().encode())
    assert business.kinds() == {Kind.TREE: 1}


def test_a_tree_that_is_being_dated(business: Business) -> None:
    queue, all_ = Queue(business.store), list(business.store.shelf("queue"))
    assert queue.begin([all_], business.office.address("supervisor"), now=time.time())
    assert business.kinds() == {}


def test_a_value_that_is_not_in_its_tree(business: Business) -> None:
    link, (root,) = waiting(business), business.store.shelf("trees")
    business.store.shelf("batched").put(link, as_json({"root": root}))
    assert business.kinds() == {Kind.TREE: 1}
    business.store.shelf("batched").put(link, b"{}")
    assert business.kinds() == {Kind.TREE: 1}


def test_a_tree_that_was_dated_at_another_time(business: Business) -> None:
    def later(method: str, _params: Any, result: Any) -> Any:
        if method != "eth_getLogs":
            return result
        return [
            {
                **log,
                "topics": [*log["topics"][:2], f"0x{int(log['topics'][2], 16) + 1:064x}", *log["topics"][3:]],
            }
            if log["address"].lower() == anchor.lower()
            else log
            for log in result
        ]

    anchor = business.office.deployment.contract("RecordAnchor").address
    found = business.lied_to(later)
    assert found.kinds == {Kind.TREE.value: 1} and found.first is not None
    assert "when the contract dated it" in found.first.expected
