"""`proofdesk compensation`: what lanes promise for a late answer, and what became of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from proofdesk._errors import InvalidArgument
from proofdesk._models import Act, Event
from proofdesk.cli._announcing import made_or_announced
from proofdesk.cli._command import ACTS, READS, Branch
from proofdesk.cli._contents import lane_number, ticket_named, tickets_named, wrapped
from proofdesk.cli._here import Here, with_here
from proofdesk.cli._language import _
from proofdesk.cli._moments import moment_said
from proofdesk.cli._money import token_option, unit_of
from proofdesk.cli._output import yes_or_no
from proofdesk.cli._texts import name_of, show_result
from proofdesk.cli._values import when

if TYPE_CHECKING:
    from proofdesk._desk import Desk

# As the contract has it.
GRACE = timedelta(hours=48)

command = Branch("compensation", help=_("See and pay what is promised for late answers."))


@command.command(
    "show",
    shares=READS,
    short_help=_("Show what lanes promise, or a ticket's breach."),
    help=_("Show what the lanes promise for a breach; with ID, what became of one ticket's."),
)
@click.argument("id_", metavar="[ID]", required=False)
@with_here
def show(here: Here, id_: str | None) -> None:
    """Show promises, or one breach."""
    desk = here.desk()
    if id_ is not None:
        _show_breach(here, desk, ticket_named(desk, id_))
        return
    offers = [(lane, desk.compensation.offer_of(lane.id)) for lane in desk.lanes.all()]
    found = [(lane, offer, unit_of(here, desk, offer.token)) for lane, offer in offers if offer is not None]
    here.out.table(
        [
            {
                "lane": lane.id,
                "lane_name": name_of(desk.deployment.lanes, lane.id),
                **unit.plain(),
                "amount": str(offer.amount),
                "daily_cap": str(offer.daily_cap),
            }
            for lane, offer, unit in found
        ],
        [_("lane"), _("for a breach"), _("a day at most")],
        [
            [name_of(desk.deployment.lanes, lane.id), unit.shown(offer.amount), unit.shown(offer.daily_cap)]
            for lane, offer, unit in found
        ],
        empty=_("no lane promises anything"),
    )


@command.command(
    "offer",
    shares=ACTS,
    short_help=_("Promise a compensation, for ever."),
    help=_(
        "Promise what each breach of a lane pays its customer, for ever, as CLAIMS_EDITOR: in a gated or a "
        "claims lane that has had no ticket yet."
    ),
)
@click.argument("lane")
@click.argument("amount")
@click.option("--daily-cap", metavar="AMOUNT", required=True, help=_("What the lane pays in a day at most."))
@token_option
@with_here
def offer(here: Here, lane: str, amount: str, daily_cap: str, token: str) -> None:
    """Promise a compensation."""
    desk = here.acting()
    number, unit = lane_number(desk, lane), unit_of(here, desk, token)
    each, cap = unit.read(amount, "AMOUNT", least=1), unit.read(daily_cap, "--daily-cap", least=1)
    here.confirm(
        _("Promise {amount} for each breach in lane {lane}, {cap} a day at most, for ever?").format(
            amount=unit.shown(each), lane=lane, cap=unit.shown(cap)
        )
    )
    result = made_or_announced(
        here,
        desk,
        "CompensationDesk",
        "offer",
        *(number, unit.token, each, cap),
        act=lambda: desk.compensation.offer(number, amount=each, daily_cap=cap, token=unit.token),
    )
    if result is not None:
        told = _("lane {lane} promises {amount} for a breach, {cap} a day at most")
        show_result(
            here.out,
            result,
            told.format(lane=lane, amount=unit.shown(each), cap=unit.shown(cap)),
            {"lane": number, **unit.plain(), "amount": str(each), "daily_cap": str(cap)},
        )


@command.command(
    "note",
    shares=ACTS,
    short_help=_("Note that tickets were late; anyone may."),
    help=_("Note that tickets were late, and call those that are; others are skipped. Anyone may."),
)
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@with_here
def note(here: Here, ids: tuple[str, ...]) -> None:
    """Note breaches."""
    desk = here.acting()
    tickets = tickets_named(desk, ids)
    result = wrapped(lambda: desk.compensation.note(tickets))
    noted = [
        str(getattr(event, "arguments", {}).get("ticketId"))
        for event in result.events
        if getattr(event, "name", "") == "BreachNoted"
    ]
    show_result(here.out, result, _("noted: {count}").format(count=len(noted)), {"noted": noted})


@command.command("pay", shares=ACTS, help=_("Pay a ticket's customer for a breach, 48 hours after it."))
@click.argument("id_", metavar="ID")
@with_here
def pay(here: Here, id_: str) -> None:
    """Pay a compensation."""
    from proofdesk.cli._payments import payments

    desk = here.acting()
    ticket = ticket_named(desk, id_)
    head = int(desk.node.request("eth_blockNumber"), 16)
    result = wrapped(lambda: desk.compensation.compensate(ticket))
    paid_before = result.block <= head
    # Whoever paid it before may have done much else in the same transaction.
    result = replace(result, events=tuple(event for event in result.events if _is_of(event, ticket)))
    paid = payments(here, desk, result)
    told = [each.told for each in paid]
    if paid_before:
        told.insert(0, _("it was paid before, in block {block}: nothing was sent").format(block=result.block))
    show_result(
        here.out,
        result,
        "\n".join(told),
        {"ticket": ticket, "paid_before": paid_before, "payments": [each.plain for each in paid]},
    )


@command.command(
    "exclude-outage",
    shares=ACTS,
    short_help=_("Exclude an outage, as GUARDIAN."),
    help=_(
        "Exclude an outage from compensation, publicly, as GUARDIAN: of at most 24 hours, once in 30 days, "
        "within 48 hours of its beginning."
    ),
)
@click.argument("begin", metavar="FROM", callback=moment_said)
@click.argument("end", metavar="TO", callback=moment_said)
@with_here
def exclude_outage(here: Here, begin: datetime, end: datetime) -> None:
    """Exclude an outage."""
    if end <= begin:
        raise InvalidArgument(
            _("the outage ends at {end}, before it begins at {begin}").format(
                end=when(end), begin=when(begin)
            )
        )
    desk = here.acting()
    here.confirm(
        _("Exclude the hours from {begin} to {end}, as everybody can see?").format(
            begin=when(begin), end=when(end)
        )
    )
    seconds = int(begin.timestamp()), int(end.timestamp())
    result = made_or_announced(
        here,
        desk,
        "CompensationDesk",
        "excludeOutage",
        *seconds,
        act=lambda: desk.compensation.exclude_outage(begin, end),
    )
    if result is not None:
        told = _("breaches from {begin} to {end} are not compensated")
        show_result(
            here.out,
            result,
            told.format(begin=when(begin), end=when(end)),
            {"from": when(begin), "to": when(end)},
        )


def _is_of(event: Act | Event, ticket: str) -> bool:
    if isinstance(event, Act):
        return event.ticket_id == ticket
    return ticket in (event.arguments.get("ticketId"), event.arguments.get("id"))


def _show_breach(here: Here, desk: Desk, ticket: str) -> None:
    found, breach = desk.tickets.get(ticket), desk.compensation.breach_of(ticket)
    lane = name_of(desk.deployment.lanes, found.lane)
    offer = desk.compensation.offer_of(found.lane)
    value: dict[str, Any] = {
        "ticket": ticket,
        "lane": found.lane,
        "lane_name": lane,
        "breached": found.breached,
    }
    rows = [(_("ticket"), ticket), (_("lane"), lane)]
    if offer is None:
        rows.append((_("promised"), _("nothing")))
    else:
        unit = unit_of(here, desk, offer.token)
        value |= {**unit.plain(), "amount": str(offer.amount)}
        rows.append((_("promised"), unit.shown(offer.amount)))
    if breach is None:
        late = found.breached or found.is_overdue(desk.now())
        value |= {"noted_at": None, "paid": False, "due": False}
        rows.append(
            (_("breach"), _("not noted yet: proofdesk compensation note does") if late else _("none"))
        )
    else:
        is_due = desk.compensation.is_due(ticket)
        value |= {"noted_at": when(breach.at), "paid": breach.paid, "due": is_due}
        rows += [
            (_("breach"), when(breach.at)),
            (_("to be paid from"), when(breach.at + GRACE)),
            (_("due"), yes_or_no(is_due)),
            (_("paid"), yes_or_no(breach.paid)),
        ]
    here.out.fields(value, rows)
