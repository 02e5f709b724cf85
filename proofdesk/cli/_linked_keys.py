"""Pseudonyms that are shown to be one person's: signed by all of them, and verified."""

from __future__ import annotations

import click

from proofdesk._errors import InvalidArgument
from proofdesk._files import write_atomically
from proofdesk.cli._act_files import STDIN, name_of_file, new_file, only_document
from proofdesk.cli._command import CHAIN, KEYS, OUTPUT, READS, Leaf
from proofdesk.cli._failures import FOUND
from proofdesk.cli._here import Here, with_here
from proofdesk.cli._language import _


@click.command(
    "link",
    cls=Leaf,
    shares=(KEYS, CHAIN, OUTPUT),
    short_help=_("Sign that pseudonyms are one person's."),
    help=_(
        "Have the pseudonyms of these NUMBERs of --keys say that they are one person's, to this desk, for a "
        "purpose. Whoever has the file can show it to others."
    ),
)
@click.argument("numbers", metavar="NUMBER...", nargs=-1, required=True, type=click.IntRange(0, 2**31 - 1))
@click.option("--purpose", metavar="TEXT", required=True, help=_("To whom it is said, and for what."))
@click.option("--out", "-o", metavar="FILE", required=True, help=_("The file to write; - is stdout."))
@with_here
def link(here: Here, numbers: tuple[int, ...], purpose: str, out: str) -> None:
    """Link pseudonyms."""
    from proofdesk.privacy.keys import Scope
    from proofdesk.privacy.linking import link as linked_by

    path = None if out == STDIN else new_file(out)
    if here.keys is None:
        raise click.UsageError(_("whose pseudonyms? Name the seed's keystore by --keys FILE"))
    seed, scope = here.keys.seed, Scope.of(here.manifest())
    linked = linked_by(map(seed.pseudonym, numbers), scope, purpose)
    if path is None:
        print(linked.to_json())
        return
    write_atomically(path, linked.to_json().encode() + b"\n")
    here.out.fields(
        {"file": out, "addresses": linked.addresses, "purpose": purpose},
        [(_("file"), out), *((_("one person's"), each) for each in linked.addresses)],
    )


@click.command(
    "verify-link",
    cls=Leaf,
    shares=READS,
    short_help=_("Verify that pseudonyms are one person's."),
    help=_(
        "Verify that the pseudonyms in FILE said to this desk, for this purpose, that they are one person's; "
        "- is stdin. Exit code 1 if they did not. With the desk's manifest by --deployment FILE no node is "
        "asked."
    ),
)
@click.argument("file", metavar="FILE")
@click.option(
    "--purpose", metavar="TEXT", required=True, help=_("The purpose for which they were to say it.")
)
@click.pass_context
def verify_link(context: click.Context, file: str, purpose: str) -> None:
    """Verify linked pseudonyms."""
    from proofdesk.privacy.errors import MalformedLink
    from proofdesk.privacy.keys import Scope
    from proofdesk.privacy.linking import Linked
    from proofdesk.privacy.linking import verify_link as verified

    here = Here(context)
    try:
        linked = Linked.from_json(only_document(file))
    except MalformedLink as error:
        raise InvalidArgument(f"{name_of_file(file)}: {error}") from None
    scope = Scope.of(here.manifest())
    try:
        addresses = verified(linked, scope, purpose)
    except MalformedLink as error:
        here.out.fields(
            {"linked": False, "problem": str(error)}, [(_("one person's"), _("no")), (_("why"), str(error))]
        )
        context.exit(FOUND)
    here.out.fields(
        {"linked": True, "addresses": addresses, "purpose": purpose},
        [(_("one person's"), address) for address in addresses],
    )
