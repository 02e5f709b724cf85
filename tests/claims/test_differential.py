"""The judgement is the same in Solidity and in Python: verdict, amount, every failed rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import islice
from random import Random

import pytest

from proofdesk.claims import EvidenceKind, Facts, FailedRule, Rule, Verdict, judge, payable
from tests.claims.cases import MOST, Case, cases
from tests.helpers.contract import Contract
from tests.helpers.node import Node

QUICK, LONG, BATCH = 8_000, 100_000, 500
ALONE = [*map(int, FailedRule), *(1 << 16 + kind for kind in EvidenceKind)]


@pytest.fixture(scope="session")
def harness(node: Node) -> Contract:
    """The library by itself, on a chain."""
    return Contract.deployed(node, node.accounts[0], "ClaimRulesHarness")


def words(*values: int) -> bytes:
    """Values as the ABI has them, 32 bytes each."""
    return b"".join(value.to_bytes(32, "big") for value in values)


def rule_words(rule: Rule | None) -> bytes:
    """A rule as ClaimTypes.sol has it; where there is none, all of it is zero."""
    return words(*rule.abi) if rule else bytes(7 * 32)


def facts_words(facts: Facts) -> bytes:
    """The facts as ClaimTypes.sol has them."""
    order = facts.paid_on_order, facts.paid_for_reason, facts.claims, facts.live, facts.is_customer
    return words(*order, facts.price, facts.purchased_at, facts.amount, facts.evidence, facts.time)


def by_contract(harness: Contract, asked: Sequence[Case]) -> list[tuple[int, int, int]]:
    """Verdict, failed rules and what is payable, of each."""
    rules = b"".join(rule_words(rule) for rule, _ in asked)
    facts = b"".join(facts_words(facts) for _, facts in asked)
    head = words(64, 96 + len(rules)) + words(len(asked)) + rules + words(len(asked)) + facts
    node = harness.node
    answer = node.call(node.accounts[0], harness.address, harness.selector("judge") + head)
    return list(zip(*harness.answer("judge", answer), strict=True))


def test_both_judge_alike(harness: Contract, seed: int, long_profile: bool) -> None:
    asked = cases(Random(seed), LONG if long_profile else QUICK, judge)
    verdicts: Counter[Verdict] = Counter()
    failures: Counter[int] = Counter()
    seen: Counter[str] = Counter()
    while batch := list(islice(asked, BATCH)):
        for (rule, facts), told in zip(batch, by_contract(harness, batch), strict=True):
            made, where = judge(rule, facts), (seed, rule, facts)
            left = payable(rule, facts.price, facts.paid_on_order, facts.paid_for_reason) if rule else 0
            assert (made.verdict, int(made.failed), left) == told, where
            # What is not denied is paid or reserved whole, and is never more than can be paid.
            assert made.amount == (0 if told[1] else facts.amount) <= left, where
            verdicts[made.verdict] += 1
            failures[told[1]] += 1
            seen.update(boundaries(rule, facts))
    count = sum(verdicts.values())
    print(f"{count:,} claims: { {verdict.name: share for verdict, share in verdicts.items()} }")
    assert all(verdicts[verdict] >= count / 5 for verdict in list(Verdict)[1:]), verdicts
    assert [hex(mask) for mask in ALONE if not failures[mask]] == []
    assert [name for name in BOUNDARIES if not seen[name]] == []


BOUNDARIES = (
    *("first second", "a second before", "last second", "a second after"),
    *("nothing refunded", "all refunded", "0", "1", "price", "price + 1", "2^128 − 1"),
    *("limit reached", "limit passed by 1", "all of what is left", "1 more than is left", "eighth", "ninth"),
)


def boundaries(rule: Rule | None, facts: Facts) -> list[str]:
    """On which boundaries a claim stands."""
    if rule is None:
        return []
    _, window, refund, _, limit, _, _ = rule.abi
    after, asked = facts.time - facts.purchased_at, facts.amount
    left = payable(rule, facts.price, facts.paid_on_order, facts.paid_for_reason)
    stands = {
        "first second": after == 0,
        "a second before": after == -1,
        "last second": after == window,
        "a second after": after == window + 1,
        "nothing refunded": refund == 0,
        "all refunded": refund == 10_000,
        "0": asked == 0,
        "1": asked == 1,
        "price": asked == facts.price > 1,
        "price + 1": asked == facts.price + 1 > 2,
        "2^128 − 1": asked == MOST,
        "limit reached": facts.paid_on_order + asked == limit > 0,
        "limit passed by 1": facts.paid_on_order + asked == limit + 1 > 1,
        "all of what is left": asked == left > 0,
        "1 more than is left": asked == left + 1,
        "eighth": facts.claims == 7,
        "ninth": facts.claims == 8,
    }
    return [name for name, is_there in stands.items() if is_there]
