"""Proof files of a desk's tickets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from proofdesk._errors import ContentErased, ContentMissing, ContentSealed, ContentTampered
from proofdesk._models import Ticket
from proofdesk._shell import blocking
from proofdesk._words import to_bytes, to_hex
from proofdesk.proof.disclosing import ALL, NONE, entries_of
from proofdesk.proof.file import ProofFile
from proofdesk.proof.making import Wish, make

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk
    from proofdesk._desk import Desk


class AsyncProofs:
    """Files that prove tickets' histories to strangers, offline; `verify_file` verifies them."""

    def __init__(self, desk: AsyncDesk) -> None:
        self._desk = desk

    async def make(
        self,
        ticket: Ticket | str,
        *,
        disclose: str | Iterable[str] = ALL,
        messages: bool = True,
        earlier: ProofFile | None = None,
        block: int | str = "latest",
    ) -> ProofFile:
        """Make a ticket's proof file as of a block, by its number or a tag such as "finalized".

        All acts are in it; of their records and the ticket's messages, what `disclose` says: "all" that both
        sides have seen and this desk's keyring opens, "everything" that it opens (the desk's own notes too),
        "none", or entries. A message is in it once disclosed and anchored by that block; `messages` false
        leaves all out. An `earlier` file's roots of the same lanes are linked to this one's, so that nothing
        was changed in between.

        Raises InvalidArgument for what is not this ticket's, or more than fits a file; UnknownTicket;
        ConfigurationError where the node proves no state, or none of that block; for a named entry what
        `Archive.read` raises; ProofFailed, LogMismatch where the node's answers do not fit together;
        ConnectionLost, NodeError.

        >>> file = desk.proofs.make(ticket, disclose="none")
        >>> len(file.acts) == desk.tickets.get(ticket.id).acts
        True
        """
        id_ = ticket.id if isinstance(ticket, Ticket) else to_hex(to_bytes(ticket, 32, "ticket"))
        chosen = entries_of(disclose)
        said = await self._messages(id_) if messages and chosen != NONE else frozenset()
        return await make(self._desk, Wish(id_, chosen, said, earlier), block)

    async def _messages(self, ticket: str) -> frozenset[str]:
        """The entries of a ticket's messages; none where keyring or damage hide its thread.

        To who has no key an erased ticket's erasure is sealed as well, and with it the thread after it.
        """
        try:
            found = await self._desk.records.messages(ticket)
        except (ContentErased, ContentMissing, ContentSealed, ContentTampered):
            return frozenset()
        return frozenset(message.entry for message in found)


class Proofs:
    """AsyncProofs' blocking twin."""

    def __init__(self, desk: Desk) -> None:
        self._core = desk._core.proofs

    make = blocking(AsyncProofs.make)
