"""How many claims a second are judged in Python, on one core: a merchant replays a year of them.

Every claim goes through its order's history, as it did on chain; what stands in the receipts is at hand.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from random import Random
from statistics import median

from proofdesk.claims import ETH, EvidenceKind, Filing, History, Policy, Reason, Receipt, Rule, Verdict

WORDS = {"speed.judgement": "claims judged in Python, with their orders' history, a second"}
# What the figures must be at least.
LEAST: Mapping[str, Fraction] = {"speed.judgement": Fraction(50_000)}
CLAIMS = 100_000
ROUNDS = 5

_SEED = 5
_YEAR = 365 * 86_400
_START = datetime(2026, 1, 1, tzinfo=timezone.utc)
_SHOP = "0x" + 20 * "5a"
_DAY = timedelta(days=1)
_POLICY = Policy(
    ETH,
    (
        Rule(Reason.RETURN, 30 * _DAY, 10_000, (EvidenceKind.RETURN,), 10**18, lane=1),
        Rule(Reason.DEFECT, 730 * _DAY, 10_000, (EvidenceKind.DEFECT, EvidenceKind.PHOTO), 10**17, lane=1),
        Rule(Reason.NOT_DELIVERED, 90 * _DAY, 10_000, (), 10**18, lane=1),
        Rule(Reason.OVERCHARGED, 365 * _DAY, 5_000, (), 10**16, lane=1),
    ),
)


def measure(rounds: int = ROUNDS, claims: int = CLAIMS) -> Mapping[str, Fraction]:
    """`speed.judgement` in claims per second; raises AssertionError where not every verdict came up."""
    filed = a_year(claims)
    speeds = []
    for _ in range(rounds):
        history = History([_POLICY])
        start = time.perf_counter()
        judged = list(history.replay(filed))
        speeds.append(claims / Fraction(time.perf_counter() - start))
        # That it was quick is worth nothing unless there was something to judge.
        assert {each.verdict for each in judged} == {Verdict.APPROVED, Verdict.DENIED, Verdict.REVIEW}
    return {"speed.judgement": median(speeds)}


def a_year(claims: int) -> Sequence[Filing]:
    """So many claims in the order of their time, up to four on an order; the same in every run."""
    random = Random(_SEED)
    kinds = [(), (EvidenceKind.RETURN,), (EvidenceKind.DEFECT, EvidenceKind.PHOTO), tuple(EvidenceKind)]
    filed: list[Filing] = []
    while len(filed) < claims:
        receipt = _receipt(random, len(filed))
        for _ in range(min(claims - len(filed), random.randint(1, 4))):
            at = receipt.purchased_at + timedelta(seconds=random.randrange(60 * 86_400))
            amount = random.choice((receipt.price, receipt.price // 3, 10**16))
            reason = random.choice(list(Reason)[1:])
            filed.append(Filing(receipt, reason, amount, at, random.choice(kinds)))
    return sorted(filed, key=lambda filing: filing.at)


def _receipt(random: Random, number: int) -> Receipt:
    return Receipt(
        merchant=_SHOP,
        order_id=f"0x{number + 1:064x}",
        customer=f"0x{number + 1:040x}",
        product_id=f"0x{random.randint(1, 500):064x}",
        price=random.randrange(10**15, 2 * 10**18),
        purchased_at=_START + timedelta(seconds=random.randrange(_YEAR)),
        policy_id=_POLICY.id,
    )
