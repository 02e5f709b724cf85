"""A desk is deployed on contracts only."""

from __future__ import annotations

from tests.helpers.contract import Contract, refused
from tests.helpers.desk import NOBODY, Desk
from tests.helpers.people import Person


def test_a_desk_needs_its_manager_and_its_certification(admin: Person, desk: Desk, stranger: Person) -> None:
    access, certification = desk.access.address, desk.certification.address
    for account in (stranger.address, NOBODY):
        with refused("NoContract", account):
            Contract.deployed(desk.node, admin.address, "TicketDesk", account, certification)
        with refused("NoContract", account):
            Contract.deployed(desk.node, admin.address, "TicketDesk", access, account)
