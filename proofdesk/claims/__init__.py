"""Claims: what is signed about a sale, how it is judged, and what a desk, its vault and its lateness pay.

Imports core and signed acts. Names are found when they are first used, as those of proofdesk are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from proofdesk._shell import found_late

if TYPE_CHECKING:
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

# Where the names live, the modules that load least first.
_HOMES = (
    "enums",
    "values",
    "judgement",
    "words",
    "view",
    "policies",
    "compensation",
    "vault",
    "receipt",
    "evidence",
    "claim",
    "decision",
    "withdrawal",
    "history",
    "signing",
    "resource",
)

__getattr__, __dir__ = found_late(__name__, __all__, _HOMES)
