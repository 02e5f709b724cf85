"""Records: each way in which a store differs from the chain is found, named, and nothing else is."""

from __future__ import annotations

import json
from typing import Any

from proofdesk import Desk, Status
from proofdesk._records import commit, compose
from proofdesk.ops.audit import Kind, audit
from proofdesk.privacy.erasing import SHELF as ERASED
from proofdesk.privacy.erasing import Ground, bury
from proofdesk.privacy.keys import Scope
from proofdesk.privacy.sealed import seal
from proofdesk.privacy.threads import key_of, origin_in, thread_of
from tests.audit.business import Business, as_json


def test_a_record_that_is_gone(business: Business) -> None:
    entry = business.entry(business.talk, 3)
    business.store.delete(entry)
    assert business.kinds() == {Kind.MISSING: 1}
    first = business.audit().first
    assert first is not None and entry in first.where and "act 3 of ticket" in first.where
    assert business.talk.id in first.where and first.found == "nothing"


def test_a_record_that_opened_a_ticket_is_gone_and_with_it_the_way_to_its_messages(
    business: Business,
) -> None:
    business.store.delete(business.entry(business.talk, 1))
    assert business.kinds() == {Kind.MISSING: 1}


def test_a_record_that_was_changed(business: Business) -> None:
    entry = business.entry(business.talk, 3)
    value = json.loads(business.store.get(entry))
    value["content"] = ("B" if value["content"][0] == "A" else "A") + value["content"][1:]
    business.store.put(entry, as_json(value))
    assert business.kinds() == {Kind.TAMPERED: 1}
    # Who cannot open it sees nothing: it has the form of a record.
    assert business.kinds("stranger") == {}


def test_a_record_in_place_of_another(business: Business) -> None:
    one, other = business.entry(business.talk, 3), business.entry(business.talk, 4)
    business.store.put(one, business.store.get(other))
    for name in ("auditor", "stranger"):
        assert business.kinds(name) == {Kind.TAMPERED: 1}, name


def test_the_form_of_what_does_not_open_is_checked(business: Business) -> None:
    entry = business.entry(business.talk, 3)
    whole, office = json.loads(business.store.get(entry)), business.office

    def spoilt(**changes: Any) -> dict[Kind, int]:
        business.store.put(entry, as_json(whole | changes))
        without = audit(Desk(office.w3, office.deployment, store=business.store))
        assert without.kinds == business.audit("stranger").kinds
        return business.kinds("stranger")

    assert spoilt() == {}
    wraps = whole["wraps"]
    assert spoilt(wraps=wraps[:-1]) == spoilt(wraps=[*wraps, *wraps]) == {Kind.TAMPERED: 1}
    assert spoilt(wraps=[*wraps[:-1], wraps[0]]) == spoilt(content="AAAA") == {Kind.TAMPERED: 1}
    assert spoilt(entry=business.entry(business.talk, 1)) == {Kind.TAMPERED: 1}


def test_a_tombstone_that_no_act_backs(business: Business) -> None:
    entry = business.entry(business.talk, 3)
    bury(business.store, entry, business.entry(business.talk, 4))
    for name in ("auditor", "customer"):
        assert business.kinds(name) == {Kind.UNBACKED: 1}, name


def test_a_tombstone_that_names_another_tickets_erasure(business: Business) -> None:
    erasure = business.entry(business.erased, 3)
    bury(business.store, business.entry(business.talk, 2), erasure)
    # The stranger cannot read the erasure: its act alone tells him whose it is.
    for name in ("auditor", "stranger"):
        assert business.kinds(name) == {Kind.UNBACKED: 1}, name


def test_a_message_under_a_tombstone_that_no_act_backs(business: Business) -> None:
    message = business.office.agent.records.messages(business.talk)[0].entry
    bury(business.store, message, business.entry(business.talk, 3))
    assert business.kinds() == {Kind.UNBACKED: 1}


