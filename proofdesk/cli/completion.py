"""`proofdesk completion`: a shell's script that completes commands, options and networks."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from proofdesk.cli._command import Leaf
from proofdesk.cli._language import _
from proofdesk.cli._run import COMPLETE

SHELLS = ("bash", "zsh", "fish")


@click.command(
    "completion",
    cls=Leaf,
    shares=(),
    short_help=_("Print a shell's completion script."),
    help=_('Print a shell\'s completion script, such as for: eval "$(proofdesk completion bash)".'),
)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the script."""
    kind = get_completion_class(shell)
    assert kind is not None, "click has the three of SHELLS"
    print(kind(context.find_root().command, {}, "proofdesk", COMPLETE).source())
