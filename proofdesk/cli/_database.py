"""Databases that a command is told of: files of its own, or URLs, without passwords on the command line."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import click
from click.core import ParameterSource

from proofdesk.cli._language import _

_PASSWORD = re.compile(r"://[^/@]*:[^/@]*@")


def database_option(variable: str, help: str) -> Callable[[Any], Any]:  # noqa: A002  click's name
    """The option --database, which a variable stands for; raises BadParameter for a password in it."""

    def without_password(context: click.Context, option: click.Parameter, place: str | None) -> str | None:
        said = context.get_parameter_source(option.name or "") is ParameterSource.COMMANDLINE
        if said and place is not None and _PASSWORD.search(place):
            raise click.BadParameter(
                _(
                    "a password on the command line can be read by others: set {variable} to the URL instead"
                ).format(variable=variable),
                context,
                option,
            )
        return place

    return click.option(
        "--database",
        metavar="FILE|URL",
        envvar=variable,
        show_envvar=True,
        callback=without_password,
        help=help,
    )
