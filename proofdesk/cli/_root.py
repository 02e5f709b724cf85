"""The root of all commands."""

from __future__ import annotations

import click

from proofdesk.cli._command import Branch
from proofdesk.cli._failures import CODES
from proofdesk.cli._language import _

# A command's name and the module of this package in which it is.
COMMANDS = {
    name: name
    for name in (
        "doctor",
        "account",
        "deploy",
        "check",
        "sources",
        "handover",
        "lane",
        "program",
        "agent",
        "key",
        "ticket",
        "records",
        "policy",
        "party",
        "receipt",
        "evidence",
        "claim",
        "vault",
        "compensation",
        "watch",
        "index",
        "relay",
        "keeper",
        "anchor",
        "audit",
        "proof",
        "verify",
    )
} | {"completion": "completion"}


def _version(context: click.Context, _option: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        # Late: it reads the installed package's own description.
        from importlib.metadata import version

        print(f"proofdesk {version('proofdesk')}")
        context.exit()


@click.pass_context
def _alone(context: click.Context) -> None:
    """Options without a command: help says what there is."""
    if context.invoked_subcommand is None:
        print(context.get_help())
        context.exit(2)


root = Branch(
    "proofdesk",
    callback=_alone,
    invoke_without_command=True,
    no_args_is_help=True,
    subcommand_metavar="COMMAND [ARGS]...",
    late=COMMANDS,
    params=[
        click.Option(
            ["--version"],
            is_flag=True,
            expose_value=False,
            is_eager=True,
            callback=_version,
            help=_("Show the version and exit."),
        )
    ],
    help=_("Customer service whose records nobody can quietly change: a desk's work from a shell."),
    epilog="\b\n"
    + "\n".join([_("Exit codes:"), *(f"{code:>3}  {meaning}" for code, meaning in CODES.items())]),
    context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 110},
)
