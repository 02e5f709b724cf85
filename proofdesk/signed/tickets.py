"""What a desk's tickets do with signed acts: make and keep the record, sign, and carry what others signed."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from proofdesk._abi import decode_error
from proofdesk._errors import ContractRevert, InvalidArgument, TransactionError
from proofdesk._models import Act, Event, Result, Status, Ticket
from proofdesk._records import Opening
from proofdesk._replies import REPLIES
from proofdesk._writing import Content
from proofdesk.signed.act import SignedAct, encode_batch
from proofdesk.signed.drafting import drafted
from proofdesk.signed.fitting import BatchTooLarge, fitting
from proofdesk.signed.onchain import is_carried, likeness
from proofdesk.signed.signers import Signer, accepted, address_in, sign
from proofdesk.signed.signing import Deadline, seconds_of, seen_fields, typed_act, usual_of

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk

_DESK, _REFUSED = "TicketDesk", "ActRefused"


class Pen:
    """Signs acts for one account on a desk's tickets: the desk's own, or the signer's that is passed."""

    def __init__(self, desk: AsyncDesk, signer: Signer | None, deadline: Deadline) -> None:
        self._desk = desk
        self._tickets = desk.tickets
        self._given = signer
        self._signer = desk.sender.account if signer is None else signer
        self._deadline = deadline
        self._me = desk.sender.address if signer is None else address_in(signer)

    async def open(self, lane: str | int, content: Content) -> SignedAct:
        """As `sign_open`, with the record."""
        number = self._desk.deployment.lane(lane)
        return await self._sign("open", "open", content, customer=self._me, lane=number)

    async def take(self, ticket: Ticket | str, content: Content, certificate: int | None) -> SignedAct:
        """As `sign_take`, with the record."""
        seen = await self._tickets._read(ticket)
        number = certificate
        if number is None:
            number = await self._tickets._certificate(seen, self._me)
            if not number:
                raise InvalidArgument(
                    f"{self._me} has no certificate for lane {seen.lane}: a certifier issues one"
                )
        fields: dict[str, int | str] = {"agent": self._me, "ticketId": seen.id, "certificateId": number}
        return await self._sign("take", "take", content, **fields)

    async def move(self, ticket: Ticket | str, to: Status, content: Content, internal: bool) -> SignedAct:
        """As `sign_move`, with the record."""
        seen = await self._tickets._read(ticket)
        kind = self._tickets._record_kind(content, internal)
        return await self._sign("move", kind, content, actor=self._me, **seen_fields(seen, to))

    async def reply(self, ticket: Ticket | str, content: Content) -> SignedAct:
        """As `sign_reply`, with the record."""
        seen = await self._tickets._read(ticket)
        to = REPLIES[await self._tickets._kind(seen, self._me)].get(seen.status, seen.status)
        return await self.move(seen, to, content, False)

    async def rate(self, ticket: Ticket | str, score: int, content: Content) -> SignedAct:
        """As `sign_rate`, with the record."""
        fields: dict[str, int | str] = {
            "customer": self._me,
            "ticketId": self._tickets._id(ticket),
            "score": score,
        }
        return await self._sign("rate", "rating", content, **fields)

    async def _sign(self, act: str, kind: str, content: Content, **fields: int | str) -> SignedAct:
        desk, me = self._desk, self._me
        ticket = str(fields["ticketId"]) if "ticketId" in fields else None
        opening = await drafted(desk, content, kind=kind, ticket=ticket, signer=self._given)
        # A chain's clock may be behind while nothing happens, or ahead of ours.
        now = max(time.time(), (await desk.now()).timestamp())
        until = seconds_of(self._deadline, now, usual_of(act))
        typed = typed_act(desk.deployment, act, opening.entry, until, **fields)
        if isinstance(self._signer, str):
            answer = await desk.node.request("eth_signTypedData_v4", me, typed.typed_data)
            signed = accepted(typed, answer, owner=me)
        else:
            signed = await desk.run(sign, typed, self._signer)
        # Only now: what nobody signs leaves no record behind.
        if not isinstance(content, Opening):
            await desk.writer.prepare(opening, kind=kind, ticket=ticket)
        return signed


