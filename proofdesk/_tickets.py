"""Tickets: opened, taken, moved, rated, read and verified."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from proofdesk._history import DESK, Entry, read_acts, read_records
from proofdesk._models import Act, Actor, Result, Status, Ticket
from proofdesk._records import Opening
from proofdesk._replies import REPLIES
from proofdesk._signing import AsyncSigning
from proofdesk._words import ticket_id, ticket_of, to_bytes, to_hex
from proofdesk._writing import Content

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk
    from proofdesk.proof.log import Log
    from proofdesk.proof.verification import Verified


class AsyncTickets(AsyncSigning):
    """A desk's tickets. Acts take a ticket as it was read, or its id, which is then read first.

    `content` is a text, or a mapping with a record's channel, lang, subject, body, attachments, data.
    """

    def __init__(self, desk: AsyncDesk) -> None:
        self._desk = desk

    async def open(self, *, lane: str | int, content: Content) -> Ticket:
        """Open a ticket as its customer.

        Raises ConfigurationError for an unknown lane's name, InvalidRecord, RecordTooLarge, LaneGated and
        what `Sender.send` raises.

        >>> content = {"channel": "chat", "lang": "en", "body": "Where is my card?"}
        >>> desk.tickets.open(lane="cards", content=content).lane
        1
        """
        number = self._desk.lanes.number(lane)
        customer = self._desk.sender.address
        result = await self._desk.writer.write(
            content,
            act=("open", number),
            kind="open",
            tickets=[None],
            find=lambda entry: self._find(to_hex(ticket_id(customer, _raw(entry))), entry),
            send=lambda entries: self._desk.send(DESK, "open", number, entries[0]),
        )
        return _after(result.acts[0])

    async def take(
        self, ticket: Ticket | str, content: Content = None, *, certificate: int | None = None
    ) -> Result:
        """Take the ticket that is next in its lane, as an agent: New → Open.

        The certificate is by default the agent's for the lane's program. Raises OutOfTurn, NotQualified,
        CertificateNotValid and what `Sender.send` raises.

        >>> agent.tickets.take(desk.lanes.next_in_line("cards")).acts[0].status.name
        'OPEN'
        """
        seen = await self._read(ticket)
        if certificate is None:
            certificate = await self._certificate(seen, self._desk.sender.address)
        return await self._act("take", seen.id, content, "take", lambda entry: (seen.id, certificate, entry))

    async def move(
        self, ticket: Ticket | str, to: Status, content: Content = None, *, internal: bool = False
    ) -> Result:
        """Move a ticket, naming the acts that were seen; `internal` content is for the desk's own eyes.

        Raises StaleTicket if it has seen others since, IllegalMove, ObjectionWindowOver and what
        `Sender.send` raises.

        >>> agent.tickets.move(taken, Status.RESOLVED, "It is on its way.").acts[0].status.name
        'RESOLVED'
        """
        seen = await self._read(ticket)
        kind = self._record_kind(content, internal)
        # Late: of a hundred generated classes this needs two, and rarely.
        from proofdesk._contract_errors import IllegalMove, StaleTicket

        try:
            return await self._act(
                "move", seen.id, content, kind, lambda entry: (seen.id, to, entry, seen.acts)
            )
        except IllegalMove as error:
            if error.from_ is seen.status:
                raise
            # It is illegal because the ticket has moved on, and that is what to say.
            raise StaleTicket(seen.acts, (await self.get(seen.id)).acts, tx_hash=error.tx_hash) from error

    async def reply(self, ticket: Ticket | str, content: Content) -> Result:
        """Write to the other side; whose turn it is then follows from who writes.

        A customer's reply to Waiting and Resolved leads to Open, to Rejected to Escalated; an agent's in Open
        waits for the customer, elsewhere leads to Open; a supervisor's to Waiting and OnHold to Escalated, to
        Rejected to Open. Otherwise the state stays. Raises as `move`.

        >>> agent.tickets.reply(taken, "Which card is it?").acts[0].status.name
        'WAITING'
        """
        seen = await self._read(ticket)
        to = REPLIES[await self._kind(seen, self._desk.sender.address)].get(seen.status, seen.status)
        return await self.move(seen, to, content)

    async def note(self, ticket: Ticket | str, content: Content) -> Result:
        """Add a note for the desk's own eyes; the state stays. Raises as `move`.

        >>> agent.tickets.note(taken, "Called the courier.").acts[0].status.name
        'OPEN'
        """
        seen = await self._read(ticket)
        return await self.move(seen, seen.status, content, internal=True)

    async def rate(self, ticket: Ticket | str, score: int, content: Content = None) -> Result:
        """Rate a Resolved or Closed ticket as its customer, once; `score` is 1 to 5.

        Raises NotRateable, NotCustomer, InvalidScore and what `Sender.send` raises.
        """
        id_ = self._id(ticket)
        return await self._act("rate", id_, content, "rating", lambda entry: (id_, score, entry))

    async def assign(
        self, tickets: Sequence[Ticket | str], certificates: Sequence[int], content: Content = None
    ) -> Result:
        """Give tickets to agents by their certificates, as a supervisor: all of them or none.

        Raises LengthMismatch, MissingRole, CertificateNotValid, IllegalMove and what `Sender.send` raises.

        >>> supervisor.tickets.assign([ticket], [1]).acts[0].kind.name
        'SUPERVISOR'
        """
        ids = [self._id(ticket) for ticket in tickets]
        return await self._desk.writer.write(
            content,
            act=("assign", *ids, *certificates),
            kind="assign",
            tickets=ids,
            find=lambda entry: self._find(ids[0], entry),
            send=lambda entries: self._desk.send(DESK, "assign", ids, list(certificates), entries),
        )

    async def transfer(self, ticket: Ticket | str, lane: str | int, content: Content = None) -> Result:
        """Hand a ticket to another lane, where it is Escalated, its clock running on.

        Raises NoTransfer, ClaimsLane, IllegalMove and what `Sender.send` raises.

        >>> supervisor.tickets.transfer(ticket, "orders").acts[0].status.name
        'ESCALATED'
        """
        id_, number = self._id(ticket), self._desk.lanes.number(lane)
        return await self._act("transfer", id_, content, "transfer", lambda entry: (id_, number, entry))

    async def expire(self, tickets: Iterable[Ticket | str]) -> Result:
        """Do with overdue tickets what their clocks say; anyone may, others are skipped.

        Raises NothingOverdue and what `Sender.send` raises.
        """
        return await self._desk.send(DESK, "expire", [self._id(ticket) for ticket in tickets])

    async def get(self, ticket: Ticket | str) -> Ticket:
        """Read a ticket; raises UnknownTicket, InvalidArgument for what is no id.

        >>> desk.tickets.get(ticket.id).status.name
        'NEW'
        """
        id_ = self._id(ticket)
        word = await self._desk.read(DESK, "wordOf", id_)
        if not word:
            # Late: of a hundred generated classes this needs one, and rarely.
            from proofdesk._contract_errors import UnknownTicket

            raise UnknownTicket(id_)
        return ticket_of(_raw(id_), word)

    async def all(
        self,
        *,
        lane: str | int | None = None,
        status: Status | None = None,
        customer: str | None = None,
    ) -> list[Ticket]:
        """Every ticket, or those of a lane, in a status, of a customer; acted on last first.

        All acts are read for it: for large desks see the index. Raises ConnectionLost.

        >>> [ticket.status.name for ticket in desk.tickets.all(lane="cards")]
        ['NEW']
        """
        number = None if lane is None else self._desk.lanes.number(lane)
        last = {act.ticket_id: act for act in await self.acts()}
        order = sorted(last.values(), key=lambda act: (act.block, act.log_index), reverse=True)
        return [
            ticket
            for ticket in map(_after, order)
            if number in (None, ticket.lane)
            and status in (None, ticket.status)
            and (customer is None or customer.lower() == ticket.customer.lower())
        ]

    async def acts(self, ticket: Ticket | str | None = None, *, lane: str | int | None = None) -> list[Act]:
        """The acts logged so far, of a ticket, of a lane, or all; raises ConnectionLost.

        >>> [act.kind.name for act in desk.tickets.acts(ticket)]
        ['CUSTOMER']
        """
        return await self._acts(
            await self._desk.node.height(),
            lanes=() if lane is None else [self._desk.lanes.number(lane)],
            tickets=() if ticket is None else [self._id(ticket)],
        )

    async def history(self, ticket: Ticket | str, *, acts: Iterable[Act] | None = None) -> list[Entry]:
        """A ticket's acts with their records, as far as readable; raises UnknownTicket, ConnectionLost.

        `acts`, of an index for one, are shown in place of the chain's events.

        >>> desk.tickets.history(ticket)[0].record.body
        'Where is my card?'
        """
        id_ = self._id(ticket)
        own = await self.acts(id_) if acts is None else [act for act in acts if act.ticket_id == id_]
        if not own:
            await self.get(id_)
        return await self._desk.run(read_records, self._desk.archive, own)

    async def log(self, lane: str | int) -> Log:
        """A lane's log, rebuilt from its events: for roots and proofs. Raises LogMismatch, ConnectionLost.

        >>> log = desk.tickets.log("cards")
        >>> verify_inclusion(log.leaf(0), 0, len(log), log.inclusion_proof(0), log.root())
        True
        """
        number = self._desk.lanes.number(lane)
        acts = await self._acts(await self._desk.node.height(), lanes=[number])
        # Late: what proves is a package of its own, which who only acts never loads.
        from proofdesk.proof.verification import rebuilt

        return rebuilt(number, acts)

    async def verify(
        self, ticket: Ticket | str, *, acts: Iterable[Act] | None = None, contents: bool = True
    ) -> Verified:
        """Verify a ticket: its lanes' logs from events, its acts against table and word, its records.

        `acts` are judged in place of the chain's events; without `contents` no record is read.
        Raises LogMismatch, ContentMissing, ContentTampered naming the first difference; ConnectionLost.

        >>> desk.tickets.verify(ticket.id).acts
        1
        """
        id_ = self._id(ticket)
        own = await self.acts(id_)
        if not own:
            await self.get(id_)
        return await self._verify({act.lane for act in own}, acts, contents, id_)

    async def verify_lane(
        self, lane: str | int, *, acts: Iterable[Act] | None = None, contents: bool = True
    ) -> Verified:
        """Verify a lane: its log from events, and every ticket in it; as `verify`.

        >>> verified = desk.tickets.verify_lane("cards")
        >>> verified.records == verified.acts
        True
        """
        number = self._desk.lanes.number(lane)
        return await self._verify({number}, acts, contents)

    async def verify_all(self, *, acts: Iterable[Act] | None = None, contents: bool = True) -> Verified:
        """Verify every lane and ticket of the desk; as `verify`.

        >>> sorted(desk.tickets.verify_all().roots)
        [1, 2, 3, 4, 5]
        """
        lanes = set(range(1, await self._desk.read(DESK, "laneCount") + 1))
        return await self._verify(lanes, acts, contents)

    async def _verify(
        self, lanes: Collection[int], acts: Iterable[Act] | None, contents: bool, ticket: str | None = None
    ) -> Verified:
        from proofdesk.proof.verification import verify

        return await verify(self._desk, lanes, acts, contents, ticket=ticket)

    async def _act(
        self,
        function: str,
        id_: str,
        content: Content,
        kind: str,
        arguments: Callable[[str], tuple[object, ...]],
    ) -> Result:
        return await self._desk.writer.write(
            content,
            act=(function, *arguments("")),
            kind=kind,
            tickets=[id_],
            find=lambda entry: self._find(id_, entry),
            send=lambda entries: self._desk.send(DESK, function, *arguments(entries[0])),
        )

    async def _find(self, id_: str, entry: str) -> Result | None:
        """What the act with this entry did, if it is on chain."""
        found = [act.tx_hash for act in await self.acts(id_) if act.entry == entry]
        return await self._desk.result(found[0]) if found else None

    def _id(self, ticket: Ticket | str) -> str:
        return ticket.id if isinstance(ticket, Ticket) else to_hex(to_bytes(ticket, 32, "ticket"))

    async def _read(self, ticket: Ticket | str) -> Ticket:
        return ticket if isinstance(ticket, Ticket) else await self.get(ticket)

    async def _certificate(self, ticket: Ticket, agent: str) -> int:
        """An agent's certificate for a ticket's lane; 0 where he never had one, as the contract says then."""
        program = await self._desk.lanes.program(ticket.lane)
        candidate = await self._desk.read("AgentCertification", "candidate", agent, program)
        return int(candidate[0])

    def _record_kind(self, content: Content, internal: bool) -> str:
        """What the record of a move is."""
        if isinstance(content, Opening):
            return content.record.kind
        return "note" if internal else "move" if content is None else "reply"

    async def _kind(self, ticket: Ticket, me: str) -> Actor:
        """As whom an account acts on a ticket; who has no part in it learns so from the contract."""
        if me == ticket.customer:
            return Actor.CUSTOMER
        seat = ticket.certificate_id
        is_agent = seat is not None and (await self._desk.certification.get(seat)).agent == me
        return Actor.AGENT if is_agent else Actor.SUPERVISOR

    async def _acts(
        self, until: int, *, lanes: Collection[int] = (), tickets: Collection[str] = ()
    ) -> list[Act]:
        contract = self._desk.deployment.contract(DESK)
        return await read_acts(self._desk.node, contract, until, lanes=lanes, tickets=tickets)


def _after(act: Act) -> Ticket:
    return ticket_of(_raw(act.ticket_id), act.word)


def _raw(value: str) -> bytes:
    return bytes.fromhex(value[2:])
