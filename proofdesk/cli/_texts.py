"""How tickets, lanes, certificates and what became of an act are told, to people and to programs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from proofdesk._errors import ProofdeskError
from proofdesk.cli._language import _
from proofdesk.cli._output import Output, yes_or_no
from proofdesk.cli._values import jsonable, span, when

if TYPE_CHECKING:
    from proofdesk._desk import Desk
    from proofdesk._models import Act, Certificate, Lane, Program, Result, Ticket


def percent(basis_points: int) -> str:
    """A share of the full score.

    >>> percent(7250)
    '72.5 %'
    """
    return f"{basis_points / 100:g} %"


def name_of(names: Mapping[str, int], number: int) -> str:
    """The name that a deployment gives a lane or a program; its number where it has none.

    >>> name_of({"cards": 1}, 2)
    '2'
    """
    return next((name for name, one in names.items() if one == number), str(number))


def with_names(desk: Desk, value: Any) -> dict[str, Any]:
    """A ticket, a lane, a certificate or an act as JSON, with the names of its lane and program."""
    found: dict[str, Any] = jsonable(value)
    deployment = desk.deployment
    if "lane" in found:
        found["lane_name"] = name_of(deployment.lanes, found["lane"])
    if "program" in found:
        found["program_name"] = name_of(deployment.programs, found["program"])
    return found


def ticket_after(act: Act) -> Ticket:
    """A ticket as an act left it."""
    from proofdesk._words import ticket_of

    return ticket_of(bytes.fromhex(act.ticket_id[2:]), act.word)


def status_of(status: Any) -> str:
    """A status or a standing by its name."""
    return str(status.name.lower())


def ticket_rows(
    desk: Desk, ticket: Ticket, now: datetime, *, subject: str = "", agent: str = ""
) -> list[tuple[str, str]]:
    """A ticket for people, with what is known beside its word."""
    late = f" ({_('overdue')})" if ticket.is_overdue(now) else ""
    return [
        (_("ticket"), ticket.id),
        (_("lane"), name_of(desk.deployment.lanes, ticket.lane)),
        (_("subject"), subject),
        (_("status"), status_of(ticket.status)),
        (_("customer"), ticket.customer),
        (_("turn"), str(ticket.turn or "")),
        (_("certificate"), f"{ticket.certificate_id or ''} {agent and f'({agent})'}".strip()),
        (_("due"), when(ticket.due_at) + late),
        (_("clock stands at"), span(ticket.budget) if ticket.budget else ""),
        (_("rating"), str(ticket.rating or "")),
        (_("breached"), _("yes") if ticket.breached else ""),
        (_("acts"), str(ticket.acts)),
    ]


def lane_rows(desk: Desk, lane: Lane) -> list[tuple[str, str]]:
    """A lane for people."""
    return [
        (_("lane"), f"{lane.id} ({name_of(desk.deployment.lanes, lane.id)})"),
        (_("respond within"), span(lane.respond_within)),
        (_("resolve within"), span(lane.resolve_within)),
        (_("confirm within"), span(lane.confirm_within)),
        (_("program"), f"{name_of(desk.deployment.programs, lane.program)}, {_('level')} {lane.level}"),
        (_("article"), str(lane.article or "")),
        (_("gated"), yes_or_no(lane.gated)),
        (_("claims"), yes_or_no(lane.claims)),
        (_("closed"), yes_or_no(lane.closed)),
        (_("waiting"), str(lane.waiting)),
        (_("turns"), str(lane.turns)),
        (_("acts in the log"), str(lane.size)),
    ]


def program_rows(desk: Desk, program: Program) -> list[tuple[str, str]]:
    """A program for people."""
    return [
        (_("program"), f"{program.id} ({name_of(desk.deployment.programs, program.id)})"),
        (_("pass mark"), percent(program.pass_mark)),
        (_("validity"), span(program.validity)),
        (_("retake after"), span(program.retake_delay)),
        (_("takes exams"), yes_or_no(program.active)),
        (_("syllabus"), program.syllabus),
    ]


def standing_at(certificate: Certificate, now: datetime) -> str:
    """What a certificate is worth now, expiry included."""
    active = status_of(certificate.standing)
    return "expired" if active == "active" and not certificate.is_valid(now) else active


def certificate_rows(desk: Desk, certificate: Certificate, now: datetime) -> list[tuple[str, str]]:
    """A certificate for people."""
    return [
        (_("certificate"), str(certificate.id)),
        (_("agent"), certificate.agent),
        (_("program"), name_of(desk.deployment.programs, certificate.program)),
        (_("level"), str(certificate.level)),
        (_("standing"), standing_at(certificate, now)),
        (_("issued"), when(certificate.issued_at)),
        (_("expires"), when(certificate.expires_at)),
    ]


def show_result(
    out: Output,
    result: Result,
    done: str,
    more: Mapping[str, Any] | None = None,
    *,
    found: bool = False,
) -> None:
    """What a transaction did: `done` says it for people, `more` goes into the JSON beside the rest.

    With --quiet, and for programs where the ticket was `found` by the act, only what it was done to is left.
    """
    lines = [done]
    lines += [
        _("ticket {id} is {status}, act {number}").format(
            id=act.ticket_id, status=status_of(act.status), number=act.number
        )
        for act in result.acts
    ]
    lines.append(
        _("transaction {hash}, block {block}, {gas:,} gas").format(
            hash=result.tx_hash, block=result.block, gas=result.gas_used
        )
    )
    value, text = {**(more or {}), **jsonable(result)}, "\n".join(filter(None, lines))
    if out.json or not (out.quiet or (found and not sys.stdout.isatty())):
        out.result(value, text)
        return
    ids = dict.fromkeys(act.ticket_id for act in result.acts)
    out.result(value, "\n".join(ids) or result.tx_hash)
    out.say(text)


def show_reread(out: Output, result: Result, read: Callable[[], tuple[str, Mapping[str, Any]]]) -> None:
    """As `show_result`, with what is read after the act: that is told however the reading ends."""
    try:
        done, more = read()
    except (KeyboardInterrupt, ProofdeskError):
        done, more = _("done, but what came of it could not be read"), {}
    show_result(out, result, done, more)


def listed(values: Sequence[object]) -> str:
    """Values one after the other."""
    return ", ".join(map(str, values))
