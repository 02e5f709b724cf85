"""`proofdesk anchor`: what waits in the desk's queue dated on chain, many values under one root."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from proofdesk._words import moment
from proofdesk.cli._command import CARRYING, CHAIN, KEY, KEYS, OUTPUT, READS_RECORDS, RECORDS, Branch
from proofdesk.cli._failures import Interrupted
from proofdesk.cli._here import Here, with_here
from proofdesk.cli._language import _
from proofdesk.cli._saying import saying
from proofdesk.cli._values import as_span, jsonable, one_line_document, short, span, when

if TYPE_CHECKING:
    from proofdesk.ops.anchoring import Anchorer, Step

command = Branch(
    "anchor",
    short_help=_("Date messages and the access log on chain."),
    help=_(
        "Date what waits in the desk's queue, such as messages and the access log: many values go into one "
        "Merkle tree, whose root is dated on chain. It takes gas and no role."
    ),
)


def _age(_context: click.Context, _option: click.Parameter, text: str) -> timedelta:
    found = as_span(text)
    if found is None:
        raise click.BadParameter(_("{text}: write a span such as 30s, 5m or 2h").format(text=text))
    return found


@command.command(
    "run",
    shares=(KEY, KEYS, CARRYING, CHAIN, RECORDS, OUTPUT),
    short_help=_("Anchor what waits, until interrupted."),
    help=_(
        "Anchor what waits in the queue, until interrupted. Several may run, each with an account of its "
        "own: one is at work, and the others take over where it is stopped."
    ),
)
@click.option(
    "--count",
    metavar="N",
    type=click.IntRange(1, 100_000),
    default=1000,
    show_default=True,
    help=_("Anchor as soon as so many wait, and at most so many under one root."),
)
@click.option(
    "--age",
    metavar="SPAN",
    callback=_age,
    default="60s",
    show_default=True,
    help=_("Anchor what has waited for so long, be it alone."),
)
@click.option("--once", is_flag=True, help=_("Anchor all that waits now, and end."))
@click.option(
    "--poll",
    metavar="SECONDS",
    type=click.FloatRange(0.05, 3600),
    default=1.0,
    show_default=True,
    help=_("How often to look into the queue."),
)
@with_here
def run(here: Here, /, count: int, age: timedelta, once: bool, poll: float) -> None:
    """Anchor once, or until interrupted."""
    # Late, here and below: help and completion need none of it.
    from proofdesk.ops.anchoring import Anchorer

    anchorer = Anchorer(here.acting(), count, age)
    if once:
        with saying(here, "proofdesk.anchoring"):
            found = anchorer.step(everything=True)
        here.out.fields(_value(found), _rows(found))
        return
    _begin(here, anchorer)
    values = 0

    def told(found: Step) -> None:
        nonlocal values
        values += found.values
        if here.out.json:
            print(one_line_document(_value(found)), flush=True)

    with saying(here, "proofdesk.anchoring", in_lines=True):
        try:
            anchorer.run(threading.Event(), poll=poll, told=told)
        except KeyboardInterrupt:
            stopped = _("stopped after {count} values; the same command goes on")
            raise Interrupted(stopped.format(count=values)) from None


@command.command(
    "status",
    shares=READS_RECORDS,
    short_help=_("Show what waits to be anchored."),
    help=_("Show what waits to be anchored, since when, and what is being anchored; nothing is sent."),
)
@with_here
def status(here: Here) -> None:
    """Show the queue."""
    from proofdesk.ops.anchoring import survey

    desk = here.desk()
    with here.out.working(_("Reading …")):
        found = survey(desk)
    rows = [
        (_("waiting"), f"{found.waiting}"),
        (_("the first since"), "" if found.since is None else _since(found.since, found.now)),
    ]
    if found.begun is not None:
        trees = _("{count} trees by {account}, since {since}").format(
            count=len(found.begun.roots), account=found.begun.by, since=_since(found.begun.since, found.now)
        )
        rows.append((_("being anchored"), trees))
    here.out.fields(
        jsonable(
            {
                "waiting": found.waiting,
                "since": None if found.since is None else moment(int(found.since)),
                "begun": found.begun
                and {
                    "roots": found.begun.roots,
                    "by": found.begun.by,
                    "since": moment(int(found.begun.since)),
                },
            }
        ),
        rows,
    )


def _begin(here: Here, anchorer: Anchorer) -> None:
    desk = anchorer.desk.deployment.desk
    if here.out.json:
        print(one_line_document({"anchorer": anchorer.address, "desk": desk}), flush=True)
    here.out.say(
        _("Anchoring for desk {desk} as {account}; Ctrl-C ends it.").format(
            desk=desk, account=anchorer.address
        )
    )


def _value(found: Step) -> Any:
    due = None if found.next is None else moment(int(found.next))
    return jsonable({"roots": found.roots, "values": found.values, "waiting": found.waiting, "next": due})


def _rows(found: Step) -> list[tuple[str, str]]:
    return [
        (_("anchored"), f"{found.values}"),
        (_("under"), ", ".join(map(short, found.roots))),
        (_("waiting"), f"{found.waiting}"),
    ]


def _since(since: float, now: float) -> str:
    waited = span(timedelta(seconds=max(0, now - since)))
    return _("{moment}, for {span}").format(moment=when(moment(int(since))), span=waited)
