"""The acts on tickets: each makes one transaction, or with --sign a signed act that others carry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from proofdesk._models import Act, Result, Status, Ticket
from proofdesk._records import Opening
from proofdesk._replies import REPLIES
from proofdesk.cli._command import ACTS, WRITES, Branch, Leaf
from proofdesk.cli._contents import content_options, lane_named, ticket_named, tickets_named, wrapped, written
from proofdesk.cli._here import Here, with_here
from proofdesk.cli._keyring import warn_unread
from proofdesk.cli._language import _
from proofdesk.cli._resuming import Fits
from proofdesk.cli._signing import asks_to_sign, signed, signing_options
from proofdesk.cli._texts import name_of, show_result, ticket_after, with_names

if TYPE_CHECKING:
    from proofdesk.signed import SignedAct
    from proofdesk.signed.signing import Deadline

# Where a ticket may be moved to, by the command that does only that.
MOVES = {
    "resolve": (Status.RESOLVED, _("Resolve a ticket, as its agent or a supervisor.")),
    "reject": (Status.REJECTED, _("Reject a ticket.")),
    "hold": (Status.ON_HOLD, _("Put a ticket on hold.")),
    "escalate": (Status.ESCALATED, _("Escalate a ticket.")),
    "close": (Status.CLOSED, _("Close a ticket.")),
}


def add_to(group: Branch) -> None:
    """Give the group its acts."""
    for one in (open_, take, reply, note, move, *map(_mover, MOVES), assign, transfer, rate, expire):
        group.add_command(one)


# What click makes of a function.
Command: TypeAlias = Callable[[Callable[..., Any]], click.Command]


def _command(name: str, help: str, *, shares: Any = WRITES) -> Command:  # noqa: A002  click's name
    return click.command(name, cls=Leaf, shares=shares, help=help)


@_command("open", _("Open a ticket in a lane, as its customer."))
@click.argument("lane")
@content_options
@signing_options
@with_here
def open_(here: Here, /, lane: str, **said: Any) -> None:
    """Open a ticket."""
    desk = here.acting()
    number = desk.lanes.number(lane_named(lane))
    warn_unread(here, desk)

    def fits(act: Act, _before: Act | None) -> bool:
        return act.lane == number

    if asks_to_sign(here, said):
        signed(
            here,
            desk,
            said,
            kinds=("open",),
            ticket=None,
            required=True,
            sign=lambda content, until: desk.tickets.sign_open(lane=number, content=content, deadline=until),
            fits=fits,
        )
        return
    ticket = written(
        desk,
        said,
        kinds=("open",),
        ticket=None,
        required=True,
        act=lambda opening: desk.tickets.open(lane=number, content=opening),
        fits=fits,
    )
    here.out.result(with_names(desk, ticket), ticket.id)


@_command("take", _("Take the ticket that is next in its lane, as an agent."))
@click.argument("id_", metavar="[ID]", required=False)
@click.option("--next", "lane", metavar="LANE", help=_("Take whatever is next in this lane."))
@click.option(
    "--certificate", type=click.IntRange(1), metavar="N", help=_("With this one; found by default.")
)
@content_options
@signing_options
@with_here
def take(here: Here, /, id_: str | None, lane: str | None, certificate: int | None, **said: Any) -> None:
    """Take a ticket."""
    if (id_ is None) == (lane is None):
        raise click.UsageError(_("which ticket? Give its ID, or --next LANE"))
    desk = here.acting()
    if lane is not None:
        following = desk.lanes.next_in_line(lane_named(lane))
        if following is None:
            here.out.nothing({"ticket": None}, _("nobody waits in lane {lane}").format(lane=lane))
            return
        id_ = following.id

    def act(ticket: Ticket, opening: Opening) -> Result:
        # Late: of a hundred generated classes this needs one, and rarely.
        from proofdesk._contract_errors import CertificateNotValid

        try:
            return desk.tickets.take(ticket, opening, certificate=certificate)
        except CertificateNotValid as error:
            if not error.certificate_id:
                program = name_of(desk.deployment.programs, desk.lanes.get(ticket.lane).program)
                told = _("{account} holds no certificate for {program}: proofdesk agent list shows who does")
                error.args = (told.format(account=desk.sender.address, program=program),)
            raise

    def sign(ticket: Ticket, content: Opening, until: Deadline) -> SignedAct:
        return desk.tickets.sign_take(ticket, content, certificate=certificate, deadline=until)

    _write(here, desk, said, kinds=("take",), id_=str(id_), act=act, sign=sign, found=lane is not None)


@_command("reply", _("Write to the other side."))
@click.argument("id_", metavar="ID")
@content_options
@signing_options
@with_here
def reply(here: Here, /, id_: str, **said: Any) -> None:
    """Reply; whose turn it is then follows from who writes."""
    desk = here.acting()
    _write(
        here,
        desk,
        said,
        kinds=("reply",),
        id_=id_,
        act=desk.tickets.reply,
        sign=lambda ticket, content, until: desk.tickets.sign_reply(ticket, content, deadline=until),
        required=True,
        fits=_is_reply,
    )


@_command("note", _("Add a note for the desk's own eyes."))
@click.argument("id_", metavar="ID")
@content_options
@signing_options
@with_here
def note(here: Here, /, id_: str, **said: Any) -> None:
    """Add a note; the state stays."""
    desk = here.acting()

    def sign(ticket: Ticket, content: Opening, until: Deadline) -> SignedAct:
        return desk.tickets.sign_move(ticket, ticket.status, content, internal=True, deadline=until)

    _write(here, desk, said, kinds=("note",), id_=id_, act=desk.tickets.note, sign=sign, required=True)


@_command("move", _("Move a ticket to another status, with words or without."))
@click.argument("id_", metavar="ID")
@click.argument("status", type=click.Choice([status.name.lower() for status in Status if status]))
@content_options
@signing_options
@with_here
def move(here: Here, /, id_: str, status: str, **said: Any) -> None:
    """Move a ticket."""
    _move(here, id_, Status[status.upper()], said)


def _mover(name: str) -> click.Command:
    status, text = MOVES[name]

    @_command(name, text)
    @click.argument("id_", metavar="ID")
    @content_options
    @signing_options
    @with_here
    def mover(here: Here, /, id_: str, **said: Any) -> None:
        _move(here, id_, status, said)

    return mover


@_command("assign", _("Give tickets to an agent, as a supervisor: all or none."))
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@click.option("--certificate", type=click.IntRange(1), metavar="N", required=True, help=_("The agent's."))
@click.option("--text", help=_("Why, for the record."))
@with_here
def assign(here: Here, ids: tuple[str, ...], certificate: int, text: str | None) -> None:
    """Assign tickets."""
    desk = here.acting()
    tickets = tickets_named(desk, ids)
    result = wrapped(lambda: desk.tickets.assign(tickets, [certificate] * len(tickets), text))
    show_result(here.out, result, _("assigned"))


@_command("transfer", _("Hand a ticket to another lane, its clock running on."))
@click.argument("id_", metavar="ID")
@click.argument("lane")
@content_options
@with_here
def transfer(here: Here, /, id_: str, lane: str, **said: Any) -> None:
    """Transfer a ticket."""
    desk = here.acting()
    number = desk.lanes.number(lane_named(lane))
    _write(
        here,
        desk,
        said,
        kinds=("transfer",),
        id_=id_,
        act=lambda ticket, opening: desk.tickets.transfer(ticket, number, opening),
        fits=lambda act, _before: ticket_after(act).lane == number,
    )


@_command("rate", _("Rate a resolved or closed ticket, once, as its customer."))
@click.argument("id_", metavar="ID")
@click.argument("score", type=click.IntRange(1, 5))
@content_options
@signing_options
@with_here
def rate(here: Here, /, id_: str, score: int, **said: Any) -> None:
    """Rate a ticket."""
    desk = here.acting()
    _write(
        here,
        desk,
        said,
        kinds=("rating",),
        id_=id_,
        act=lambda ticket, opening: desk.tickets.rate(ticket, score, opening),
        sign=lambda ticket, content, until: desk.tickets.sign_rate(ticket, score, content, deadline=until),
        fits=lambda act, _before: ticket_after(act).rating == score,
    )


@_command("expire", _("Do with overdue tickets what their clocks say."), shares=ACTS)
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@with_here
def expire(here: Here, ids: tuple[str, ...]) -> None:
    """Call overdue tickets."""
    desk = here.acting()
    tickets = tickets_named(desk, ids)
    show_result(here.out, wrapped(lambda: desk.tickets.expire(tickets)), _("called"))


def _move(here: Here, id_: str, status: Status, said: dict[str, Any]) -> None:
    desk = here.acting()
    # Words go to the other side; a bare move is recorded as one.
    kinds = ("move", "reply") if said["text"] is None and said["file"] is None else ("reply",)
    _write(
        here,
        desk,
        said,
        kinds=kinds,
        id_=id_,
        act=lambda ticket, opening: desk.tickets.move(ticket, status, opening),
        sign=lambda ticket, content, until: desk.tickets.sign_move(ticket, status, content, deadline=until),
        fits=lambda act, _before: act.status is status,
    )


def _is_reply(act: Act, before: Act | None) -> bool:
    """Whether an act leads where a reply would have led."""
    seen = Status.NONE if before is None else before.status
    return act.status is REPLIES.get(act.kind, {}).get(seen, seen)


def _write(
    here: Here,
    desk: Any,
    said: dict[str, Any],
    *,
    kinds: Sequence[str],
    id_: str,
    act: Any,
    sign: Callable[[Ticket, Opening, Deadline], SignedAct] | None = None,
    required: bool = False,
    fits: Fits = lambda _act, _before: True,
    found: bool = False,
) -> None:
    # Read first: an unknown ticket is to be told before a record is kept.
    ticket = desk.tickets.get(ticket_named(desk, id_))
    if sign is not None and asks_to_sign(here, said):
        sign_this = partial(sign, ticket)
        signed(here, desk, said, kinds=kinds, ticket=ticket.id, sign=sign_this, required=required, fits=fits)
        return
    result: Result = written(
        desk,
        said,
        kinds=kinds,
        ticket=ticket.id,
        required=required,
        act=lambda opening: act(ticket, opening),
        fits=fits,
    )
    show_result(here.out, result, "", {"ticket": ticket.id}, found=found)