async def carry(desk: AsyncDesk, acts: SignedAct | Iterable[SignedAct]) -> Result:
    """As `AsyncTickets.carry`."""
    carried = _listed(acts)
    address = desk.deployment.contract(_DESK).address
    for act in carried:
        if (act.chain_id, act.desk) != (desk.deployment.chain_id, address):
            raise InvalidArgument(
                f"{act!r} is for the desk at {act.desk} on chain {act.chain_id}, this one is at {address} "
                f"on chain {desk.deployment.chain_id}: carry it there"
            )
    alike: dict[object, list[int]] = {}
    for place, act in enumerate(carried):
        alike.setdefault(likeness(act), []).append(place)
    # Of what was signed anew, or passed twice, one is done: what holds longest, where the first stands.
    chosen = {places[0]: _best([carried[each] for each in places]) for places in alike.values()}
    if len(chosen) == 1:
        try:
            return await desk.sender.send(address, chosen[0].calldata)
        except ContractRevert:
            logged = await _logged(desk, carried)
            if not logged:
                raise
            return await _result(desk, logged)
    # A batch does not fail where an act is refused, so what is over is looked for beforehand, and left out.
    logged = await _logged(desk, carried)
    left = [place for place in chosen if place not in logged]
    if not left:
        return await _result(desk, logged)
    acts = [chosen[place] for place in left]
    try:
        sent = await desk.sender.send(address, encode_batch(acts))
    except (InvalidArgument, TransactionError) as error:
        # No act fails a batch: what was not sent was too large, unless all of it fits.
        fits = 0 if getattr(error, "tx_hash", None) else await fitting(desk, address, acts)
        if not 0 < fits < len(acts):
            raise
        raise BatchTooLarge(len(acts), fits, str(error)) from None
    return _merged(sent, left, logged) if len(left) < len(carried) else sent


def _best(alike: Sequence[SignedAct]) -> SignedAct:
    if len(alike) == 1:
        return alike[0]
    return max(alike, key=lambda act: (act.deadline, act.is_signed_by_key()))


def _listed(acts: SignedAct | Iterable[SignedAct]) -> list[SignedAct]:
    given = list(acts) if isinstance(acts, Iterable) else [acts]
    for act in given:
        if not isinstance(act, SignedAct):
            raise InvalidArgument(
                f"a {type(act).__name__} is no signed act: pass SignedAct, as SignedAct.from_json reads it"
            )
    if not given:
        raise InvalidArgument("there is nothing to carry: pass one signed act or more")
    return given


def refusals(result: Result) -> Mapping[int, ContractRevert]:
    """Why acts of a batch were refused, by their place in it, from 0.

    >>> signed = [desk.tickets.sign_rate(ticket, score) for score in (4, 5)]
    >>> {index: type(error).__name__ for index, error in refusals(desk.tickets.carry(signed)).items()}
    {0: 'NotRateable', 1: 'NotRateable'}
    """
    return {
        int(str(event.arguments["index"])): decode_error(
            bytes.fromhex(str(event.arguments["reason"])[2:]), tx_hash=result.tx_hash
        )
        for event in result.events
        if isinstance(event, Event) and event.name == _REFUSED
    }


async def _logged(desk: AsyncDesk, acts: Sequence[SignedAct]) -> dict[int, Act]:
    """Those of the acts that are on chain, by their place."""
    tickets = {act.ticket_id for act in acts}
    logged = await desk.tickets._acts(await desk.node.height(), tickets=tickets)
    found = ((place, each) for place, act in enumerate(acts) for each in logged if is_carried(act, each))
    return dict(found)


async def _result(desk: AsyncDesk, logged: Mapping[int, Act]) -> Result:
    """What the transaction did that carried the last of these acts: of these, for it may hold others' too."""
    done = _in_order(logged)
    last = max(done, key=lambda act: (act.block, act.log_index))
    return replace(await desk.result(last.tx_hash), events=done)


def _merged(sent: Result, left: Sequence[int], logged: Mapping[int, Act]) -> Result:
    """A batch's Result with the acts that were done before, its refusals by their place among all."""
    events: list[Act | Event] = [*_in_order(logged)]
    for event in sent.events:
        if isinstance(event, Event) and event.name == _REFUSED:
            place = left[int(str(event.arguments["index"]))]
            event = replace(event, arguments={**event.arguments, "index": place})
        events.append(event)
    return replace(sent, events=tuple(events))


def _in_order(logged: Mapping[int, Act]) -> tuple[Act, ...]:
    """Each once: an act that was passed twice was done once."""
    return tuple(dict.fromkeys(logged[place] for place in sorted(logged)))
