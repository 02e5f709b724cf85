"""`proofdesk proof`: a file that proves a ticket's history to a stranger."""

from __future__ import annotations

from pathlib import Path

import click

from proofdesk._errors import ConfigurationError
from proofdesk.cli._command import READS_RECORDS, Leaf
from proofdesk.cli._contents import ticket_named
from proofdesk.cli._here import Here, with_here
from proofdesk.cli._language import _
from proofdesk.cli._saying import saying


@click.command(
    "proof",
    cls=Leaf,
    shares=READS_RECORDS,
    short_help=_("Write a file that proves a ticket's history."),
    help=_(
        "Write a file that proves a ticket's history to a stranger, offline: all acts, and what is disclosed "
        "of the records that can be read here; by default what both sides have seen, without the desk's own "
        "notes. TICKET may be the beginning of its id."
    ),
)
@click.argument("ticket", metavar="TICKET")
@click.option(
    "--out", "-o", metavar="FILE", required=True, help=_("The file to write; it must not be there.")
)
@click.option(
    "--disclose", metavar="ENTRY", multiple=True, help=_("Disclose only this record; may be given again.")
)
@click.option(
    "--everything",
    is_flag=True,
    help=_("Disclose the desk's own notes too, as far as they can be read here."),
)
@click.option("--no-messages", "silent", is_flag=True, help=_("Leave out the messages beside the acts."))
@click.option("--disclose-none", "none", is_flag=True, help=_("Disclose no record, acts alone."))
@click.option(
    "--earlier", metavar="FILE", help=_("An earlier proof file, to whose roots this one is to be linked.")
)
@click.option(
    "--block", metavar="N|finalized", default="latest", help=_("As of this block; the latest by default.")
)
@with_here
def command(
    here: Here,
    ticket: str,
    out: str,
    disclose: tuple[str, ...],
    everything: bool,
    silent: bool,
    none: bool,
    earlier: str | None,
    block: str,
) -> None:
    """Make the file, and verify it before it is written."""
    # Late: help and completion need none of it.
    from proofdesk._files import write_atomically
    from proofdesk.proof.file import ProofFile
    from proofdesk.proof.verifying import verify_file

    if bool(disclose) + everything + none > 1:
        raise click.UsageError(_("--disclose, --everything and --disclose-none exclude each other"))
    path = Path(out)
    if path.exists() or not path.parent.is_dir():
        told = (
            _("{path} is there already: name another file")
            if path.exists()
            else _("there is no folder {path}")
        )
        raise ConfigurationError(told.format(path=path if path.exists() else path.parent))
    before = None if earlier is None else ProofFile.load(Path(earlier))
    with saying(here, "proofdesk.proof"), here.out.working(_("Proving …")):
        desk = here.desk()
        made = desk.proofs.make(
            ticket_named(desk, ticket),
            disclose="none" if none else "everything" if everything else disclose or "all",
            messages=not silent,
            earlier=before,
            block=_block(block),
        )
        content = made.dump()
        verify_file(content, block_hash=made.block.hash)
    write_atomically(path, content)
    here.out.fields(
        {
            "file": str(path),
            "bytes": len(content),
            "ticket": made.ticket,
            "block": made.block.number,
            "block_hash": made.block.hash,
            "acts": len(made.acts),
            "disclosed": len(made.openings),
            "messages": len(made.messages),
        },
        [
            (_("file"), str(path)),
            (_("bytes"), f"{len(content):,}"),
            (_("ticket"), made.ticket),
            (_("block"), f"{made.block.number:,}"),
            (_("block's hash"), made.block.hash),
            (_("acts"), str(len(made.acts))),
            (_("records disclosed"), str(len(made.openings))),
        ],
    )
    here.out.say(
        _(
            "who has the file reads what it discloses, and verifies it by: proofdesk verify {path} "
            "--block-hash HASH"
        ).format(path=path)
    )


def _block(text: str) -> int | str:
    if text.isdecimal():
        return int(text)
    if text not in ("latest", "safe", "finalized"):
        raise click.BadParameter(
            _("{text} is no block: a number, finalized, safe or latest").format(text=text)
        )
    return text
