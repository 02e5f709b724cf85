"""`proofdesk lane`: lanes, their terms and their lines."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from proofdesk.cli._command import ACTS, READS, Branch
from proofdesk.cli._contents import lane_named, wrapped
from proofdesk.cli._failures import Interrupted
from proofdesk.cli._here import Here, with_here
from proofdesk.cli._language import _
from proofdesk.cli._output import yes_or_no
from proofdesk.cli._texts import lane_rows, name_of, show_reread, ticket_rows, with_names
from proofdesk.cli._values import span

command = Branch("lane", help=_("Read, add and close lanes; see who is next."))


@command.command("list", shares=READS, help=_("List the lanes."))
@with_here
def list_(here: Here) -> None:
    """List every lane."""
    desk = here.desk()
    lanes = desk.lanes.all()
    here.out.table(
        [with_names(desk, lane) | {"waiting": lane.waiting} for lane in lanes],
        [
            _("no."),
            _("lane"),
            _("respond"),
            _("resolve"),
            _("program"),
            _("level"),
            _("open to"),
            _("waiting"),
        ],
        [
            [
                str(lane.id),
                name_of(desk.deployment.lanes, lane.id),
                span(lane.respond_within),
                span(lane.resolve_within),
                name_of(desk.deployment.programs, lane.program),
                str(lane.level),
                _("nobody") if lane.closed else _("intake") if lane.gated else _("all"),
                str(lane.waiting),
            ]
            for lane in lanes
        ],
        empty=_("no lanes"),
    )


@command.command("show", shares=READS, help=_("Show a lane."))
@click.argument("lane")
@with_here
def show(here: Here, lane: str) -> None:
    """Show one lane."""
    desk = here.desk()
    found = desk.lanes.get(lane_named(lane))
    here.out.fields(with_names(desk, found) | {"waiting": found.waiting}, lane_rows(desk, found))


@command.command("next", shares=READS, help=_("Show the ticket that is to be taken next."))
@click.argument("lane")
@with_here
def next_(here: Here, lane: str) -> None:
    """Show who is next in line."""
    desk = here.desk()
    ticket = desk.lanes.next_in_line(lane_named(lane))
    if ticket is None:
        here.out.nothing(None, _("nobody waits in lane {lane}").format(lane=lane))
    else:
        here.out.fields(with_names(desk, ticket), ticket_rows(desk, ticket, desk.now()))


@command.command("update", shares=ACTS, help=_("Bring the lanes to what the config says, as LANE_EDITOR."))
@click.pass_context
def update(context: click.Context) -> None:
    """Create the lanes that the config has more, set the articles that differ."""
    # Late: reading lanes needs none of it.
    from proofdesk.cli._dry_run import Planned, show_estimate
    from proofdesk.ops.cost import estimate
    from proofdesk.ops.lanes import update_lanes

    here = Here(context)
    config = here.config()
    folder = here.folder()
    deployment = here.deployment()
    before = set(deployment.lanes)
    sender = here.sender()
    try:
        with here.out.steps(_("Lanes")) as steps:
            after = update_lanes(
                sender,
                deployment,
                config,
                path=folder,
                progress=lambda step: steps(
                    step.number, step.of, f"{step.name}  {', '.join(step.transactions) or _('was there')}"
                ),
            )
    except Planned:
        found = estimate(here.node(), sender.address, config, path=folder)
        lanes = tuple(step for step in found.steps if step.name.startswith(("lane ", "article ")))
        if not lanes:
            # Articles of lanes that are there: their cost is asked of the node, as any act's.
            raise
        show_estimate(context, here, replace(found, steps=lanes))
        return
    except KeyboardInterrupt:
        raise Interrupted(
            _("interrupted: the lanes that are done are in the manifest; run it again for the rest")
        ) from None
    added = [name for name in after.lanes if name not in before]
    here.out.result(
        {"lanes": dict(after.lanes), "added": added},
        _("added: {lanes}").format(lanes=", ".join(added)) if added else _("all lanes were there"),
    )


@command.command("close", shares=ACTS, help=_("Take no new tickets in a lane, for ever, as LANE_EDITOR."))
@click.argument("lane")
@with_here
def close(here: Here, lane: str) -> None:
    """Close a lane."""
    desk = here.acting()
    number = desk.lanes.number(lane_named(lane))
    here.confirm(_("Close lane {lane} for ever?").format(lane=lane))
    _show(here, desk, number, lambda: desk.lanes.close(number))


@command.command("article", shares=ACTS, help=_("Set the article that answers new tickets; 0 is none."))
@click.argument("lane")
@click.argument("article", type=click.IntRange(0, 2**32 - 1))
@with_here
def article(here: Here, lane: str, article: int) -> None:
    """Set a lane's article."""
    desk = here.acting()
    number = desk.lanes.number(lane_named(lane))
    _show(here, desk, number, lambda: desk.lanes.set_article(number, article))


@command.command("skip", shares=ACTS, help=_("Move the line's head past tickets that left; anyone may."))
@click.argument("lane")
@click.option(
    "--words",
    type=click.IntRange(1, 1000),
    metavar="N",
    default=16,
    show_default=True,
    help=_("Of 256 turns."),
)
@with_here
def skip(here: Here, lane: str, words: int) -> None:
    """Skip turns of tickets that left the middle of the line."""
    desk = here.acting()
    number = desk.lanes.number(lane_named(lane))
    _show(here, desk, number, lambda: desk.lanes.skip(number, words))


def _show(here: Here, desk: Any, number: int, act: Any) -> None:
    def read() -> tuple[str, dict[str, Any]]:
        lane = desk.lanes.get(number)
        told = _("lane {lane}: article {article}, closed {closed}, {waiting} waiting").format(
            lane=name_of(desk.deployment.lanes, number),
            article=lane.article or _("none"),
            closed=yes_or_no(lane.closed),
            waiting=lane.waiting,
        )
        return told, {"lane": with_names(desk, lane)}

    show_reread(here.out, wrapped(act), read)
