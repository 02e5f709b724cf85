"""Which kinds of records go with which acts."""

from __future__ import annotations

from typing import Final

from proofdesk._history import ends_what_it_opened
from proofdesk._models import Act, Actor, Status
from proofdesk._words import ticket_of

_WORDS: Final = frozenset({"reply", "note", "move", "erasure"})


def fitting(before: Act | None, act: Act) -> frozenset[str]:
    """The kinds that a record of an act may have, after the act before it.

    A supervisor who gives a ticket to an agent and one who opens it again leave the same act behind.
    """
    if before is None:
        return frozenset({"open"})
    if act.kind is Actor.MODULE:
        return _WORDS | {"open"} if ends_what_it_opened(act) else _WORDS
    id_ = bytes.fromhex(act.ticket_id[2:])
    was, is_ = ticket_of(id_, before.word), ticket_of(id_, act.word)
    if is_.rating != was.rating:
        return frozenset({"rating"})
    if is_.lane != was.lane:
        return frozenset({"transfer"})
    if is_.status is Status.OPEN and is_.certificate_id != was.certificate_id:
        return frozenset({"take" if act.kind is Actor.AGENT else "assign"})
    if is_.status is Status.OPEN and act.kind is Actor.SUPERVISOR:
        return _WORDS | {"assign"}
    return _WORDS
