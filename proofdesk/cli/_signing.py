"""Acts that are signed instead of sent: the options, the signing, and what the signer is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import click

from proofdesk._abi import decode_error
from proofdesk._errors import ConfigurationError, ConnectionLost
from proofdesk._files import write_atomically
from proofdesk._rpc import NodeError
from proofdesk._words import to_hex
from proofdesk.cli._act_files import STDIN, new_file, record_beside
from proofdesk.cli._contents import content_of, forget_new
from proofdesk.cli._failures import Interrupted, message_of
from proofdesk.cli._here import Here
from proofdesk.cli._language import _
from proofdesk.cli._moments import moment_of
from proofdesk.cli._resuming import Fits, resumed
from proofdesk.cli._values import as_span, when

if TYPE_CHECKING:
    from proofdesk._desk import Desk
    from proofdesk._records import Opening
    from proofdesk.claims.claim import SignedClaim
    from proofdesk.claims.decision import SignedDecision
    from proofdesk.signed import SignedAct
    from proofdesk.signed.signing import Deadline

    # What is signed here, and carried by others.
    Carried: TypeAlias = SignedAct | SignedClaim | SignedDecision
    # Signs an act with its record until a deadline.
    Sign: TypeAlias = Callable[[Opening, Deadline], SignedAct]

F = TypeVar("F", bound=Callable[..., Any])
C = TypeVar("C", bound="Carried")

# Seconds: what a relayer asks for by default, and as much again until it is handed in.
_SHORT = 120


def signing_options(command: F) -> F:
    """The options by which a command is told to sign its act, and not to send it."""
    for option in reversed(
        (
            click.option("--sign", metavar="FILE", help=_("Sign it into a file, send nothing; - is stdout.")),
            click.option(
                "--no-record",
                is_flag=True,
                help=_("With --sign: leave out FILE.record.json, which takes the words to the desk."),
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
        if said.get("deadline") is not None or said.get("no_record"):
            raise click.UsageError(_("--deadline and --no-record go with --sign FILE"))
        return False
    if here.dry_run:
        raise click.UsageError(_("--sign sends nothing anyway: leave --dry-run out"))
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
    # Late: who sends acts needs no words of a wallet's.
    from proofdesk.ops.clear_signing import in_words

    content = content_of(said, required=required)

    def prepare() -> Opening:
        if said["entry"] is not None:
            return resumed(desk, said["entry"], kinds=kinds, ticket=ticket, fits=fits)
        return desk.prepare(content, kind=kinds[0], ticket=ticket)

    act = signed_into_file(desk, said, prepare, sign)
    _warn(here, desk, act)
    if act.deadline - time.time() < _SHORT:
        here.out.say(_("It holds for less than two minutes, and relayers want a minute or more to carry it"))
    tell_signed(
        here,
        said,
        act,
        act.act,
        in_words(act),
        _(
            "Nothing was sent. proofdesk relay submit {file} --to URL hands it to a relayer; "
            "proofdesk ticket carry {file} sends it from any account with funds"
        ),
    )


def tell_signed(
    here: Here, said: dict[str, Any], item: Carried, act: str, words: Sequence[str], after: str
) -> None:
    """Tell of what was signed into a file: in `words`, and what to do `after` with the {file}."""
    if said["sign"] == STDIN:
        return
    until = datetime.fromtimestamp(item.deadline).astimezone()
    value = {
        "file": said["sign"],
        "act": act,
        "ticket": item.ticket_id,
        "signer": item.signer,
        "entry": item.entry,
        "digest": item.digest,
        "deadline": until,
        "words": words,
    }
    if here.out.quiet and not here.out.json:
        here.out.result(value, item.digest)
        return
    here.out.fields(
        value,
        [
            (_("signed"), words[0]),
            (_("ticket"), item.ticket_id),
            (_("by"), item.signer),
            (_("digest"), item.digest),
            (_("holds until"), when(until)),
            (_("file"), said["sign"]),
        ],
    )
    here.out.say(after.format(file=said["sign"]))
    if said["no_record"]:
        here.out.say(_("What was written is in the records here alone: see that the desk gets it"))


def signed_into_file(
    desk: Desk,
    said: dict[str, Any],
    prepare: Callable[[], Opening],
    sign: Callable[[Opening, Deadline], C],
) -> C:
    """Sign an act with a record, and write it where --sign says, with its record beside it.

    Raises ConfigurationError for a file that cannot be made, where that is seen before anybody is asked to
    sign; where it is not, nothing is left.
    """
    deadline = None if said["deadline"] is None else deadline_named(said["deadline"])
    paths = [] if said["sign"] == STDIN else [Path(said["sign"]), record_beside(Path(said["sign"]))]
    for path in paths[: 1 + (not said["no_record"])]:
        new_file(path)
    # Made here, and kept sealed: who has no key that opens it has it this once.
    opening = prepare()
    try:
        item = sign(opening, deadline)
    except BaseException as error:
        forget_new(desk, said, opening)
        if isinstance(error, KeyboardInterrupt):
            raise Interrupted(_("interrupted: nothing was signed")) from None
        raise
    if not paths:
        print(item.to_json())
        return item
    try:
        if not said["no_record"]:
            # Late: only this needs it.
            from proofdesk._store import ClearCodec

            write_atomically(paths[1], ClearCodec().encode(opening) + b"\n")
        write_atomically(paths[0], item.to_json().encode() + b"\n")
    except OSError as error:
        # Nobody has the act: its words are left neither beside it nor with the desk's.
        if not said["no_record"]:
            paths[1].unlink(missing_ok=True)
        forget_new(desk, said, opening)
        told = _("{path} cannot be written: {problem}. Nothing is left of what was signed: name another file")
        raise ConfigurationError(told.format(path=said["sign"], problem=error.strerror)) from None
    return item


def _warn(here: Here, desk: Desk, act: SignedAct) -> None:
    """Say what the contract would refuse the act with now; it may be another matter when it is carried."""
    call = {"from": act.signer, "to": act.desk, "data": to_hex(act.calldata)}
    try:
        desk.node.request("eth_call", call, "latest")
    except NodeError as error:
        if error.revert is None:
            return
        refusal = decode_error(error.revert)
    except ConnectionLost:
        # It is signed; what the contract thinks of it whoever carries it will see.
        return
    else:
        return
    if type(refusal).__name__ == "LaneGated":
        told = _("the lane is gated: only the desk's own relayer, or who holds INTAKE, can carry this")
    else:
        told = _("as things stand the contract would refuse it: {problem}").format(
            problem=message_of(refusal)
        )
    here.out.say(told)


def deadline_named(text: str) -> Deadline:
    """A deadline as it was written: a span from now, or a moment with its zone; raises UsageError.

    >>> deadline_named("90m")
    datetime.timedelta(seconds=5400)
    """
    if (span := as_span(text)) is not None:
        return span
    moment = moment_of(text)
    if moment is None:
        raise click.UsageError(
            _(
                "--deadline {text}: write a span such as 30m, 24h or 7d, or a moment with its zone such as "
                "2026-01-31T12:00:00Z"
            ).format(text=text)
        )
    return moment
