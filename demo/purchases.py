"""Three hundred purchases in two shops: what was bought, and what each customer will claim, if anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from secrets import token_bytes
from typing import Final

from demo.stage import CONFIG, HERE, Stage
from proofdesk import Sender
from proofdesk.claims import EvidenceKind, FailedRule, Policy, Reason, SignedEvidence, SignedReceipt, Verdict
from proofdesk.ops.config import Config, load
from proofdesk.ops.policy_file import read_policy
from tools.build import artifact

PURCHASES: Final = 300
# Each shop's token and the decimals of its amounts: the first sells for ETH, the second for its PLN.
SHOPS: Final = {"shop": ("ETH", 18), "market": ("PLN", 6)}
# What somebody accredited signs, and who; all else customers declare themselves.
PARTIES: Final = {
    EvidenceKind.RETURN: "carrier",
    EvidenceKind.DELIVERY: "carrier",
    EvidenceKind.DEFECT: "laboratory",
    EvidenceKind.PAYMENT: "bank",
}
# Of each shop: with it an order that is signed again stays one order.
_SECRETS: Final = {shop: token_bytes(32) for shop in SHOPS}
SAID: Final = {
    EvidenceKind.DELIVERY: "lost at the depot",
    EvidenceKind.RETURN: "parcel back in the warehouse",
    EvidenceKind.DEFECT: "the heating coil is broken",
    EvidenceKind.PAYMENT: "booked twice",
    EvidenceKind.PHOTO: "photo.jpg, sha256 9f86d081",
    EvidenceKind.STATEMENT: "nothing has arrived",
    EvidenceKind.DOCUMENT: "the advertisement with the lower price",
    EvidenceKind.MESSAGE: "the installer's message that he will not come",
}
_PRODUCTS: Final = ("Kettle", "Card reader", "Headphones", "Desk lamp", "Hardware wallet")
NO_RULE: Final = FailedRule(0)
# Of so many purchases in a row at a shop, the first have a plan each, the others make no trouble.
_ROUND: Final = 25
# So that amounts are no round numbers, each purchase costs so much more than the one before.
_ODD: Final = {"shop": "0.000007919", "market": "0.007919"}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is claimed on a purchase, and what that is meant to come to.

    `price` is whole tokens, `share` basis points of it that are asked for, `age` days since the purchase.
    """

    reason: Reason
    price: str
    share: int
    evidence: tuple[EvidenceKind, ...] = ()
    verdict: Verdict = Verdict.APPROVED
    failed: FailedRule = NO_RULE
    age: int = 3


_REVIEW, _DENIED = Verdict.REVIEW, Verdict.DENIED
PLANS: Final[dict[str, tuple[Plan, ...]]] = {
    "shop": (
        Plan(Reason.RETURN, "0.3", 10_000, (EvidenceKind.RETURN,)),
        Plan(Reason.DEFECT, "0.08", 10_000, (EvidenceKind.DEFECT,), age=11),
        Plan(Reason.OVERCHARGED, "0.09", 5_000, (EvidenceKind.PAYMENT,)),
        Plan(Reason.SERVICE_FAILURE, "0.08", 2_000),
        Plan(Reason.NOT_DELIVERED, "0.2", 10_000, (EvidenceKind.STATEMENT,), _REVIEW),
        Plan(Reason.WRONG_ITEM, "0.12", 10_000, (EvidenceKind.PHOTO,), _REVIEW),
        Plan(Reason.RETURN, "0.8", 10_000, (EvidenceKind.RETURN,), _REVIEW),
        Plan(
            Reason.DEFECT, "0.08", 10_000, (), _DENIED, FailedRule.lacking(EvidenceKind.DEFECT)
        ),
        Plan(Reason.SERVICE_FAILURE, "0.08", 9_000, (), _DENIED, FailedRule.OVER_REFUND),
        Plan(Reason.OTHER, "0.1", 1_000, (), _DENIED, FailedRule.REASON_NOT_COVERED),
    ),
    "market": (
        Plan(Reason.RETURN, "180", 9_000, (EvidenceKind.RETURN,)),
        Plan(Reason.DEFECT, "60", 10_000, (EvidenceKind.DEFECT, EvidenceKind.PHOTO), age=11),
        Plan(Reason.NOT_DELIVERED, "250", 10_000, (EvidenceKind.DELIVERY,)),
        Plan(Reason.WRONG_ITEM, "120", 10_000, (EvidenceKind.PHOTO,)),
        Plan(Reason.OVERCHARGED, "150", 2_500, (EvidenceKind.DOCUMENT,)),
        Plan(Reason.SERVICE_FAILURE, "90", 1_000, (EvidenceKind.MESSAGE,)),
        Plan(Reason.OTHER, "80", 5_000, (), _REVIEW),
        Plan(
            Reason.RETURN, "100", 9_000, (EvidenceKind.RETURN,), _DENIED, FailedRule.OUT_OF_WINDOW, age=10
        ),
        Plan(
            Reason.DEFECT, "60", 10_000, (EvidenceKind.DEFECT,), _DENIED,
            FailedRule.lacking(EvidenceKind.PHOTO),
        ),
    ),
}  # fmt: skip
_HAPPY: Final = {"shop": Plan(Reason.RETURN, "0.4", 0), "market": Plan(Reason.RETURN, "130", 0)}
_POLICIES: Final = {"shop": "standard", "market": "market"}


