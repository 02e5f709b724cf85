"""Claims: what is signed about a sale, and how it is judged. Imports core and signed acts; loaded late."""

from proofdesk.claims.claim import MalformedClaim, SignedClaim, TypedClaim, sign_claim, typed_claim
from proofdesk.claims.compensation import Breach, Offer
from proofdesk.claims.decision import MalformedDecision, SignedDecision, sign_decision
from proofdesk.claims.evidence import SignedEvidence, declare_evidence, sign_evidence
from proofdesk.claims.history import Filing, History
from proofdesk.claims.judgement import Facts, judge, payable
from proofdesk.claims.policies import Office, Term
from proofdesk.claims.receipt import SignedReceipt, sign_receipt
from proofdesk.claims.resource import Preview
from proofdesk.claims.signing import Filed
from proofdesk.claims.values import (
    ETH,
    Attestation,
    Claim,
    ClaimState,
    Evidence,
    EvidenceKind,
    FailedRule,
    Judgement,
    MalformedEvidence,
    MalformedPolicy,
    MalformedReceipt,
    Order,
    Policy,
    Reason,
    Receipt,
    Rule,
    Verdict,
    order_key,
)
from proofdesk.claims.vault import Books, Scheduled, Waiting
from proofdesk.claims.view import ClaimView, Decision
from proofdesk.claims.withdrawal import MalformedWithdrawal, SignedWithdrawal, sign_withdrawal
from proofdesk.claims.words import explain

__all__ = [
    "ETH",
    "Attestation",
    "Books",
    "Breach",
    "Claim",
    "ClaimState",
    "ClaimView",
    "Decision",
    "Evidence",
    "EvidenceKind",
    "Facts",
    "FailedRule",
    "Filed",
    "Filing",
    "History",
    "Judgement",
    "MalformedClaim",
    "MalformedDecision",
    "MalformedEvidence",
    "MalformedPolicy",
    "MalformedReceipt",
    "MalformedWithdrawal",
    "Offer",
    "Office",
    "Order",
    "Policy",
    "Preview",
    "Reason",
    "Receipt",
    "Rule",
    "Scheduled",
    "SignedClaim",
    "SignedDecision",
    "SignedEvidence",
    "SignedReceipt",
    "SignedWithdrawal",
    "Term",
    "TypedClaim",
    "Verdict",
    "Waiting",
    "declare_evidence",
    "explain",
    "judge",
    "order_key",
    "payable",
    "sign_claim",
    "sign_decision",
    "sign_evidence",
    "sign_receipt",
    "sign_withdrawal",
    "typed_claim",
]
