"""Signing acts: pure functions of values and a signer, without a node, gas or funds.

A deadline is an aware datetime, seconds since 1970, or a timedelta from now by this machine's clock; left
out, it is 24 hours from now, of a rating one. All of them raise InvalidArgument for what cannot be meant,
before anything is signed, and what the signer raises.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import TypeAlias

from proofdesk._checks import MAX_INTEGER
from proofdesk._deployments import Deployment
from proofdesk._errors import InvalidArgument
from proofdesk._models import Actor, Status, Ticket
from proofdesk._replies import REPLIES
from proofdesk._words import to_bytes, to_hex
from proofdesk.signed.act import SignedAct, TypedAct
from proofdesk.signed.signers import Signer, address_in, sign

Deadline: TypeAlias = "datetime | timedelta | int | None"

USUAL = timedelta(hours=24)
# A rating names no agent: held back while the ticket goes on to another one, it would count for that one.
USUAL_RATING = timedelta(hours=1)
_FARTHEST = timedelta(days=3653)


def sign_open(
    deployment: Deployment, signer: Signer, *, lane: str | int, entry: str | bytes, deadline: Deadline = None
) -> SignedAct:
    """Sign the opening of a ticket as its customer; in a gated lane the desk's intake carries it.

    >>> opening = desk.prepare("Where is my card?", kind="open")
    >>> signed = sign_open(desk.deployment, account, lane="cards", entry=opening.entry)
    >>> desk.tickets.carry(signed).acts[0].actor == account.address
    True
    """
    fields: dict[str, int | str] = {"customer": address_in(signer), "lane": deployment.lane(lane)}
    return sign(typed_act(deployment, "open", entry, deadline, **fields), signer)


def sign_take(
    deployment: Deployment,
    signer: Signer,
    *,
    ticket: Ticket | str,
    certificate: int,
    entry: str | bytes,
    deadline: Deadline = None,
) -> SignedAct:
    """Sign the taking of a ticket as an agent, by his certificate.

    >>> signed = sign_take(desk.deployment, account, ticket=ticket, certificate=1, entry=32 * b"1")
    >>> signed.message["agent"] == account.address
    True
    """
    fields: dict[str, int | str] = {
        "agent": address_in(signer),
        "ticketId": _id(ticket),
        "certificateId": certificate,
    }
    return sign(typed_act(deployment, "take", entry, deadline, **fields), signer)


def sign_move(
    deployment: Deployment,
    signer: Signer,
    *,
    ticket: Ticket,
    to: Status,
    entry: str | bytes,
    deadline: Deadline = None,
) -> SignedAct:
    """Sign a move of a ticket as it was read: it holds for that state and that number of acts alone.

    >>> sign_move(desk.deployment, account, ticket=ticket, to=Status.CLOSED, entry=32 * b"1").message["seen"]
    1
    """
    fields: dict[str, int | str] = {"actor": address_in(signer), **seen_fields(ticket, to)}
    return sign(typed_act(deployment, "move", entry, deadline, **fields), signer)


def sign_reply(
    deployment: Deployment,
    signer: Signer,
    *,
    ticket: Ticket,
    kind: Actor,
    entry: str | bytes,
    deadline: Deadline = None,
) -> SignedAct:
    """Sign a move that writes to the other side, as whoever the signer is on this ticket.

    It leads where `Desk.tickets.reply` does.

    >>> signed = sign_reply(
    ...     desk.deployment, account, ticket=taken, kind=Actor.AGENT, entry=32 * b"1")
    >>> Status(signed.message["to"]).name
    'WAITING'
    """
    if kind not in REPLIES:
        raise InvalidArgument(f"kind {kind!r} writes no replies: pass Actor.CUSTOMER, AGENT or SUPERVISOR")
    status = _as_read(ticket).status
    to = REPLIES[kind].get(status, status)
    return sign_move(deployment, signer, ticket=ticket, to=to, entry=entry, deadline=deadline)


def sign_rate(
    deployment: Deployment,
    signer: Signer,
    *,
    ticket: Ticket | str,
    score: int,
    entry: str | bytes,
    deadline: Deadline = None,
) -> SignedAct:
    """Sign the rating of a ticket as its customer; `score` is 1 to 5. It holds for an hour by default.

    >>> sign_rate(desk.deployment, account, ticket=ticket, score=5, entry=32 * b"1").message["score"]
    5
    """
    fields: dict[str, int | str] = {"customer": address_in(signer), "ticketId": _id(ticket), "score": score}
    return sign(typed_act(deployment, "rate", entry, deadline, **fields), signer)


def seen_fields(ticket: Ticket, to: Status) -> dict[str, int | str]:
    """A move's fields, but for who and when, on a ticket as it was read."""
    seen = _as_read(ticket)
    # An enum's number; what is no status at all is refused with the other fields.
    number = int(to) if isinstance(to, Status) else to
    return {"ticketId": seen.id, "from": int(seen.status), "to": number, "seen": seen.acts}


