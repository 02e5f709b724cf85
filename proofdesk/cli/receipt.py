"""`proofdesk receipt`: receipts signed at the till, shown, and anchored with evidence, many at a time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from proofdesk._errors import ConfigurationError
from proofdesk._files import write_atomically
from proofdesk.cli._act_files import new_file
from proofdesk.cli._attested import (
    Item,
    findings,
    read_item,
    read_receipt,
    show_item,
    warn_of_office,
)
from proofdesk.cli._command import ACTS, CHAIN, KEY, KEYS, OUTPUT, READS, Branch
from proofdesk.cli._contents import address_named, wrapped
from proofdesk.cli._here import Here, with_here
from proofdesk.cli._language import _, ngettext
from proofdesk.cli._moments import moment_option
from proofdesk.cli._money import unit_of, unit_of_policy
from proofdesk.cli._receipts_secret import USUAL, secret_in
from proofdesk.cli._texts import show_result
from proofdesk.cli._values import when

TREE = "tree.json"

command = Branch("receipt", help=_("Sign receipts at the till, show and anchor them."))


@command.command(
    "sign",
    shares=(KEY, KEYS, CHAIN, OUTPUT),
    short_help=_("Sign a receipt, as its merchant."),
    help=_(
        "Sign a receipt, as its merchant, and print it as JSON of one line, small enough for a QR code: "
        "qrencode -o receipt.png < receipt.json makes one. Nothing is sent. An order that is signed again "
        "with the same secret stays one order, and is refunded once."
    ),
)
@click.option("--order", metavar="TEXT", required=True, help=_("The order's number in the shop."))
@click.option("--product", metavar="TEXT", required=True, help=_("What was bought."))
@click.option(
    "--price", metavar="AMOUNT", required=True, help=_("In whole tokens of the policy, such as 0.5.")
)
@click.option("--customer", metavar="ADDRESS", required=True, help=_("Who may claim."))
@click.option("--policy", metavar="POLICY", required=True, help=_("Its name in the manifest, or its id."))
@moment_option("--purchased-at", _("When it was bought; now by default, by the chain's clock."))
@click.option(
    "--secret-file",
    metavar="FILE",
    envvar="PROOFDESK_SECRET_FILE",
    show_envvar=True,
    default=USUAL,
    help=_("The secret that this merchant's tills share; {file} here by default, made at first use.").format(
        file=USUAL
    ),
)
@click.option("--out", "-o", "file", metavar="FILE", help=_("Write it into this file."))
@with_here
def sign(
    here: Here,
    order: str,
    product: str,
    price: str,
    customer: str,
    policy: str,
    purchased_at: Any,
    secret_file: str,
    file: str | None,
) -> None:
    """Sign a receipt."""
    if not order.strip():
        raise click.UsageError(_("--order is empty: write the order's number in the shop"))
    address = address_named(customer, "--customer")
    path = None if file is None else new_file(file)
    desk = here.acting()
    rules = desk.claims.policy(policy)
    unit = unit_of(here, desk, rules.token)
    units = unit.read(price, "--price", least=1)
    receipt = desk.claims.sign_receipt(
        order=order,
        product=product,
        price=units,
        customer=address,
        policy=rules,
        purchased_at=purchased_at,
        secret=secret_in(here, Path(secret_file)),
    )
    warn_of_office(here, desk, receipt)
    if path is None:
        print(receipt.to_json())
        return
    write_atomically(path, receipt.to_json().encode() + b"\n")
    value = {
        "file": file,
        "merchant": receipt.merchant,
        "order_id": receipt.receipt.order_id,
        "digest": receipt.digest,
        "bytes": len(receipt.to_json().encode()),
    }
    here.out.fields(
        value,
        [
            (_("signed"), f"{receipt.order}: {receipt.product}, {unit.shown(receipt.price)}"),
            (_("by"), receipt.merchant),
            (_("for"), receipt.customer),
            (_("order id"), receipt.receipt.order_id),
            (_("file"), str(file)),
        ],
    )


@command.command(
    "show",
    shares=READS,
    short_help=_("Show a receipt, and whether it holds."),
    help=_(
        "Show a receipt: what was bought, by whom, whether the signature is the merchant's and he was in "
        "office. Exit code 1 if a claim with it would be refused; - is stdin."
    ),
)
@click.argument("file", metavar="FILE")
@click.pass_context
def show(context: click.Context, file: str) -> None:
    """Show a receipt."""
    here, receipt = Here(context), read_receipt(file)
    desk = here.desk()
    unit = unit_of_policy(here, desk, receipt.policy_id)
    rows = [
        (_("order"), receipt.order),
        (_("product"), receipt.product),
        (_("price"), unit.shown(receipt.price)),
        (_("customer"), receipt.customer),
        (_("bought"), when(receipt.purchased_at)),
        (_("policy"), receipt.policy_id),
        (_("order id"), receipt.receipt.order_id),
    ]
    show_item(context, receipt, rows)


@command.command(
    "anchor",
    shares=ACTS,
    short_help=_("Anchor receipts and evidence: they then outlive their signers."),
    help=_(
        "Anchor receipts and evidence, any number in one transaction, so that they count whatever becomes of "
        "their signers' offices. Each is written into FOLDER with its root and path, and beside them the "
        "tree, as OpenZeppelin's library reads it. Run again it sends nothing."
    ),
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--out", "-o", "folder", metavar="FOLDER", required=True, help=_("Where to write them."))
@with_here
def anchor(here: Here, files: tuple[str, ...], folder: str) -> None:
    """Anchor what is signed."""
    from proofdesk.anchors import MerkleTree

    items = {Path(file).name: read_item(file) for file in files}
    if len(items) < len(files):
        raise ConfigurationError(_("two files have one name: they would be written over each other"))
    place = Path(folder)
    _refuse_others(place, items)
    # As it was signed: a root that it has already is none of what is anchored.
    tree = MerkleTree.of_signed(items.values())
    desk = here.acting()
    for name, item in items.items():
        for what, is_so, told in findings(desk, item):
            if not is_so:
                here.out.say(_("{file}: {problem}").format(file=name, problem=f"{what}: {told}"))
    result = wrapped(lambda: desk.anchors.anchor(tree))
    place.mkdir(parents=True, exist_ok=True)
    for number, (name, item) in enumerate(items.items()):
        proven = replace(item, root=tree.root, path=tuple(tree.path(number)))
        write_atomically(place / name, proven.to_json().encode() + b"\n")
    write_atomically(place / f"{tree.root[:12]}.{TREE}", tree.dump().encode() + b"\n")
    told = ngettext(
        "{count} is anchored under {root}, and is in {folder}",
        "{count} are anchored under {root}, and are in {folder}",
        len(items),
    )
    show_result(
        here.out,
        result,
        told.format(count=len(items), root=tree.root, folder=folder),
        {"root": tree.root, "count": len(items), "folder": folder},
    )


def _refuse_others(folder: Path, items: dict[str, Item]) -> None:
    """Refuse to write over what is not the same item; raises ConfigurationError."""
    if folder.exists() and not folder.is_dir():
        raise ConfigurationError(_("{path} is a file: name a folder").format(path=folder))
    for name, item in items.items():
        if (folder / name).exists():
            there = read_item(str(folder / name))
            if (there.digest, there.signature) != (item.digest, item.signature):
                raise ConfigurationError(
                    _("{path} is there already, and is another one: name another folder").format(
                        path=folder / name
                    )
                )
