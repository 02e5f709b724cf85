"""Why a claim is denied, in plain words, English and Chinese: each failed rule with what decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from proofdesk._errors import InvalidArgument
from proofdesk._words import moment
from proofdesk.claims.forms import MOST_SECONDS
from proofdesk.claims.judgement import Facts
from proofdesk.claims.values import MAX_CLAIMS, EvidenceKind, FailedRule, Reason, Rule

_RULES: Final[Mapping[FailedRule, tuple[str, str]]] = {
    FailedRule.REASON_NOT_COVERED: (
        "The policy has no rule for this reason: {reason}.",
        "此政策没有针对该理由的规则：{reason}。",
    ),
    FailedRule.DATE_IN_FUTURE: (
        "The receipt is dated {purchased}, which is later than {now}.",
        "收据日期为 {purchased}，晚于 {now}。",
    ),
    FailedRule.OUT_OF_WINDOW: (
        "It could be claimed until {last}, and it is {now}.",
        "申请期限截至 {last}，现在是 {now}。",
    ),
    FailedRule.NOT_THE_CUSTOMER: (
        "Only the customer whom the receipt names can claim.",
        "只有收据上的客户本人可以申请。",
    ),
    FailedRule.NOTHING_ASKED: (
        "It asks for {amount}: ask for something above 0.",
        "申请金额为 {amount}：请填写大于 0 的金额。",
    ),
    FailedRule.OVER_REFUND: (
        "It asks for {amount}, and {left_for_reason} is left for this reason: {percent} of the price {price} "
        "is {refund}, and {paid_for_reason} of that is paid.",
        "申请金额为 {amount}，此理由还可退 {left_for_reason}：价格 {price} 的 {percent} 为 {refund}，"
        "其中 {paid_for_reason} 已支付。",
    ),
    FailedRule.OVER_PRICE: (
        "It asks for {amount}, and {left_on_order} is left of the price {price}: {paid_on_order} is paid.",
        "申请金额为 {amount}，价格 {price} 还剩 {left_on_order}：{paid_on_order} 已支付。",
    ),
    FailedRule.TOO_MANY_CLAIMS: (
        "{claims} claims were filed on this order before, and it takes {most}.",
        "此订单之前已提交 {claims} 次申请，最多 {most} 次。",
    ),
    FailedRule.CLAIM_UNDER_REVIEW: (
        "A claim for this reason is under review on this order: wait until it is decided.",
        "此订单已有一项相同理由的申请正在审核：请等待其结果。",
    ),
}
_MISSING: Final = "This evidence is missing: {kind}.", "缺少此项证明：{kind}。"
_REASONS: Final[Mapping[Reason, tuple[str, str]]] = {
    Reason.NONE: ("none", "无"),
    Reason.RETURN: ("return", "退货"),
    Reason.DEFECT: ("defect", "质量问题"),
    Reason.NOT_DELIVERED: ("not delivered", "未送达"),
    Reason.WRONG_ITEM: ("wrong item", "发错商品"),
    Reason.OVERCHARGED: ("overcharged", "多收费用"),
    Reason.SERVICE_FAILURE: ("service failure", "服务未履行"),
    Reason.OTHER: ("other", "其他"),
}
_KINDS: Final[Mapping[EvidenceKind, tuple[str, str]]] = {
    EvidenceKind.DELIVERY: ("delivery", "配送证明"),
    EvidenceKind.RETURN: ("return", "退货证明"),
    EvidenceKind.DEFECT: ("defect", "缺陷鉴定"),
    EvidenceKind.CONDITION: ("condition", "商品状况"),
    EvidenceKind.PAYMENT: ("payment", "付款证明"),
    EvidenceKind.SERVICE: ("service", "服务证明"),
    **{
        kind: (f"the desk's own kind {kind}", f"自定义类型 {kind}")
        for kind in EvidenceKind
        if kind.name.startswith("CUSTOM")
    },
    EvidenceKind.PHOTO: ("photo", "照片"),
    EvidenceKind.STATEMENT: ("statement", "陈述"),
    EvidenceKind.DOCUMENT: ("document", "文件"),
    EvidenceKind.MESSAGE: ("message", "消息"),
}
_LANGUAGES: Final = ("en", "zh")


def explain(
    failed: int,
    rule: Rule | None,
    facts: Facts,
    *,
    reason: Reason = Reason.NONE,
    language: str = "en",
    unit: str = "ETH",
    decimals: int = 18,
) -> list[str]:
    """A sentence for each failed rule, in the bits' order; amounts in whole tokens of so many decimals.

    `rule` and `facts` are what was judged; `language` is "en" or "zh", regions such as zh-CN are taken too.
    Raises InvalidArgument for another one.

    >>> rule = Rule(Reason.RETURN, timedelta(days=30), 10_000, (EvidenceKind.RETURN,), lane=4)
    >>> facts = Facts(price=10**18, purchased_at=1_767_225_600, amount=10**17, time=1_770_000_000)
    >>> for sentence in explain(judge(rule, facts).failed, rule, facts):
    ...     print(sentence)
    It could be claimed until 2026-01-31 00:00:00 UTC, and it is 2026-02-02 02:40:00 UTC.
    This evidence is missing: return.
    """
    spoken = _language(language)
    values = _values(rule, facts, lambda amount: f"{whole(amount, decimals)} {unit}".rstrip())
    values["reason"] = _REASONS[reason][spoken]
    flags = FailedRule(failed)
    told = [words[spoken].format(**values) for one, words in _RULES.items() if one in flags]
    return told + [_MISSING[spoken].format(kind=_KINDS[kind][spoken]) for kind in flags.missing]


def reason_in_words(reason: Reason, language: str = "en") -> str:
    """A reason as people say it.

    >>> reason_in_words(Reason.RETURN, "zh")
    '退货'
    """
    return _REASONS[reason][_language(language)]


def kind_in_words(kind: EvidenceKind, language: str = "en") -> str:
    """A kind of evidence as people say it.

    >>> kind_in_words(EvidenceKind.PHOTO)
    'photo'
    """
    return _KINDS[kind][_language(language)]


def whole(amount: int, decimals: int) -> str:
    """An amount of smallest units in whole tokens, exactly.

    >>> whole(1_500_000, 6), whole(1, 18), whole(7, 0)
    ('1.5', '0.000000000000000001', '7')
    """
    tokens, rest = divmod(amount, 10**decimals)
    digits = f"{rest:0{decimals}d}".rstrip("0") if rest else ""
    return f"{tokens}.{digits}" if digits else f"{tokens}"


def _language(language: str) -> int:
    spoken = language.lower().replace("_", "-").partition("-")[0]
    if spoken not in _LANGUAGES:
        raise InvalidArgument(
            f"language {language!r} is not spoken here: pass one of {', '.join(_LANGUAGES)}"
        )
    return _LANGUAGES.index(spoken)


def _values(rule: Rule | None, facts: Facts, money: Callable[[int], str]) -> dict[str, object]:
    """What the sentences name; without a rule there is nothing to say of a window or a refund."""
    refund = rule.refundable(facts.price) if rule else 0
    window = rule.abi[1] if rule else 0
    return {
        "purchased": _date(facts.purchased_at),
        "last": _date(facts.purchased_at + window),
        "now": _date(facts.time),
        "amount": money(facts.amount),
        "price": money(facts.price),
        "percent": f"{whole(rule.refund if rule else 0, 2)}%",
        "refund": money(refund),
        "paid_for_reason": money(facts.paid_for_reason),
        "left_for_reason": money(max(0, refund - facts.paid_for_reason)),
        "paid_on_order": money(facts.paid_on_order),
        "left_on_order": money(max(0, facts.price - facts.paid_on_order)),
        "claims": facts.claims,
        "most": MAX_CLAIMS,
    }


def _date(seconds: int) -> str:
    # A receipt may be dated later than any calendar goes.
    return f"{moment(seconds):%Y-%m-%d %H:%M:%S} UTC" if seconds <= MOST_SECONDS else f"{seconds} s"
