"""From an error to what an operator reads and the exit code that his scripts see: the one place for both."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any

import click

from proofdesk import _errors as errors
from proofdesk.cli._command import KEY_LIKE
from proofdesk.cli._language import _
from proofdesk.cli._privacy_texts import in_commands, sealed_in_words
from proofdesk.cli._values import about, clean, on_one_line, when

DONE, FOUND, USAGE, SETUP, NODE, REFUSED, INTEGRITY, DOUBT, BUG, INTERRUPTED = 0, 1, 2, 3, 4, 5, 6, 7, 70, 130
CODES = {
    DONE: _("done"),
    FOUND: _("a check or a verification found something"),
    USAGE: _("the command was not understood, or a value cannot be meant"),
    SETUP: _("config, deployment, key, password, funds or a file is missing or wrong"),
    NODE: _("the node or the relayer does not answer, refuses, or is on another chain"),
    REFUSED: _("the contract refused"),
    INTEGRITY: _("a record or a log does not verify"),
    DOUBT: _("in doubt: it may or may not be on chain"),
    BUG: _("a fault of proofdesk itself"),
    INTERRUPTED: _("interrupted"),
}
_ATTRIBUTES = (
    "tx_hash",
    "tx_hashes",
    "candidates",
    "entry",
    "lane",
    "position",
    "balance",
    "needed",
    "ticket",
    "act",
)


class Interrupted(Exception):  # noqa: N818  what happened
    """Somebody pressed Ctrl-C; the message says what was done, what is left, and what to run next."""


class WrongChain(errors.ConfigurationError):
    """Two that should be on one chain, such as config and node, are on `wanted` and on `found`."""

    def __init__(self, message: str, *, wanted: int, found: int) -> None:
        super().__init__(message.format(wanted=wanted, found=found))
        self.wanted = wanted
        self.found = found


class InDoubt(errors.ProofdeskError):
    """An act of which it is not known whether it is on chain; the message says how to go on with it."""

    def __init__(
        self, message: str, *, code: int, entry: str | None = None, tx_hashes: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.entry = entry
        self.code = code
        self.tx_hashes = tx_hashes


def code_of(error: BaseException) -> int:
    """The exit code that an error ends the command with.

    >>> code_of(errors.ConfigurationError("no config"))
    3
    """
    if isinstance(error, InDoubt):
        return error.code
    if isinstance(error, (click.exceptions.Abort, KeyboardInterrupt, Interrupted)):
        return INTERRUPTED
    if isinstance(error, click.ClickException):
        return SETUP if isinstance(error, click.FileError) else USAGE
    if isinstance(error, errors.TransactionError):
        return _code_of_transaction(error)
    for kind, code in _KINDS:
        if isinstance(error, kind):
            return code
    return BUG


def _code_of_transaction(error: errors.TransactionError) -> int:
    # Late: the module of sending is loaded where there was something to send.
    from proofdesk._sender import BatchFailed

    if isinstance(error, (errors.ContractRevert, BatchFailed)):
        return REFUSED
    if isinstance(error, errors.InsufficientFunds):
        return SETUP
    # Without a hash it was never sent: the node would not have it.
    return NODE if error.tx_hash is None else DOUBT


def _kinds() -> list[tuple[type[BaseException], int]]:
    from proofdesk._rpc import NodeError
    from proofdesk._sender import TransactionInDoubt
    from proofdesk.live.reader import ChainReplaced, ForkTooDeep
    from proofdesk.stores.errors import StoreUnavailable

    return [
        (TransactionInDoubt, DOUBT),
        (WrongChain, NODE),
        (errors.InvalidArgument, USAGE),
        (errors.RecordError, USAGE),
        (errors.ConfigurationError, SETUP),
        (errors.ContentSealed, SETUP),
        (StoreUnavailable, SETUP),
        (errors.DeploymentMismatch, NODE),
        (errors.ConnectionLost, NODE),
        (ChainReplaced, NODE),
        (ForkTooDeep, NODE),
        (NodeError, NODE),
        (errors.IntegrityError, INTEGRITY),
        (OSError, SETUP),
    ]


_KINDS = _kinds()


def message_of(error: BaseException) -> str:
    """What to tell of an error, on as few lines as it takes."""
    if isinstance(error, click.ClickException):
        # What was typed by mistake may be a key, and is repeated by nobody.
        return re.sub(KEY_LIKE.pattern, "…", error.format_message())
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror}"
    if isinstance(error, (click.exceptions.Abort, KeyboardInterrupt)):
        # At a prompt click makes the same of Ctrl-C and of an end of input.
        return _("interrupted: nothing was sent")
    if isinstance(error, errors.ContentSealed):
        return sealed_in_words(error)
    text = in_commands(str(error)) or type(error).__name__
    if isinstance(error, errors.InsufficientFunds) and type(error) is errors.InsufficientFunds:
        return _("{account} has {balance} and needs {needed}: send it the rest and call again").format(
            account=error.account, balance=about(error.balance), needed=about(error.needed)
        )
    if type(error).__name__ == "IllegalMove":
        return f"{text}. {_allowed(error)}"
    if (told := _in_words(error)) is not None:
        return f"{type(error).__name__}: {told}"
    return without_secrets(text) if code_of(error) == BUG and not isinstance(error, InDoubt) else text


def shown(error: BaseException) -> str:
    """An error's message for a terminal; what a node or a record says is on one line, and forges no other."""
    is_ours = isinstance(error, (click.ClickException, errors.ConfigurationError))
    return (clean if is_ours else on_one_line)(message_of(error))


