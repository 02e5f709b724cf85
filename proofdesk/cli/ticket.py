"""`proofdesk ticket`: tickets read and verified here, the acts on them in `_ticket_acts`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

import click

from proofdesk._errors import ContentSealed, IntegrityError, ProofdeskError
from proofdesk._models import Act, Actor, Status, Ticket
from proofdesk.cli._carrying import carry
from proofdesk.cli._command import CHAIN, KEY, KEYS, OUTPUT, READS_RECORDS, Branch
from proofdesk.cli._contents import address_named, lane_number, ticket_named
from proofdesk.cli._failures import Interrupted, message_of
from proofdesk.cli._here import Here, with_here
from proofdesk.cli._language import _, ngettext
from proofdesk.cli._privacy_texts import problem_of
from proofdesk.cli._texts import name_of, status_of, ticket_after, ticket_rows, with_names
from proofdesk.cli._ticket_acts import add_to
from proofdesk.cli._values import clean, jsonable, on_one_line, when

if TYPE_CHECKING:
    from proofdesk._desk import Desk
    from proofdesk._history import Entry

STATUSES = [status.name.lower() for status in Status if status]

command = Branch("ticket", help=_("Open, serve, read and verify tickets."))


@command.command(
    "show",
    shares=READS_RECORDS,
    short_help=_("Show a ticket."),
    help=_("Show a ticket; ID may be its beginning, at least four digits."),
)
@click.argument("id_", metavar="ID")
@with_here
def show(here: Here, id_: str) -> None:
    """Show one ticket, with its subject where its record is here."""
    desk = here.desk()
    ticket = desk.tickets.get(ticket_named(desk, id_))
    (subject, is_sealed), seat = _subject(desk, ticket), ticket.certificate_id
    agent = "" if seat is None else desk.certification.get(seat).agent
    shown = (
        _("sealed: --keys FILE of somebody it is for opens it, a pseudonym's with --pseudonym NUMBER")
        if is_sealed
        else subject
    )
    here.out.fields(
        with_names(desk, ticket) | {"subject": subject or None, "sealed": is_sealed, "agent": agent or None},
        ticket_rows(desk, ticket, desk.now(), subject=shown, agent=agent),
    )


@command.command(
    "list", shares=(KEY, KEYS, CHAIN, OUTPUT), help=_("List tickets, those that were acted on last first.")
)
@click.option("--lane", metavar="LANE", help=_("Only a lane's."))
@click.option(
    "--status",
    "statuses",
    type=click.Choice(STATUSES),
    metavar="STATUS",
    multiple=True,
    help=_("Only with this status; may be given again."),
)
@click.option("--customer", metavar="ADDRESS", help=_("Only a customer's."))
@click.option("--agent", metavar="ADDRESS", help=_("Only those that an agent has."))
@click.option("--mine", is_flag=True, help=_("Only those of the account or the seed."))
@click.option("--overdue", is_flag=True, help=_("Only those whose clock has run out."))
@click.option(
    "--limit", metavar="N", type=click.IntRange(1), default=50, help=_("At most so many; 50 by default.")
)
@with_here
def list_(
    here: Here,
    lane: str | None,
    statuses: tuple[str, ...],
    customer: str | None,
    agent: str | None,
    mine: bool,
    overdue: bool,
    limit: int,
) -> None:
    """List tickets by their last acts, which the desk's events tell."""
    is_seed = mine and here.keys is not None and here.keys.pseudonym is None
    me = {here.signer.address} if mine and (here.names_key or not is_seed) else set()
    customer = None if customer is None else address_named(customer, "--customer")
    agent = None if agent is None else address_named(agent, "--agent")
    desk = here.desk()
    now = desk.now()
    number = None if lane is None else lane_number(desk, lane)

    @cache
    def holder(certificate: int) -> str:
        return desk.certification.get(certificate).agent

    def seat(ticket: Ticket) -> str | None:
        return None if ticket.certificate_id is None else holder(ticket.certificate_id)

    latest = _latest(desk)
    numbers = here.keys.used({ticket.customer for ticket in latest}) if is_seed and here.keys else {}
    me.update(numbers)
    found = [
        ticket
        for ticket in latest
        if number in (None, ticket.lane)
        and (not statuses or status_of(ticket.status) in statuses)
        and customer in (None, ticket.customer)
        and (not overdue or ticket.is_overdue(now))
        and (agent is None or seat(ticket) == agent)
        and (not mine or ticket.customer in me or seat(ticket) in me)
    ]
    named = [_("pseudonym")] if is_seed else []
    here.out.table(
        [with_names(desk, ticket) | _pseudonym(ticket, numbers) for ticket in found[:limit]],
        [_("ticket"), _("lane"), _("status"), _("due"), _("acts"), _("rating"), *named],
        [
            [
                ticket.id,
                name_of(desk.deployment.lanes, ticket.lane),
                status_of(ticket.status),
                when(ticket.due_at) + (" !" if ticket.is_overdue(now) else ""),
                str(ticket.acts),
                str(ticket.rating or ""),
                *([str(numbers.get(ticket.customer, ""))] if named else []),
            ]
            for ticket in found[:limit]
        ],
        empty=_("no tickets"),
    )
    if len(found) > limit:
        here.out.say(_("{shown} of {all} are shown: --limit shows more").format(shown=limit, all=len(found)))


