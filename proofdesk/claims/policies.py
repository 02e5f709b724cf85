"""The book of policies: the rules that claims are judged by, and who signs receipts and evidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from proofdesk._errors import ConfigurationError
from proofdesk._models import Result
from proofdesk._words import moment
from proofdesk.claims.chain import done_before, events, logs, moment_of
from proofdesk.claims.forms import MOST_SECONDS
from proofdesk.claims.values import EvidenceKind, Policy, Reason, Rule

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk

BOOK: Final = "PolicyBook"


@dataclass(frozen=True, slots=True)
class Term:
    """From when to before when an account may sign; `until` is None while it is in office."""

    since: datetime
    until: datetime | None

    def holds(self, at: datetime) -> bool:
        """Tell whether it was in office at a moment."""
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class Office:
    """An account that may sign receipts, where `kind` is None, or evidence of a kind, for a term."""

    account: str
    kind: EvidenceKind | None
    term: Term


class AsyncPolicies:
    """Policies, which never change, and offices, which an address holds once and then never again.

    Policies are named as in the deployment, or by their id. `kind` is the evidence's; an office without one
    is a merchant's.
    """

    _desk: AsyncDesk

    async def publish_policy(self, policy: Policy) -> Result:
        """Publish a policy, for ever, as CLAIMS_EDITOR; of a published one the Result is what was done then.

        Raises NotAClaimsLane, TokenNotListed and what `Sender.send` raises.

        >>> editor.claims.publish_policy(policy).events[0].arguments["policyId"] == policy.id
        True
        """
        # Late, here and below: of a hundred generated classes this needs one, and rarely.
        from proofdesk._contract_errors import PolicyExists

        try:
            return await self._desk.send(BOOK, "publishPolicy", *policy.abi)
        except PolicyExists as error:
            return await done_before(self._desk, error, BOOK, "PolicyPublished", policy.id)

    async def policy(self, policy: str) -> Policy:
        """Read a policy with all its rules; raises UnknownPolicy, ConfigurationError for an unknown name.

        >>> desk.claims.policy(policy.id) == policy
        True
        """
        id_ = self._policy_id(policy)
        token = await self._desk.read(BOOK, "tokenOf", id_)
        rules = [rule_of(await self._desk.read(BOOK, "ruleOf", id_, reason)) for reason in Reason if reason]
        return Policy(token, tuple(rule for rule in rules if rule is not None))

    async def policies(self) -> list[str]:
        """The ids of all policies that were published, in order.

        >>> desk.claims.policies()[-1] == policy.id
        True
        """
        return [log["topics"][1] for log in await logs(self._desk, BOOK, "PolicyPublished")]

    async def appoint_merchant(self, account: str) -> Result:
        """Let an account sign receipts, as CLAIMS_EDITOR; raises AlreadyAppointed, as `Sender.send`."""
        return await self._desk.send(BOOK, "appointMerchant", account)

    async def dismiss_merchant(self, account: str) -> Result:
        """Let it sign no more, as CLAIMS_EDITOR; raises NotInOffice, as `Sender.send`."""
        return await self._desk.send(BOOK, "dismissMerchant", account)

    async def accredit(self, account: str, kind: EvidenceKind) -> Result:
        """Let an account sign evidence of a kind, as CLAIMS_EDITOR; raises AlreadyAppointed, as `send`.

        >>> account = "0x" + 20 * "11"
        >>> result = editor.claims.accredit(account, EvidenceKind.DELIVERY)
        >>> desk.claims.in_office(account, EvidenceKind.DELIVERY), desk.claims.in_office(account)
        (True, False)
        """
        return await self._desk.send(BOOK, "accredit", account, kind)

    async def discredit(self, account: str, kind: EvidenceKind) -> Result:
        """Let it sign no more of that kind, as CLAIMS_EDITOR; raises NotInOffice, as `Sender.send`."""
        return await self._desk.send(BOOK, "discredit", account, kind)

    async def term(self, account: str, kind: EvidenceKind | None = None) -> Term | None:
        """When an account may sign, or might; None where it never was in office.

        >>> desk.claims.term(merchant.address).until is None
        True
        """
        asked = ("merchantTerm", account) if kind is None else ("partyTerm", account, kind)
        since, until = await self._desk.read(BOOK, *asked)
        if not since:
            return None
        return Term(moment(since), moment(until) if until <= MOST_SECONDS else None)

    async def in_office(
        self, account: str, kind: EvidenceKind | None = None, *, at: datetime | None = None
    ) -> bool:
        """Tell whether an account may sign, by default now, by the chain's clock.

        Raises InvalidArgument for a moment without its zone.

        >>> desk.claims.in_office(merchant.address)
        True
        """
        term, when = await self.term(account, kind), await self._desk.now() if at is None else moment_of(at)
        return term is not None and term.holds(when)

    async def offices(self) -> list[Office]:
        """Every office that was ever given: merchants', then parties' by their kinds, in order.

        >>> desk.claims.offices()[-1].account == laboratory.address
        True
        """
        given: dict[tuple[int, str], Office] = {}
        for name in ("MerchantAppointed", "PartyAccredited"):
            for event in await events(self._desk, BOOK, name):
                account, number = str(event.arguments["account"]), event.arguments.get("kind")
                kind = EvidenceKind(int(str(number))) if number is not None else None
                term = await self.term(account, kind)
                if term is not None:
                    given[-1 if kind is None else kind, account] = Office(account, kind, term)
        return [given[place] for place in sorted(given, key=lambda place: place[0])]

    # ---------------------------------------------------------------------------------------------- internal

    def _policy_id(self, policy: str) -> str:
        if policy.startswith("0x"):
            return policy
        known = self._desk.deployment.policies
        if policy not in known:
            raise ConfigurationError(
                f"desk {self._desk.deployment.desk} has no policy {policy!r}; it has "
                f"{', '.join(known) or 'none'}"
            )
        return known[policy]


def rule_of(abi: tuple[Any, ...]) -> Rule | None:
    """A rule as the book answers it; None where the policy does not cover the reason.

    >>> rule_of((1, 86_400, 10_000, 2, 0, 4, True)).evidence
    (<EvidenceKind.RETURN: 1>,)
    """
    reason, window, refund, evidence, limit, lane, review = abi
    if not window:
        return None
    kinds = tuple(kind for kind in EvidenceKind if evidence >> kind & 1)
    return Rule(Reason(reason), timedelta(seconds=window), refund, kinds, limit, lane, review)
