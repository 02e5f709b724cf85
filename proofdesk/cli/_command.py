"""What every command is made of: groups that load their commands late, and the options that they share.

A shared option may stand before or after the command's name; the last one said counts, and what was said is
found in the context's `meta`. Help shows them below the command's own, by what they are for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from proofdesk.cli._columns import Context
from proofdesk.cli._language import _

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

SAID = "proofdesk.said"
KEY_LIKE = re.compile(r"(?:0x)?[0-9a-fA-F]{64}")


def _keep(context: click.Context, option: click.Parameter, value: Any) -> Any:
    said, name = context.meta.setdefault(SAID, {}), option.name or ""
    source = context.get_parameter_source(name)
    if isinstance(value, str) and KEY_LIKE.fullmatch(value.strip()):
        raise click.BadParameter(key_advice(), context, option)
    if source is ParameterSource.COMMANDLINE:
        said[name] = value
    elif source is ParameterSource.ENVIRONMENT:
        said.setdefault(name, value)
    return value


def key_advice() -> str:
    """What to say to whoever wrote a key on the command line; it is not repeated."""
    return _(
        "this looks like a private key, or a seed's words. Neither is taken from the command line, which "
        "every user of the machine can read: use --keystore, --keys, or the variable PROOFDESK_KEY. Take "
        "this one for known to others"
    )


def _option(*names: str, help: str, **attributes: Any) -> click.Option:  # noqa: A002  click's name
    return click.Option(list(names), help=help, expose_value=False, callback=_keep, **attributes)


def _flag(*names: str, help: str) -> click.Option:  # noqa: A002  click's name
    return _option(*names, help=help, is_flag=True, default=None)


def _networks(_context: click.Context, _option: click.Parameter, begun: str) -> list[CompletionItem]:
    # Late: only a shell that completes needs it.
    from click.shell_completion import CompletionItem

    stems = sorted(path.stem for path in Path("config").glob("*.toml"))
    return [CompletionItem(stem) for stem in stems if stem.startswith(begun)]


OUTPUT = (
    _flag("--json", help=_("Print one JSON document, errors too.")),
    _flag("--quiet", "-q", help=_("Say nothing but the result.")),
    _option("--lang", metavar="LANGUAGE", help=_("Language of texts: en, zh-CN.")),
)
CHAIN = (
    _option(
        "--network",
        metavar="NAME",
        shell_complete=_networks,
        help=_("Read config/NAME.toml."),
        show_envvar=True,
        envvar="PROOFDESK_NETWORK",
    ),
    _option(
        "--config",
        metavar="FILE",
        envvar="PROOFDESK_CONFIG",
        show_envvar=True,
        help=_("Read this config file."),
    ),
    _option(
        "--node",
        metavar="URL",
        envvar="PROOFDESK_NODE",
        show_envvar=True,
        help=_("The node's address, instead of the config's."),
    ),
    _option(
        "--deployment",
        metavar="PATH|NAME",
        help=_(
            "The desk's manifest, the folder of manifests (paths have a / or end in .json), or a desk's "
            "name; PROOFDESK_DEPLOYMENT is a path."
        ),
    ),
)
RECORDS = (
    _option(
        "--records",
        metavar="PLACE",
        envvar="PROOFDESK_RECORDS",
        show_envvar=True,
        help=_("Where contents are kept: a folder, or an address (s3://…); records/ by default."),
    ),
)
KEY = (
    _option(
        "--keystore",
        metavar="FILE",
        envvar="PROOFDESK_KEYSTORE",
        show_envvar=True,
        help=_("An encrypted key; its password is asked for, or PROOFDESK_PASSWORD."),
    ),
    _option("--password-file", metavar="FILE", help=_("The keystore's password, in a file.")),
    _option("--wallet", metavar="URL", help=_("A wallet's address, which signs and sends.")),
    _option(
        "--account", metavar="ADDRESS", help=_("Who acts: of the wallet, or of a node that signs itself.")
    ),
)
KEYS = (
    _option(
        "--keys",
        metavar="FILE",
        envvar="PROOFDESK_KEYS",
        show_envvar=True,
        help=_("A seed's keystore, which reads sealed records; its password: PROOFDESK_KEYS_PASSWORD."),
    ),
    _option("--keys-password-file", metavar="FILE", help=_("The seed's password, in a file.")),
    _option(
        "--pseudonym",
        metavar="N",
        type=click.IntRange(0, 2**31 - 1),
        help=_("Which of the seed's pseudonyms acts and reads, from 0."),
    ),
)
SENDING = (
    _flag("--dry-run", help=_("Show gas and cost, send nothing.")),
    _flag("--yes", "-y", help=_("Do not ask.")),
    _option("--confirmations", metavar="N|finalized", help=_("Wait until so many blocks hold it.")),
    _option("--max-fee-per-gas", metavar="GWEI", help=_("Never offer more for a unit of gas.")),
    _option("--timeout", metavar="SECONDS", help=_("How long to wait for a transaction; 120 by default.")),
)

Options = Sequence[click.Option]
ALL: Mapping[str, Options] = {
    _("Sending"): SENDING,
    _("Key"): KEY,
    _("Seed"): KEYS,
    _("Desk"): CHAIN,
    _("Records"): RECORDS,
    _("Output"): OUTPUT,
}
LOCAL: tuple[Options, ...] = (OUTPUT,)
READS: tuple[Options, ...] = (CHAIN, OUTPUT)
READS_RECORDS: tuple[Options, ...] = (KEYS, CHAIN, RECORDS, OUTPUT)
# Who carries others' acts without end asks nothing and rehearses nothing.
CARRYING: Options = SENDING[2:]
# What sends nothing, and asks before what cannot be undone.
ASKING: Options = SENDING[1:2]
ACTS: tuple[Options, ...] = (SENDING, KEY, KEYS, CHAIN, OUTPUT)
WRITES: tuple[Options, ...] = (SENDING, KEY, KEYS, CHAIN, RECORDS, OUTPUT)
# What changes the store alone, in an account's name.
KEEPS: tuple[Options, ...] = (KEY, KEYS, CHAIN, RECORDS, OUTPUT)


class Leaf(click.Command):
    """A command that does something; `shares` are the groups of shared options it understands."""

    context_class = Context

    def __init__(self, *arguments: Any, shares: Sequence[Options] = LOCAL, **attributes: Any) -> None:
        super().__init__(*arguments, **attributes)
        self.shares = shares
        self._own = list(self.params)
        self.params += [option for group in shares for option in group]

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write its own options, then the shared ones under what they are for."""
        help_option = self.get_help_option(context)
        _write(context, formatter, _("Options"), [*self._own, *([help_option] if help_option else [])])
        for title, options in (*ALL.items(), (_("Sending"), CARRYING), (_("Asking"), ASKING)):
            if any(options is group for group in self.shares):
                _write(context, formatter, title, options)

    def invoke(self, context: click.Context) -> Any:
        """Run it; what a dry run came to is shown here, for it ends the command where it would send."""
        # Late: help and completion need none of it.
        from proofdesk.cli._dry_run import Planned, show

        try:
            return super().invoke(context)
        except Planned as planned:
            return show(context, planned)


