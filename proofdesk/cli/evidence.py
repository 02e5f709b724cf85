"""`proofdesk evidence`: what carriers, laboratories and customers say about an order."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

import click

from proofdesk._files import write_atomically
from proofdesk._words import to_bytes, to_hex
from proofdesk.claims.enums import EvidenceKind
from proofdesk.cli._act_files import new_file
from proofdesk.cli._attested import (
    read_evidence,
    read_receipt,
    show_item,
    warn_of_office,
)
from proofdesk.cli._command import CHAIN, KEY, KEYS, OUTPUT, READS, Branch
from proofdesk.cli._here import Here, with_here
from proofdesk.cli._language import _
from proofdesk.cli._moments import moment_option
from proofdesk.cli._values import when

KINDS = [kind.name.lower() for kind in EvidenceKind]

command = Branch("evidence", help=_("Sign, declare and show evidence."))


@command.command(
    "sign",
    shares=(KEY, KEYS, CHAIN, OUTPUT),
    short_help=_("Sign evidence about an order, as a party."),
    help=_(
        "Sign evidence about an order, as a party accredited for its KIND, and print it as JSON of one line. "
        "Nothing is sent. With --declare a customer says it himself, unsigned: photo, statement, document or "
        "message."
    ),
)
@click.argument("kind", metavar="KIND", type=click.Choice(KINDS))
@click.option("--receipt", metavar="FILE", help=_("The order's receipt."))
@click.option("--order", metavar="HASH", help=_("The order's id, in place of its receipt."))
@click.option("--text", metavar="TEXT", help=_("What it says: a tracking number, a finding."))
@click.option("--of", "of", metavar="FILE", help=_("Of a file: its name and SHA-256 are what it says."))
@click.option("--declare", is_flag=True, help=_("As the customer himself, in a claim of his own."))
@moment_option("--issued-at", _("Its date; now by default, by the chain's clock."))
@click.option("--out", "-o", "file", metavar="FILE", help=_("Write it into this file."))
@with_here
def sign(
    here: Here,
    kind: str,
    receipt: str | None,
    order: str | None,
    text: str | None,
    of: str | None,
    declare: bool,
    issued_at: datetime | None,
    file: str | None,
) -> None:
    """Sign evidence, or declare it."""
    if (receipt is None) == (order is None):
        raise click.UsageError(_("which order? Give --receipt FILE, or --order HASH"))
    if (text is None) == (of is None):
        raise click.UsageError(_("what does it say? Give --text TEXT, or --of FILE"))
    about = read_receipt(receipt) if receipt else to_hex(to_bytes(str(order), 32, "--order"))
    content = str(text) if of is None else _described(Path(of))
    path = None if file is None else new_file(file)
    desk, which = here.acting(), EvidenceKind[kind.upper()]
    if declare:
        item = desk.claims.declare_evidence(about, which, content, issued_at=issued_at)
    else:
        item = desk.claims.sign_evidence(about, which, content, issued_at=issued_at)
    warn_of_office(here, desk, item)
    if path is None:
        print(item.to_json())
        return
    write_atomically(path, item.to_json().encode() + b"\n")
    value = {"file": file, "party": item.party, "order_id": item.order_id, "digest": item.digest}
    here.out.fields(
        value,
        [
            (_("declared") if declare else _("signed"), f"{kind}: {content}"),
            (_("by"), item.party),
            (_("order id"), item.order_id),
            (_("file"), str(file)),
        ],
    )


@command.command(
    "show",
    shares=READS,
    short_help=_("Show evidence, and whether it holds."),
    help=_(
        "Show evidence: what it says, whether the signature is the party's and it was accredited for that "
        "kind. Exit code 1 if a claim with it would be refused; - is stdin."
    ),
)
@click.argument("file", metavar="FILE")
@click.pass_context
def show(context: click.Context, file: str) -> None:
    """Show evidence."""
    item = read_evidence(file)
    rows = [
        (_("kind"), item.kind.name.lower()),
        (_("content"), item.content),
        (_("issued"), when(item.issued_at)),
        (_("order id"), item.order_id),
    ]
    show_item(context, item, rows)


def _described(path: Path) -> str:
    """What evidence says of a file: its name, and by what hash to know it again."""
    with path.open("rb") as stream:
        digest = hashlib.sha256()
        while block := stream.read(1024 * 1024):
            digest.update(block)
    return f"{path.name} sha256:{digest.hexdigest()}"
