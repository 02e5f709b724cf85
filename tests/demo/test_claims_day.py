"""The claims day of `make demo` by itself, and that its books would notice a unit that is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from demo.claims import ClaimsDay
from demo.exams import certify
from demo.gasless import Gasless
from demo.purchases import with_market
from demo.refusals import Refusals
from demo.stage import Stage, local_stage
from proofdesk.claims import EvidenceKind, Reason, Verdict


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """A desk with two shops, where twelve days have gone by."""
    with local_stage() as stage:
        stage.config = with_market(stage)
        stage.deploy(folder=stage.manifests)
        certify(stage)
        stage.pass_time(timedelta(days=12))
        yield stage


def test_the_claims_day(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    gasless = Gasless(stage)
    day = ClaimsDay(stage, gasless, Refusals(stage, gasless))
    for act in (day.sell, day.fund, day.claim, day.happen, day.show, day.review, day.be_late, day.balance):
        act()
    gasless.close()
    shown = " ".join(capsys.readouterr().out.split())
    assert "the last unit; so has the vault" in shown
    # Money is told as money, to the last unit.
    assert re.search(r"OverBound: 0\.\d{18} ETH is more than .* claim: 0\.\d+ ETH", shown)
    # What a reader adds up is said to him: rules beside claims, and what became of those approved.
    assert "44 times a rule failed, in 43 claims: each is told every rule that it fails, and 1" in shown
    told = shown.split("138 claims, each as it was judged when it was filed.")[1]
    approved = sum(n for (_, verdict), n in day.office.counts.items() if verdict is Verdict.APPROVED)
    paid, waited, owed = map(int, re.findall(r"\b\d+\b", told)[:3])
    assert paid + waited + owed == approved
    assert stage.desk.tickets.verify_all().tickets == len(day.office.tickets) == 138
    _judge_otherwise(day)
    # Of the vault and of a customer's account, one unit less than was meant is noticed.
    ledger = day.office.ledgers["shop"]
    ledger.deposited += 1
    with pytest.raises(AssertionError, match="the vault's books are"):
        day.office.balance()
    account = next(iter(ledger.got))
    ledger.got[account] += 1
    with pytest.raises(AssertionError, match=f"{account} has"):
        day.office.balance()


def _judge_otherwise(day: ClaimsDay) -> None:
    """A claim that does not come to what was meant, or that Python judges otherwise, stops the play."""
    bought = next(one for one in day.sold if one.shop == "shop" and one.plan is None)
    kinds = (EvidenceKind.RETURN,)
    with pytest.raises(AssertionError, match=r"Verdict\.APPROVED"):
        day.office.file(bought, Reason.RETURN, 10, kinds, Verdict.DENIED)
    day.office.file(bought, Reason.RETURN, 10, kinds)
    # To Python all of this order has been paid now.
    receipt = bought.receipt.receipt
    day.office.history.decide(receipt, Reason.RETURN, receipt.price - 10)
    with pytest.raises(AssertionError, match="Python judges otherwise"):
        day.office.file(bought, Reason.RETURN, 10, kinds)
    # It was filed and paid all the same, before that was noticed.
    day.office.ledgers["shop"].pay(receipt.customer, 10)
    day.office.balance()
