"""Claims, decisions and their orders on a chain, beside a History in Python: the same verdicts and sums."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from proofdesk._words import address_of, moment, to_hex
from proofdesk.claims import ETH, EvidenceKind, Filing, History, Policy, Reason, Receipt, Rule, Verdict
from tests.helpers import claim_items as chain
from tests.helpers.claims import Filing as Filed
from tests.helpers.claims import Office

QUICK, LONG = 100, 600
HOUR, PRICE = 3_600, 1_000
RULES = (
    chain.Rule(chain.Reason.RETURN, window=2 * HOUR, automatic_limit=100),
    chain.Rule(chain.Reason.DEFECT, window=4 * HOUR, refund=8_000, evidence=1 << 2, automatic_limit=PRICE),
    chain.Rule(
        chain.Reason.NOT_DELIVERED, window=3 * HOUR, evidence=1 << 12 | 1 << 13, automatic_limit=PRICE
    ),
    chain.Rule(chain.Reason.OVERCHARGED, window=9 * HOUR, refund=5_000, review=True),
)


def test_a_history_is_what_the_chain_keeps(office: Office, seed: int, long_profile: bool) -> None:
    policy = in_python(RULES)
    published = office.published(*RULES)
    assert policy.id == to_hex(published)
    random, history, seen = Random(seed), History([policy]), set[Verdict]()
    receipts: list[chain.Receipt] = []
    line: list[Filed] = []
    for _ in range(LONG if long_profile else QUICK):
        if not receipts or random.random() < 0.2:
            price = random.choice((1, 3, PRICE, PRICE))
            receipts.append(office.receipt(price=price, policy_id=published))
        filed = claim(random, office, random.choice(receipts[-3:]))
        office.desk.at(office.desk.now + random.choice((1, 60, HOUR)))
        told = filed.file()
        judged = history.file(replayed(filed, office.desk.now))
        assert (judged.verdict, int(judged.failed)) == told, (seed, filed.claim)
        if judged.verdict is Verdict.REVIEW:
            line.append(filed)
        seen.add(judged.verdict)
        if line and random.random() < 0.5:
            decided(random, office, history, line.pop(0))
        compare(office, history, filed)
    assert len(seen) == 3


def in_python(rules: tuple[chain.Rule, ...]) -> Policy:
    """The same policy as the package has it."""
    return Policy(
        ETH,
        tuple(
            Rule(
                Reason(rule.reason),
                timedelta(seconds=rule.window),
                rule.refund,
                tuple(kind for kind in EvidenceKind if rule.evidence >> kind & 1),
                rule.automatic_limit,
                rule.lane,
                rule.review,
            )
            for rule in rules
        ),
    )


def claim(random: Random, office: Office, receipt: chain.Receipt) -> Filed:
    """Any claim on an order, at times a stranger's."""
    stranger = random.random() < 0.1
    evidence = random.choice(((), (2,), (12, 13), (2, 12, 13), (1, 13)))
    customer = office.people.other_customer.address if stranger else receipt.customer
    return office.filing(
        random.choice(list(chain.Reason)[1:6]),
        receipt=receipt,
        evidence=evidence,
        customer=customer,
        amount=random.choice((0, 1, 100, receipt.price // 2, receipt.price, receipt.price + 1)),
    )


def bought(receipt: chain.Receipt) -> Receipt:
    """A receipt as the package has it."""
    return Receipt(
        receipt.merchant,
        receipt.order_id,
        address_of(int(receipt.customer, 16)),
        receipt.product_id,
        receipt.price,
        moment(receipt.purchased_at),
        receipt.policy_id,
    )


def replayed(filed: Filed, now: int) -> Filing:
    """What was filed in the last block, as the package replays it."""
    said = filed.claim
    return Filing(
        bought(said.receipt),
        Reason(said.reason),
        said.amount,
        moment(now),
        tuple(EvidenceKind(piece.kind) for piece in said.evidence),
        address_of(int(said.customer, 16)),
    )


def decided(random: Random, office: Office, history: History, filed: Filed) -> None:
    """The agent takes what is next in line and decides it, within its bound."""
    office.people.agent.take(filed.ticket_id)
    amount = random.choice((0, filed.bound(), filed.bound() // 2))
    filed.decide(office.people.agent, amount)
    said = filed.claim
    history.decide(bought(said.receipt), Reason(said.reason), amount)


def compare(office: Office, history: History, filed: Filed) -> None:
    """What both know of a claim's order."""
    facts = history.facts(replayed(filed, office.desk.now))
    paid, _, claims, live, _ = office.order(filed)
    merchant, order, reason = filed.claim.receipt.merchant, filed.claim.receipt.order_id, filed.claim.reason
    kept = paid, office.claims.view("paidFor", merchant, order, reason), claims, bool(live >> reason & 1)
    assert kept == (facts.paid_on_order, facts.paid_for_reason, facts.claims, facts.live)
