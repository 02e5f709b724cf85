"""How the vault's books are told: after what moved money, and what is free or waits."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from proofdesk._words import address_of, moment
from proofdesk.cli._here import Here
from proofdesk.cli._language import _
from proofdesk.cli._money import Unit
from proofdesk.cli._texts import show_reread
from proofdesk.cli._values import span

if TYPE_CHECKING:
    from proofdesk._desk import Desk
    from proofdesk._models import Result

_A_DAY = timedelta(days=1)


def show_books_after(here: Here, desk: Desk, unit: Unit, result: Result) -> None:
    """What moved money in a token, with the books after it."""

    def read() -> tuple[str, dict[str, Any]]:
        books = desk.vault.books(unit.token)
        told = _("the vault holds {balance}, of it free {free}; {pending} waits for money").format(
            balance=unit.shown(books.balance), free=unit.shown(books.free), pending=unit.shown(books.pending)
        )
        if books.pending:
            lacking = desk.vault.lacking(unit.token)
            more = (
                _("for the first of it {amount} is lacking") if lacking else _("proofdesk vault settle pays")
            )
            told += f": {more.format(amount=unit.shown(lacking))}"
        names = ("balance", "reserved", "owed", "pending", "free")
        return told, {"books": {**unit.plain(), **{name: str(getattr(books, name)) for name in names}}}

    show_reread(here.out, result, read)


def withdrawals_announced(desk: Desk, unit: Unit) -> list[dict[str, Any]]:
    """What a treasurer may take of a token once its moment has come, as JSON has it."""
    # Late: who funds the vault needs none of it.
    from proofdesk._abi import encode_call
    from proofdesk.ops._announced import announced

    found = []
    for call in announced(desk.node, desk.deployment, desk.deployment.contract("RefundVault").address):
        data = bytes.fromhex(call.data[2:])
        to, amount = address_of(int.from_bytes(data[48:68], "big")), int.from_bytes(data[68:100], "big")
        # Other calls on the vault, and withdrawals of other tokens, make other data.
        if data == encode_call("RefundVault", "withdrawFree", unit.token, to, amount):
            found.append({"amount": str(amount), "to": to, "ready_at": moment(call.due)})
    return found


def why_not_settled(desk: Desk, unit: Unit) -> str:
    """Why no payment could be made."""
    if lacking := desk.vault.lacking(unit.token):
        told = _("the vault lacks {amount} for the first payment that waits: deposit it, and settle again")
        return told.format(amount=unit.shown(lacking))
    return _("no payment of {unit} waits").format(unit=unit.name)


def runway_in_words(runway: timedelta | None, age: timedelta) -> str:
    """A runway for people; that of a vault younger than a day is told with what it is worth."""
    if runway is None:
        return _("nothing was paid in that time")
    if age >= _A_DAY or not runway:
        return span(runway)
    return _("{runway}, by no more than {age} of payments").format(runway=span(runway), age=span(age))
