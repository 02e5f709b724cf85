"""Acts that are signed instead of sent: the options, and the files that take them to whoever carries them.

Beside `act.json` stand `act.record.json`, what was written, for the desk to keep, and `act.ack.json`, what a
relayer acknowledged.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import click

from proofdesk._errors import ConfigurationError, InvalidArgument
from proofdesk._files import write_atomically
from proofdesk.cli._contents import content_of
from proofdesk.cli._failures import Interrupted
from proofdesk.cli._here import Here
from proofdesk.cli._language import _
from proofdesk.cli._resuming import Fits, resumed
from proofdesk.cli._values import as_span, when

if TYPE_CHECKING:
    from proofdesk._desk import Desk
    from proofdesk._writing import Content
    from proofdesk.signed import SignedAct
    from proofdesk.signed.signing import Deadline

    # Signs what is written until a deadline.
    Sign: TypeAlias = Callable[[Content, Deadline], SignedAct]

F = TypeVar("F", bound=Callable[..., Any])

STDIN = "-"
MOST = 200  # acts that are read at a time
_LONGEST = 4 * 1024 * 1024


def signing_options(command: F) -> F:
    """The options by which a command is told to sign its act, and not to send it."""
    for option in reversed(
        (
            click.option("--sign", metavar="FILE", help=_("Sign it into a file, send nothing; - is stdout.")),
            click.option(
                "--with-record", is_flag=True, help=_("With --sign: what is written too, beside the file.")
            ),
            click.option(
                "--deadline",
                metavar="WHEN",
                help=_("With --sign: how long it holds; 24h by default, 1h for a rating."),
            ),
        )
    ):
        command = option(command)
    return command


def asks_to_sign(here: Here, said: dict[str, Any]) -> bool:
    """Whether an act is to be signed and not sent; raises UsageError for options that do not go together."""
    if said.get("sign") is None:
        if said.get("deadline") is not None or said.get("with_record"):
            raise click.UsageError(_("--deadline and --with-record go with --sign FILE"))
        return False
    if here.dry_run:
        raise click.UsageError(_("--sign sends nothing anyway: leave --dry-run out"))
    if said["sign"] == STDIN and said["with_record"]:
        raise click.UsageError(_("--with-record writes beside a file: give --sign a name"))
    return True


def signed(
    here: Here,
    desk: Desk,
    said: dict[str, Any],
    *,
    kinds: Sequence[str],
    ticket: str | None,
    sign: Sign,
    required: bool,
    fits: Fits,
) -> None:
    """Sign an act, keep its record and write it where it was asked for; raises as `written`, OSError."""
    content: Content = content_of(said, required=required)
    if said["entry"] is not None:
        content = resumed(desk, said["entry"], kinds=kinds, ticket=ticket, fits=fits)
    deadline = None if said["deadline"] is None else deadline_named(said["deadline"])
    paths = [] if said["sign"] == STDIN else [Path(said["sign"]), record_beside(Path(said["sign"]))]
    for path in paths[: 1 + said["with_record"]]:
        _refuse_unfit(path)
    try:
        act = sign(content, deadline)
    except KeyboardInterrupt:
        raise Interrupted(_("interrupted: nothing was signed")) from None
    if not paths:
        print(act.to_json())
        return
    if said["with_record"]:
        # Late: only this needs it.
        from proofdesk._store import ClearCodec

        write_atomically(paths[1], ClearCodec().encode(desk.archive.read(act.entry)) + b"\n")
    write_atomically(paths[0], act.to_json().encode() + b"\n")
    until = datetime.fromtimestamp(act.deadline).astimezone()
    value = {
        "file": said["sign"],
        "act": act.act,
        "ticket": act.ticket_id,
        "signer": act.signer,
        "entry": act.entry,
        "digest": act.digest,
        "deadline": until,
    }
    if here.out.quiet and not here.out.json:
        here.out.result(value, act.digest)
        return
    here.out.fields(
        value,
        [
            (_("signed"), act.act),
            (_("ticket"), act.ticket_id),
            (_("by"), act.signer),
            (_("digest"), act.digest),
            (_("holds until"), when(until)),
            (_("file"), said["sign"]),
        ],
    )
    here.out.say(
        _(
            "Nothing was sent. proofdesk relay submit {file} --to URL hands it to a relayer; "
            "proofdesk ticket carry {file} sends it from any account with funds"
        ).format(file=said["sign"])
    )


def deadline_named(text: str) -> Deadline:
    """A deadline as it was written: a span from now, or a moment with its zone; raises UsageError.

    >>> deadline_named("90m")
    datetime.timedelta(seconds=5400)
    """
    if (span := as_span(text)) is not None:
        return span
    try:
        # Python 3.10 reads no Z.
        moment = datetime.fromisoformat(re.sub("[zZ]$", "+00:00", text))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise click.UsageError(
            _(
                "--deadline {text}: write a span such as 30m, 24h or 7d, or a moment with its zone such as "
                "2026-01-31T12:00:00Z"
            ).format(text=text)
        )
    return moment


def read_acts(files: Sequence[str]) -> list[tuple[str, SignedAct]]:
    """The signed acts of files, one in each or one a line, each with its place for people.

    Raises InvalidArgument naming the file and the field, UsageError, OSError.
    """
    # Late: it brings what checks signatures, which help and completion do without.
    from proofdesk.signed import MalformedSignedAct, SignedAct

    found = []
    for file in files:
        texts = contents_of(file)
        for number, text in enumerate(texts, 1):
            place = name_of_file(file) if len(texts) == 1 else f"{name_of_file(file)}, {number}"
            try:
                found.append((place, SignedAct.from_json(text)))
            except MalformedSignedAct as error:
                raise InvalidArgument(f"{place}: {error}") from None
    if len(found) > MOST:
        raise click.UsageError(_("{count} acts at once: at most {most}").format(count=len(found), most=MOST))
    return found


def contents_of(file: str) -> list[bytes]:
    """The JSON documents of a file or of stdin: one, or one a line. Raises InvalidArgument, OSError."""
    with nullcontext(sys.stdin.buffer) if file == STDIN else Path(file).open("rb") as stream:
        content = stream.read(_LONGEST + 1).strip()
    if len(content) > _LONGEST:
        raise InvalidArgument(
            _("{file} is longer than {most} acts can be").format(file=name_of_file(file), most=MOST)
        )
    lines = [line.strip() for line in content.split(b"\n") if line.strip()]
    is_a_line_each = len(lines) > 1 and all(line[:1] + line[-1:] == b"{}" for line in lines)
    return lines if is_a_line_each else [content]


def record_beside(path: Path) -> Path:
    """Where the record of an act stands.

    >>> record_beside(Path("acts/open.json")).name
    'open.record.json'
    """
    return path.with_name(f"{path.name.removesuffix('.json')}.record.json")


def acknowledgement_beside(path: Path) -> Path:
    """Where what a relayer acknowledged stands.

    >>> acknowledgement_beside(Path("open.json")).name
    'open.ack.json'
    """
    return path.with_name(f"{path.name.removesuffix('.json')}.ack.json")


def name_of_file(file: str) -> str:
    """A file for people."""
    return _("stdin") if file == STDIN else file


def _refuse_unfit(path: Path) -> None:
    """Refuse a file before anybody is asked to sign; raises ConfigurationError."""
    if path.exists():
        raise ConfigurationError(_("{path} is there already: name a new file").format(path=path))
    if not path.absolute().parent.is_dir():
        raise ConfigurationError(_("there is no folder {path}: make it first").format(path=path.parent))
