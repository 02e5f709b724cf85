"""How a claim's judgement is told, to people in their language and to programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from proofdesk.claims.enums import FailedRule, Verdict
from proofdesk.cli._language import _, spoken
from proofdesk.cli._money import Unit

if TYPE_CHECKING:
    from proofdesk.claims.resource import Preview


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
        (_("verdict"), found.verdict.name.lower()),
        (_("asked for"), unit.shown(found.facts.amount)),
        (_("so"), told[found.verdict]),
    ]
    return rows + [(_("why"), sentence) for sentence in sentences(found, unit)]


def sentences(found: Preview, unit: Unit) -> list[str]:
    """A sentence for each rule that is not met, in the language of choice."""
    return found.explain(spoken(), unit=unit.name, decimals=unit.decimals)
