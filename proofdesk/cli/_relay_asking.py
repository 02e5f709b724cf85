"""A relayer asked by the command: the options that name it, and what goes wrong with it in its words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, TypeVar

import click

from proofdesk._errors import ConnectionLost, InvalidArgument
from proofdesk.cli._language import _
from proofdesk.cli._values import when

if TYPE_CHECKING:
    from proofdesk.ops.relay import RelayClient
    from proofdesk.ops.relay.client import RelayerError

F = TypeVar("F", bound=Callable[..., Any])


def relayer_options(command: F) -> F:
    """The options by which a relayer is named: its URL, and how long it is waited for."""
    for option in (
        click.option(
            "--timeout",
            metavar="SECONDS",
            type=click.FloatRange(0.1, 3600),
            default=15.0,
            help=_("How long to wait for the relayer; 15 by default."),
        ),
        click.option(
            "--to",
            metavar="URL",
            envvar="PROOFDESK_RELAYER",
            show_envvar=True,
            help=_("The relayer's address."),
        ),
    ):
        command = option(command)
    return command


def moment_of(seconds: int) -> str:
    """A moment that a relayer named; one that no calendar has, by its number.

    >>> moment_of(0), moment_of(10**15)
    ('1970-01-01T00:00:00Z', '1000000000000000')
    """
    try:
        return when(datetime.fromtimestamp(seconds, timezone.utc))
    except (ValueError, OverflowError, OSError):
        return str(seconds)


@contextmanager
def asking(url: str, timeout: float) -> Iterator[RelayClient]:
    """A relayer to be asked, whose errors are told in the command's language.

    Raises UsageError for what is no URL; ConnectionLost, FalseAcknowledgement.
    """
    # Late: with it comes what checks signatures.
    from proofdesk.ops.relay import FalseAcknowledgement, NoRelayer, RelayClient, RelayerSilent

    try:
        client = RelayClient(url, timeout)
    except InvalidArgument:
        raise click.UsageError(
            _("a relayer's URL starts with http:// or https://, names its host, and has no query")
        ) from None
    try:
        yield client
    except RelayerSilent as error:
        told = _(
            "the relayer at {host} did not answer: {problem}. What was handed in it may have, or still "
            "be checking; handing in again is safe"
        )
        if error.is_unreached:
            told = _("nothing reached the relayer at {host}: {problem}")
        told = told.format(host=error.host, problem=error.problem)
        raise ConnectionLost(_counted(told, error)) from None
    except NoRelayer as error:
        told = _("what answers at {host} is no relayer, or a newer one: see that the URL is its own")
        raise ConnectionLost(_counted(told.format(host=error.host), error)) from None
    except FalseAcknowledgement as error:
        told = _(
            "{host} acknowledged act {digest} with what nobody could be held to: {flaw}. If the act was "
            "handed in before, say by --since when first; if not, look at this machine's clock, or ask "
            "another relayer"
        )
        told = _counted(told.format(host=error.host, digest=error.act, flaw=error.flaw), error)
        error.args, error.answers = (told,), ()
        raise


def _counted(told: str, error: RelayerError) -> str:
    """What is told of an error, and how many of the acts were answered before."""
    if not error.answers:
        return told
    return _("{told} (the first {count} acts were answered before)").format(
        told=told, count=len(error.answers)
    )
