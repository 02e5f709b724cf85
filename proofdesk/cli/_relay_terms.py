"""What a relayer is told by options, before what the config's table [relay] says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, TypeVar

import click

from proofdesk.cli._here import Here
from proofdesk.cli._language import _
from proofdesk.cli._values import WEI, as_span

if TYPE_CHECKING:
    from proofdesk.ops.relay import Batching, Limits
    from proofdesk.ops.relay_terms import RelayTerms

F = TypeVar("F", bound=Callable[..., Any])


def limit_options(command: F) -> F:
    """The options of a relayer's limits."""
    for option in reversed(
        (
            click.option(
                "--allowance", metavar="N", type=click.IntRange(1), help=_("Acts of one signer in an hour.")
            ),
            click.option(
                "--spending", metavar="AMOUNT", help=_("Spend at most so much in an hour, such as 0.05.")
            ),
            click.option(
                "--batch", metavar="N", type=click.IntRange(1, 200), help=_("Acts in a transaction; 50.")
            ),
            click.option("--batch-after", metavar="SPAN", help=_("Send what there is after so long; 1s.")),
            click.option("--include-within", metavar="SPAN", help=_("What is promised to who submits; 5m.")),
        )
    ):
        command = option(command)
    return command


def terms_of(here: Here, said: dict[str, Any]) -> RelayTerms:
    """A relayer's terms by options and config; raises UsageError, ConfigurationError."""
    # Late: other commands read no such table.
    from proofdesk.ops.relay_terms import RelayTerms, read_relay

    terms = RelayTerms() if here.config_path is None else read_relay(here.config_path)
    if said["allowance"] is not None:
        terms = replace(terms, allowance=said["allowance"])
    if said["spending"] is not None:
        terms = replace(terms, wei_per_hour=_amount("--spending", said["spending"]))
    if said["batch"] is not None:
        terms = replace(terms, batch=said["batch"])
    if said["batch_after"] is not None:
        terms = replace(terms, batch_after=_seconds("--batch-after", said["batch_after"]))
    if said["include_within"] is not None:
        terms = replace(terms, include_within=_seconds("--include-within", said["include_within"]))
    if terms.confirmations is None or here.says("confirmations"):
        depth = here.sending.confirmations
        if not isinstance(depth, int):
            raise click.UsageError(
                _("a relayer waits for a number of blocks: give --confirmations N, or relay.confirmations")
            )
        terms = replace(terms, confirmations=depth)
    return terms


def limits_of(terms: RelayTerms) -> Limits:
    """The relayer's limits."""
    from proofdesk.ops.relay import Allowance, Limits

    # Whoever may have more acts carried needs more gas for them.
    each = -(-terms.allowance_gas // terms.allowance)
    allowances = {
        signer: None if acts is None else Allowance(acts, acts * each)
        for signer, acts in terms.allowances.items()
    }
    return Limits(
        allowance=Allowance(terms.allowance, terms.allowance_gas),
        allowances=allowances,
        window=timedelta(seconds=terms.window),
        wei_per_hour=terms.wei_per_hour,
        queue=terms.queue,
        smart_account_gas=terms.smart_account_gas,
        failures=terms.failures,
        margin=timedelta(seconds=terms.margin),
        keep=timedelta(seconds=terms.keep),
    )


def batching_of(terms: RelayTerms) -> Batching:
    """How the relayer puts batches together."""
    from proofdesk.ops.relay import Batching

    return Batching(
        acts=terms.batch,
        gas=terms.batch_gas,
        after=timedelta(seconds=terms.batch_after),
        confirmations=terms.confirmations or 1,
    )


def place_named(text: str) -> tuple[str, int]:
    """Where to listen, as it was written; raises UsageError.

    >>> place_named("127.0.0.1:8645")
    ('127.0.0.1', 8645)
    """
    host, _colon, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > 65_535:
        raise click.UsageError(
            _("--listen {text}: write HOST:PORT, such as 127.0.0.1:8645").format(text=text)
        )
    return host.strip("[]") or "127.0.0.1", int(port)


def _seconds(option: str, text: str) -> int:
    span = as_span(text)
    if span is None:
        raise click.UsageError(
            _("{option} {text}: write a span such as 30s, 5m or 2h").format(option=option, text=text)
        )
    return int(span.total_seconds())


def _amount(option: str, text: str) -> int:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(0)
    # "nan" is a Decimal, too; what is less than a wei would be a limit at which nothing goes.
    if not amount.is_finite() or not 1 <= amount * WEI <= 1_000_000 * WEI:
        raise click.UsageError(
            _("{option} {text}: write an amount of the chain's currency, such as 0.05").format(
                option=option, text=text
            )
        )
    return int(amount * WEI)
