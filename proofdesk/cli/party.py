"""`proofdesk party`: who signs receipts and evidence, and from when to when."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from proofdesk.claims.enums import EvidenceKind
from proofdesk.cli._announcing import made_or_announced
from proofdesk.cli._command import ACTS, READS, Branch
from proofdesk.cli._contents import address_named
from proofdesk.cli._here import Here, with_here
from proofdesk.cli._language import _
from proofdesk.cli._output import yes_or_no
from proofdesk.cli._texts import show_reread
from proofdesk.cli._values import when

if TYPE_CHECKING:
    from proofdesk._desk import Desk
    from proofdesk._models import Result
    from proofdesk.claims.policies import Term

MERCHANT = "merchant"
OFFICES = [MERCHANT, *(kind.name.lower() for kind in EvidenceKind)]

command = Branch("party", help=_("Say who signs receipts, and evidence of which kind."))


@command.command("list", shares=READS, help=_("List who signs, or signed, receipts and evidence."))
@click.option("--office", type=click.Choice(OFFICES), metavar="OFFICE", help=_("Only those of an office."))
@click.option("--now", "only_now", is_flag=True, help=_("Only those in office now."))
@with_here
def list_(here: Here, office: str | None, only_now: bool) -> None:
    """List offices in the order in which they were given."""
    desk = here.desk()
    now = desk.now()
    found = [
        (each.account, of, each.term, each.term.holds(now))
        for each in desk.claims.offices()
        if office in (None, of := _name_of(each.kind)) and (each.term.holds(now) or not only_now)
    ]
    here.out.table(
        [_plain(account, of, term, is_in) for account, of, term, is_in in found],
        [_("account"), _("office"), _("since"), _("until"), _("now")],
        [
            [account, of, when(term.since), when(term.until), yes_or_no(is_in)]
            for account, of, term, is_in in found
        ],
        empty=_("nobody was ever in office"),
    )


@command.command(
    "appoint",
    shares=ACTS,
    short_help=_("Let an account sign, as CLAIMS_EDITOR."),
    help=_(
        "Let an account sign receipts, as CLAIMS_EDITOR, or evidence of a kind. OFFICE is merchant, or one "
        "of {kinds}. Each address has an office once."
    ).format(kinds=", ".join(OFFICES[1:])),
)
@click.argument("address")
@click.argument("office", metavar="OFFICE", type=click.Choice(OFFICES))
@with_here
def appoint(here: Here, address: str, office: str) -> None:
    """Appoint a merchant, or accredit a party."""
    account, kind = address_named(address, "ADDRESS"), _kind(office)
    desk = here.acting()
    term = desk.claims.term(account, kind)
    if term is not None and term.until is None:
        # Whoever was dismissed is refused by the contract.
        told = _("{account} is {office} already: nothing was sent").format(account=account, office=office)
        here.out.result({"party": _plain(account, office, term, True)}, told)
        return
    if kind is None:
        _act(here, desk, account, office, "appointMerchant", lambda: desk.claims.appoint_merchant(account))
    else:
        _act(here, desk, account, office, "accredit", lambda: desk.claims.accredit(account, kind))


@command.command(
    "dismiss",
    shares=ACTS,
    short_help=_("Let an account sign no more, for ever."),
    help=_(
        "Let an account sign no more, for ever, as CLAIMS_EDITOR. What it signed counts from then on only if "
        "it was anchored while it was in office: proofdesk receipt anchor does that, beforehand."
    ),
)
@click.argument("address")
@click.argument("office", metavar="OFFICE", type=click.Choice(OFFICES))
@with_here
def dismiss(here: Here, address: str, office: str) -> None:
    """Dismiss a merchant, or discredit a party."""
    account, kind = address_named(address, "ADDRESS"), _kind(office)
    desk = here.acting()
    # How many those are nobody knows: what was signed is with customers, not on the chain.
    here.confirm(
        _(
            "Dismiss {account} as {office} for ever? All that it signed and nobody anchored counts no more."
        ).format(account=account, office=office)
    )

    if kind is None:
        _act(here, desk, account, office, "dismissMerchant", lambda: desk.claims.dismiss_merchant(account))
    else:
        _act(here, desk, account, office, "discredit", lambda: desk.claims.discredit(account, kind))


def _kind(office: str) -> EvidenceKind | None:
    """The kind of evidence of an office; None for a merchant's."""
    return None if office == MERCHANT else EvidenceKind[office.upper()]


def _name_of(kind: EvidenceKind | None) -> str:
    """The office of a kind of evidence; a merchant's for none.

    >>> _name_of(EvidenceKind.DELIVERY), _name_of(None)
    ('delivery', 'merchant')
    """
    return MERCHANT if kind is None else kind.name.lower()


def _plain(account: str, office: str, term: Term, is_in: bool) -> dict[str, Any]:
    return {
        "account": account,
        "office": office,
        "since": when(term.since),
        "until": when(term.until) or None,
        "in_office": is_in,
    }


def _act(here: Here, desk: Desk, account: str, office: str, function: str, act: Callable[[], Result]) -> None:
    kind = _kind(office)
    arguments = (account,) if kind is None else (account, kind)
    result = made_or_announced(here, desk, "PolicyBook", function, *arguments, act=act)
    if result is None:
        return

    def read() -> tuple[str, dict[str, Any]]:
        term = desk.claims.term(account, kind)
        is_in = term is not None and term.until is None
        told = _("{account} is {office}") if is_in else _("{account} is {office} no more")
        more = {} if term is None else {"party": _plain(account, office, term, is_in)}
        return told.format(account=account, office=office), more

    show_reread(here.out, result, read)
