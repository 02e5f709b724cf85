"""`proofdesk vault`: the money that refunds are paid from, for its treasurer and for who is owed some."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from proofdesk._errors import ContractRevert, InvalidArgument, ProofdeskError
from proofdesk.cli._act_files import new_file, read_signed
from proofdesk.cli._announcing import made_or_announced, telling_moments
from proofdesk.cli._command import ACTS, CHAIN, KEY, KEYS, OUTPUT, READS, Branch
from proofdesk.cli._contents import address_named, wrapped
from proofdesk.cli._failures import DOUBT, INTERRUPTED, InDoubt, code_of
from proofdesk.cli._here import Here, with_here
from proofdesk.cli._language import _
from proofdesk.cli._money import Unit, telling_amounts, token_option, unit_of
from proofdesk.cli._texts import show_reread
from proofdesk.cli._values import jsonable, when
from proofdesk.cli._vault_texts import (
    runway_in_words,
    show_books_after,
    why_not_settled,
    withdrawals_announced,
)

if TYPE_CHECKING:
    from proofdesk._desk import Desk
    from proofdesk._models import Result

command = Branch("vault", help=_("See, fund and settle what refunds are paid from."))


@command.command(
    "show",
    shares=READS,
    short_help=_("Show the vault's books and its runway."),
    help=_(
        "Show what the vault holds of a token, what of it is reserved, owed and free, what waits for money, "
        "and how long what is free lasts at the rate of the last days."
    ),
)
@token_option
@click.option(
    "--days",
    metavar="N",
    type=click.IntRange(1, 3650),
    default=30,
    show_default=True,
    help=_("The days that make the rate."),
)
@with_here
def show(here: Here, token: str, days: int) -> None:
    """Show the books."""
    desk = here.desk()
    unit = unit_of(here, desk, token)
    books, runway = desk.vault.books(unit.token), desk.vault.runway(unit.token, days)
    age = desk.now() - desk.now(desk.deployment.contract("RefundVault").block)
    coming = withdrawals_announced(desk, unit)
    amounts = {name: getattr(books, name) for name in ("balance", "reserved", "owed", "pending", "free")}
    here.out.fields(
        {
            **unit.plain(),
            **{name: str(amount) for name, amount in amounts.items()},
            "runway": None if runway is None else _seconds(runway),
            "runway_of": min(_seconds(age), days * 86_400),
            "announced": jsonable(coming),
        },
        [
            (_("token"), unit.name if unit.name == here.currency else f"{unit.name} ({unit.token})"),
            (_("balance"), unit.shown(books.balance)),
            (_("reserved"), unit.shown(books.reserved)),
            (_("owed"), unit.shown(books.owed)),
            (_("free"), unit.shown(books.free)),
            (_("pending"), unit.shown(books.pending)),
            (_("runway"), runway_in_words(runway, age)),
            *(
                (
                    _("announced"),
                    _("{amount} to {to} from {moment} on").format(
                        amount=unit.shown(int(each["amount"])), to=each["to"], moment=when(each["ready_at"])
                    ),
                )
                for each in coming
            ),
        ],
    )


@command.command("deposit", shares=ACTS, help=_("Put money in; anyone may."))
@click.argument("amount")
@token_option
@with_here
def deposit(here: Here, amount: str, token: str) -> None:
    """Fund the vault."""
    desk = here.acting()
    unit = unit_of(here, desk, token)
    units = unit.read(amount, "AMOUNT", least=1)
    show_books_after(here, desk, unit, _moved(desk, unit, lambda: desk.vault.deposit(units, unit.token)))


@command.command("owed", shares=(KEY, KEYS, CHAIN, OUTPUT), help=_("Show what the vault owes an account."))
@click.argument("address", metavar="[ADDRESS]", required=False)
@token_option
@with_here
def owed(here: Here, address: str | None, token: str) -> None:
    """Show what is owed."""
    account = here.signer.address if address is None else address_named(address, "ADDRESS")
    desk = here.desk()
    unit = unit_of(here, desk, token)
    amount = desk.vault.owed(account, unit.token)
    here.out.result({"account": account, **unit.plain(), "owed": str(amount)}, unit.shown(amount))


@command.command(
    "withdraw",
    shares=ACTS,
    short_help=_("Take out what is owed to the account."),
    help=_(
        "Take out all that is owed to the account: payments that it refused. With --sign FILE it is signed "
        "for anyone to carry, and nothing is sent."
    ),
)
@click.option("--to", metavar="ADDRESS", help=_("Where it goes; to the account itself by default."))
@token_option
@click.option("--sign", "file", metavar="FILE", help=_("Sign it into a file, send nothing; - is stdout."))
@with_here
def withdraw(here: Here, to: str | None, token: str, file: str | None) -> None:
    """Withdraw what is owed."""
    receiver = None if to is None else address_named(to, "--to")
    if file is not None:
        _sign(here, receiver, token, file)
        return
    desk = here.acting()
    unit = unit_of(here, desk, token)
    show_books_after(here, desk, unit, wrapped(lambda: desk.vault.withdraw(unit.token, to=receiver)))


@command.command("carry", shares=ACTS, help=_("Send a withdrawal that its owner signed; - is stdin."))
@click.argument("file", metavar="FILE")
@with_here
def carry(here: Here, file: str) -> None:
    """Carry a signed withdrawal."""
    from proofdesk.claims.withdrawal import SignedWithdrawal

    signed = read_signed(file, SignedWithdrawal)
    desk = here.acting()
    unit = unit_of(here, desk, signed.token)
    show_books_after(here, desk, unit, wrapped(lambda: desk.vault.carry_withdrawal(signed)))


@command.command("pending", shares=READS, help=_("List the payments that wait for money."))
@token_option
@with_here
def pending(here: Here, token: str) -> None:
    """List pending payments."""
    desk = here.desk()
    unit = unit_of(here, desk, token)
    waiting = desk.vault.pending(unit.token)
    here.out.table(
        [
            {
                "position": each.position,
                "id": each.id,
                "to": each.to,
                "amount": str(each.amount),
                **unit.plain(),
            }
            for each in waiting
        ],
        [_("position"), _("ticket"), _("to"), _("amount")],
        [[str(each.position), each.id, each.to, unit.shown(each.amount)] for each in waiting],
        empty=_("nothing waits for money"),
    )


@command.command("settle", shares=ACTS, help=_("Make the payments that wait, as money is there."))
@token_option
@click.option(
    "--most",
    metavar="N",
    type=click.IntRange(1, 500),
    default=50,
    show_default=True,
    help=_("At most so many."),
)
@with_here
def settle(here: Here, token: str, most: int) -> None:
    """Settle pending payments."""
    desk = here.acting()
    unit = unit_of(here, desk, token)
    try:
        result = wrapped(lambda: desk.vault.settle(unit.token, most))
    except ContractRevert as error:
        if type(error).__name__ == "NothingToSettle":
            error.args = (f"{type(error).__name__}: {why_not_settled(desk, unit)}",)
        raise
    show_books_after(here, desk, unit, result)


@command.command(
    "schedule-withdrawal",
    shares=ACTS,
    short_help=_("Announce what is to be taken out, as TREASURER."),
    help=_(
        "Announce, as TREASURER with a delay, what is to be taken of what is free; once the delay is over "
        "execute-withdrawal with the same words takes it."
    ),
)
@click.argument("amount")
@click.option("--to", metavar="ADDRESS", help=_("Where it goes; to the account itself by default."))
@token_option
@with_here
def schedule_withdrawal(here: Here, amount: str, to: str | None, token: str) -> None:
    """Announce a withdrawal of what is free."""
    receiver = None if to is None else address_named(to, "--to")
    desk = here.acting()
    unit = unit_of(here, desk, token)
    units = unit.read(amount, "AMOUNT", least=1)
    with telling_amounts(unit):
        scheduled = wrapped(lambda: desk.vault.schedule_withdrawal(units, unit.token, to=receiver))
    here.out.result(
        {"operation": scheduled.id, "ready_at": scheduled.at, "amount": str(units), **unit.plain()},
        _("{amount} can be taken out from {moment} on, within a week").format(
            amount=unit.shown(units), moment=when(scheduled.at)
        ),
    )


@command.command(
    "execute-withdrawal",
    shares=ACTS,
    short_help=_("Take out what is free, as TREASURER."),
    help=_(
        "Take out what is free, as TREASURER; of one with a delay, what schedule-withdrawal announced, in "
        "the same words."
    ),
)
@click.argument("amount")
@click.option("--to", metavar="ADDRESS", help=_("Where it goes; to the account itself by default."))
@token_option
@with_here
def execute_withdrawal(here: Here, amount: str, to: str | None, token: str) -> None:
    """Withdraw what is free."""
    receiver = None if to is None else address_named(to, "--to")
    desk = here.acting()
    unit = unit_of(here, desk, token)
    units = unit.read(amount, "AMOUNT", least=1)
    with telling_amounts(unit), telling_moments(desk):
        result = _moved(desk, unit, lambda: desk.vault.withdraw_free(units, unit.token, to=receiver))
    show_books_after(here, desk, unit, result)


@command.command("list-token", shares=ACTS, help=_("Let an ERC-20 be deposited, as TREASURER."))
@click.argument("token", metavar="ADDRESS")
@with_here
def list_token(here: Here, token: str) -> None:
    """Put a token on the list."""
    _listing(here, token, "listToken")


@command.command("delist-token", shares=ACTS, help=_("No more of that; what is promised stands."))
@click.argument("token", metavar="ADDRESS")
@with_here
def delist_token(here: Here, token: str) -> None:
    """Take a token from the list."""
    _listing(here, token, "delistToken")


def _listing(here: Here, token: str, function: str) -> None:
    address = address_named(token, "ADDRESS")
    desk = here.acting()
    vault = desk.vault
    act = vault.list_token if function == "listToken" else vault.delist_token
    if function == "listToken" and desk.node.request("eth_getCode", address, "latest") == "0x":
        # The contract would say so when the delay of days is over.
        raise InvalidArgument(
            _("there is no contract at {token}, and so no token: see that it is of this chain").format(
                token=address
            )
        )
    result = made_or_announced(here, desk, "RefundVault", function, address, act=lambda: act(address))
    if result is None:
        return

    def read() -> tuple[str, dict[str, Any]]:
        listed = vault.is_listed(address)
        told = _("{token} is on the list") if listed else _("{token} is not on the list")
        return told.format(token=address), {"token": address, "listed": listed}

    show_reread(here.out, result, read)


def _sign(here: Here, receiver: str | None, token: str, file: str) -> None:
    path = None if file == "-" else new_file(file)
    desk = here.acting()
    unit = unit_of(here, desk, token)
    signed = desk.vault.sign_withdrawal(unit.token, to=receiver or desk.sender.address)
    if path is None:
        print(signed.to_json())
        return
    from proofdesk._files import write_atomically

    write_atomically(path, signed.to_json().encode() + b"\n")
    amount = desk.vault.owed(signed.account, unit.token)
    here.out.fields(
        {
            "file": file,
            "account": signed.account,
            "to": signed.to,
            "digest": signed.digest,
            "owed": str(amount),
        },
        [
            (_("signed"), unit.shown(amount)),
            (_("by"), signed.account),
            (_("to"), signed.to),
            (_("file"), file),
        ],
    )


def _moved(desk: Desk, unit: Unit, act: Callable[[], Result]) -> Result:
    """Do what no contract does once only; in doubt it is told what to look at, not to do it again."""
    before = unit.shown(desk.vault.books(unit.token).balance)
    try:
        return act()
    except (KeyboardInterrupt, ProofdeskError) as error:
        found: Any = error
        if (code := code_of(found)) not in (DOUBT, INTERRUPTED):
            raise
        hashes = getattr(found, "tx_hashes", None) or tuple(filter(None, [getattr(found, "tx_hash", None)]))
        what = _("interrupted") if code == INTERRUPTED else _("the node did not answer in time")
        told = _(
            "{what}; it is not known whether the money moved{transactions}. Look before you run this again, "
            "which may move as much once more: by `proofdesk vault show`. Before it the vault held {balance}"
        )
        transactions = f" ({', '.join(hashes)})" if hashes else ""
        raise InDoubt(
            told.format(what=what, transactions=transactions, balance=before), code=code, tx_hashes=hashes
        ) from None


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())