def test_a_tombstone_of_nothing(business: Business) -> None:
    bury(business.store, "0x" + 32 * "12", "0x" + 32 * "34")
    assert business.kinds() == {Kind.UNBACKED: 1}
    # An erasure that there was took something else.
    agent = business.office.agent
    erased = agent.records.erase(business.entry(business.moved, 3), ground=Ground.OBJECTION, to=Status.OPEN)
    bury(business.store, "0x" + 32 * "56", erased.acts[0].entry)
    assert business.kinds() == {Kind.UNBACKED: 2}


def test_what_was_erased_is_no_difference(business: Business) -> None:
    agent = business.office.agent
    message = agent.records.messages(business.talk)[0].entry
    agent.records.erase(business.entry(business.moved, 3), ground=Ground.OBJECTION, to=Status.OPEN)
    agent.records.erase(message, ground=Ground.OBJECTION, to=Status.OPEN)
    before = business.audit().counts["erased"]
    assert business.kinds() == {} and before == 5, before


def test_what_was_erased_and_is_there_again(business: Business) -> None:
    agent, entry = business.office.agent, business.entry(business.moved, 3)
    content = business.store.get(entry)
    agent.records.erase(entry, ground=Ground.OBJECTION, to=Status.OPEN)
    business.store.put(entry, content)
    for name in ("auditor", "stranger"):
        assert business.kinds(name) == {Kind.NOT_ERASED: 1}, name
    # By the act alone, where whoever brought it back took the tombstone that was kept aside.
    business.store.shelf(ERASED).delete(entry)
    assert business.kinds() == {Kind.NOT_ERASED: 1}


def test_a_message_that_was_erased_and_is_there_again(business: Business) -> None:
    agent = business.office.agent
    message = agent.records.messages(business.talk)[0].entry
    content = business.store.get(message)
    agent.records.erase(message, ground=Ground.OBJECTION, to=Status.OPEN)
    business.store.put(message, content)
    assert business.kinds() == {Kind.NOT_ERASED: 1}
    business.store.shelf(ERASED).delete(message)
    assert business.kinds() == {Kind.NOT_ERASED: 1}


def test_an_erased_message_of_an_erased_ticket_that_is_there_again(business: Business) -> None:
    gone = [entry for entry in business.store.shelf(ERASED) if entry not in named(business)]
    business.store.put(gone[0], business.store.get(business.entry(business.talk, 3)).replace(
        business.entry(business.talk, 3).encode(), gone[0].encode()
    ))  # fmt: skip
    assert business.kinds("stranger") == {Kind.NOT_ERASED: 1}


def test_a_record_of_another_ticket(business: Business) -> None:
    agent, foreign = business.office.agent, business.entry(business.talk, 4)
    seen = agent.tickets.get(business.granted.id)
    agent.send("TicketDesk", "move", seen.id, seen.status, foreign, seen.acts)
    assert business.kinds() == {Kind.FOREIGN: 1}


def test_a_thread_that_was_erased_and_is_there_again(business: Business) -> None:
    entry, row = business.entry(business.talk, 1), thread(business)
    content, pointer = business.store.get(entry), row.get(1)
    business.office.agent.records.erase(business.talk.id, ground=Ground.OBJECTION, to=Status.OPEN)
    assert business.kinds() == {}
    business.store.put(entry, content)
    assert business.kinds() == {Kind.NOT_ERASED: 1}
    business.store.shelf("threads").put(row.key(1), pointer)
    assert business.kinds() == {Kind.NOT_ERASED: 2}


def test_an_erasure_leaves_other_tickets_records_alone(business: Business) -> None:
    agent, foreign = business.office.agent, business.entry(business.talk, 4)
    seen = agent.tickets.get(business.granted.id)
    agent.send("TicketDesk", "move", seen.id, seen.status, foreign, seen.acts)
    agent.records.erase(business.granted.id, ground=Ground.OBJECTION)
    assert business.kinds() == {Kind.FOREIGN: 1}
    # Who reads the erasure, but not the record, cannot tell whose that is.
    assert business.kinds("certifier") == {}


def test_a_ticket_that_was_opened_with_another_ones_record(business: Business) -> None:
    other = business.office.other_customer
    other.send("TicketDesk", "open", 1, business.entry(business.talk, 1))
    assert business.kinds() == {Kind.FOREIGN: 1}