@command.command("history", shares=READS_RECORDS, help=_("Show a ticket's acts and what was written."))
@click.argument("id_", metavar="ID")
@with_here
def history(here: Here, id_: str) -> None:
    """Show every act with its record, as far as it can be read here."""
    desk = here.desk()
    entries = desk.tickets.history(ticket_named(desk, id_))
    ratings, kinds = _ratings(entries), _kinds(entries)
    value = [
        with_names(desk, entry.act)
        | {
            "rating": rating,
            "record": None if entry.record is None else jsonable(entry.record.to_json()),
            "problem": None if entry.problem is None else message_of(entry.problem),
        }
        for entry, rating in zip(entries, ratings, strict=True)
    ]
    if here.out.json or sys.stdout.isatty():
        told = ("\n".join(_lines(*each)) for each in zip(entries, kinds, ratings, strict=True))
        here.out.result(value, "\n\n".join(told))
        return
    here.out.table(
        value,
        [_("no."), _("at"), _("what"), _("status"), _("as"), _("by"), _("rating"), _("subject"), _("words")],
        [_row(*each) for each in zip(entries, kinds, ratings, strict=True)],
        empty="",
    )


@command.command(
    "verify",
    shares=READS_RECORDS,
    short_help=_("Verify a ticket, a lane or the whole desk."),
    help=_("Verify a ticket, a lane or the whole desk: log, moves, words and records."),
)
@click.argument("id_", metavar="[ID]", required=False)
@click.option("--lane", metavar="LANE", help=_("Verify a lane and every ticket in it."))
@click.option("--all", "whole", is_flag=True, help=_("Verify every lane and ticket."))
@click.option("--no-contents", is_flag=True, help=_("Read no records."))
@with_here
def verify(here: Here, id_: str | None, lane: str | None, whole: bool, no_contents: bool) -> None:
    """Rebuild logs from events and compare; the error names the first difference."""
    if sum((id_ is not None, lane is not None, whole)) != 1:
        raise click.UsageError(_("what is to be verified? Give one of: ID, --lane LANE, --all"))
    try:
        with here.out.working(_("Verifying …")):
            desk = here.desk()
            contents = not no_contents
            if id_ is not None:
                found = desk.tickets.verify(ticket_named(desk, id_), contents=contents)
            elif lane is not None:
                found = desk.tickets.verify_lane(lane_number(desk, lane), contents=contents)
            else:
                found = desk.tickets.verify_all(contents=contents)
    except KeyboardInterrupt:
        raise Interrupted(_("interrupted: nothing is verified, and nothing was changed")) from None
    except IntegrityError as error:
        _place(desk, error)
        raise
    rows = [
        (_("verified"), _("as of block {block}").format(block=found.block)),
        (_("acts"), f"{found.acts:,}"),
        (_("tickets"), f"{found.tickets:,}"),
        (_("records"), f"{found.records:,}" if contents else _("not read")),
        (_("erased"), f"{found.erased:,}" if found.erased else ""),
        (_("sealed to others"), f"{found.sealed:,}" if found.sealed else ""),
        *((_("odd"), each) for each in found.oddities),
    ]
    lanes = desk.deployment.lanes
    rows += [
        (_("root of {lane}").format(lane=name_of(lanes, lane)), root) for lane, root in found.roots.items()
    ]
    here.out.fields({"verified": True, **jsonable(found)}, rows)


