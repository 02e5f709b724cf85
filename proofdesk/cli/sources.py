"""`proofdesk sources`: the files by which an explorer or Sourcify verifies a desk's contracts."""

from __future__ import annotations

from pathlib import Path

import click

from proofdesk._errors import ConfigurationError
from proofdesk.cli._command import READS, Leaf
from proofdesk.cli._here import Here, with_here
from proofdesk.cli._language import _
from proofdesk.cli._values import jsonable


@click.command(
    "sources",
    cls=Leaf,
    shares=READS,
    short_help=_("Write what explorers need to verify the contracts."),
    help=_(
        "Write the compiler's input for each contract, with constructor arguments, and say where it goes; "
        "asks no node and sends nothing."
    ),
)
@click.option("--folder", metavar="FOLDER", default="sources", help=_("Where to write; sources/ by default."))
@with_here
def command(here: Here, folder: str) -> None:
    """Write the sources."""
    from proofdesk.ops.sources import shown, write_sources

    deployment = here.manifest()
    if Path(folder).exists() and not Path(folder).is_dir():
        raise ConfigurationError(_("{path} is a file: name another folder by --folder").format(path=folder))
    found = write_sources(deployment, here.network, path=folder)
    here.out.result(jsonable(found), shown(found))
