"""Records of a desk: messages beside the acts, who reads what, and what is erased."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from proofdesk._errors import ContentErased
from proofdesk._models import Result, Status, Ticket
from proofdesk._records import Record
from proofdesk._shell import blocking
from proofdesk._words import to_bytes, to_hex
from proofdesk._writing import Content
from proofdesk.privacy import grants, threads
from proofdesk.privacy.access_entry import Access
from proofdesk.privacy.access_log import AccessLog, append
from proofdesk.privacy.destroying import erase
from proofdesk.privacy.erasing import Ground
from proofdesk.privacy.keys import Reader
from proofdesk.privacy.leaving import Left, leave
from proofdesk.privacy.readership import Readers, readers
from proofdesk.privacy.rewraps import Rewrapped, rewrap_ticket

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk
    from proofdesk._desk import Desk


class AsyncRecords:
    """A desk's records. Tickets are taken as they were read, or by their ids.

    `log` is the access log, `grants` what it says of tickets that were opened to persons.
    """

    def __init__(self, desk: AsyncDesk) -> None:
        self._desk = desk
        self._origins = threads.Origins(desk)

    @cached_property
    def log(self) -> AccessLog:
        """The access log."""
        return AccessLog(self._desk)

    @cached_property
    def grants(self) -> grants.Grants:
        """Grants, as the access log tells them."""
        return grants.Grants(self._desk)

    async def read(self, entry: str) -> Record:
        """Read a record by its entry, verified.

        Raises ContentMissing, ContentTampered, ContentErased, ContentSealed where no key at hand opens it.

        >>> desk.records.read(desk.tickets.history(ticket)[0].act.entry).body
        'Where is my card?'
        """
        entry = to_hex(to_bytes(entry, 32, "entry"))
        try:
            return (await self._desk.run(self._desk.archive.read, entry)).record
        except ContentErased as erased:
            # A message's tombstone names no act.
            is_named = await self._desk.run(self._desk.archive.store.__contains__, erased.erasure)
            found = None if is_named else await threads.erasure_of(self._desk, erased)
            raise found.told(entry) if found else erased from None

    async def message(self, ticket: Ticket | str, content: Content) -> threads.Message:
        """Say something on a ticket outside its acts, as in a chat; it is anchored with others, soon.

        One that was made by `Desk.prepare` with kind "message" is there once, however often this is called.
        Raises InvalidRecord, RecordTooLarge, UnknownTicket; ContentSealed where the ticket's opening record
        is not open to this keyring, ContentMissing, ContentTampered.

        >>> desk.records.message(ticket, "Are you there?").number
        1
        """
        return await threads.post(self._desk, await self._id(ticket), content)

    async def messages(self, ticket: Ticket | str) -> list[threads.Message]:
        """A ticket's messages in their order, as far as readable; raises as `message`.

        >>> [message.record.body for message in desk.records.messages(ticket)]
        ['Are you there?']
        """
        return await threads.messages(self._desk, await self._id(ticket))

    async def readers(self, entry: str) -> Readers:
        """Who can open a record now, since when and by whose hand, as registry and access log say.

        Raises InvalidArgument for a record that is kept in the clear, ContentMissing, ContentErased.

        >>> [reading.name for reading in desk.records.readers(entry).known]
        ['agents v1', 'supervisors v1', 'auditors v1', 'customer']
        """
        return await readers(self._desk, entry)

    async def grant(
        self, ticket: Ticket | str, reader: Reader | str, *, kinds: Iterable[str] | None = None
    ) -> Rewrapped:
        """Open a ticket's records and messages to somebody, those to come too.

        `reader` is an account that has published a key, or a Reader; `kinds` are the kinds of records, all by
        default, notes too. To come: those whose writers read the access log; for others' `rewrap` does it.
        Interrupted, the same call finishes it. Raises InvalidArgument for who may not, or has no key;
        ConfigurationError without a keyring.

        >>> supervisor.records.grant(ticket, Reader("court", court.public)).records
        2
        """
        return await grants.grant(self._desk, ticket, reader, kinds)

    async def revoke(self, ticket: Ticket | str, reader: Reader | str) -> Rewrapped:
        """Close a ticket to somebody to whom it was opened; what he has read he may have kept.

        Raises InvalidArgument for somebody to whom it never was. Interrupted, the same call finishes it.

        >>> supervisor.records.revoke(ticket, Reader("court", court.public)).records
        2
        """
        return await grants.revoke(self._desk, ticket, reader)

    async def rewrap(self, ticket: Ticket | str, *, anew: bool = False) -> Rewrapped:
        """Seal a ticket's records to whom registry and access log name now, and no more to others they named.

        What was kept in the clear before the desk was sealed is sealed. `anew` makes each wrap again: for a
        reader whom a writer gave one that does not open. For all of a store see `proofdesk.ops.rewrapping`.

        >>> supervisor.records.rewrap(ticket).records
        0
        """
        id_ = await self._id(ticket)
        done = await rewrap_ticket(self._desk, id_, anew=anew)
        if done.records:
            await append(self._desk, "rewrap", ticket=id_, records=done.records)
        return done

    async def erase(self, target: Ticket | str, *, ground: Ground | str, to: Status | None = None) -> Result:
        """Erase a record by its entry, or all of a ticket's, messages too; the log says so for ever.

        `ground` is the legal ground, in 200 characters; `to` moves the ticket along, where its state admits
        nothing else. Whoever can add to a ticket may, and who reads what is to go. With the record that
        opened it a ticket's messages go. Interrupted, the same call finishes it.

        Raises InvalidArgument, ContentSealed, IllegalMove, and what `Sender.send` raises.

        >>> result = supervisor.records.erase(ticket, ground=Ground.CONSENT_WITHDRAWN)
        >>> str(desk.tickets.history(ticket)[0].problem)
        'the content of entry 0x... was erased on ... by 0x... (ground: GDPR 17(1)(b): consent withdrawn) ...'
        """
        return await erase(self._desk, target, ground=ground, to=to)

    async def access(self) -> list[Access]:
        """The access log, as far as this keyring reads it; raises AccessLogBroken.

        >>> [access.action for access in supervisor.records.access()][-1]
        'grant'
        """
        return list(await self.log.read())

    async def check_access(self) -> list[Access]:
        """As `access`, with every link and signature checked; raises AccessLogBroken for the first wrong."""
        return list(await self.log.check())

    async def leave(self) -> Left:
        """Leave the desk: resign one's certificates, retire one's reading key, and log it.

        Acts that were done still verify. Interrupted, the same call finishes it. What was shared is known
        still: the roles that are named in what this returns have to be rotated without the leaver.

        >>> agent.records.leave().certificates
        (1,)
        """
        return await leave(self._desk)

    async def origin(self, ticket: str) -> threads.Origin:
        """What the later records of the ticket of an id hang on, as `threads.origin`."""
        return await self._origins.of(ticket)

    async def _id(self, ticket: Ticket | str) -> str:
        return ticket.id if isinstance(ticket, Ticket) else (await self._desk.tickets.get(ticket)).id


class Records:
    """AsyncRecords' blocking twin."""

    def __init__(self, desk: Desk) -> None:
        self._core = desk._core.records

    read = blocking(AsyncRecords.read)
    message = blocking(AsyncRecords.message)
    messages = blocking(AsyncRecords.messages)
    readers = blocking(AsyncRecords.readers)
    grant = blocking(AsyncRecords.grant)
    revoke = blocking(AsyncRecords.revoke)
    rewrap = blocking(AsyncRecords.rewrap)
    erase = blocking(AsyncRecords.erase)
    access = blocking(AsyncRecords.access)
    check_access = blocking(AsyncRecords.check_access)
    leave = blocking(AsyncRecords.leave)
