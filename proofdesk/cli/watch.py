"""`proofdesk watch`: the desk's events as they come, a line each."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from proofdesk._errors import ConfigurationError
from proofdesk._files import write_atomically
from proofdesk._json import parse
from proofdesk._models import Act
from proofdesk.cli._command import READS, Leaf
from proofdesk.cli._contents import lane_number
from proofdesk.cli._failures import Interrupted
from proofdesk.cli._here import Here, with_here
from proofdesk.cli._language import _
from proofdesk.cli._texts import name_of, status_of, with_names
from proofdesk.cli._values import jsonable, on_one_line, one_line_document, short, when
from proofdesk.live.reader import Header, Position

if TYPE_CHECKING:
    from proofdesk._desk import Desk
    from proofdesk.live.watch import Orphaned, Seen

FORMAT = "proofdesk-position/1"


@click.command(
    "watch",
    cls=Leaf,
    shares=READS,
    short_help=_("Show the desk's events as they come."),
    help=_("Show the desk's events as they come, a line each; with --json a document a line."),
)
@click.option(
    "--since", metavar="BLOCK", type=click.IntRange(0), help=_("From this block on; else from now.")
)
@click.option(
    "--resume",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help=_("Keep the place in this file, and go on from it."),
)
@click.option("--lane", metavar="LANE", help=_("Only acts of a lane."))
@click.option("--count", metavar="N", type=click.IntRange(1), help=_("End after so many lines."))
@click.option(
    "--poll",
    metavar="SECONDS",
    type=click.FloatRange(0.05, 3600),
    default=2.0,
    show_default=True,
    help=_("How often to ask a node that does not tell by itself."),
)
@with_here
def command(
    here: Here, since: int | None, resume: Path | None, lane: str | None, count: int | None, poll: float
) -> None:
    """Print events until interrupted."""
    start: Position | int | None = since
    if resume is not None and resume.exists():
        if since is not None:
            raise click.UsageError(_("--since and {file} both say where to begin").format(file=resume))
        start = _read(resume)
    desk = here.desk()
    number = None if lane is None else lane_number(desk, lane)
    here.out.say(_("Watching desk {desk}; Ctrl-C ends it.").format(desk=desk.deployment.desk))
    shown, last = 0, None
    is_table = not (here.out.json or sys.stdout.isatty())
    if is_table:
        print("\t".join((_("at"), _("block"), _("lane"), _("ticket"), _("event"), _("by"))))
    try:
        for item in desk.watch(start, poll=poll):
            last = item
            if number is None or _lane_of(item) in (None, number):
                if here.out.json:
                    print(_document(desk, item))
                else:
                    cells = map(on_one_line, _cells(desk, item))
                    print("\t".join(cells) if is_table else "  ".join(filter(None, cells)))
                # Whoever reads a pipe wants it now; what is kept as read was shown before.
                sys.stdout.flush()
                shown += 1
            if resume is not None:
                write_atomically(resume, _document_of(item.position))
            if shown == count:
                return
    except KeyboardInterrupt:
        raise Interrupted(_told(last, resume)) from None


def _told(last: Seen | Orphaned | None, resume: Path | None) -> str:
    if last is None:
        return _("stopped: nothing was seen")
    if resume is not None:
        return _("stopped: the same command goes on where this one stopped")
    return _("stopped: --since {block} goes on from the last block that was seen").format(block=last.block)


def _lane_of(item: Seen | Orphaned) -> int | None:
    """The lane that an item is of; None for a block that was taken back, which concerns everybody."""
    event = getattr(item, "event", None)
    if isinstance(event, Act):
        return event.lane
    return None if event is None else 0


def _cells(desk: Desk, item: Seen | Orphaned) -> tuple[str, ...]:
    """Moment, block, lane, ticket, what happened, by whom; what an event has none of is empty."""
    event, block = getattr(item, "event", None), str(item.block)
    if event is None:
        gone = _("! block {block} left the chain: what was shown of it did not happen").format(block=block)
        return ("", "" if sys.stdout.isatty() else block, "", "", gone, "")
    if isinstance(event, Act):
        lane = name_of(desk.deployment.lanes, event.lane)
        ticket = short(event.ticket_id) if sys.stdout.isatty() else event.ticket_id
        what = f"{event.kind.name.lower()} → {status_of(event.status)}"
        return (when(event.at), block, lane, ticket, what, event.actor)
    arguments = " ".join(f"{name}={value}" for name, value in event.arguments.items())
    return ("", block, "", "", f"{event.name} {arguments}", "")


def _document(desk: Desk, item: Seen | Orphaned) -> str:
    event = getattr(item, "event", None)
    found: dict[str, Any] = {"block": item.block, "block_hash": item.block_hash}
    if event is None:
        return one_line_document({"type": "orphaned", **found})
    if isinstance(event, Act):
        return one_line_document({"type": "act", **found, **with_names(desk, event)})
    return one_line_document({"type": "event", **found, **jsonable(event)})


def _document_of(position: Position) -> bytes:
    return json.dumps({"format": FORMAT, **asdict(position)}).encode() + b"\n"


def _read(file: Path) -> Position:
    try:
        found = parse(file.read_bytes())
        if found["format"] != FORMAT:
            raise ValueError
        headers = tuple(Header(**header) for header in found["headers"])
        return Position(found["genesis"], headers, found["first"])
    except (ValueError, TypeError, KeyError):
        raise ConfigurationError(
            _("{file} keeps no place of proofdesk watch: name another, or delete it to begin anew").format(
                file=file
            )
        ) from None
