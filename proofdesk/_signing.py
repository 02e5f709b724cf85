"""What tickets do with signed acts: who signs needs no gas, who carries sends."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from proofdesk._models import Result, Status, Ticket
from proofdesk._writing import Content

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk
    from proofdesk.signed.act import SignedAct
    from proofdesk.signed.signers import Signer
    from proofdesk.signed.signing import Deadline
    from proofdesk.signed.tickets import Pen


class AsyncSigning:
    """Makes and keeps the record of an act and signs it as typed data, for anyone to carry; nothing is sent.

    `signer` is by default the desk's account. `deadline` is an aware datetime, seconds since 1970 or a
    timedelta from now, by the later of this machine's clock and the chain's; by default 24 hours, of a
    rating one. The desk's keyring is that of its account: where another signs an opening, connect with his,
    or name his `reply_key` in the content.
    Each raises InvalidArgument for what cannot be meant or was not signed by that account, InvalidRecord,
    RecordTooLarge, NodeError where a wallet refuses, ConnectionLost; where records are sealed
    ConfigurationError, before anything is signed, where the record could not be kept.
    """

    _desk: AsyncDesk

    async def sign_open(
        self,
        *,
        lane: str | int,
        content: Content,
        deadline: Deadline = None,
        signer: Signer | None = None,
    ) -> SignedAct:
        """Sign the opening of a ticket as its customer; a gated lane's is carried by the desk's intake.

        >>> signed = desk.tickets.sign_open(lane="cards", content="Where is my card?", signer=account)
        >>> desk.tickets.get(desk.tickets.carry(signed).acts[0].ticket_id).customer == account.address
        True
        """
        return await self._pen(signer, deadline).open(lane, content)

    async def sign_take(
        self,
        ticket: Ticket | str,
        content: Content = None,
        *,
        certificate: int | None = None,
        deadline: Deadline = None,
        signer: Signer | None = None,
    ) -> SignedAct:
        """Sign the taking of a ticket as an agent; the certificate is by default the one for its lane.

        >>> desk.tickets.carry(agent.tickets.sign_take(ticket)).acts[0].status.name
        'OPEN'
        """
        return await self._pen(signer, deadline).take(ticket, content, certificate)

    async def sign_move(
        self,
        ticket: Ticket | str,
        to: Status,
        content: Content = None,
        *,
        internal: bool = False,
        deadline: Deadline = None,
        signer: Signer | None = None,
    ) -> SignedAct:
        """Sign a move, naming the state and the acts that were seen; it holds for them alone.

        >>> desk.tickets.carry(desk.tickets.sign_move(ticket, Status.CLOSED)).acts[0].status.name
        'CLOSED'
        """
        return await self._pen(signer, deadline).move(ticket, to, content, internal)

    async def sign_reply(
        self,
        ticket: Ticket | str,
        content: Content,
        *,
        deadline: Deadline = None,
        signer: Signer | None = None,
    ) -> SignedAct:
        """Sign a move that writes to the other side and leads where `reply` does.

        >>> desk.tickets.carry(agent.tickets.sign_reply(taken, "Which card is it?")).acts[0].status.name
        'WAITING'
        """
        return await self._pen(signer, deadline).reply(ticket, content)

    async def sign_rate(
        self,
        ticket: Ticket | str,
        score: int,
        content: Content = None,
        *,
        deadline: Deadline = None,
        signer: Signer | None = None,
    ) -> SignedAct:
        """Sign the rating of a ticket as its customer; `score` is 1 to 5.

        It names no agent and counts for whoever has the ticket when it is carried: keep its deadline short.

        >>> desk.tickets.sign_rate(ticket, 5).message["score"]
        5
        """
        return await self._pen(signer, deadline).rate(ticket, score, content)

    async def carry(self, acts: SignedAct | Iterable[SignedAct]) -> Result:
        """Send what others signed: one act by itself, several in one transaction, in their order.

        One that the contract refuses raises its ContractRevert. In a batch the others are done all the same:
        the Result's events say by ActRefused which were not, and `refusals(result)` why. What is on chain
        already is not sent again: the Result has it as it was logged then. What is passed twice, or was
        signed anew with another deadline, is sent once. Raises InvalidArgument for acts of another desk,
        BatchTooLarge, which says how many fit, for more than a transaction holds, and what `Sender.send`
        raises.

        >>> acts = [desk.tickets.sign_open(lane="cards", content=words) for words in ("Lost.", "Found.")]
        >>> result = desk.tickets.carry(acts)
        >>> len(result.acts), result == desk.tickets.carry(acts)
        (2, True)
        """
        # Late, as below.
        from proofdesk.signed.tickets import carry

        return await carry(self._desk, acts)

    def _pen(self, signer: Signer | None, deadline: Deadline) -> Pen:
        # Late: signing is a package of its own, which who only acts never loads.
        from proofdesk.signed.tickets import Pen

        return Pen(self._desk, signer, deadline)
