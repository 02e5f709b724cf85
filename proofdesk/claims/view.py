"""A claim as its events and its storage tell it, and the receipt that it was filed with."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from proofdesk._abi import _decode, _function
from proofdesk._errors import IntegrityError, InvalidArgument, InvalidRecord
from proofdesk._models import Event
from proofdesk._records import Opening
from proofdesk._words import moment, to_hex
from proofdesk._writing import Content
from proofdesk.claims.chain import events, sent
from proofdesk.claims.forms import NO_ROOT
from proofdesk.claims.signable import RECEIPT
from proofdesk.claims.values import ClaimState, FailedRule, Judgement, Reason, Receipt, Verdict

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk
    from proofdesk.claims.evidence import SignedEvidence
    from proofdesk.claims.receipt import SignedReceipt

CLAIMS: Final = "ClaimDesk"

_MEMBER: Final = "claim"  # of a record's data
_MANY: Final = 100


@dataclass(frozen=True, slots=True)
class Decision:
    """What an agent or a supervisor decided: `amount` was paid in addition to what the claim got before."""

    actor: str
    amount: int
    state: ClaimState


@dataclass(frozen=True, slots=True)
class ClaimView:
    """A claim: what was asked for, how it was judged, and what became of it since, as events tell it.

    `order_key` is the hash of merchant and order, `receipt_hash` the receipt's struct hash. `paid` is all
    that it got, or will get once the vault has it, `remaining` what of `amount` may still be decided.
    """

    ticket_id: str
    order_key: str
    policy_id: str
    receipt_hash: str
    reason: Reason
    amount: int
    judgement: Judgement
    state: ClaimState
    remaining: int
    paid: int
    decisions: tuple[Decision, ...]
    released: bool


async def filed(desk: AsyncDesk, *, ticket: str | None = None, order: str | None = None) -> list[Event]:
    """The ClaimFiled events of a ticket or an order, in order."""
    return await events(desk, CLAIMS, "ClaimFiled", ticket, order)


async def views(desk: AsyncDesk, found: Sequence[Event]) -> list[ClaimView]:
    """Claims by their ClaimFiled events."""
    if not found:
        return []
    # Of many their ids would be a longer question than all that was ever decided is an answer.
    ids = [_id(event) for event in found] if len(found) <= _MANY else None
    decided: dict[str, list[Decision]] = defaultdict(list)
    for event in await events(desk, CLAIMS, "ClaimDecided", ids):
        actor, state = str(event.arguments["actor"]), ClaimState(_int(event, "state"))
        decided[_id(event)].append(Decision(actor, _int(event, "amount"), state))
    released = set(map(_id, await events(desk, CLAIMS, "ClaimReleased", ids)))
    return [_view(event, tuple(decided[_id(event)]), _id(event) in released) for event in found]


def judgement_of(event: Event) -> Judgement:
    """What a ClaimFiled event says that a claim came to."""
    verdict = Verdict(_int(event, "verdict"))
    amount = 0 if verdict is Verdict.DENIED else _int(event, "amount")
    return Judgement(verdict, amount, FailedRule(_int(event, "failed")))


def _view(event: Event, decisions: tuple[Decision, ...], released: bool) -> ClaimView:
    judgement, amount = judgement_of(event), _int(event, "amount")
    paid = sum(decision.amount for decision in decisions)
    remaining = 0
    if judgement.verdict is Verdict.APPROVED:
        state, paid = ClaimState.PAID, paid + amount
    elif judgement.verdict is Verdict.DENIED:
        state = ClaimState.DENIED
    else:
        state, remaining = ClaimState.REFUSED if released else ClaimState.REVIEW, amount - paid
    return ClaimView(
        ticket_id=_id(event),
        order_key=str(event.arguments["orderKey"]),
        policy_id=str(event.arguments["policyId"]),
        receipt_hash=str(event.arguments["receiptHash"]),
        reason=Reason(_int(event, "reason")),
        amount=amount,
        judgement=judgement,
        state=decisions[-1].state if decisions else state,
        remaining=remaining,
        paid=paid,
        decisions=decisions,
        released=released,
    )


# --------------------------------------------------------------------------------------------------- receipts


def told(
    content: Content, receipt: SignedReceipt, evidence: Sequence[SignedEvidence], reason: Reason, amount: int
) -> Content:
    """The content of a claim's record: what its customer says, and what it rests on, with the salts.

    Raises InvalidRecord for a member that is the client's, InvalidArgument for another claim's record.
    """
    # Late, here and below: who reads needs nothing of what is signed.
    from proofdesk.claims.words import reason_in_words

    claim = {
        "receipt": _plain(receipt),
        "evidence": [_plain(piece) for piece in evidence],
        "reason": int(reason),
        "amount": str(amount),
    }
    if isinstance(content, Opening) and content.record.data.get(_MEMBER, claim) != claim:
        raise InvalidArgument(f"entry {content.entry} is the record of another claim: prepare another")
    given: Any = {"body": content} if isinstance(content, str) else {} if content is None else content
    data = given.get("data", {}) if isinstance(given, Mapping) else None
    if not isinstance(given, Mapping) or not isinstance(data, Mapping):
        return content  # prepared, or what any record refuses
    if _MEMBER in data:
        raise InvalidRecord("data", f"its {_MEMBER} is set by the client; leave it out of the content")
    words = {} if {"body", "attachments"} & given.keys() else {"body": reason_in_words(reason)}
    return {**given, **words, "data": {**data, _MEMBER: claim}}


def _plain(item: SignedReceipt | SignedEvidence) -> Any:
    """As JSON, without its Merkle proof, which is long and public: sixteen pieces have room in a record."""
    return json.loads(replace(item, root=NO_ROOT, path=()).to_json())


async def receipt_in(desk: AsyncDesk, ticket: str, given: SignedReceipt | None) -> Receipt:
    """The receipt that a caller gives, or as `receipt_of`."""
    if given is None:
        return await receipt_of(desk, ticket)
    from proofdesk.claims.receipt import SignedReceipt

    if not isinstance(given, SignedReceipt):
        raise InvalidArgument(f"a {type(given).__name__} is no receipt: pass SignedReceipt")
    return given.receipt


async def receipt_of(desk: AsyncDesk, ticket: str) -> Receipt:
    """The receipt of a ticket's claim, as the filing's data or the claim's record has it.

    Raises UnknownClaim, InvalidArgument where neither does, ConnectionLost.
    """
    found = await filed(desk, ticket=ticket)
    if not found:
        # Late: of a hundred generated classes this needs one, and rarely.
        from proofdesk._contract_errors import UnknownClaim

        raise UnknownClaim(ticket)
    first = (await desk.tickets.acts(ticket))[0]
    to, data = await sent(desk, first.tx_hash)
    looked = _in_call(data) if to == desk.deployment.contract(CLAIMS).address else None
    if not _is_meant(looked, found[0]):
        looked = await desk.run(_in_record, desk, first.entry)
    if looked is None or not _is_meant(looked, found[0]):
        raise InvalidArgument(
            f"the receipt of ticket {ticket} is neither in the data of transaction {first.tx_hash}, which "
            "another contract may have carried, nor in a record here: pass receipt="
        )
    return looked


def _is_meant(looked: Receipt | None, event: Event) -> bool:
    """Whether it is the receipt that a ClaimFiled event names by its hash."""
    return looked is not None and event.arguments["receiptHash"] == hash_of(looked)


def hash_of(receipt: Receipt) -> str:
    """A receipt's struct hash, by which events name it."""
    return to_hex(RECEIPT.hash(receipt.abi))


def _in_call(data: bytes) -> Receipt | None:
    for function in ("fileClaim", "fileClaimFor"):
        selector, inputs, _ = _function(CLAIMS, function, None)
        if data[:4] == selector:
            claim, *_ = _decode(function, inputs, data[4:])
            seller, order, customer, product, price, purchased_at, policy = claim[1]
            # A moment beyond any calendar is in no receipt that could be paid.
            with suppress(InvalidArgument, OverflowError, OSError, ValueError):
                return Receipt(seller, order, customer, product, price, moment(purchased_at), policy)
    return None


def _in_record(desk: AsyncDesk, entry: str) -> Receipt | None:
    """What a claim's record holds, whoever wrote it."""
    from proofdesk.claims.receipt import SignedReceipt

    with suppress(IntegrityError, InvalidArgument, KeyError, TypeError):
        data: Any = desk.archive.read(entry).record.data
        return SignedReceipt.from_json(json.dumps(data[_MEMBER]["receipt"])).receipt
    return None


def _id(event: Event) -> str:
    return str(event.arguments["ticketId"])


def _int(event: Event, name: str) -> int:
    return int(str(event.arguments[name]))
