"""Whether what the chain logged is what somebody signed: by all of it, for two acts may share a record."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from proofdesk import _fixed
from proofdesk._models import Act, Status
from proofdesk._words import TICKET, unpack
from proofdesk.signed.act import TypedAct
from proofdesk.signed.typed_data import TYPES, Form, form

_WORD: Final = 32


def is_carried(signed: TypedAct, logged: Act) -> bool:
    """Tell whether a logged act is the signed one; of its signature and deadline the chain keeps nothing.

    >>> signed = desk.tickets.sign_open(lane="cards", content="Where is my card?")
    >>> is_carried(signed, desk.tickets.carry(signed).acts[0])
    True
    """
    same = (signed.ticket_id, signed.entry, signed.signer) == (logged.ticket_id, logged.entry, logged.actor)
    return same and _came_to(signed.act, signed.message, logged)


def likeness(signed: TypedAct) -> tuple[int | str, ...]:
    """What an act asks for, without how long it holds: of two alike one can be done, and both are then.

    >>> likeness(desk.tickets.sign_rate(ticket, 5))[0]
    'rate'
    """
    return signed.act, *(value for name, value in signed.message.items() if name != "deadline")


def is_done_by(call: bytes, logged: Act) -> bool:
    """Tell whether a logged act, known to be of the call's ticket, entry and actor, is what it asks for.

    >>> signed = desk.tickets.sign_open(lane="cards", content="Where is my card?")
    >>> is_done_by(signed.calldata, desk.tickets.carry(signed).acts[0])
    True
    """
    act, kind = _forms()[call[:4]]
    words = call[4 : 4 + _WORD * len(kind.fields)]
    names = (field["name"] for field in kind.fields)
    return _came_to(act, dict(zip(names, _fixed.decode(kind.fields, words), strict=True)), logged)


def _came_to(act: str, message: Mapping[str, int | str], logged: Act) -> bool:
    word = unpack(TICKET, logged.word)
    if act == "open":
        return logged.number == 1 and logged.lane == message["lane"]
    if act == "take":
        return logged.status is Status.OPEN and word["seat"] == message["certificateId"]
    if act == "rate":
        return word["rating"] == message["score"]
    # Open without an agent becomes Escalated.
    led_to = {message["to"]} | ({Status.ESCALATED} if message["to"] == Status.OPEN else set())
    return logged.number == int(message["seen"]) + 1 and logged.status in led_to


@cache
def _forms() -> Mapping[bytes, tuple[str, Form]]:
    return {form(act).selector: (act, form(act)) for act in TYPES}