def typed_act(
    deployment: Deployment, act: str, entry: str | bytes, deadline: Deadline, **fields: int | str
) -> TypedAct:
    """An act of a desk as typed data, unsigned; the other fields are the contract's.

    >>> fields = {"customer": newcomer, "ticketId": ticket.id, "score": 5}
    >>> typed_act(desk.deployment, "rate", 32 * b"1", None, **fields).signer == newcomer
    True
    """
    message = fields | {
        "entry": to_hex(to_bytes(entry, 32, "entry")),
        "deadline": seconds_of(deadline, time.time(), usual_of(act)),
    }
    return TypedAct(act, deployment.chain_id, deployment.contract("TicketDesk").address, message)


def usual_of(act: str) -> timedelta:
    """How long an act of this kind holds where its signer does not say.

    >>> usual_of("move") > usual_of("rate")
    True
    """
    return USUAL_RATING if act == "rate" else USUAL


def seconds_of(deadline: Deadline, now: float, usual: timedelta = USUAL) -> int:
    """A deadline as the contract takes it; raises InvalidArgument for one that is over, too far or no time.

    >>> seconds_of(timedelta(minutes=1), now=1000.5)
    1060
    """
    if deadline is None or isinstance(deadline, timedelta):
        seconds = int(now + (usual if deadline is None else deadline).total_seconds())
    elif isinstance(deadline, datetime) and deadline.tzinfo is not None:
        seconds = int(deadline.timestamp())
    elif isinstance(deadline, int):
        seconds = deadline
    else:
        raise InvalidArgument(
            f"deadline {deadline!r}: pass a datetime with its time zone, a timedelta from now, "
            "or seconds since 1970"
        )
    told = _told(deadline)
    if seconds < now:
        raise InvalidArgument(f"deadline {told} is over already: nobody could carry the act in time")
    # The largest there is can only be meant: without end.
    if now + _FARTHEST.total_seconds() < seconds != MAX_INTEGER:
        raise InvalidArgument(
            f"deadline {told} is more than ten years ahead, and what is signed cannot be called back: "
            "sign for hours or days; a number is seconds since 1970, not milliseconds"
        )
    return seconds


def _told(deadline: Deadline) -> str:
    """A deadline for people, a moment as in RFC 3339."""
    return deadline.isoformat().replace("+00:00", "Z") if isinstance(deadline, datetime) else str(deadline)


def _id(ticket: Ticket | str) -> str:
    return ticket.id if isinstance(ticket, Ticket) else to_hex(to_bytes(ticket, 32, "ticket"))


def _as_read(ticket: Ticket) -> Ticket:
    if not isinstance(ticket, Ticket):
        raise InvalidArgument("a move is signed for a ticket as it was read: pass what tickets.get gave")
    return ticket
