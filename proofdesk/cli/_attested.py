"""Receipts and evidence in files: read, written, and held against the chain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from proofdesk._errors import ContractRevert, InvalidArgument
from proofdesk._json import parse
from proofdesk.claims.evidence import SignedEvidence
from proofdesk.claims.forms import NO_ROOT, NO_SIGNATURE
from proofdesk.claims.receipt import SignedReceipt
from proofdesk.cli._act_files import only_document, read_signed
from proofdesk.cli._failures import FOUND
from proofdesk.cli._here import Here
from proofdesk.cli._language import _
from proofdesk.cli._values import jsonable, when

if TYPE_CHECKING:
    from proofdesk._desk import Desk

Item: TypeAlias = "SignedReceipt | SignedEvidence"
# What was looked at, whether it is as it should be, and what was found.
Finding: TypeAlias = tuple[str, bool, str]

_GAS = 200_000  # for a smart account's word


def read_receipt(file: str) -> SignedReceipt:
    """The receipt in a file; raises InvalidArgument naming file and field, OSError."""
    return read_signed(file, SignedReceipt)


def read_evidence(file: str) -> SignedEvidence:
    """The evidence in a file; raises as `read_receipt`."""
    return read_signed(file, SignedEvidence)


def read_evidence_about(receipt: SignedReceipt, files: Sequence[str]) -> list[SignedEvidence]:
    """As `read_evidence`, for several; raises InvalidArgument for one that is about another order."""
    pieces = [read_evidence(file) for file in files]
    for file, piece in zip(files, pieces, strict=True):
        if piece.order_id != receipt.receipt.order_id:
            told = _("{file} is about another order than {order}: its order id is {found}, not {wanted}")
            raise InvalidArgument(
                told.format(
                    file=file, order=receipt.order, found=piece.order_id, wanted=receipt.receipt.order_id
                )
            )
    return pieces


@contextmanager
def naming_files(items: Mapping[str, Item]) -> Iterator[None]:
    """Have a signature that a contract refuses told with the file that it is in."""
    try:
        yield
    except ContractRevert as error:
        files = [
            file
            for file, item in items.items()
            if item.signer == getattr(error, "signer", None) and not item.is_signed_by_key()
        ]
        if files and type(error).__name__ == "InvalidSignature":
            error.args = (f"{', '.join(files)}: {error}",)
        raise


def read_item(file: str) -> Item:
    """A receipt or a piece of evidence, whichever a file holds; raises as `read_receipt`."""
    content = only_document(file)
    try:
        value = parse(content)
    except ValueError:
        value = None
    # What neither reads as, the first one tells.
    if isinstance(value, dict) and "party" in value:
        return read_signed(file, SignedEvidence, content)
    return read_signed(file, SignedReceipt, content)


def findings(desk: Desk, item: Item) -> Iterator[Finding]:
    """What the chain says of an item: its desk, its signature, its signer's office, its anchor."""
    deployment = desk.deployment
    here, there = (deployment.chain_id, deployment.contract("ClaimDesk").address), (item.chain_id, item.desk)
    if here != there:
        told = _("of the desk at {desk} on chain {chain}").format(desk=item.desk, chain=item.chain_id)
        yield _("desk"), False, told
        return
    yield _("desk"), True, deployment.desk
    stated = item.issued_at if isinstance(item, SignedEvidence) else item.purchased_at
    if stated > desk.now():
        yield _("date"), False, _("{moment} is in the future").format(moment=when(stated))
    kind = item.kind if isinstance(item, SignedEvidence) else None
    if item.signature == NO_SIGNATURE and kind is not None:
        told = _("declared, not signed") if kind.is_declarable else _("none, and this kind needs one")
        yield _("signature"), kind.is_declarable, told
        return
    yield _("signature"), *_signature(desk, item)
    dated = None
    if item.root != NO_ROOT:
        dated = _anchored(desk, item)
        told = when(dated) if dated else _("not in the anchored root {root}").format(root=item.root)
        yield _("anchored"), dated is not None, told
    yield _("in office"), *_office(desk, item, stated, dated)


def show_item(context: click.Context, item: Item, rows: Sequence[tuple[str, str]]) -> None:
    """Show an item and what the chain says of it; ends with exit code 1 where a claim would be refused."""
    here = Here(context)
    found = list(findings(here.desk(), item))
    holds = all(is_so for _what, is_so, _told in found)
    value: dict[str, Any] = {
        **jsonable(item),
        "digest": item.digest,
        "holds": holds,
        "findings": [{"what": what, "holds": is_so, "found": told} for what, is_so, told in found],
    }
    told = [(what, text if is_so else f"✗ {text}") for what, is_so, text in found]
    verdict = _("a claim may rest on it") if holds else _("a claim would be refused or denied for it")
    here.out.fields(value, [*rows, *told, (_("so"), verdict)])
    if not holds:
        context.exit(FOUND)


def warn_of_office(here: Here, desk: Desk, item: Item) -> None:
    """Say what a claim that rests on a new item would be refused for."""
    for what, is_so, told in findings(desk, item):
        if not is_so:
            here.out.say(
                _("as things stand the contract would refuse it: {problem}").format(problem=f"{what}: {told}")
            )


def _signature(desk: Desk, item: Item) -> tuple[bool, str]:
    if item.is_signed_by_key():
        return True, _("by the key of {account}").format(account=item.signer)
    if desk.node.request("eth_getCode", item.signer, "latest") != "0x":
        from proofdesk.ops.relay.smart_accounts import accepted

        question = item.signer, bytes.fromhex(item.digest[2:]), bytes.fromhex(item.signature[2:])
        if accepted(desk.node, [question], _GAS) == [True]:
            return True, _("by the smart account {account}").format(account=item.signer)
    return False, _("not that of {account}: it was changed after it was signed, or signed by another").format(
        account=item.signer
    )


def _anchored(desk: Desk, item: Item) -> datetime | None:
    """When the root was dated that an item names, if that holds it with this signature."""
    from proofdesk.anchors import MerkleTree

    return desk.anchors.verify(item.root, MerkleTree.of_signed([item]).leaf(0), item.path)


def _office(desk: Desk, item: Item, stated: datetime, dated: datetime | None) -> tuple[bool, str]:
    """Whether the signer was in office at the stated date, and when it signed at the latest."""
    kind = item.kind if isinstance(item, SignedEvidence) else None
    term = desk.claims.term(item.signer, kind)
    if term is None:
        return False, _("{account} never was").format(account=item.signer)
    shown = _("{account} from {since} on")
    if term.until is not None:
        shown = _("{account} from {since} until {until}")
    shown = shown.format(account=item.signer, since=when(term.since), until=when(term.until))
    if not term.holds(stated):
        return False, _("{term}, and it is dated {stated}").format(term=shown, stated=when(stated))
    if not term.holds(dated or desk.now()):
        return False, _("{term}, and it was not anchored in that time").format(term=shown)
    return True, shown
