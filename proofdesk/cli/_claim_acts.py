"""The acts on claims: filed by customers, decided by agents, or signed for others to carry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from proofdesk._errors import ContractRevert, InvalidArgument
from proofdesk._json import parse
from proofdesk._models import Act, Status
from proofdesk.claims.enums import Reason, Verdict
from proofdesk.cli._act_files import only_document, read_signed
from proofdesk.cli._carrying import forget, keep_records, tell_of_words
from proofdesk.cli._claim_texts import failed_in_words, failed_names, sentences
from proofdesk.cli._command import WRITES, Branch, Leaf
from proofdesk.cli._contents import content_of, content_options, ticket_named, wrapped, written
from proofdesk.cli._here import Here, with_here
from proofdesk.cli._keyring import warn_unread
from proofdesk.cli._language import _
from proofdesk.cli._money import Unit, telling_amounts, unit_of_policy
from proofdesk.cli._payments import payments
from proofdesk.cli._resuming import resumed
from proofdesk.cli._signing import asks_to_sign, signed_into_file, signing_options, tell_signed
from proofdesk.cli._texts import show_result

if TYPE_CHECKING:
    from proofdesk._desk import Desk
    from proofdesk._models import Result
    from proofdesk._records import Opening
    from proofdesk.claims.claim import SignedClaim
    from proofdesk.claims.decision import SignedDecision
    from proofdesk.claims.receipt import SignedReceipt
    from proofdesk.claims.signing import Filed

F = TypeVar("F", bound=Callable[..., Any])

REASONS = [reason.name.lower() for reason in Reason if reason]


def claim_options(command: F) -> F:
    """The options that say what is claimed."""
    for option in reversed(
        (
            click.option(
                "--reason",
                metavar="REASON",
                type=click.Choice(REASONS),
                required=True,
                help=_("One of: {reasons}.").format(reasons=", ".join(REASONS)),
            ),
            click.option(
                "--amount", metavar="AMOUNT", required=True, help=_("In whole tokens, such as 0.5.")
            ),
            click.option(
                "--evidence", metavar="FILE", multiple=True, help=_("Evidence; may be given again.")
            ),
        )
    ):
        command = option(command)
    return command


def add_to(group: Branch) -> None:
    """Give the group its acts."""
    for one in (file_, carry, decide):
        group.add_command(one)


@click.command(
    "file",
    cls=Leaf,
    shares=WRITES,
    short_help=_("File a claim: it is judged, and paid if approved."),
    help=_(
        "File a claim with a receipt's FILE, as its customer: its ticket is opened, it is judged, and if "
        "approved it is paid, in one transaction. One that would be denied is filed if you say so."
    ),
)
@click.argument("receipt_file", metavar="FILE")
@claim_options
@content_options
@signing_options
@with_here
def file_(
    here: Here, /, receipt_file: str, reason: str, amount: str, evidence: tuple[str, ...], **said: Any
) -> None:
    """File a claim."""
    # Late, here and below: who reads claims needs nothing of what is signed.
    from proofdesk.claims.view import told
    from proofdesk.cli._attested import naming_files, read_evidence_about, read_receipt

    receipt = read_receipt(receipt_file)
    pieces = read_evidence_about(receipt, evidence)
    to_sign, desk, why = asks_to_sign(here, said), here.acting(), Reason[reason.upper()]
    unit = unit_of_policy(here, desk, receipt.policy_id)
    units = unit.read(amount, "--amount")
    claim: dict[str, Any] = {"reason": why, "amount": units, "evidence": pieces}

    def shape(content: Any) -> Any:
        return told(content, receipt, pieces, why, units)

    warn_unread(here, desk)
    denied: list[str] = []
    if said["entry"] is None:
        # What the contract would refuse is told before a record is made; of one in doubt it may be on chain.
        with naming_files({receipt_file: receipt, **dict(zip(evidence, pieces, strict=True))}):
            denied = _ask_if_denied(here, desk, receipt, claim, unit)
    if to_sign:
        content = shape(content_of(said, required=False))

        def prepare() -> Opening:
            if said["entry"] is not None:
                return _resumed(desk, said["entry"], content)
            return desk.prepare(content, kind="open")

        item = signed_into_file(
            desk,
            said,
            prepare,
            lambda words, until: desk.claims.sign(receipt, **claim, content=words, deadline=until),
        )
        words = _("Claim {amount}: {reason}").format(amount=unit.shown(units), reason=reason)
        tell_signed(here, said, item, "file_claim", [words], _carry_it())
        return
    if said["entry"] is not None:
        _resumed(desk, said["entry"], shape(None))
    filed = written(
        desk,
        said,
        kinds=("open",),
        ticket=None,
        act=lambda opening: desk.claims.file(receipt, **claim, content=opening),
        required=False,
        actor=desk.deployment.contract("ClaimDesk").address,
        shape=shape,
    )
    _show_filed(here, desk, filed, denied=denied)


@click.command(
    "carry",
    cls=Leaf,
    shares=WRITES,
    short_help=_("Send a claim or a decision that was signed."),
    help=_(
        "Send a claim that its customer signed, or a decision that an agent signed, as anybody with funds; - "
        "is stdin. The record that stands beside it is kept with the desk's."
    ),
)
@click.argument("file", metavar="FILE")
@with_here
def carry(here: Here, file: str) -> None:
    """Carry a signed claim or decision."""
    from proofdesk.claims.claim import SignedClaim

    item = _read_carried(file)
    desk = here.acting()
    kept, head = keep_records(desk, [file], [item]), int(desk.node.request("eth_blockNumber"), 16)
    try:
        if isinstance(item, SignedClaim):
            filed = wrapped(lambda: desk.claims.carry(item))
            _show_filed(here, desk, filed, _there(filed.result, head))
        else:
            result = wrapped(lambda: desk.claims.carry_decision(item))
            _show_decided(here, desk, item.ticket_id, result, _there(result, head))
    except ContractRevert:
        forget(desk, kept, item)
        raise
    tell_of_words(here, desk, [item])


@click.command(
    "decide",
    cls=Leaf,
    shares=WRITES,
    short_help=_("Decide a claim under review, as its agent."),
    help=_(
        "Decide a claim whose ticket the account serves, or as a supervisor one that is escalated: AMOUNT is "
        "paid in addition to what it got before, 0 pays nothing. It is bounded by the rule."
    ),
)
@click.argument("id_", metavar="ID")
@click.argument("amount", required=False)
@click.option("--amount", "more", metavar="AMOUNT", help=_("The same as AMOUNT behind ID."))
@click.option("--receipt", "receipt_file", metavar="FILE", help=_("The claim's, if it is not found."))
@content_options
@signing_options
@with_here
def decide(
    here: Here, /, id_: str, amount: str | None, more: str | None, receipt_file: str | None, **said: Any
) -> None:
    """Decide a claim."""
    from proofdesk.cli._attested import read_receipt

    if (amount is None) == (more is None):
        raise click.UsageError(_("how much is to be paid? Give AMOUNT behind ID, once"))
    receipt = None if receipt_file is None else read_receipt(receipt_file)
    to_sign, desk = asks_to_sign(here, said), here.acting()
    ticket = desk.tickets.get(ticket_named(desk, id_))
    unit = unit_of_policy(here, desk, desk.claims.get(ticket).policy_id)
    units = unit.read(amount or more or "", "AMOUNT")
    kinds = ("move", "reply") if said["text"] is None and said["file"] is None else ("reply",)
    module = desk.deployment.contract("ClaimDesk").address

    def fits(act: Act, _before: Act | None) -> bool:
        made = [(each.actor, each.amount) for each in desk.claims.get(ticket).decisions]
        return act.status in (Status.RESOLVED, Status.REJECTED) and (desk.sender.address, units) in made

    if to_sign:
        content = content_of(said, required=False)

        def prepare() -> Opening:
            if said["entry"] is not None:
                return resumed(desk, said["entry"], kinds=kinds, ticket=ticket.id, fits=fits, actor=module)
            return desk.prepare(content, kind=kinds[0], ticket=ticket.id)

        item = signed_into_file(
            desk,
            said,
            prepare,
            lambda words, until: desk.claims.sign_decision(
                ticket, units, words, receipt=receipt, deadline=until
            ),
        )
        words = _("Pay {amount} on ticket {ticket}").format(amount=unit.shown(units), ticket=ticket.id)
        tell_signed(here, said, item, "decide_claim", [words], _carry_it())
        return
    with telling_amounts(unit):
        result = written(
            desk,
            said,
            kinds=kinds,
            ticket=ticket.id,
            act=lambda opening: desk.claims.decide(ticket, units, opening, receipt=receipt),
            required=False,
            fits=fits,
            actor=module,
        )
    _show_decided(here, desk, ticket.id, result)


def _ask_if_denied(
    here: Here, desk: Desk, receipt: SignedReceipt, claim: dict[str, Any], unit: Unit
) -> list[str]:
    """Say why a claim would be denied, and ask whether it is to be filed all the same; the reasons."""
    found = desk.claims.preview(receipt, **claim)
    if found.verdict is not Verdict.DENIED:
        return []
    why = " ".join(reasons := sentences(found, unit))
    if here.dry_run:
        here.out.say(_("It would be denied: {why}").format(why=why))
    here.confirm(_("It would be denied: {why} File it all the same?").format(why=why))
    return reasons


def _resumed(desk: Desk, entry: str, shaped: Any) -> Opening:
    """The kept record of a claim to go on with; raises InvalidArgument for one of another claim."""
    module = desk.deployment.contract("ClaimDesk").address
    opening = resumed(
        desk, entry, kinds=("open",), ticket=None, fits=lambda _act, _before: True, actor=module
    )
    if opening.record.data.get("claim") != shaped["data"]["claim"]:
        raise InvalidArgument(
            _("entry {entry} is of another claim: name its receipt, reason, amount and evidence").format(
                entry=opening.entry
            )
        )
    return opening


def _read_carried(file: str) -> SignedClaim | SignedDecision:
    from proofdesk.claims.claim import SignedClaim
    from proofdesk.claims.decision import SignedDecision

    content = only_document(file)
    try:
        value = parse(content)
    except ValueError:
        value = None
    if isinstance(value, dict) and "actor" in value:
        return read_signed(file, SignedDecision, content)
    # What neither reads as, this one tells.
    return read_signed(file, SignedClaim, content)


def _there(result: Result, head: int) -> list[str]:
    """What to say first of what was on chain before it was carried, when `head` was the last block."""
    if result.block > head:
        return []
    return [_("it was there already, in block {block}: nothing was sent or paid").format(block=result.block)]


def _show_filed(
    here: Here, desk: Desk, filed: Filed, there: Sequence[str] = (), denied: Sequence[str] = ()
) -> None:
    """What a claim came to, and what was paid; `denied` is why, where that was told already."""
    judgement, paid = filed.judgement, payments(here, desk, filed.result)
    told = {
        Verdict.APPROVED: _("approved"),
        Verdict.REVIEW: _("for review: an agent decides"),
        Verdict.DENIED: _("denied: {rules}").format(
            rules=" ".join(denied) or ", ".join(failed_in_words(judgement.failed))
        ),
    }
    value = {
        "ticket": filed.ticket.id,
        "verdict": judgement.verdict.name.lower(),
        "amount": str(judgement.amount),
        "failed": failed_names(judgement.failed),
        "payments": [each.plain for each in paid],
    }
    show_result(
        here.out,
        filed.result,
        "\n".join([*there, told[judgement.verdict], *(each.told for each in paid)]),
        value,
    )


def _show_decided(here: Here, desk: Desk, ticket: str, result: Result, there: Sequence[str] = ()) -> None:
    paid = payments(here, desk, result)
    told = [each.told for each in paid] or [_("decided: nothing is paid")]
    show_result(
        here.out,
        result,
        "\n".join([*there, *told]),
        {"ticket": ticket, "payments": [each.plain for each in paid]},
    )


def _carry_it() -> str:
    return _("Nothing was sent. proofdesk claim carry {file} sends it from any account with funds")