@dataclass(frozen=True, slots=True)
class Purchase:
    """A purchase with its receipt; its customer is the stage's person `buyer`, who has no ether."""

    number: int
    shop: str
    buyer: str
    plan: Plan | None
    receipt: SignedReceipt

    @property
    def token(self) -> str:
        """What it was paid in, by name."""
        return SHOPS[self.shop][0]

    @property
    def asked(self) -> int:
        """What its customer will ask for, in smallest units; 0 where he asks for nothing."""
        return self.receipt.price * self.plan.share // 10_000 if self.plan else 0


def with_market(stage: Stage) -> Config:
    """The desk's config with a second shop, which sells for a token of its own, and a bank that attests.

    The token is deployed, and so is the first thing that the market's account ever did.
    """
    code = bytes.fromhex(artifact("PlainToken")["bytecode"][2:])
    token = Sender(stage.w3, stage.account("market")).send(None, code).contract
    lanes = {lane.name: number for number, lane in enumerate(stage.config.lanes, 1)}
    policy = read_policy(HERE / "market.toml", lanes)
    assert policy.token == token, f"market.toml is about {policy.token}, the token is at {token}"
    terms = stage.config.claims
    assert terms is not None
    more = replace(
        terms,
        tokens=(token,),
        merchants=(*terms.merchants, stage.account("market").address),
        parties=(*terms.parties, (EvidenceKind.PAYMENT, stage.account("bank").address)),
        policies={**terms.policies, "market": policy},
        decimals={token: SHOPS["market"][1]},
    )
    return replace(stage.config, claims=more)


def without_market(config: Config) -> Config:
    """The config again, when that shop and that bank have left."""
    first, now = load(CONFIG).claims, config.claims
    assert first is not None and now is not None
    return replace(config, claims=replace(now, merchants=first.merchants, parties=first.parties))


def policies(config: Config) -> dict[str, Policy]:
    """Each shop's policy."""
    assert config.claims is not None
    return {shop: config.claims.policies[name] for shop, name in _POLICIES.items()}


def sell(stage: Stage, now: datetime) -> Iterator[Purchase]:
    """The purchases of the days before `now`, the shops in turns; each customer has a fresh address."""
    for number in range(PURCHASES):
        shop = tuple(SHOPS)[number % len(SHOPS)]
        plans, place = PLANS[shop], number // len(SHOPS) % _ROUND
        yield purchase(stage, number, shop, plans[place] if place < len(plans) else None, now)


def purchase(
    stage: Stage, number: int, shop: str, plan: Plan | None, now: datetime, customer: str | None = None
) -> Purchase:
    """One purchase, as the shop's till signs for it; `customer` is by default a fresh address."""
    buyer, terms = f"buyer {number}", plan or _HAPPY[shop]
    receipt = stage[shop].claims.sign_receipt(
        order=f"{shop}-{number + 1001}",
        product=_PRODUCTS[number % len(_PRODUCTS)],
        price=units(terms.price, shop) + units(_ODD[shop], shop) * number,
        customer=customer or stage.account(buyer).address,
        policy=_POLICIES[shop],
        purchased_at=now - timedelta(days=terms.age, minutes=number % 1000),
        secret=_SECRETS[shop],
    )
    return Purchase(number, shop, buyer, plan, receipt)


def evidence(stage: Stage, bought: Purchase, *kinds: EvidenceKind) -> list[SignedEvidence]:
    """Evidence about a purchase: signed by who is accredited for its kind, or declared by the customer."""
    return [
        stage[PARTIES[kind]].claims.sign_evidence(bought.receipt, kind, SAID[kind])
        if kind in PARTIES
        else stage[bought.buyer].claims.declare_evidence(bought.receipt, kind, SAID[kind])
        for kind in kinds
    ]


def units(amount: str, shop: str) -> int:
    """An amount of whole tokens in smallest units of what a shop sells for."""
    return int(Decimal(amount).scaleb(SHOPS[shop][1]))
