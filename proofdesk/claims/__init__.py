"""Claims: what is signed about a sale, and how it is judged. Imports core and signed acts; loaded late."""

from proofdesk.claims.claim import MalformedClaim, SignedClaim, TypedClaim, sign_claim, typed_claim
from proofdesk.claims.decision import MalformedDecision, SignedDecision, sign_decision
from proofdesk.claims.evidence import SignedEvidence, declare_evidence, sign_evidence
from proofdesk.claims.history import Filing, History
from proofdesk.claims.judgement import Facts, judge, payable
from proofdesk.claims.receipt import SignedReceipt, sign_receipt
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
from proofdesk.claims.withdrawal import MalformedWithdrawal, SignedWithdrawal, sign_withdrawal
from proofdesk.claims.words import explain

__all__ = [
    "ETH",
    "Attestation",
    "Claim",
    "ClaimState",
    "Evidence",
    "EvidenceKind",
    "Facts",
    "FailedRule",
    "Filing",
    "History",
    "Judgement",
    "MalformedClaim",
    "MalformedDecision",
    "MalformedEvidence",
    "MalformedPolicy",
    "MalformedReceipt",
    "MalformedWithdrawal",
    "Order",
    "Policy",
    "Reason",
    "Receipt",
    "Rule",
    "SignedClaim",
    "SignedDecision",
    "SignedEvidence",
    "SignedReceipt",
    "SignedWithdrawal",
    "TypedClaim",
    "Verdict",
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
