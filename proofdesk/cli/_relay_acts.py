"""Acts handed to a relayer, asked after, and its word judged by the chain; where a relayer's queue is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from proofdesk._errors import ConfigurationError, InvalidArgument
from proofdesk._files import write_atomically
from proofdesk._json import parse
from proofdesk.cli._act_files import (
    STDIN,
    acknowledgement_beside,
    contents_of,
    name_of_file,
    read_acts,
    record_beside,
)
from proofdesk.cli._command import LOCAL, READS, Branch, Leaf
from proofdesk.cli._database import database_option
from proofdesk.cli._failures import FOUND
from proofdesk.cli._here import Here
from proofdesk.cli._language import _
from proofdesk.cli._relay_client import RelayClient
from proofdesk.cli._values import jsonable, one_line_document, when

if TYPE_CHECKING:
    from proofdesk.ops.relay import Acknowledgement, Answer
    from proofdesk.ops.relay.control import Control
    from proofdesk.signed import SignedAct

QUEUE = database_option(
    "PROOFDESK_QUEUE",
    _("Where the queue is; relay/CHAIN/DESK.db by default, or a URL as SQLAlchemy takes it."),
)
_TO = click.option(
    "--to",
    metavar="URL",
    envvar="PROOFDESK_RELAYER",
    show_envvar=True,
    help=_("The relayer's address."),
)


def add_to(group: Branch) -> None:
    """Give the group what concerns acts."""
    for one in (submit, fate, judge):
        group.add_command(one)


@click.command(
    "submit",
    cls=Leaf,
    shares=LOCAL,
    short_help=_("Hand signed acts to a relayer."),
    help=_(
        "Hand signed acts to a relayer, each with the record that stands beside it; what it acknowledges is "
        "kept beside the act. Exit code 1 if any was refused."
    ),
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--record", "records", metavar="FILE", multiple=True, help=_("A record to go along."))
@_TO
@click.pass_context
def submit(context: click.Context, files: tuple[str, ...], records: tuple[str, ...], to: str | None) -> None:
    """Submit signed acts."""
    here = Here(context)
    if to is None:
        raise click.UsageError(_("which relayer? Give --to URL, or set PROOFDESK_RELAYER"))
    client = RelayClient(to)
    found = [(file, place, act) for file in files for place, act in read_acts([file])]
    beside = [str(record_beside(Path(file))) for file in files if file != STDIN]
    kept = [_record(path) for path in (*records, *filter(_exists, beside))]
    words = [word for file in dict.fromkeys(files) if file != STDIN for word in _words_beside(Path(file))]
    answers = client.submit([act for _file, _place, act in found], kept, words)
    _keep_acknowledgements([(file, answer) for (file, *_), answer in zip(found, answers, strict=True)])
    _show_answers(here, [(place, act) for _file, place, act in found], answers)
    if any(_refusal(answer) for answer in answers):
        context.exit(FOUND)


@click.command(
    "fate",
    cls=Leaf,
    shares=READS,
    short_help=_("Show what became of an act that was handed in."),
    help=_(
        "Show what became of an act, by its DIGEST or its file: as the relayer at --to says, or as the queue "
        "here has it. Exit code 1 if it was refused, or never acknowledged."
    ),
)
@click.argument("digest", metavar="DIGEST|FILE")
@_TO
@QUEUE
@click.pass_context
def fate(context: click.Context, digest: str, to: str | None, database: str | None) -> None:
    """Show an act's fate."""
    here = Here(context)
    if not re.fullmatch("0x[0-9a-fA-F]{64}", digest):
        if not _exists(digest):
            raise click.UsageError(_("{text} is neither a digest nor a file of an act").format(text=digest))
        ((_place, act),) = read_acts([digest])[:1]
        digest = act.digest
    if to is not None:
        found = RelayClient(to).fate(digest)
    else:
        with control_of(here, database) as control:
            found = control.fate(digest)
    if found is None:
        here.out.nothing(None, _("act {digest} was never acknowledged there").format(digest=digest))
        context.exit(FOUND)
    here.out.fields(
        found.to_json(),
        [
            (_("act"), digest),
            (_("stage"), stages()[found.stage.value]),
            (_("transaction"), found.tx_hash or ""),
            (_("block"), "" if found.block is None else str(found.block)),
            (_("promised by"), _moment(found.acknowledgement.include_by)),
            (_("refused"), "" if found.refusal is None else f"{found.refusal.code}: {found.refusal.words}"),
        ],
    )
    if found.refusal is not None:
        context.exit(FOUND)