class Branch(click.Group):
    """A group; `late` are the modules of this package in which commands of these names are to be found."""

    command_class = Leaf
    context_class = Context

    def __init__(self, *arguments: Any, late: Mapping[str, str] | None = None, **attributes: Any) -> None:
        super().__init__(*arguments, **attributes)
        self._late = late or {}
        self.params += [option for group in ALL.values() for option in group]

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """The names of its commands, in the order in which they were written down."""
        return [*self._late, *self.commands]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """A command by its name; its module is loaded now."""
        if name in self._late:
            found: click.Command = import_module(f"proofdesk.cli.{self._late[name]}").command
            return found
        return super().get_command(context, name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """A command by what was typed; raises UsageError, which names those that look like it."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            # Late: what is typed well needs none.
            from difflib import get_close_matches

            near = get_close_matches(args[0], self.list_commands(ctx))
            if not near:
                raise
            asked = _("Did you mean {names}?").format(names=", ".join(near))
            raise click.UsageError(f"{error.message} {asked}", ctx) from None

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write its commands; the shared options are shown where they are meant, below a command."""
        if context.parent is None:
            own = [
                option
                for option in self.get_params(context)
                if not any(option in group for group in ALL.values())
            ]
            _write(context, formatter, _("Options"), [*own, *OUTPUT])
        self.format_commands(context, formatter)


def _write(
    context: click.Context, formatter: click.HelpFormatter, title: str, options: Sequence[click.Parameter]
) -> None:
    shown = (option.get_help_record(context) for option in options if isinstance(option, click.Option))
    records = [record for record in shown if record is not None]
    if records:
        with formatter.section(title):
            formatter.write_dl(records)