def without_secrets(text: str) -> str:
    """What nobody foresaw to be shown, without what may be a key or the password.

    >>> without_secrets("0x" + 64 * "a")
    '…'
    """
    for name in ("PROOFDESK_KEY", "PROOFDESK_PASSWORD", "PROOFDESK_KEYS_PASSWORD"):
        if secret := os.environ.get(name, "").strip():
            text = text.replace(secret, "…")
    return re.sub(KEY_LIKE.pattern, "…", text)


def moves_from(error: Any) -> list[str]:
    """Where a ticket may be moved instead, after an IllegalMove."""
    # Late: what goes well needs no table.
    from proofdesk._transitions import TABLE

    legal = TABLE.get(error.actor, {}).get(error.from_, frozenset())
    return [status.name.lower() for status in sorted(legal)]


def _in_words(error: Any) -> str | None:
    """What a contract refused, with moments for its seconds and names for its numbers; None for the rest."""
    name = type(error).__name__
    if name == "SignatureExpired":
        told = _("what was signed held until {moment}; have it signed anew")
        return told.format(moment=_moment(error.deadline))
    if name == "NotYetDue":
        told = _("the compensation of ticket {ticket} is due at {moment}")
        return told.format(ticket=error.ticket_id, moment=_moment(error.due_at))
    if name == "SignerNotInOffice":
        # Late: only who claims needs it.
        from proofdesk.claims.enums import EvidenceKind

        kinds = {int(kind): kind.name.lower() for kind in EvidenceKind}
        told = _(
            "{account} was not in office as {office} on {moment}, or is not now; what was signed by who left "
            "office needs an anchor from before the second in which he left"
        )
        return told.format(
            account=error.signer,
            office=kinds.get(error.kind, "merchant"),
            moment=_moment(error.stated_at),
        )
    return None


def _moment(seconds: int) -> str:
    with suppress(ValueError, OverflowError, OSError):
        return when(datetime.fromtimestamp(seconds, timezone.utc))
    return str(seconds)


def _allowed(error: Any) -> str:
    moves, actor, seen = moves_from(error), error.actor.name.lower(), error.from_.name.lower()
    if not moves:
        return _("From {status} there is no move for {actor}").format(status=seen, actor=actor)
    return _("From {status} {actor} may move it to: {moves}").format(
        status=seen, actor=actor, moves=", ".join(moves)
    )


def as_json(error: BaseException) -> dict[str, Any]:
    """An error as `--json` shows it."""
    found: dict[str, Any] = {
        "type": type(error).__name__,
        "message": message_of(error),
        "exit_code": code_of(error),
    }
    for name in _ATTRIBUTES:
        if getattr(error, name, None) not in (None, ()):
            found[name] = getattr(error, name)
    if isinstance(error, errors.ContractRevert):
        if type(error).__name__ == "IllegalMove":
            found["allowed"] = moves_from(error)
        found["arguments"] = {name.rstrip("_"): getattr(error, name) for name in error.arguments}
    return {"error": found}
