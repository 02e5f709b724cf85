"""Writing acts with their records, so that each is on chain exactly once.

A write first keeps its record, then sends. After any failure make the same call again: this object remembers
what is in doubt, goes on with the same record, and looks whether the act is on chain before it sends anew.
For a process that may die in between, make the record beforehand by `Desk.prepare`: an act made with it is
the same act in any process, and with a journal the same transaction.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from proofdesk._errors import (
    ConnectionLost,
    ContractRevert,
    InvalidArgument,
    ProofdeskError,
    TransactionError,
)
from proofdesk._models import Result
from proofdesk._records import Opening, commit, compose

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk

# A text; a record's channel, lang, subject, body, attachments, data …; or a record that was prepared.
Content: TypeAlias = "str | Mapping[str, Any] | Opening | None"


class Writer:
    """Writes for a desk's account."""

    def __init__(self, desk: AsyncDesk) -> None:
        self._desk = desk
        self._doubt: dict[tuple[object, ...], list[list[Opening]]] = {}

    async def prepare(self, content: Content, *, kind: str, ticket: str | None) -> Opening:
        """Make a record, unless it was made already, and keep it.

        Raises InvalidRecord, RecordTooLarge, InvalidArgument for a prepared record of something else.
        """
        if isinstance(content, Opening):
            opening, record = content, content.record
            if (record.kind, record.ticket) != (kind, ticket):
                raise InvalidArgument(
                    f"entry {opening.entry} is a record of kind {record.kind} for ticket {record.ticket}, "
                    f"this needs one of kind {kind} for ticket {ticket}: prepare another"
                )
        else:
            given = {} if content is None else content
            author, keyring = self._desk.sender.address, self._desk.keyring
            reply_key = keyring.reply_key if keyring is not None and kind == "open" else None
            opening = commit(compose(given, kind=kind, author=author, ticket=ticket, reply_key=reply_key))
        await self._desk.keep(opening)
        return opening

    async def write(
        self,
        content: Content,
        *,
        act: tuple[object, ...],
        kind: str,
        tickets: Sequence[str | None],
        find: Callable[[str], Awaitable[Result | None]],
        send: Callable[[list[str]], Awaitable[Result]],
    ) -> Result:
        """Keep a record for each ticket and send what names their entries.

        `act` tells acts of the same words apart; `find` looks up by the first entry what an earlier attempt
        came to.
        """
        key = (kind, act, repr(content))
        doubted = self._doubt.get(key)
        # Taken out: of several calls at a time each has an attempt of its own.
        openings = doubted.pop() if doubted else None
        is_known = openings is not None or isinstance(content, Opening)
        if openings is None:
            openings = [await self.prepare(content, kind=kind, ticket=ticket) for ticket in tickets]
        entries = [opening.entry for opening in openings]
        is_over = False
        try:
            result = await find(entries[0]) if is_known else None
            if result is not None:
                await self._desk.sender.forget(result.tx_hash)
            try:
                result = result or await send(entries)
            except ProofdeskError as error:
                if isinstance(error, ConnectionLost) or type(error) is TransactionError:
                    raise  # it may still land; the next attempt will see
                result = await find(entries[0]) if is_known and isinstance(error, ContractRevert) else None
                is_over = True
                if result is None:
                    for entry in () if is_known else entries:
                        await self._desk.run(self._desk.archive.store.delete, entry)
                    raise
            is_over = True
            return result
        finally:
            if not is_over:
                self._doubt.setdefault(key, []).append(openings)
