"""What is written on a ticket: read from an option, a file or stdin, and made such that it is written once.

A record is kept before its act is sent. Should it stay unknown whether that came on chain, the same act is
made again from the record, by `--entry`, however often and by whatever process: it is on chain once.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from proofdesk._errors import (
    ConfigurationError,
    ContractRevert,
    DeploymentMismatch,
    InsufficientFunds,
    InvalidArgument,
    RecordError,
)
from proofdesk._words import address_of
from proofdesk.cli._command import KEY_LIKE
from proofdesk.cli._dry_run import Planned
from proofdesk.cli._failures import BUG, INTERRUPTED, NODE, InDoubt, Interrupted, code_of
from proofdesk.cli._language import _
from proofdesk.cli._resuming import Fits, resumed

if TYPE_CHECKING:
    from proofdesk._desk import Desk
    from proofdesk._records import Opening

R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., Any])

# These alone say for certain that nothing is on chain, nor will be.
_NOTHING_DONE = (
    ContractRevert,
    InsufficientFunds,
    ConfigurationError,
    DeploymentMismatch,
    InvalidArgument,
    RecordError,
)
_FEWEST = 4  # digits of an id that are taken for its beginning
_LONGEST = 1024 * 1024  # far more than a record takes; a device or a wrong file is not read for ever


def content_options(command: F) -> F:
    """The options by which a command is told what is written."""
    for option in reversed(
        (
            click.option("--text", help=_("What is written.")),
            click.option("--file", "file", metavar="FILE", help=_("What is written, in a file; - is stdin.")),
            click.option("--subject", help=_("Its subject.")),
            click.option("--channel", help=_("How it came: mail, chat, phone.")),
            click.option(
                "--entry", metavar="HASH", help=_("Go on with an act that was in doubt, by its record.")
            ),
        )
    ):
        command = option(command)
    return command


def content_of(said: dict[str, Any], *, required: bool) -> dict[str, Any] | None:
    """The content that the options name; None for none. Raises UsageError, OSError."""
    text, file = said["text"], said["file"]
    given = [
        name
        for name, value in (("--text", text), ("--file", file), ("--entry", said["entry"]))
        if value is not None
    ]
    if len(given) > 1:
        raise click.UsageError(
            _("{options} at once: give one of them").format(options=_(" and ").join(given))
        )
    if file is not None:
        text = _read(file)
    content = {"body": text, "subject": said["subject"], "channel": said["channel"]}
    found = {name: value for name, value in content.items() if value is not None}
    if required and text is None and said["entry"] is None:
        raise click.UsageError(_("what is to be written? Give --text TEXT, --file FILE, or --file -, stdin"))
    return found or None


def written(
    desk: Desk,
    said: dict[str, Any],
    *,
    kinds: Sequence[str],
    ticket: str | None,
    act: Callable[[Opening], R],
    required: bool,
    fits: Fits = lambda _act, _before: True,
    actor: str | None = None,
    shape: Callable[[dict[str, Any] | None], Any] = lambda content: content,
) -> R:
    """Make a record, keep it, and do the act that names it; raises InDoubt where its end is not known.

    The record is of the first of `kinds`; one that is taken up by --entry may be of any, and what is on chain
    with it has to be what `fits` says, by `actor`, by default the account. `shape` makes the content of a
    record of what was typed.
    """
    content = content_of(said, required=required)
    if said["entry"] is not None:
        opening = resumed(desk, said["entry"], kinds=kinds, ticket=ticket, fits=fits, actor=actor)
    else:
        opening = desk.prepare(shape(content), kind=kinds[0], ticket=ticket)
    try:
        return act(opening)
    except Planned:
        raise
    except _NOTHING_DONE:
        forget_new(desk, said, opening)
        raise
    except (KeyboardInterrupt, Exception) as error:
        # Whatever else it is: a record too many is a file, one too few is words that nobody can prove.
        code = INTERRUPTED if isinstance(error, KeyboardInterrupt) else code_of(error)
        if isinstance(error, KeyboardInterrupt):
            what = _("interrupted")
        else:
            # What nobody foresaw may hold anything; where it is told, it is cleaned.
            what = str(error) if code != BUG else type(error).__name__
        # After a node was lost nothing can be said; what was sent before that is known to be out.
        doubt = (
            _("it is not known whether the act is on chain")
            if code != NODE
            else _("nothing is known to be sent")
        )
        raise InDoubt(
            _(
                "{what}; {doubt}. Its record is kept: run the same command again with --entry {entry} in "
                "place of the text, and it will be on chain once"
            ).format(what=what, doubt=doubt, entry=opening.entry),
            entry=opening.entry,
            code=code,
        ) from error


def wrapped(act: Callable[[], R]) -> R:
    """Do an act that needs no record of its own; Ctrl-C says that it may be on chain all the same."""
    try:
        return act()
    except KeyboardInterrupt:
        raise Interrupted(
            _("interrupted: what was sent may be on chain; look before you run it again")
        ) from None


def ticket_named(desk: Desk, text: str) -> str:
    """A ticket's id from itself or from its beginning, which is looked up in the desk's events.

    Raises InvalidArgument where no ticket or more than one begins so.
    """
    digits = text.removeprefix("0x")
    if digits and len(digits) < _FEWEST and not set(digits.lower()) - set("0123456789abcdef"):
        raise InvalidArgument(
            _("{text} is too short for the beginning of an id: write at least {count} digits").format(
                text=text, count=_FEWEST
            )
        )
    if len(digits) == 64 or set(digits.lower()) - set("0123456789abcdef"):
        return text
    begun = f"0x{digits.lower()}"
    found = sorted({act.ticket_id for act in desk.tickets.acts() if act.ticket_id.startswith(begun)})
    if len(found) == 1:
        return found[0]
    if not found:
        raise InvalidArgument(_("no ticket of this desk begins with {text}").format(text=begun))
    raise InvalidArgument(
        _("{count} tickets begin with {text}: write more of the id").format(count=len(found), text=begun)
    )


def lane_named(lane: str) -> str | int:
    """A lane as it was written: its name, or its number.

    >>> lane_named("2"), lane_named("cards")
    (2, 'cards')
    """
    return int(lane) if lane.isdecimal() else lane


def lane_number(desk: Desk, lane: str) -> int:
    """The number of a lane that there is; raises ConfigurationError, InvalidArgument."""
    number = desk.lanes.number(lane_named(lane))
    if number not in desk.deployment.lanes.values() and number > desk.read("TicketDesk", "laneCount"):
        raise InvalidArgument(_("this desk has no lane {number}").format(number=number))
    return number


def address_named(text: str, option: str) -> str:
    """An address as it was written, in EIP-55; raises InvalidArgument, for capitals of another one too.

    >>> address_named("0x" + 40 * "1", "--customer")
    '0x1111111111111111111111111111111111111111'
    """
    if not re.fullmatch("0x[0-9a-fA-F]{40}", text):
        raise InvalidArgument(
            # What was typed by mistake may be a key.
            _("{option} {text} is no address of 0x and 40 hex digits").format(
                option=option, text=KEY_LIKE.sub("…", text)
            )
        )
    address, digits = address_of(int(text, 16)), text[2:]
    if text != address and digits not in (digits.lower(), digits.upper()):
        raise InvalidArgument(
            _("{option} {text} has not the capitals of its checksum: read it again").format(
                option=option, text=text
            )
        )
    return address


def tickets_named(desk: Desk, texts: Sequence[str]) -> list[str]:
    """As `ticket_named`, for several."""
    return [ticket_named(desk, text) for text in texts]


def forget_new(desk: Desk, said: dict[str, Any], opening: Opening) -> None:
    """Forget a record with which nothing was done, unless it was taken up by --entry."""
    # A record that was prepared earlier may be on chain already.
    if said["entry"] is None:
        desk.archive.store.delete(opening.entry)


def _read(file: str) -> str:
    with nullcontext(sys.stdin.buffer) if file == "-" else Path(file).open("rb") as stream:
        content = stream.read(_LONGEST + 1)
    name = _("stdin") if file == "-" else file
    if len(content) > _LONGEST:
        raise click.UsageError(_("{name} is longer than a record can be").format(name=name))
    try:
        return content.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise click.UsageError(_("{name} is no text in UTF-8").format(name=name)) from None
