"""`proofdesk records`: who reads a desk's records, opened to others, erased, and the log of all that."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from proofdesk._contract_errors import UnknownTicket
from proofdesk._errors import ContentErased, ContentMissing, ContentSealed, InvalidArgument
from proofdesk._models import Status
from proofdesk.cli._command import KEEPS, KEY_LIKE, READS_RECORDS, WRITES, Branch
from proofdesk.cli._contents import address_named, content_options, ticket_named, wrapped, written
from proofdesk.cli._failures import Interrupted
from proofdesk.cli._here import Here, with_here
from proofdesk.cli._language import _
from proofdesk.cli._privacy_texts import problem_of
from proofdesk.cli._texts import show_result
from proofdesk.cli._values import jsonable, short, when

if TYPE_CHECKING:
    from proofdesk._desk import Desk
    from proofdesk._models import Result
    from proofdesk.privacy.access_entry import Access
    from proofdesk.privacy.keys import Reader
    from proofdesk.privacy.readership import Reading
    from proofdesk.privacy.rewraps import Rewrapped

R = TypeVar("R")

_ENTRY = 66  # characters

command = Branch(
    "records",
    short_help=_("Who reads records; open, close and erase them."),
    help=_(
        "See who reads a desk's records, open tickets to others, erase records, and read the log of that."
    ),
)


@command.command(
    "readers",
    shares=READS_RECORDS,
    short_help=_("Show who can open a record or a ticket's records."),
    help=_(
        "Show who can open a record, or each of a ticket's, since when and by whose hand. TARGET is an "
        "entry, a ticket's id, or the beginning of that."
    ),
)
@click.argument("target", metavar="TARGET")
@with_here
def readers(here: Here, target: str) -> None:
    """Show readers."""
    desk = here.desk()
    with here.out.working(_("Reading …")):
        entries = _entries(desk, target)
        found = [(what, *_readers(desk, entry)) for what, entry in entries]
    values, rows = [], []
    for (what, value, known), (_what, entry) in zip(found, entries, strict=True):
        values.append({"entry": entry, "what": what, **value})
        rows += [[what, short(entry), *cells] for cells in _cells(value, known)]
    columns = [_("record"), _("entry"), _("reader"), _("since"), _("by"), _("log")]
    here.out.table(values, columns, rows, empty="")


@command.command(
    "grant",
    shares=KEEPS,
    short_help=_("Open a ticket's records to somebody."),
    help=_(
        "Open a ticket's records and messages to somebody, those to come too: READER is an account that has "
        "published a key, or with --name a public key. Its customer may, a supervisor, and KEYS_EDITOR. "
        "Nothing is sent."
    ),
)
@click.argument("id_", metavar="TICKET")
@click.argument("reader")
@click.option("--name", metavar="NAME", help=_("Who has the public key READER."))
@click.option("--reads", metavar="KIND,…", help=_("The kinds of records; all by default, notes too."))
@with_here
def grant(here: Here, id_: str, reader: str, name: str | None, reads: str | None) -> None:
    """Grant a ticket."""
    to = _reader(reader, name)
    kinds = None if reads is None else [each.strip() for each in reads.split(",")]
    desk = _keeping(here)
    ticket = ticket_named(desk, id_)
    done = _finished(lambda: desk.records.grant(ticket, to, kinds=kinds))
    _show_rewrapped(here, ticket, reader, done, _("open to {reader}: {count} records"))


@command.command(
    "revoke",
    shares=KEEPS,
    short_help=_("Close a ticket's records to somebody again."),
    help=_("Close a ticket to whom it was opened; what he has read he may have kept. Nothing is sent."),
)
@click.argument("id_", metavar="TICKET")
@click.argument("reader")
@click.option("--name", metavar="NAME", help=_("Who has the public key READER."))
@with_here
def revoke(here: Here, id_: str, reader: str, name: str | None) -> None:
    """Revoke a grant."""
    to, desk = _reader(reader, name), _keeping(here)
    ticket = ticket_named(desk, id_)
    done = _finished(lambda: desk.records.revoke(ticket, to))
    told = _("closed to {reader}: {count} records")
    if not done.records and not done.sealed:
        told = _("no record was open to {reader} by a grant: nothing changed")
    _show_rewrapped(here, ticket, reader, done, told)


@command.command(
    "rewrap",
    shares=KEEPS,
    short_help=_("Seal a ticket's records to whom they are for now."),
    help=_(
        "Seal a ticket's records and messages to whom they are for now, by registry and access log: what was "
        "written by who could not know all of them, too. Nothing is sent. Of every ticket: proofdesk key "
        "rewrap."
    ),
)
@click.argument("id_", metavar="TICKET")
@click.option("--anew", is_flag=True, help=_("Make each wrap again, for a reader whose own does not open."))
@with_here
def rewrap(here: Here, id_: str, anew: bool) -> None:
    """Re-wrap a ticket."""
    desk = _keeping(here)
    ticket = ticket_named(desk, id_)
    done = _finished(lambda: desk.records.rewrap(ticket, anew=anew))
    value = {"ticket": ticket, "records": done.records, "sealed": done.sealed}
    here.out.result(value, _("re-wrapped: {count} records").format(count=done.records))
    _tell_sealed(here, done)


@command.command(
    "erase",
    shares=WRITES,
    short_help=_("Erase a record or a ticket's records, for ever."),
    help=_(
        "Erase a record by its entry, or all of a ticket's with its messages. That it was, by whom and on "
        "which ground the log says for ever; whoever can add to the ticket may. Run again, it is finished."
    ),
)
@click.argument("target", metavar="TARGET")
@click.option(
    "--ground",
    metavar="TEXT",
    required=True,
    help=_("The legal ground: a text, or the name of one, such as consent-withdrawn."),
)
@click.option(
    "--to",
    type=click.Choice([status.name.lower() for status in Status if status]),
    metavar="STATUS",
    help=_("Move the ticket along, where its status admits nothing else."),
)
@with_here
def erase(here: Here, target: str, ground: str, to: str | None) -> None:
    """Erase records."""
    from proofdesk.privacy.erasing import Ground

    grounds = {each.name.lower().replace("_", "-"): each for each in Ground}
    said = grounds.get(ground, ground)
    # It stands in the log for ever: a slip in a name shall not.
    if said == ground and re.fullmatch("[a-z]+(-[a-z]+)+", ground):
        known = ", ".join(grounds)
        raise click.UsageError(
            _("no ground has the name {ground}: write one of {known}, or a text").format(
                ground=ground, known=known
            )
        )
    desk = here.acting()
    entry = target if len(target) == _ENTRY else ticket_named(desk, target)
    here.confirm(_("Erase {target} for ever, wherever the store reaches?").format(target=entry))
    status = None if to is None else Status[to.upper()]
    height = int(here.node().request("eth_blockNumber"), 16)
    result = wrapped(lambda: desk.records.erase(entry, ground=said, to=status))
    if result.block <= height:
        _show_earlier(here, desk, entry, result)
        return
    told = _("erased {target}; backups and other copies are for you to look after").format(target=entry)
    show_result(here.out, result, told, {"erased": entry, "ground": getattr(said, "value", said)})


@command.command(
    "log",
    shares=READS_RECORDS,
    short_help=_("Show the log of who may read what."),
    help=_(
        "Show the access log, as far as --keys reads it. With --check every link and signature is checked "
        "first; exit code 6 if one is wrong."
    ),
)
@click.option("--check", is_flag=True, help=_("Check links and signatures."))
@with_here
def log(here: Here, /, check: bool) -> None:
    """Show the access log."""
    desk = here.desk()
    with here.out.working(_("Reading …")):
        found = desk.records.check_access() if check else desk.records.access()
    here.out.table(
        [jsonable(each) for each in found],
        [_("no."), _("at"), _("what"), _("by"), _("details")],
        [
            [str(each.number), when(each.at), each.action or _("sealed"), each.by, _details(each)]
            for each in found
        ],
        empty=_("nothing was logged"),
    )


@command.command(
    "message",
    shares=KEEPS,
    short_help=_("Say something on a ticket, as in a chat."),
    help=_("Say something on a ticket outside its acts, as in a chat; it is anchored with others, soon."),
)
@click.argument("id_", metavar="TICKET")
@content_options
@with_here
def message(here: Here, /, id_: str, **said: Any) -> None:
    """Add a message."""
    desk = _keeping(here)
    ticket = desk.tickets.get(ticket_named(desk, id_)).id
    made = written(
        desk,
        said,
        kinds=("message",),
        ticket=ticket,
        act=lambda opening: desk.records.message(ticket, opening),
        required=True,
    )
    told = _("message {number} of ticket {ticket}").format(number=made.number, ticket=ticket)
    here.out.result({"ticket": ticket, "number": made.number, "entry": made.entry}, told)


@command.command("messages", shares=READS_RECORDS, help=_("Show a ticket's messages, as far as they open."))
@click.argument("id_", metavar="TICKET")
@with_here
def messages(here: Here, id_: str) -> None:
    """Show messages."""
    desk = here.desk()
    found = desk.records.messages(ticket_named(desk, id_))
    values, rows = [], []
    for each in found:
        record, problem = each.record, None if each.problem is None else problem_of(each.problem)
        value = {"number": each.number, "entry": each.entry, "problem": problem}
        values.append(value | {"record": None if record is None else jsonable(record.to_json())})
        at, by = (when(record.created_at), record.author) if record else ("", "")
        rows.append([str(each.number), at, by, f"! {problem}" if problem else (record and record.body) or ""])
    here.out.table(values, [_("no."), _("at"), _("by"), _("words")], rows, empty=_("no messages"))


def _show_earlier(here: Here, desk: Desk, target: str, result: Result) -> None:
    """That an erasure was on chain before: nothing was logged now, this call's ground neither."""
    act = result.acts[0]
    ground = desk.records.read(act.entry).data.get("ground")
    told = _(
        "{target} was erased before, by {account} on {at} (ground: {ground}); nothing was written now, your "
        "ground neither"
    ).format(target=target, account=act.actor, at=when(act.at), ground=ground)
    show_result(here.out, result, told, {"erased": target, "ground": ground, "was_erased": True})


