"""One valid thing of each kind that is signed about claims, of which a test changes one field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from eth_account import Account

from proofdesk import Deployment, Status, Ticket
from proofdesk._deployments import Contract
from proofdesk.claims import (
    ETH,
    EvidenceKind,
    MalformedClaim,
    MalformedDecision,
    MalformedEvidence,
    MalformedReceipt,
    MalformedWithdrawal,
    Policy,
    Reason,
    Rule,
    SignedClaim,
    SignedDecision,
    SignedEvidence,
    SignedReceipt,
    SignedWithdrawal,
    sign_claim,
    sign_decision,
    sign_evidence,
    sign_receipt,
    sign_withdrawal,
)
from proofdesk.signed.reading import Malformed

CUSTOMER, MERCHANT, PARTY, AGENT = (
    Account.from_key(bytes(31) + bytes([number])) for number in (42, 43, 44, 45)
)
CHAIN = 421_614
DESK, VAULT = "0x5FbDB2315678afecb367f032d93F642f64180aa3", "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"
BOUGHT = datetime(2026, 3, 1, 9, 30, tzinfo=timezone.utc)
SALT, ENTRY, TICKET, DEADLINE = "0x" + 32 * "5a", "0x" + 32 * "e1", "0x" + 32 * "7a", 2_000_000_000
PRICE = 10**17

DEPLOYMENT = Deployment(
    desk="demo",
    chain_id=CHAIN,
    genesis_hash="0x" + 64 * "0",
    created="2026-01-01T00:00:00Z",
    contracts={
        "ClaimDesk": Contract(DESK, (), "", 0, "", ""),
        "RefundVault": Contract(VAULT, (), "", 0, "", ""),
    },
    lanes={"claims": 4},
)
POLICY = Policy(
    ETH,
    (
        Rule(Reason.RETURN, timedelta(days=30), 10_000, (EvidenceKind.RETURN,), 5 * PRICE, lane=4),
        Rule(Reason.DEFECT, timedelta(days=730), 5_000, (), 0, lane=4, review=True),
    ),
)


def receipt(**changes: Any) -> SignedReceipt:
    """Of a kettle, by the merchant for the customer."""
    arguments = {
        "order": "A-2026-1001",
        "product": "Kettle, 1.7 l, steel",
        "price": PRICE,
        "customer": CUSTOMER.address,
        "policy": POLICY,
        "purchased_at": BOUGHT,
        "salt": SALT,
    }
    return sign_receipt(DEPLOYMENT, MERCHANT, **arguments | changes)


def evidence(**changes: Any) -> SignedEvidence:
    """Of its return, by the carrier."""
    arguments = {
        "order": receipt(),
        "kind": EvidenceKind.RETURN,
        "content": "JD0021-77, at our counter",
        "issued_at": BOUGHT + timedelta(days=3),
        "salt": SALT,
    }
    return sign_evidence(DEPLOYMENT, PARTY, **arguments | changes)


def claim(**changes: Any) -> SignedClaim:
    """Of its whole price, by the customer."""
    arguments = {
        "receipt": receipt(),
        "reason": Reason.RETURN,
        "amount": PRICE,
        "evidence": [evidence()],
        "entry": ENTRY,
        "deadline": DEADLINE,
    }
    return sign_claim(DEPLOYMENT, CUSTOMER, **arguments | changes)


def ticket(**changes: Any) -> Ticket:
    """A claim's, as its agent read it."""
    fields: dict[str, Any] = {
        "id": TICKET,
        "customer": CUSTOMER.address,
        "status": Status.OPEN,
        "rating": None,
        "breached": False,
        "lane": 4,
        "turn": None,
        "certificate_id": 9,
        "due_at": None,
        "acts": 4,
        "budget": timedelta(0),
    }
    return Ticket(**fields | changes)


def decision(**changes: Any) -> SignedDecision:
    """Of a third of it, by the agent."""
    arguments = {
        "ticket": ticket(),
        "receipt": receipt().receipt,
        "amount": PRICE // 3,
        "entry": ENTRY,
        "deadline": DEADLINE,
    }
    return sign_decision(DEPLOYMENT, AGENT, **arguments | changes)


def withdrawal(**changes: Any) -> SignedWithdrawal:
    """Of what is owed to the customer in ETH."""
    arguments = {"token": ETH, "to": MERCHANT.address, "nonce": 0, "deadline": DEADLINE}
    return sign_withdrawal(DEPLOYMENT, CUSTOMER, **arguments | changes)


@dataclass(frozen=True)
class Kind:
    """A kind of signed thing, for tests of all of them."""

    example: Any
    type: Any
    error: type[Malformed]
    signer: str


KINDS: Mapping[str, Kind] = {
    "signedReceipt": Kind(receipt(), SignedReceipt, MalformedReceipt, MERCHANT.address),
    "signedEvidence": Kind(evidence(), SignedEvidence, MalformedEvidence, PARTY.address),
    "signedClaim": Kind(claim(), SignedClaim, MalformedClaim, CUSTOMER.address),
    "signedDecision": Kind(decision(), SignedDecision, MalformedDecision, AGENT.address),
    "signedWithdrawal": Kind(withdrawal(), SignedWithdrawal, MalformedWithdrawal, CUSTOMER.address),
}
