"""Re-wrapping a ticket's records: also those of which a wrap does not open, and those that are not sealed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proofdesk import Desk
from proofdesk._errors import ContentTampered
from proofdesk._store import ClearCodec
from proofdesk.ops.rewrapping import rewrap_all
from proofdesk.privacy.sealed import Sealed
from tests.privacy.office import SealedOffice


def test_a_wrap_that_does_not_open_is_made_anew(office: SealedOffice) -> None:
    """Whoever writes a record gives the auditors one, and only they see what is in it."""
    ticket = office.opened("Where is my card?")
    entry, store = office.customer.tickets.acts(ticket)[0].entry, office.desk.archive.store
    form = Sealed.load(store.get(entry))
    auditors = next(role.reader for role in office.desk.keys.roles() if role.name == "auditors")
    store.put(entry, replace(form, wraps={**form.wraps, form.id_of(auditors): bytes(80)}).dump())
    office.supervisor.records.rewrap(ticket)
    with pytest.raises(ContentTampered):
        office.auditor.records.read(entry)
    assert office.supervisor.records.rewrap(ticket, anew=True).records == 1
    assert office.auditor.records.read(entry).body == "Where is my card?"
    assert office.customer.records.read(entry).body == "Where is my card?"


def test_what_was_kept_in_the_clear_is_sealed_to_whom_it_is_for(office: SealedOffice) -> None:
    """The desk's records were in the clear when the ticket was opened."""
    ticket = office.opened("Where is my card?")
    entry, store = office.customer.tickets.acts(ticket)[0].entry, office.desk.archive.store
    store.put(entry, ClearCodec().encode(office.customer.archive.read(entry)))
    assert rewrap_all(office.supervisor).clear == 1
    assert office.supervisor.records.rewrap(ticket).records == 1
    assert b"card" not in store.get(entry)
    for desk in (office.customer, office.agent, office.supervisor, office.auditor):
        assert desk.records.read(entry).body == "Where is my card?"
    assert rewrap_all(office.supervisor).clear == 0
    assert office.supervisor.records.rewrap(ticket).records == 0


def test_a_trial_in_the_clear_stays_in_the_clear(office: SealedOffice) -> None:
    ticket = office.opened("Where is my card?")
    entry, store = office.customer.tickets.acts(ticket)[0].entry, office.desk.archive.store
    store.put(entry, ClearCodec().encode(office.customer.archive.read(entry)))
    desk = Desk(
        office.w3,
        replace(office.deployment, records="clear"),
        sender=office.supervisor.sender,
        store=store,
        keyring=office.supervisor.keyring,
    )
    assert desk.records.rewrap(ticket).records == 0
    assert b"card" in store.get(entry)
