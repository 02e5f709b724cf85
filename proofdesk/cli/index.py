"""`proofdesk index`: a desk's events in a database, brought up to the chain, checked, rebuilt, shown."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from proofdesk._errors import ConfigurationError, ProofdeskError
from proofdesk.cli._command import READS, Branch
from proofdesk.cli._database import database_option
from proofdesk.cli._failures import FOUND, Interrupted
from proofdesk.cli._here import Here, with_here
from proofdesk.cli._language import _
from proofdesk.cli._values import jsonable, one_line_document

if TYPE_CHECKING:
    from proofdesk.ops.index import Index, Progress

_DATABASE = database_option(
    "PROOFDESK_INDEX",
    _("Where the index is; index/CHAIN/DESK.db by default, or a URL as SQLAlchemy takes it."),
)

command = Branch(
    "index",
    short_help=_("Keep the desk's events in a database."),
    help=_("Keep the desk's events in a database, for history, reports and SQL."),
)


@command.command(
    "run",
    shares=READS,
    short_help=_("Bring the index up to the chain."),
    help=_("Bring the index up to the chain, from where it stopped; made where there is none."),
)
@_DATABASE
@click.option("--follow", is_flag=True, help=_("Go on until interrupted."))
@click.option(
    "--poll",
    metavar="SECONDS",
    type=click.FloatRange(0.05, 3600),
    default=4.0,
    show_default=True,
    help=_("How often to look for new blocks with --follow."),
)
@with_here
def run(here: Here, database: str | None, follow: bool, poll: float) -> None:
    """Read the chain into the index."""
    is_stream = follow and here.out.json
    with _opened(here, database, make=True) as index:
        try:
            with here.out.steps(_("Reading")) as show:

                def told(batch: Progress) -> None:
                    show(batch.block, batch.head, _batch(batch))
                    if is_stream:
                        _print_line(batch)

                index.update(here.node(), progress=told)
            if not is_stream:
                _show(here, index)
            if follow:
                here.out.say(_("Following desk {desk}; Ctrl-C ends it.").format(desk=index.deployment.desk))
                for batch in index.follow(here.node(), interval=poll, lost=lambda lost: _lost(here, lost)):
                    here.out.say(_batch(batch))
                    if is_stream:
                        _print_line(batch)
        except KeyboardInterrupt:
            block = index.state().block
            raise Interrupted(
                _("stopped: everything up to block {block} is in the index; the same command goes on").format(
                    block=block
                )
            ) from None


@command.command(
    "check",
    shares=READS,
    short_help=_("Compare the index with the contracts."),
    help=_("Compare every lane, ticket and certificate with the contracts; exit code 1 if any differs."),
)
@_DATABASE
@click.pass_context
def check(context: click.Context, database: str | None) -> None:
    """Report the first difference, and how many there are."""
    here = Here(context)
    with _opened(here, database) as index, here.out.working(_("Checking …")):
        found = index.check(here.node())
    rows = [
        (_("block"), f"{found.block}"),
        (_("lanes"), f"{found.lanes}"),
        (_("tickets"), f"{found.tickets}"),
        (_("certificates"), f"{found.certificates}"),
        (_("differences"), f"{found.differences}"),
        (_("the first"), found.first or ""),
    ]
    here.out.fields(jsonable(found), rows)
    if found.differences:
        if found.is_incomplete:
            here.out.say(f"{found.advice}")
        else:
            here.out.say(_("What was derived is made anew by: proofdesk index rebuild"))
        context.exit(FOUND)


@command.command(
    "rebuild",
    shares=READS,
    short_help=_("Derive tickets, lanes and certificates anew."),
    help=_("Derive tickets, lanes and certificates anew from the events that the index has."),
)
@_DATABASE
@with_here
def rebuild(here: Here, database: str | None) -> None:
    """Make the derived tables again."""
    with _opened(here, database) as index:
        with here.out.working(_("Rebuilding …")):
            index.rebuild()
        _show(here, index)


@command.command(
    "show",
    shares=READS,
    short_help=_("Show how far the index goes."),
    help=_("Show how far the index goes, and how much is in it."),
)
@_DATABASE
@with_here
def show(here: Here, database: str | None) -> None:
    """Show the index."""
    with _opened(here, database) as index:
        _show(here, index)


def _show(here: Here, index: Index) -> None:
    state, (events, orphaned) = index.state(), index.counts()
    rows = [
        (_("file"), index.name),
        (_("block"), f"{state.block}"),
        (_("head"), f"{state.head}"),
        (_("finalized"), f"{state.finalized}"),
        (_("events"), f"{events}"),
        (_("orphaned events"), f"{orphaned}"),
    ]
    value = {"file": index.name, **jsonable(state), "events": events, "orphaned_events": orphaned}
    here.out.fields(value, rows)


def _print_line(batch: Progress) -> None:
    # Whoever reads a pipe wants it now.
    print(one_line_document(batch), flush=True)


def _batch(batch: Progress) -> str:
    text = _("block {block}: {events} events").format(block=batch.block, events=batch.events)
    if batch.orphaned:
        text += _(", {orphaned} blocks taken back").format(orphaned=batch.orphaned)
    return text


def _lost(here: Here, lost: ProofdeskError) -> None:
    here.out.say(f"{lost}")


def _opened(here: Here, database: str | None, *, make: bool = False) -> Index:
    if find_spec("sqlalchemy") is None:
        raise ConfigurationError(_('the index needs its extra: pip install "proofdesk[index]"'))
    # Late: SQLAlchemy takes longer to load than all of this.
    from proofdesk.ops.index import Index

    deployment = here.deployment()
    place: str | Path = database or Path("index") / str(deployment.chain_id) / f"{deployment.desk}.db"
    if "://" not in str(place):
        if not make and not Path(place).exists():
            raise ConfigurationError(
                _("there is no index {place}: make it by proofdesk index run").format(place=place)
            )
        if make and database is None:
            Path(place).parent.mkdir(parents=True, exist_ok=True)
    return Index.open(place, deployment)
