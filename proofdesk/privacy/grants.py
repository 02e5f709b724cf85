"""Grants: a ticket opened to somebody whom no role reads it for, from now on and back to its beginning.

What the access log says stands: a grant until it is revoked, and only while whoever gave it is in office, as
the ticket's customer, a supervisor, or who holds KEYS_EDITOR or ADMIN. For anybody who can write to the store
can write a grant into the log; it would be nothing but his own word. A revocation holds whoever signed it.
Each call logs first and re-wraps then: whoever is stopped calls again, and what is left to do is done.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from proofdesk._errors import InvalidArgument
from proofdesk._models import Ticket
from proofdesk._records import KINDS, Json
from proofdesk._words import to_bytes, to_hex
from proofdesk.privacy.access_entry import Access
from proofdesk.privacy.access_log import append
from proofdesk.privacy.keys import Reader, unfit
from proofdesk.privacy.rewraps import Rewrapped, add_reader, codec_of, remove_readers
from proofdesk.privacy.roles import mask_of
from proofdesk.signed.signers import account_address

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk

# ADMIN, SUPERVISOR, KEYS_EDITOR in the desk's access manager.
OFFICES: Final = (0, 1, 10)
FRESH: Final = 30.0  # seconds for which an account is believed to be in office still

_GRANTS: Final = frozenset({"grant", "revoke"})


@dataclass(frozen=True, slots=True)
class Grant:
    """A ticket opened to a reader, for kinds of records, by whom and since when; entry `number` logs it."""

    ticket: str
    reader: Reader
    kinds: frozenset[str]
    number: int
    by: str
    since: datetime


class Grants:
    """The grants of a desk, as its access log tells them; what was read once is not read again."""

    def __init__(self, desk: AsyncDesk) -> None:
        self._desk = desk
        self._by_ticket: dict[str, list[Access]] = {}
        self._count = 0
        self._reopened = 0
        self._customers: dict[str, str] = {}
        self._offices: dict[str, tuple[bool, float]] = {}

    async def ever(self, ticket: str) -> list[Grant]:
        """Every grant of a ticket that was signed by who gave it, standing or not; raises AccessLogBroken."""
        return [grant for access in await self._of(ticket) if (grant := _grant(access))]

    async def standing(self, ticket: str) -> list[Grant]:
        """The grants of a ticket that stand, one of a key; raises AccessLogBroken, ConnectionLost."""
        found = []
        for grants in (await self.unrevoked(ticket)).values():
            # Anybody's after it, who can write to the log, takes nothing from the one that stands.
            for grant in reversed(grants):
                if await self.is_in_office(grant.by, ticket):
                    found.append(grant)
                    break
        return found

    async def by_office(self, ticket: str) -> list[Grant]:
        """Those that stand and are not of its customer; raises as `standing`."""
        customer = await self.customer_of(ticket)
        return [grant for grant in await self.standing(ticket) if grant.by != customer]

    async def unrevoked(self, ticket: str) -> dict[bytes, list[Grant]]:
        """The grants of a ticket since they were revoked last, by key, whoever gave them."""
        found: dict[bytes, list[Grant]] = {}
        for access in await self._of(ticket):
            if grant := _grant(access):
                found.setdefault(grant.reader.key, []).append(grant)
            elif key := _key(access):
                found.pop(key, None)
        return found

    async def tickets(self) -> list[str]:
        """The tickets that were ever opened to somebody."""
        await self._read()
        return list(self._by_ticket)

    async def is_in_office(self, account: str, ticket: str) -> bool:
        """Whether an account may open a ticket to others, as of 30 seconds ago at most."""
        return account == await self.customer_of(ticket) or await self.holds_office(account)

    async def customer_of(self, ticket: str) -> str:
        """The customer of the ticket of an id, who never changes; raises UnknownTicket, ConnectionLost."""
        if ticket not in self._customers:
            self._customers[ticket] = (await self._desk.tickets.get(ticket)).customer
        return self._customers[ticket]

    async def holds_office(self, account: str) -> bool:
        """Whether an account may open every ticket to others, as of 30 seconds ago at most."""
        # A no is remembered too: a log full of grants by nobodies would stop who writes.
        answer, at = self._offices.get(account, (False, -FRESH))
        if time.monotonic() - at < FRESH:
            return answer
        return await self.ask_office(account)

    async def ask_office(self, account: str) -> bool:
        """As `holds_office`, asked anew."""
        begun, answer = time.monotonic(), False
        for role in OFFICES:
            answer = answer or (await self._desk.read("DeskAccess", "hasRole", role, account))[0]
        self._offices[account] = answer, begun
        return answer

    async def _of(self, ticket: str) -> list[Access]:
        await self._read()
        signed = self._desk.records.log.is_signed
        return [access for access in self._by_ticket.get(ticket, ()) if await signed(access.number)]

    async def _read(self) -> None:
        log = self._desk.records.log
        read = await log.read()
        if self._reopened != log.reopened:
            # Entries among those that were read before tell something by now.
            self._by_ticket, self._count, self._reopened = {}, 0, log.reopened
        for access in read[self._count :]:
            ticket = access.details.get("ticket")
            if access.action in _GRANTS and isinstance(ticket, str):
                self._by_ticket.setdefault(ticket, []).append(access)
        self._count = len(read)


async def readers_for(desk: AsyncDesk, ticket: str, kind: str) -> tuple[Reader, ...]:
    """To whom a ticket's records of a kind are open by grants, as far as this keyring reads the log."""
    standing = await desk.records.grants.standing(ticket)
    return tuple(grant.reader for grant in standing if kind in grant.kinds)


