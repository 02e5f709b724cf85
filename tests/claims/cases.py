"""Random claims on random orders, by the design: policies, receipts, an order's history, evidence, time.

Most claims begin as one that meets every rule, on a boundary as often as not, and then one thing of it is
spoilt: so that each rule is seen to fail alone. What an order got before is kept here, from what the
judgement said of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from typing import TypeAlias

from proofdesk.claims import EvidenceKind, Facts, Judgement, Reason, Rule, Verdict

MOST = 2**128 - 1
PRICES = (0, 1, 2, 9_999, 10_000, 10**6, 10**18, 2**64, MOST)
WINDOWS = (1, 60, 86_400, 30 * 86_400, 2**32 - 1)
REFUNDS = (0, 1, 3_333, 5_000, 9_999, 10_000, 10_000, 10_000)

Case: TypeAlias = "tuple[Rule | None, Facts]"


@dataclass
class Order:
    """What is known of an order; amounts are smallest units."""

    price: int
    bought: int
    rules: dict[Reason, Rule]
    paid: dict[Reason, int] = field(default_factory=dict)
    live: set[Reason] = field(default_factory=set)
    claims: int = 0

    def left(self) -> int:
        """Of the price."""
        return max(0, self.price - sum(self.paid.values()))

    def left_for(self, reason: Reason) -> int:
        """Of what the rule refunds."""
        rule = self.rules[reason]
        return max(0, self.price * rule.refund // 10_000 - self.paid.get(reason, 0))

    def payable(self) -> list[Reason]:
        """For which something is left."""
        return [reason for reason in self.rules if min(self.left(), self.left_for(reason)) > 0]

    def facts(self, reason: Reason, amount: int, time: int, evidence: int) -> Facts:
        """By which its customer's claim is judged."""
        return Facts(
            price=self.price,
            purchased_at=self.bought,
            amount=amount,
            time=time,
            evidence=evidence,
            paid_on_order=sum(self.paid.values()),
            paid_for_reason=self.paid.get(reason, 0),
            claims=self.claims,
            live=reason in self.live,
        )


def cases(random: Random, count: int, judged: Callable[[Rule | None, Facts], Judgement]) -> Iterator[Case]:
    """So many claims with their rules; `judged` says what orders got, so that their history goes on."""
    while count > 0:
        order = _order(random)
        for _ in range(min(count, random.randint(1, 12))):
            # Of an order that has nothing more to get, one claim in five is enough.
            if not order.payable() and random.random() < 0.8:
                break
            reason, facts = _claim(random, order)
            rule = order.rules.get(reason)
            yield rule, facts
            count -= 1
            _remember(random, order, reason, facts, judged(rule, facts))


def _order(random: Random) -> Order:
    price = random.choice((*PRICES, random.randint(3, 10**9), random.randrange(2**128)))
    reasons = random.sample(list(Reason)[1:], random.randint(1, 7))
    bought = random.choice((0, random.randrange(2**31), random.randrange(2**31), 2**64 - 1))
    return Order(price, bought, {reason: _rule(random, reason, price) for reason in reasons})


def _rule(random: Random, reason: Reason, price: int) -> Rule:
    limits = 0, price // 2, price, MOST, MOST
    return Rule(
        reason,
        timedelta(seconds=random.choice((*WINDOWS, random.randint(1, 2**32 - 1)))),
        random.choice((*REFUNDS, random.randint(0, 10_000))),
        tuple(random.sample(list(EvidenceKind), random.choice((0, 0, 1, 2, 16)))),
        random.choice(limits),
        lane=1,
        review=random.random() < 0.15,
    )


def _claim(random: Random, order: Order) -> tuple[Reason, Facts]:
    payable = order.payable()
    free = [reason for reason in payable if reason not in order.live]
    reason = random.choice(free or payable or list(order.rules))
    rule = order.rules[reason]
    most = min(order.left(), order.left_for(reason))
    window, mask = rule.window // timedelta(seconds=1), rule.abi[3]
    amount = random.choice(
        (1, most, most // 3, min(most, rule.automatic_limit), min(most, rule.automatic_limit + 1))
    )
    time = order.bought + random.choice((0, 1, window, random.randint(0, window)))
    good = order.facts(
        reason, max(1, amount), time, mask | random.choice((0, 0xFFFF, random.randrange(2**16)))
    )
    if random.random() < 0.65:
        return reason, good
    return _spoilt(random, order, rule, good)


def _spoilt(random: Random, order: Order, rule: Rule, good: Facts) -> tuple[Reason, Facts]:
    """The claim with one thing wrong, or anything."""
    reason, window = rule.reason, rule.window // timedelta(seconds=1)
    others = [each for each in list(Reason) if each not in order.rules]
    asked = random.choice((1, order.price, order.price + 1, order.left(), MOST, random.randrange(2**128)))
    # So that the price is used up before the rule's part of it.
    elsewhere = order.left() - min(order.left(), max(0, order.left_for(reason) - 1))
    spoils: list[tuple[Reason, Facts]] = [
        (reason, replace(good, time=order.bought - 1 if order.bought else 0)),
        (reason, replace(good, time=0)),
        (reason, replace(good, time=order.bought + window + random.choice((1, 2**32)))),
        (reason, replace(good, is_customer=False)),
        (reason, replace(good, amount=0)),
        (reason, replace(good, amount=order.left_for(reason) + 1)),
        (reason, replace(good, amount=order.left() + 1)),
        (
            reason,
            replace(good, amount=order.left_for(reason), paid_on_order=good.paid_on_order + elsewhere + 1),
        ),
        (reason, replace(good, amount=min(MOST, asked))),
        (reason, replace(good, claims=random.choice((7, 8, 8)))),
        (reason, replace(good, live=True)),
        (reason, replace(good, evidence=random.randrange(2**16))),
    ]
    if rule.evidence:
        spoils += 6 * [(reason, replace(good, evidence=0xFFFF ^ 1 << random.choice(rule.evidence)))]
    if others:
        spoils.append((random.choice(others), replace(good, live=False, paid_for_reason=0)))
    found, facts = random.choice(spoils)
    if random.random() < 0.15:
        facts = replace(facts, claims=8, is_customer=random.random() < 0.5, evidence=random.randrange(2**16))
    return found, facts


def _remember(random: Random, order: Order, reason: Reason, facts: Facts, judgement: Judgement) -> None:
    if not facts.is_customer:
        return
    order.claims = min(8, order.claims + 1)
    paid = judgement.amount
    if judgement.verdict is Verdict.REVIEW:
        if random.random() < 0.3:
            order.live.add(reason)
            return
        # An agent decided meanwhile.
        paid = random.choice((0, paid, random.randint(0, paid)))
    order.paid[reason] = order.paid.get(reason, 0) + min(paid, order.left())