def _keeping(here: Here) -> Desk:
    """The desk with an account, for what changes the store alone."""
    if here.dry_run:
        raise click.UsageError(_("nothing is sent, so that there is no gas to show: leave --dry-run out"))
    return here.acting()


def _finished(change: Callable[[], R]) -> R:
    try:
        return change()
    except KeyboardInterrupt:
        raise Interrupted(_("interrupted: run the same command again, and it is finished")) from None


def _reader(text: str, name: str | None) -> Reader | str:
    """Whom a ticket is opened to; raises UsageError, InvalidArgument."""
    if not KEY_LIKE.fullmatch(text):
        return address_named(text, "READER")
    if name is None:
        raise click.UsageError(_("READER is 64 hex digits: if it is a public key, say whose by --name NAME"))
    # Late: help and completion need none of it.
    from proofdesk._words import to_bytes
    from proofdesk.privacy.keys import Reader

    return Reader(name, to_bytes(text, 32, "public key"))


def _show_rewrapped(here: Here, ticket: str, reader: str, done: Rewrapped, told: str) -> None:
    value = {"ticket": ticket, "reader": reader, "records": done.records, "sealed": done.sealed}
    here.out.result(value, told.format(reader=reader, count=done.records))
    _tell_sealed(here, done)


def _tell_sealed(here: Here, done: Rewrapped) -> None:
    if done.sealed:
        here.out.say(
            _("{count} records do not open to these keys: whoever reads them runs the same command").format(
                count=len(done.sealed)
            )
        )


