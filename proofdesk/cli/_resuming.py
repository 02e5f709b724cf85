"""An act that was in doubt, taken up by its record: only if it is the act that is asked for now."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, TypeAlias

from proofdesk._errors import InvalidArgument
from proofdesk._words import ticket_id, to_bytes, to_hex
from proofdesk.cli._language import _

if TYPE_CHECKING:
    from proofdesk._desk import Desk
    from proofdesk._models import Act
    from proofdesk._records import Opening

# Whether an act on chain, with the one before it on its ticket, is what a command would do.
Fits: TypeAlias = "Callable[[Act, Act | None], bool]"


def resumed(
    desk: Desk,
    entry: str,
    *,
    kinds: Collection[str],
    ticket: str | None,
    fits: Fits,
    actor: str | None = None,
) -> Opening:
    """The kept record of an act to go on with; `actor` is whom the log names, by default the account.

    Raises InvalidArgument where record or act are of something else, ContentMissing, ContentTampered.
    """
    entry = to_hex(to_bytes(entry, 32, "entry"))
    opening = desk.archive.read(entry)
    record, me = opening.record, desk.sender.address
    if record.kind not in kinds or record.ticket != ticket:
        raise InvalidArgument(
            _("entry {entry} is of a {kind} on ticket {ticket}, not of this act: name another").format(
                entry=entry, kind=record.kind, ticket=record.ticket or _("none")
            )
        )
    if record.author.startswith("0x") and record.author.lower() != me.lower():
        raise InvalidArgument(
            _("entry {entry} is of {author}, not of {account}: act with that account").format(
                entry=entry, author=record.author, account=me
            )
        )
    before = None
    for act in desk.tickets.acts(ticket or to_hex(ticket_id(me, to_bytes(entry, 32, "entry")))):
        if act.entry == entry and not (act.actor == (actor or me) and fits(act, before)):
            raise InvalidArgument(
                _(
                    "entry {entry} is on chain with another act: in lane {lane}, to {status}, by {actor}. "
                    "Write this one anew"
                ).format(entry=entry, lane=act.lane, status=act.status.name.lower(), actor=act.actor)
            )
        before = act
    return opening
