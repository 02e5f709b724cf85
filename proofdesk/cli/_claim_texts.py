"""How a claim's judgement is told, to people in their language and to programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from proofdesk.claims.enums import ClaimState, EvidenceKind, FailedRule, Verdict
from proofdesk.cli._language import ORIGINAL, _, spoken
from proofdesk.cli._money import Unit

if TYPE_CHECKING:
    from proofdesk.claims.resource import Preview

VERDICTS: Mapping[Verdict, str] = {
    Verdict.APPROVED: _("approved"),
    Verdict.DENIED: _("denied"),
    Verdict.REVIEW: _("review"),
}
STATES: Mapping[ClaimState, str] = {
    ClaimState.DENIED: _("denied"),
    ClaimState.REVIEW: _("review"),
    ClaimState.REFUSED: _("refused"),
    ClaimState.PAID: _("paid"),
}
# In English by the names that programs know them by.
_RULES: Mapping[FailedRule, str] = {
    FailedRule.REASON_NOT_COVERED: _("reason_not_covered"),
    FailedRule.DATE_IN_FUTURE: _("date_in_future"),
    FailedRule.OUT_OF_WINDOW: _("out_of_window"),
    FailedRule.NOT_THE_CUSTOMER: _("not_the_customer"),
    FailedRule.NOTHING_ASKED: _("nothing_asked"),
    FailedRule.OVER_REFUND: _("over_refund"),
    FailedRule.OVER_PRICE: _("over_price"),
    FailedRule.TOO_MANY_CLAIMS: _("too_many_claims"),
    FailedRule.CLAIM_UNDER_REVIEW: _("claim_under_review"),
}


def failed_in_words(failed: FailedRule) -> list[str]:
    """The rules that are not met, in the language of choice.

    >>> failed_in_words(FailedRule.OUT_OF_WINDOW | FailedRule(1 << 17))
    ['out_of_window', 'missing_return']
    """
    found = [words for rule, words in _RULES.items() if rule in failed]
    return found + [_("missing_{kind}").format(kind=_kind(kind)) for kind in failed.missing]


def _kind(kind: EvidenceKind) -> str:
    if spoken() == ORIGINAL:
        return kind.name.lower()
    # Late: few claims lack anything.
    from proofdesk.claims.words import kind_in_words

    return kind_in_words(kind, spoken())


def failed_names(failed: FailedRule) -> list[str]:
    """The rules that are not met, by their names.

    >>> failed_names(FailedRule.OUT_OF_WINDOW | FailedRule(1 << 17))
    ['out_of_window', 'missing_return']
    """
    rules = [rule.name.lower() for rule in FailedRule if rule in failed and rule.name]
    return rules + [f"missing_{kind.name.lower()}" for kind in failed.missing]


def preview_value(found: Preview, unit: Unit, free: int) -> dict[str, Any]:
    """A preview as JSON; `why` are its sentences, `free` is what the vault has for it."""
    return {
        "verdict": found.verdict.name.lower(),
        "reason": found.reason.name.lower(),
        **unit.plain(),
        "asked": str(found.facts.amount),
        "amount": str(found.judgement.amount),
        "covered": found.judgement.amount <= free,
        "failed": failed_names(found.judgement.failed),
        "why": sentences(found, unit),
    }


def preview_rows(found: Preview, unit: Unit, free: int) -> list[tuple[str, str]]:
    """A preview for people; `free` is what the vault has for it."""
    amount = unit.shown(found.judgement.amount)
    approved = _("{amount} is paid at once")
    if found.judgement.amount > free:
        approved = _("{amount} waits: the vault has too little; it is paid in its turn")
    told = {
        Verdict.APPROVED: approved.format(amount=amount),
        Verdict.REVIEW: _("an agent decides, on {amount} at most").format(amount=amount),
        Verdict.DENIED: _("nothing is paid"),
    }
    rows = [
        (_("verdict"), VERDICTS[found.verdict]),
        (_("asked for"), unit.shown(found.facts.amount)),
        (_("so"), told[found.verdict]),
    ]
    return rows + [(_("why"), sentence) for sentence in sentences(found, unit)]


def sentences(found: Preview, unit: Unit) -> list[str]:
    """A sentence for each rule that is not met, in the language of choice."""
    return found.explain(spoken(), unit=unit.name, decimals=unit.decimals)
