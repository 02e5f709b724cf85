"""Whoever signs what opens his ticket names the key that he is answered to, as whoever sends it does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from eth_account.signers.local import LocalAccount

from proofdesk import ConfigurationError, Desk, InvalidArgument, MemoryStore, Signer, SmartAccount
from tests.client.office import Office, account
from tests.privacy.office import SealedOffice, keyring


@dataclass
class Wallet:
    """Signs for account 10, the customer's, and counts how often it was asked."""

    account: LocalAccount = field(default_factory=lambda: account(10))
    asked: int = 0

    @property
    def address(self) -> str:
        return str(self.account.address)

    def sign_typed_data(self, full_message: dict[str, Any]) -> bytes:
        self.asked += 1
        return bytes(self.account.sign_typed_data(full_message=full_message).signature)


def test_the_answer_to_a_signed_opening_is_read_by_its_signer(office: SealedOffice) -> None:
    signed = office.customer.tickets.sign_open(lane=office.lane, content="Where is my card?")
    office.agent.tickets.carry(signed)
    office.agent.tickets.take(signed.ticket_id, "On its way.")
    opening, answer = office.customer.tickets.history(signed.ticket_id)
    assert opening.record is not None and opening.record.reply_key == keyring("customer").reply_key
    assert answer.record is not None and answer.record.body == "On its way."


def read(desk: Desk, ticket: str) -> list[str | None]:
    return [None if each.record is None else each.record.body for each in desk.tickets.history(ticket)]


def test_a_signer_is_never_answered_to_the_key_of_who_asked_him(office: SealedOffice) -> None:
    """A customer has one key a ticket, for ever: another's would read his answers, and he would not."""
    tickets, wallet = office.stranger.tickets, Wallet()
    with pytest.raises(InvalidArgument, match="to whom would he be answered"):
        tickets.sign_open(lane=office.lane, content="Where is my card?", signer=wallet)
    assert not wallet.asked
    words = {"body": "Where is my card?", "reply_key": keyring("customer").reply_key}
    signed = tickets.sign_open(lane=office.lane, content=words, signer=wallet)
    office.agent.tickets.carry(signed)
    office.agent.tickets.take(signed.ticket_id, "On its way.")
    assert read(office.customer, signed.ticket_id) == ["Where is my card?", "On its way."]
    assert read(office.stranger, signed.ticket_id) == ["Where is my card?", None]
    # Who says so reads no answers.
    none = tickets.sign_open(lane=office.lane, content={"body": "Hm?", "reply_key": None}, signer=wallet)
    assert office.stranger.archive.read(none.entry).record.reply_key is None


@pytest.mark.parametrize(
    "signer", [account(15), SmartAccount("0x" + 20 * "11", account(15))], ids=["", "smart"]
)
def test_the_accounts_own_signer_is_answered_to_its_keyring(office: SealedOffice, signer: Signer) -> None:
    signed = office.stranger.tickets.sign_open(lane=office.lane, content="Hm?", signer=signer)
    assert office.stranger.archive.read(signed.entry).record.reply_key == keyring("stranger").reply_key


def test_on_clear_desks_it_is_nobodys(office: SealedOffice) -> None:
    with Office.started("anvil") as clear:
        desk = Desk(
            clear.w3,
            clear.deployment,
            sender=clear.stranger.sender,
            store=MemoryStore(),
            keyring=keyring("stranger"),
        )
        signed = desk.tickets.sign_open(lane=clear.lane, content="Hm?", signer=Wallet())
        assert desk.archive.read(signed.entry).record.reply_key is None


def test_nobody_is_asked_to_sign_what_could_not_be_kept(office: SealedOffice) -> None:
    ticket = office.customer.tickets.open(lane=office.lane, content="Hm?").id
    office.agent.tickets.take(ticket)
    wallet = Wallet(account(12))
    plain = Desk(office.w3, office.deployment, sender=office.stranger.sender, store=office.desk.archive.store)
    before = sorted(office.desk.archive.store)
    with pytest.raises(ConfigurationError, match="connect with keyring="):
        plain.tickets.sign_reply(ticket, "Which card?", signer=wallet)
    assert not wallet.asked and sorted(office.desk.archive.store) == before
