"""Compensation: what a lane promises for a late answer, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from proofdesk._models import Result, Ticket
from proofdesk._words import moment
from proofdesk.claims.chain import done_before, id_of, moment_of, token_of

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk

COMPENSATION: Final = "CompensationDesk"


@dataclass(frozen=True, slots=True)
class Offer:
    """What a lane pays for a breach, and at most in a day of UTC, in a token's smallest units."""

    token: str
    amount: int
    daily_cap: int


@dataclass(frozen=True, slots=True)
class Breach:
    """When a ticket was late, as it was noted, and whether its customer was `paid` for it."""

    at: datetime
    paid: bool


class AsyncCompensation:
    """What late tickets pay their customers; lanes are named as in the deployment, or by number."""

    def __init__(self, desk: AsyncDesk) -> None:
        self._desk = desk

    async def offer(self, lane: str | int, *, amount: int, daily_cap: int, token: str = "ETH") -> Result:
        """Promise a compensation for a lane's breaches, for ever, as CLAIMS_EDITOR, before its first ticket.

        Raises LaneNotEligible, LaneInUse, InvalidTerms, TokenNotListed and what `Sender.send` raises.
        """
        number = self._desk.lanes.number(lane)
        return await self._desk.send(COMPENSATION, "offer", number, token_of(token), amount, daily_cap)

    async def offer_of(self, lane: str | int) -> Offer | None:
        """What a lane promises; None where that is nothing.

        >>> desk.compensation.offer_of("cards") is None
        True
        """
        number = self._desk.lanes.number(lane)
        offer = Offer(*await self._desk.read(COMPENSATION, "offerOf", number))
        return offer if offer.amount else None

    async def note(self, tickets: Iterable[Ticket | str]) -> Result:
        """Note that tickets were late, and expire those that are; anyone may, others are skipped.

        Raises NothingToNote and what `Sender.send` raises.
        """
        return await self._desk.send(COMPENSATION, "note", [id_of(ticket) for ticket in tickets])

    async def compensate(self, ticket: Ticket | str) -> Result:
        """Pay a ticket's customer for its breach, 48 hours after it; anyone may.

        Of one that was paid before, the Result is what was done then. Raises NothingDue, NotYetDue, Excluded,
        OrderNotEligible, DailyCapReached and what `Sender.send` raises.
        """
        # Late: of a hundred generated classes this needs one, and rarely.
        from proofdesk._contract_errors import NothingDue

        id_ = id_of(ticket)
        try:
            return await self._desk.send(COMPENSATION, "compensate", id_)
        except NothingDue as error:
            return await done_before(self._desk, error, COMPENSATION, "Compensated", id_)

    async def breach_of(self, ticket: Ticket | str) -> Breach | None:
        """When a ticket was late; None where that was not noted.

        >>> desk.compensation.breach_of(ticket) is None
        True
        """
        time, paid = await self._desk.read(COMPENSATION, "breachOf", id_of(ticket))
        return Breach(moment(time), paid) if time else None

    async def is_due(self, ticket: Ticket | str) -> bool:
        """Tell whether `compensate` would pay now.

        >>> desk.compensation.is_due(ticket)
        False
        """
        return bool(await self._desk.read(COMPENSATION, "isDue", id_of(ticket)))

    async def exclude_outage(self, start: datetime, end: datetime) -> Result:
        """Exclude an outage of at most 24 hours, once in 30 days, as GUARDIAN, within 48 hours of its start.

        Raises InvalidArgument for a moment without its zone, InvalidOutage, OutageTooOld, OutageTooSoon and
        what `Sender.send` raises.
        """
        seconds = (int(moment_of(at).timestamp()) for at in (start, end))
        return await self._desk.send(COMPENSATION, "excludeOutage", *seconds)
