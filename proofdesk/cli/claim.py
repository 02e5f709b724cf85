"""`proofdesk claim`: claims previewed, read and released here, filed and decided in `_claim_acts`."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import click

from proofdesk.claims.enums import ClaimState, Reason, Verdict
from proofdesk.cli._claim_acts import add_to, claim_options
from proofdesk.cli._claim_texts import (
    STATES,
    VERDICTS,
    failed_in_words,
    failed_names,
    preview_rows,
    preview_value,
)
from proofdesk.cli._command import ACTS, CHAIN, KEY, KEYS, OUTPUT, READS, Branch
from proofdesk.cli._contents import address_named, ticket_named, wrapped
from proofdesk.cli._failures import FOUND
from proofdesk.cli._here import Here, with_here
from proofdesk.cli._language import _
from proofdesk.cli._money import Unit, unit_of_policy
from proofdesk.cli._texts import listed, show_result, ticket_after
from proofdesk.cli._values import when

if TYPE_CHECKING:
    from proofdesk.claims.view import ClaimView

_STATES = [state.name.lower() for state in ClaimState if state]

command = Branch("claim", help=_("Preview, file, decide and read after-sales claims."))


@command.command(
    "preview",
    shares=(KEY, KEYS, CHAIN, OUTPUT),
    short_help=_("Show what a claim would come to, and why."),
    help=_(
        "Show what a claim with a receipt's FILE would come to, judged by the contract: approved, review or "
        "denied, and then every rule that it does not meet. Nothing is sent. Exit code 1 if denied."
    ),
)
@click.argument("file", metavar="FILE")
@claim_options
@click.option("--customer", metavar="ADDRESS", help=_("As whom; by default the account, else the receipt's."))
@click.pass_context
def preview(
    context: click.Context,
    file: str,
    reason: str,
    amount: str,
    evidence: tuple[str, ...],
    customer: str | None,
) -> None:
    """Preview a claim."""
    from proofdesk.cli._attested import naming_files, read_evidence_about, read_receipt

    here, receipt = Here(context), read_receipt(file)
    pieces = read_evidence_about(receipt, evidence)
    who = receipt.customer if not here.names_key else here.signer.address
    who = who if customer is None else address_named(customer, "--customer")
    desk = here.desk()
    unit = unit_of_policy(here, desk, receipt.policy_id)
    with naming_files({file: receipt, **dict(zip(evidence, pieces, strict=True))}):
        found = desk.claims.preview(
            receipt,
            reason=Reason[reason.upper()],
            amount=unit.read(amount, "--amount"),
            evidence=pieces,
            customer=who,
        )
    free = desk.vault.books(unit.token).free
    here.out.fields(preview_value(found, unit, free) | {"customer": who}, preview_rows(found, unit, free))
    if found.verdict is Verdict.DENIED:
        context.exit(FOUND)


@command.command("show", shares=READS, help=_("Show the claim of a ticket."))
@click.argument("id_", metavar="ID")
@with_here
def show(here: Here, id_: str) -> None:
    """Show one claim."""
    desk = here.desk()
    claim = desk.claims.get(ticket_named(desk, id_))
    unit = unit_of_policy(here, desk, claim.policy_id)
    rows = [
        (_("ticket"), claim.ticket_id),
        (_("reason"), claim.reason.name.lower()),
        (_("asked for"), unit.shown(claim.amount)),
        (_("verdict"), VERDICTS[claim.judgement.verdict]),
        (_("failed"), listed(failed_in_words(claim.judgement.failed))),
        (_("state"), STATES[claim.state]),
        (_("paid"), unit.shown(claim.paid)),
        (_("still open"), unit.shown(claim.remaining) if claim.remaining else ""),
    ]
    told = _("{amount} by {actor}")
    rows += [
        (_("decided"), told.format(amount=unit.shown(decision.amount), actor=decision.actor))
        for decision in claim.decisions
    ]
    rows += [(_("policy"), claim.policy_id), (_("order"), claim.order_key)]
    here.out.fields(_plain(claim, unit), rows)


@command.command("list", shares=READS, help=_("List the claims, the last ones first."))
@click.option("--receipt", metavar="FILE", help=_("Only those on a receipt's order."))
@click.option("--state", type=click.Choice(_STATES), metavar="STATE", help=_("Only those that stand so."))
@click.option("--reason", metavar="REASON", help=_("Only those for a reason."))
@click.option(
    "--limit", metavar="N", type=click.IntRange(1), default=50, help=_("At most so many; 50 by default.")
)
@with_here
def list_(here: Here, receipt: str | None, state: str | None, reason: str | None, limit: int) -> None:
    """List claims by their events."""
    bought = None
    if receipt is not None:
        from proofdesk.cli._attested import read_receipt

        bought = read_receipt(receipt)
    desk = here.desk()
    claims = desk.claims.all() if bought is None else desk.claims.of(bought)
    found = [
        claim
        for claim in reversed(claims)
        if state in (None, claim.state.name.lower()) and reason in (None, claim.reason.name.lower())
    ]

    @cache
    def unit(policy: str) -> Unit:
        return unit_of_policy(here, desk, policy)

    # Who filed it, and when, its ticket's first act says.
    filed = {act.ticket_id: act for act in desk.tickets.acts() if act.number == 1} if found else {}
    shown = [
        (claim, unit(claim.policy_id), ticket_after(act).customer, when(act.at))
        for claim in found[:limit]
        for act in [filed[claim.ticket_id]]
    ]
    here.out.table(
        [_plain(claim, unit) | {"customer": who, "filed_at": at} for claim, unit, who, at in shown],
        [
            *(_("ticket"), _("filed"), _("customer"), _("reason"), _("asked for"), _("verdict"), _("state")),
            _("paid"),
        ],
        [
            [
                claim.ticket_id,
                at,
                who,
                claim.reason.name.lower(),
                unit.shown(claim.amount),
                VERDICTS[claim.judgement.verdict],
                STATES[claim.state],
                unit.shown(claim.paid),
            ]
            for claim, unit, who, at in shown
        ],
        empty=_("no claims"),
    )
    if len(found) > limit:
        here.out.say(_("{shown} of {all} are shown: --limit shows more").format(shown=limit, all=len(found)))


@command.command(
    "release",
    shares=ACTS,
    short_help=_("Free what is kept for an ended claim."),
    help=_("Free what is kept for a claim under review whose ticket was closed undecided; anyone may."),
)
@click.argument("id_", metavar="ID")
@with_here
def release(here: Here, id_: str) -> None:
    """Release a claim's reservation."""
    desk = here.acting()
    ticket = ticket_named(desk, id_)
    result = wrapped(lambda: desk.claims.release(ticket))
    show_result(here.out, result, _("nothing is kept for it any more"), {"ticket": ticket})


def _plain(claim: ClaimView, unit: Unit) -> dict[str, Any]:
    return {
        "ticket": claim.ticket_id,
        "order": claim.order_key,
        "policy": claim.policy_id,
        "receipt_hash": claim.receipt_hash,
        "reason": claim.reason.name.lower(),
        **unit.plain(),
        "amount": str(claim.amount),
        "verdict": claim.judgement.verdict.name.lower(),
        "failed": failed_names(claim.judgement.failed),
        "state": claim.state.name.lower(),
        "paid": str(claim.paid),
        "remaining": str(claim.remaining),
        "released": claim.released,
        "decisions": [
            {"actor": each.actor, "amount": str(each.amount), "state": each.state.name.lower()}
            for each in claim.decisions
        ],
    }


add_to(command)
