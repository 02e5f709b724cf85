"""Why a claim is denied, in words: a sentence for every rule, in both languages, with the values."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from proofdesk import InvalidArgument
from proofdesk.claims import EvidenceKind, Facts, FailedRule, Reason, explain, judge
from proofdesk.claims.words import kind_in_words, reason_in_words, whole
from tests.claims.examples import POLICY, PRICE

RULE = POLICY.rules[1]
FACTS = Facts(
    price=PRICE,
    purchased_at=1_767_225_600,
    amount=8 * PRICE // 10,
    time=1_767_225_600 + 730 * 86_400 + 1,
    paid_on_order=PRICE // 4,
    paid_for_reason=PRICE // 10,
    claims=8,
)
EVERY = [*FailedRule, *(FailedRule.lacking(kind) for kind in EvidenceKind)]


def test_the_values_that_decided_are_named() -> None:
    failed = judge(RULE, FACTS).failed
    assert explain(failed, RULE, FACTS) == [
        "It could be claimed until 2028-01-01 00:00:00 UTC, and it is 2028-01-01 00:00:01 UTC.",
        "It asks for 0.08 ETH, and 0.04 ETH is left for this reason: 50% of the price 0.1 ETH is 0.05 ETH, "
        "and 0.01 ETH of that is paid.",
        "It asks for 0.08 ETH, and 0.075 ETH is left of the price 0.1 ETH: 0.025 ETH is paid.",
        "8 claims were filed on this order before, and it takes 8.",
    ]
    assert explain(failed, RULE, FACTS, language="zh", unit="USDC", decimals=15)[1] == (
        "申请金额为 80 USDC，此理由还可退 40 USDC：价格 100 USDC 的 50% 为 50 USDC，其中 10 USDC 已支付。"
    )


def test_missing_evidence_and_a_reason_are_named() -> None:
    lacking = FailedRule.lacking(EvidenceKind.DEFECT) | FailedRule.lacking(EvidenceKind.CUSTOM_7)
    assert explain(lacking, RULE, FACTS) == [
        "This evidence is missing: defect.",
        "This evidence is missing: the desk's own kind 7.",
    ]
    assert explain(lacking, RULE, FACTS, language="zh_CN") == [
        "缺少此项证明：缺陷鉴定。",
        "缺少此项证明：自定义类型 7。",
    ]
    told = explain(FailedRule.REASON_NOT_COVERED, None, FACTS, reason=Reason.NOT_DELIVERED)
    assert told == ["The policy has no rule for this reason: not delivered."]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("failed", EVERY, ids=lambda failed: f"{int(failed):#x}")
def test_every_rule_has_its_sentence(failed: FailedRule, language: str) -> None:
    (sentence,) = explain(failed, RULE, FACTS, language=language)
    assert "{" not in sentence
    assert bool(re.search("[一-鿿]", sentence)) is (language == "zh")
    assert sentence.endswith("。" if language == "zh" else ".")


def test_sentences_differ_and_none_is_told_of_what_is_met() -> None:
    for language in ("en", "zh"):
        told = [explain(failed, RULE, FACTS, language=language)[0] for failed in EVERY]
        assert len(set(told)) == 25
        assert explain(0, RULE, FACTS, language=language) == []
        assert explain(sum(EVERY), RULE, FACTS, language=language) == told


def test_every_reason_and_kind_has_a_word() -> None:
    for language in ("en", "zh"):
        assert len({reason_in_words(reason, language) for reason in Reason}) == len(Reason)
        assert len({kind_in_words(kind, language) for kind in EvidenceKind}) == len(EvidenceKind)


def test_another_language_is_refused() -> None:
    for language in ("fr", "", "english"):
        with pytest.raises(InvalidArgument, match="en, zh"):
            explain(0, RULE, FACTS, language=language)


def test_a_date_beyond_the_calendar_is_told_in_seconds() -> None:
    late = replace(FACTS, purchased_at=2**64 - 1)
    (sentence,) = explain(FailedRule.DATE_IN_FUTURE, RULE, late)
    assert f"{2**64 - 1} s" in sentence


@pytest.mark.parametrize(
    ("amount", "decimals", "shown"),
    [
        (0, 18, "0"),
        (1, 18, "0.000000000000000001"),
        (10**18, 18, "1"),
        (1_500_000, 6, "1.5"),
        (7, 0, "7"),
        (2**128 - 1, 18, "340282366920938463463.374607431768211455"),
    ],
)
def test_amounts_are_exact(amount: int, decimals: int, shown: str) -> None:
    assert whole(amount, decimals) == shown