@click.command(
    "judge",
    cls=Leaf,
    shares=READS,
    short_help=_("Judge by the chain whether a relayer kept its word."),
    help=_(
        "Judge by the chain alone whether a relayer kept its word: ACK is what it acknowledged, FILE the "
        "signed act. Exit code 1 if the act came late, or did not come."
    ),
)
@click.argument("ack", metavar="ACK")
@click.argument("file", metavar="FILE")
@click.pass_context
def judge(context: click.Context, ack: str, file: str) -> None:
    """Judge an acknowledgement."""
    here = Here(context)
    # Late: see above.
    from proofdesk.ops.relay import Acknowledgement
    from proofdesk.ops.relay import judge as judged

    acts = {act.digest: act for _place, act in read_acts([file])}
    given = [Acknowledgement.from_json(text) for text in contents_of(ack)]
    desk = here.desk()
    rows, values, is_broken = [], [], False
    for one in given:
        if one.act not in acts:
            raise InvalidArgument(
                _("{ack} is of act {digest}, which {file} does not hold").format(
                    ack=name_of_file(ack), digest=one.act, file=name_of_file(file)
                )
            )
        found = judged(one, acts[one.act], desk)
        is_broken |= found.is_broken
        until = _moment(one.include_by)
        values.append({"act": one.act, "relayer": one.relayer, "include_by": until, **jsonable(found)})
        rows.append([one.act, one.relayer, until, _promises()[found.promise.value], found.excuse or ""])
    columns = [_("act"), _("relayer"), _("promised by"), _("promise"), _("would have been refused with")]
    here.out.table(values, columns, rows, empty="")
    if is_broken:
        context.exit(FOUND)


def needs_extra(*modules: str) -> None:
    """Refuse to go on without what a relayer is made of; raises ConfigurationError."""
    if not all(map(find_spec, modules)):
        raise ConfigurationError(_('relaying needs its extra: pip install "proofdesk[relay]"'))


def queue_place(here: Here, database: str | None, *, make: bool = False) -> str | Path:
    """Where a desk's queue is; raises ConfigurationError where there is none and none is to be made."""
    deployment = here.deployment()
    place: str | Path = database or Path("relay") / str(deployment.chain_id) / f"{deployment.desk}.db"
    if "://" not in str(place):
        if not make and not Path(place).exists():
            raise ConfigurationError(
                _("there is no queue {place}: proofdesk relay run makes it").format(place=place)
            )
        if make and database is None:
            Path(place).parent.mkdir(parents=True, exist_ok=True)
    return place


def control_of(here: Here, database: str | None) -> Control:
    """The queue, to look at and to halt; raises ConfigurationError."""
    needs_extra("sqlalchemy")
    from proofdesk.ops.relay.control import Control

    return Control(queue_place(here, database), here.deployment())


def stages() -> Mapping[str, str]:
    """How far an act has come, for people."""
    return {
        "queued": _("queued"),
        "sent": _("sent"),
        "mined": _("mined"),
        "done": _("done"),
        "refused": _("refused"),
    }


def _promises() -> Mapping[str, str]:
    return {
        "kept": _("kept"),
        "open": _("open still"),
        "late": _("broken: it came late"),
        "broken": _("broken: it did not come"),
    }


def _show_answers(here: Here, found: Sequence[tuple[str, SignedAct]], answers: Sequence[Answer]) -> None:
    rows, values = [], []
    for (place, act), answer in zip(found, answers, strict=True):
        refusal = _refusal(answer)
        value: dict[str, Any] = {"file": place, "act": act.act, "ticket": act.ticket_id, "digest": act.digest}
        values.append({**value, "refusal" if refusal else "acknowledgement": answer.to_json()})
        rows.append([place, act.act, act.ticket_id, refusal or _acknowledged(answer)])
    here.out.table(values, [_("file"), _("act"), _("ticket"), _("answer")], rows, empty="")


def _acknowledged(answer: Any) -> str:
    return _("acknowledged: on chain by {moment}").format(moment=_moment(answer.include_by))


def _moment(seconds: int) -> str:
    """A moment that a relayer named; one that no calendar has, by its number."""
    try:
        return when(datetime.fromtimestamp(seconds, timezone.utc))
    except (ValueError, OverflowError, OSError):
        return str(seconds)


def _refusal(answer: Any) -> str:
    """Why an act was refused, for people; empty where it was acknowledged."""
    if not hasattr(answer, "code"):
        return ""
    told = _("refused, {code}: {words}").format(code=answer.code, words=answer.words)
    later = _("again in {seconds} s").format(seconds=answer.retry_after) if answer.retry_after else ""
    return f"{told} ({later})" if later else told


def _words_beside(file: Path) -> list[Acknowledgement]:
    """What was acknowledged of a file's acts before, and kept beside it."""
    # Late: see above.
    from proofdesk.ops.relay import Acknowledgement

    beside = acknowledgement_beside(file)
    if not beside.exists():
        return []
    return [Acknowledgement.from_json(text) for text in contents_of(str(beside))]


def _keep_acknowledgements(answers: Sequence[tuple[str, Answer]]) -> None:
    """Keep what was acknowledged beside the acts, one a line: it is the proof that the relayer had them."""
    for file in dict.fromkeys(file for file, _answer in answers if file != STDIN):
        given = [answer.to_json() for name, answer in answers if name == file and not _refusal(answer)]
        if given:
            content = "".join(f"{one_line_document(each)}\n" for each in given).encode()
            write_atomically(acknowledgement_beside(Path(file)), content)


def _record(path: str) -> Any:
    """A record as it stands in a file; its contents are in no error."""
    try:
        return parse(Path(path).read_bytes())
    except ValueError:
        raise InvalidArgument(
            _("{path} is no record: that is JSON, as --with-record writes it").format(path=path)
        ) from None


def _exists(path: str) -> bool:
    return Path(path).is_file()