def test_a_record_of_another_kind_than_its_act(business: Business) -> None:
    supervisor, ticket = business.office.supervisor, business.office.opened().id
    opening = supervisor.prepare("To whom it may concern", kind="reply", ticket=ticket)
    supervisor.send(
        "TicketDesk", "transfer", ticket, business.office.desk.lanes.number("orders"), opening.entry
    )
    assert business.kinds() == {Kind.WRONG_KIND: 1}
    rating = supervisor.prepare(None, kind="rating", ticket=ticket)
    seen = supervisor.tickets.get(ticket)
    supervisor.send("TicketDesk", "move", ticket, seen.status, rating.entry, seen.acts)
    assert business.kinds() == {Kind.WRONG_KIND: 2}


def test_an_exam_with_a_record_of_another_kind(business: Business) -> None:
    office = business.office
    wrong = office.certifier.prepare("passed", kind="note", ticket=business.talk.id).entry
    now = int(office.desk.now().timestamp()) - 1
    exam = office.stranger.sender.address, 1, 1, 9000, now, wrong
    office.certifier.send("AgentCertification", "recordExam", exam)
    assert business.kinds() == {Kind.WRONG_KIND: 1}
    business.store.delete(wrong)
    assert business.kinds() == {Kind.MISSING: 1}


def test_a_record_that_belongs_to_nothing(business: Business) -> None:
    entry = business.kept("note", business.talk.id)
    first = business.audit().first
    assert business.kinds() == {Kind.UNOWNED: 1} and first is not None and entry in first.where
    # What was kept a moment ago may be on its way to the chain.
    business.office.agent.prepare("soon", kind="note", ticket=business.talk.id)
    assert business.kinds() == {Kind.UNOWNED: 1} and business.audit().counts["under way"] == 1


def test_a_message_that_no_thread_leads_to(business: Business) -> None:
    business.kept("message", business.talk.id)
    assert business.kinds() == {Kind.UNOWNED: 1}


def test_what_is_no_record(business: Business) -> None:
    business.store.put("0x" + 32 * "12", b"a letter")
    for name in ("auditor", "stranger"):
        assert business.kinds(name) == {Kind.TAMPERED: 1}, name


def test_a_thread_that_leads_to_no_message(business: Business) -> None:
    store, row = business.store, thread(business)
    store.shelf("threads").put(row.key(1), b"{}")
    assert business.kinds()[Kind.THREAD] == 1
    store.shelf("threads").put(row.key(1), as_json({"entry": business.entry(business.talk, 3)}))
    assert business.kinds()[Kind.THREAD] == 1


def test_a_pointer_that_stands_alone(business: Business) -> None:
    shelf = business.store.shelf("threads")
    shelf.put(key_of(bytes(32), 1), as_json({"entry": business.entry(business.talk, 3)}))
    found = business.audit()
    assert found.kinds == {Kind.THREAD.value: 1}, found
    # Whoever opens no ticket cannot tell.
    assert business.kinds("stranger") == {}


def test_a_message_that_is_gone(business: Business) -> None:
    business.store.delete(business.office.agent.records.messages(business.talk)[1].entry)
    assert business.kinds() == {Kind.MISSING: 1}


def test_another_desks_record(business: Business) -> None:
    made = compose("elsewhere", kind="note", author="Ann", ticket=business.talk.id)
    opening = commit(made)
    elsewhere = Scope(1, business.scope.desk)
    business.store.put(opening.entry, seal(opening, elsewhere, [business.role("auditors")]))
    assert business.kinds() == {Kind.TAMPERED: 1}


def thread(business: Business) -> Any:
    """The row of the talk's messages."""
    desk = business.office.agent
    root = origin_in(desk.archive, desk.tickets.acts(business.talk.id))
    return thread_of(business.store, root.salt)


def named(business: Business) -> set[str]:
    """Entries that acts name."""
    return {act.entry for act in business.office.desk.tickets.acts()}