add_to(command)
command.add_command(carry)


def _place(desk: Desk, error: IntegrityError) -> None:
    """Have an error say which act it is about, where it tells of an entry or of a place in a log."""
    known = {name: getattr(error, name, None) for name in ("entry", "lane", "position")}
    with suppress(ProofdeskError):
        for act in desk.tickets.acts():
            if act.entry == known["entry"] or (act.lane, act.position) == (known["lane"], known["position"]):
                lane = name_of(desk.deployment.lanes, act.lane)
                where = _("act {number} of ticket {ticket}, lane {lane}")
                told = where.format(number=act.number, ticket=act.ticket_id, lane=lane)
                error.args = (f"{told}: {error}",)
                error.__dict__ |= {"ticket": act.ticket_id, "act": act.number}
                return


def _subject(desk: Desk, ticket: Ticket) -> tuple[str, bool]:
    """What a ticket is about, where its record can be read here, and whether that is sealed to others."""
    try:
        return desk.archive.read(desk.tickets.acts(ticket)[0].entry).record.subject or "", False
    except ContentSealed:
        return "", True
    except ProofdeskError:
        return "", False


def _latest(desk: Desk) -> list[Ticket]:
    """Every ticket as its last act left it, the latest first."""
    last: dict[str, Act] = {}
    for act in desk.tickets.acts():
        last.pop(act.ticket_id, None)
        last[act.ticket_id] = act
    return [ticket_after(act) for act in reversed(last.values())]


def _pseudonym(ticket: Ticket, numbers: Mapping[str, int]) -> dict[str, int]:
    """By which pseudonym of the seed a ticket was opened, if by one."""
    found = numbers.get(ticket.customer)
    return {} if found is None else {"pseudonym": found}


def _ratings(entries: Sequence[Entry]) -> list[int | None]:
    """For each act the stars that it gave, if it was the one that rated."""
    before, found = None, []
    for entry in entries:
        rating = ticket_after(entry.act).rating
        found.append(None if rating == before else rating)
        before = rating
    return found


def _kinds(entries: Sequence[Entry]) -> list[str]:
    """Of each act what it was, as its record says; where that is not readable, as far as the chain tells."""
    # Late: other commands need no kinds.
    from proofdesk.ops.audit.kinds import fitting

    before, found = None, []
    for entry in entries:
        # Of replies, notes and moves the chain has words that somebody wrote, and not which.
        told = {"expire"} if entry.act.kind is Actor.ANYONE else fitting(before, entry.act)
        usual = next(iter(told)) if len(told) == 1 else "words"
        found.append(usual if entry.record is None else entry.record.kind)
        before = entry.act
    return found


def _row(entry: Entry, kind: str, rating: int | None) -> list[str]:
    act, record = entry.act, entry.record
    cells = [str(act.number), when(act.at), kind, status_of(act.status), act.kind.name.lower()]
    words = f"! {problem_of(entry.problem)}" if entry.problem is not None else (record and record.body) or ""
    return [*cells, act.actor, str(rating or ""), (record and record.subject) or "", words]


def _lines(entry: Entry, kind: str, rating: int | None) -> Iterator[str]:
    act, record = entry.act, entry.record
    stars = "" if rating is None else f" ({_('rated {score}').format(score=rating)})"
    yield (
        f"{act.number}. {when(act.at)}  {kind} → {status_of(act.status)}{stars}  "
        f"{act.kind.name.lower()} {act.actor}"
    )
    if entry.problem is not None:
        yield f"   ! {on_one_line(problem_of(entry.problem))}"
    if record is None:
        return
    # All is kept off the first column, where acts begin: none can be forged by what is written.
    if record.subject:
        yield f"   {_('subject')}: {on_one_line(record.subject)}"
    for line in clean(record.body or "").splitlines():
        yield f"   {line}"
    if count := len(record.attachments):
        names = ", ".join(on_one_line(attachment.name) for attachment in record.attachments)
        yield f"   {ngettext('attachment', 'attachments', count)}: {names}"
