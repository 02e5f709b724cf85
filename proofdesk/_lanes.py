"""Lanes: their terms, their lines, who is next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from proofdesk._errors import InvalidArgument, LogMismatch
from proofdesk._history import DESK, read_acts
from proofdesk._models import Event, Lane, Result, Status, Ticket
from proofdesk._words import TICKET, ticket_of, unpack

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk

_MINUTE = timedelta(minutes=1)
_LOOKS = 10


class AsyncLanes:
    """The lanes of a desk; each is named as in the deployment, or by its number."""

    def __init__(self, desk: AsyncDesk) -> None:
        self._desk = desk
        self._programs: dict[int, int] = {}
        # For each lane the block up to which its events were read, and who got which turn.
        self._turns: dict[int, tuple[int, dict[int, str]]] = {}

    async def get(self, lane: str | int) -> Lane:
        """Read a lane; raises ConfigurationError for an unknown name, UnknownLane for an unknown number.

        >>> desk.lanes.get("cards").respond_within
        datetime.timedelta(seconds=14400)
        """
        number = self.number(lane)
        terms, closed, article, turns, served, departed, size = await self._desk.read(DESK, "lane", number)
        respond, resolve, confirm, program, level, gated, claims = terms
        return Lane(
            id=number,
            respond_within=respond * _MINUTE,
            resolve_within=resolve * _MINUTE,
            confirm_within=confirm * _MINUTE,
            program=program,
            level=level,
            article=article or None,
            gated=gated,
            claims=claims,
            closed=closed,
            turns=turns,
            served=served,
            departed=departed,
            size=size,
        )

    async def all(self) -> list[Lane]:
        """Read every lane, in the order of their numbers.

        >>> [lane.gated for lane in desk.lanes.all()]
        [False, True, False, True, False]
        """
        count = await self._desk.read(DESK, "laneCount")
        return [await self.get(number) for number in range(1, count + 1)]

    def number(self, lane: str | int) -> int:
        """A lane's number; raises ConfigurationError, listing the known names, for an unknown one."""
        return self._desk.deployment.lane(lane)

    async def program(self, lane: int) -> int:
        """The program an agent of the lane needs; read once, for it never changes."""
        if lane not in self._programs:
            self._programs[lane] = (await self.get(lane)).program
        return self._programs[lane]

    async def create(
        self,
        *,
        respond_within: timedelta | int,
        resolve_within: timedelta | int,
        confirm_within: timedelta | int,
        program: str | int,
        level: int = 0,
        gated: bool = False,
        claims: bool = False,
    ) -> Lane:
        """Create a lane, whose terms never change; windows are timedeltas or minutes, 1 minute to 45 days.

        Raises InvalidArgument for a window that is no whole number of minutes, what `Sender.send` raises.

        >>> day = timedelta(days=1)
        >>> lane = supervisor.lanes.create(
        ...     respond_within=60, resolve_within=day, confirm_within=day, program="cards")
        >>> lane.resolve_within.days
        1
        """
        config: Mapping[str, Any] = {
            "respondWithin": _minutes("respond_within", respond_within),
            "resolveWithin": _minutes("resolve_within", resolve_within),
            "confirmWithin": _minutes("confirm_within", confirm_within),
            "program": self._desk.deployment.program(program),
            "level": level,
            "gated": gated,
            "claims": claims,
        }
        result = await self._desk.send(DESK, "createLane", config)
        created = next(event for event in result.events if isinstance(event, Event))
        return await self.get(int(f"{created.arguments['lane']}"))

    async def close(self, lane: str | int) -> Result:
        """Take no new tickets in a lane, for ever; raises what `Sender.send` raises."""
        return await self._desk.send(DESK, "closeLane", self.number(lane))

    async def set_article(self, lane: str | int, article: int | None) -> Result:
        """Set the article that answers new tickets, None for none; raises what `Sender.send` raises."""
        return await self._desk.send(DESK, "setArticle", self.number(lane), article or 0)

    async def skip(self, lane: str | int, words: int = 16) -> Result:
        """Move the line's head past tickets that left it, 256 turns a word; anyone may.

        Raises what `Sender.send` raises.
        """
        return await self._desk.send(DESK, "skip", self.number(lane), words)

    async def next_in_line(self, lane: str | int) -> Ticket | None:
        """The ticket that is to be taken next; None where nobody waits.

        Raises UnknownLane, ConnectionLost, LogMismatch where the node's events lack its opening.

        >>> desk.lanes.next_in_line("cards").turn
        1
        """
        number = self.number(lane)
        # Others take between two reads, and a reorganised chain gives turns anew.
        for _ in range(_LOOKS):
            turn = await self._desk.read(DESK, "nextInLine", number)
            if turn == 0:
                return None
            ticket_id = await self._owner(number, turn)
            if ticket_id is not None:
                word = await self._desk.read(DESK, "wordOf", ticket_id)
                ticket = ticket_of(bytes.fromhex(ticket_id[2:]), word)
                if ticket.turn == turn and ticket.lane == number:
                    return ticket
            self._turns.pop(number, None)
        raise LogMismatch(f"lane {number}: no event says whose turn {turn} is: ask another node", lane=number)

    async def _owner(self, lane: int, turn: int) -> str | None:
        first, owners = self._turns.get(lane, (0, {}))
        if turn not in owners:
            until = await self._desk.node.height()
            contract = self._desk.deployment.contract(DESK)
            for act in await read_acts(self._desk.node, contract, until, lanes=[lane], since=first):
                if act.status is Status.NEW:
                    owners[unpack(TICKET, act.word)["seat"]] = act.ticket_id
            self._turns[lane] = (until + 1, owners)
        return owners.get(turn)


def _minutes(name: str, window: timedelta | int) -> int:
    if isinstance(window, int):
        return window
    if window % _MINUTE:
        raise InvalidArgument(f"{name} {window} is no whole number of minutes")
    return window // _MINUTE
