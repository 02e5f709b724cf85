"""Whoever signs what opens his ticket names the key that he is answered to, as whoever sends it does."""

from __future__ import annotations

from tests.privacy.office import SealedOffice, keyring


def test_the_answer_to_a_signed_opening_is_read_by_its_signer(office: SealedOffice) -> None:
    signed = office.customer.tickets.sign_open(lane=office.lane, content="Where is my card?")
    office.agent.tickets.carry(signed)
    office.agent.tickets.take(signed.ticket_id, "On its way.")
    opening, answer = office.customer.tickets.history(signed.ticket_id)
    assert opening.record is not None and opening.record.reply_key == keyring("customer").reply_key
    assert answer.record is not None and answer.record.body == "On its way."
