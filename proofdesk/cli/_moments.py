"""Moments as people type them: with their zone, or as so long ago."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any, TypeVar

import click

from proofdesk.cli._language import _

F = TypeVar("F", bound=Callable[..., Any])


def moment_of(text: str) -> datetime | None:
    """A moment with its zone, in UTC; None for what is none, or is before or after every calendar there.

    >>> moment_of("2026-01-31T14:00:00+02:00").hour
    12
    """
    try:
        # Python 3.10 reads no Z.
        moment = datetime.fromisoformat(re.sub("[zZ]$", "+00:00", text))
        return None if moment.tzinfo is None else moment.astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None


def moment_said(context: click.Context, option: click.Parameter, text: str | None) -> datetime | None:
    """The moment that an option or an argument says; raises BadParameter."""
    moment = None if text is None else moment_of(text)
    if text is not None and moment is None:
        told = _("{text} is no moment with its zone, such as 2026-01-31T12:00:00Z").format(text=text)
        raise click.BadParameter(told, context, option)
    return moment


def moment_option(name: str, told: str) -> Callable[[F], F]:
    """An option that is a moment."""
    return click.option(name, metavar="TIME", callback=moment_said, help=told)