def _entries(desk: Desk, target: str) -> list[tuple[str, str]]:
    """The entries that are meant, each with what it is; raises InvalidArgument, ConnectionLost."""
    ticket = target
    if len(target) == _ENTRY:
        try:
            ticket = desk.tickets.get(target).id
        except UnknownTicket:
            return [("", target)]
    ticket = ticket_named(desk, ticket)
    acts = {act.entry: _("act {number}").format(number=act.number) for act in desk.tickets.acts(ticket)}
    found = [(what, entry) for entry, what in acts.items() if int(entry, 16)]
    try:
        said = desk.records.messages(ticket)
    except (ContentMissing, ContentSealed):
        said = []
    return [*found, *((_("message {number}").format(number=each.number), each.entry) for each in said)]


def _readers(desk: Desk, entry: str) -> tuple[dict[str, Any], Sequence[Reading]]:
    """Who opens an entry, for JSON and as it was found; of what nobody opens the problem."""
    try:
        found = desk.records.readers(entry)
    except (ContentErased, ContentMissing, InvalidArgument) as error:
        return {"problem": problem_of(error), "readers": [], "unknown": None}, ()
    known = [jsonable(each) for each in found.known]
    return {"problem": None, "readers": known, "unknown": found.unknown}, found.known


def _cells(value: dict[str, Any], known: Sequence[Reading]) -> list[list[str]]:
    if value["problem"]:
        return [[f"! {value['problem']}", "", "", ""]]
    cells = [[each.name, when(each.since), each.by or "", str(each.number or "")] for each in known]
    if value["unknown"] is None:
        cells.append([_("others are not told from decoys without a key that opens it"), "", "", ""])
    elif value["unknown"]:
        cells.append([_("{count} unknown").format(count=value["unknown"]), "", "", ""])
    return cells


def _details(access: Access) -> str:
    shown = (
        f"{name} {', '.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in access.details.items()
        if value not in (None, [])
    )
    return "; ".join(shown)