async def standing(desk: AsyncDesk) -> dict[str, tuple[Grant, ...]]:
    """The grants that stand, by ticket."""
    grants = desk.records.grants
    found = {ticket: tuple(await grants.standing(ticket)) for ticket in await grants.tickets()}
    return {ticket: each for ticket, each in found.items() if each}


async def grant(
    desk: AsyncDesk, ticket: Ticket | str, reader: Reader | str, kinds: Iterable[str] | None = None
) -> Rewrapped:
    """Open a ticket to a reader, as `Records.grant` says."""
    id_ = await _ticket(desk, ticket)
    to = reader if isinstance(reader, Reader) else await desk.keys.reader_of(reader)
    given = frozenset(KINDS if kinds is None else kinds)
    mask_of(given)  # which refuses what is no kind, and none
    await _refuse_unless_in_office(desk, id_)
    there = [each for each in await desk.records.grants.standing(id_) if each.reader == to]
    if there and there[0].kinds == given:
        await desk.records.log.settle()
    else:
        await _log(desk, "grant", id_, to, None if kinds is None else sorted(given))
    return await add_reader(desk, id_, to, given)


async def revoke(desk: AsyncDesk, ticket: Ticket | str, reader: Reader | str) -> Rewrapped:
    """Close a ticket to a reader again, as `Records.revoke` says."""
    id_ = await _ticket(desk, ticket)
    await _refuse_unless_in_office(desk, id_)
    name = reader.name if isinstance(reader, Reader) else account_address(reader)
    key = reader.key if isinstance(reader, Reader) else None
    # By his name too: he may have another key by now.
    meant = [
        each.reader
        for each in await desk.records.grants.ever(id_)
        if each.reader.key == key or (key is None and each.reader.name == name)
    ]
    if not meant:
        raise InvalidArgument(f"ticket {id_} was never opened to {name}: see desk.records.access()")
    # Those that do not stand too: whoever gave one may be in office again.
    unrevoked = await desk.records.grants.unrevoked(id_)
    for to in {each.key: each for each in meant if each.key in unrevoked}.values():
        await _log(desk, "revoke", id_, to)
    await desk.records.log.settle()
    return await remove_readers(desk, id_, meant)


async def _log(
    desk: AsyncDesk, action: str, ticket: str, reader: Reader, kinds: Iterable[str] | None = None
) -> None:
    details: dict[str, Json] = {"ticket": ticket, "name": reader.name, "key": to_hex(reader.key)}
    details |= {} if kinds is None else {"kinds": [*kinds]}
    await append(desk, action, **details)


async def _ticket(desk: AsyncDesk, ticket: Ticket | str) -> str:
    return ticket.id if isinstance(ticket, Ticket) else (await desk.tickets.get(ticket)).id


async def _refuse_unless_in_office(desk: AsyncDesk, ticket: str) -> None:
    codec_of(desk)  # which refuses who has no keyring: nothing is logged that cannot be done
    me, grants = desk.sender.address, desk.records.grants
    if me != await grants.customer_of(ticket) and not await grants.ask_office(me):
        raise InvalidArgument(
            f"{me} cannot open ticket {ticket} to others: its customer can, a supervisor, or who holds "
            "KEYS_EDITOR or ADMIN"
        )


def _key(access: Access) -> bytes | None:
    try:
        return to_bytes(str(access.details["key"]), 32, "key")
    except (InvalidArgument, KeyError):
        return None


def _grant(access: Access) -> Grant | None:
    """A grant as an entry tells it; None for another action, or for what nobody can be sealed to."""
    name, ticket, key = access.details.get("name"), access.details.get("ticket"), _key(access)
    if access.action != "grant" or not isinstance(name, str) or not isinstance(ticket, str):
        return None
    if key is None or unfit(key) or access.at is None:
        return None
    kinds = access.details.get("kinds", list(KINDS))
    named = [kind for kind in kinds if isinstance(kind, str)] if isinstance(kinds, list) else []
    known = frozenset(named) & KINDS.keys()
    return Grant(ticket, Reader(name, key), known, access.number, access.by, access.at)
