"""The rules of the benchmark's claims, and who signs for them."""

from __future__ import annotations

from datetime import timedelta

from benchmarks.accounts import account
from proofdesk.claims import ETH, EvidenceKind, Policy, Reason, Rule
from proofdesk.ops.claims_terms import ClaimsTerms, Compensation

PRICE = 10**16
"""Wei; every order's."""
MERCHANT, PARTY = account("merchant", 0), account("party", 0)

_WINDOW, _WHOLE = timedelta(days=365), 10_000


def terms(lane: str, number: int) -> ClaimsTerms:
    """Returns with a carrier's word are paid at once, undelivered orders too; defects an agent decides.

    A breach in the lane is compensated.
    """
    return ClaimsTerms(
        merchants=(MERCHANT.address,),
        parties=((EvidenceKind.RETURN, PARTY.address),),
        policies={"benchmark": policy(number)},
        compensation=(Compensation(lane, ETH, PRICE // 10, 100 * PRICE),),
    )


def policy(number: int) -> Policy:
    """Its rules, for claims in this lane."""
    return Policy(
        ETH,
        (
            Rule(Reason.RETURN, _WINDOW, _WHOLE, (EvidenceKind.RETURN,), PRICE, number),
            Rule(Reason.DEFECT, _WINDOW, _WHOLE, (), PRICE, number, review=True),
            Rule(Reason.NOT_DELIVERED, _WINDOW, _WHOLE, (), PRICE, number),
        ),
    )
