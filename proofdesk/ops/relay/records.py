"""The records that come with signed acts, so that the words of who has no gas reach the desk.

Entries are public, and nothing ties a record to an act but what it says of itself: of which kind it is, and
of which ticket. Who may read it is told by the two, so a record of another act's is not taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Protocol

from proofdesk._errors import ContentErased, ContentSealed, InvalidArgument, RecordError
from proofdesk._records import Opening, Record, verify_entry
from proofdesk._store import Codec
from proofdesk._words import ticket_id, to_hex
from proofdesk.privacy.sealed import MAX_BYTES as MOST_SEALED

# In the clear a record takes half of it, its non-ASCII characters escaped.
MAX_BYTES = MOST_SEALED
# Of what kind the records of acts are. Erasures are not among them: who erases destroys, and sends himself.
KINDS: Final[Mapping[str, frozenset[str]]] = {
    "open": frozenset({"open"}),
    "take": frozenset({"take"}),
    "move": frozenset({"move", "reply", "note"}),
    "rate": frozenset({"rating"}),
}


class Named(Protocol):
    """A signed act, claim or decision, as far as its record is concerned."""

    @property
    def ticket_id(self) -> str: ...
    @property
    def signer(self) -> str: ...
    @property
    def entry(self) -> str: ...
    @property
    def digest(self) -> str: ...


class RefusedRecord(InvalidArgument):
    """A record that is none, or that is of none of the acts it came with; nothing was kept."""


def read(contents: Sequence[str | bytes], acts: Iterable[Named], codec: Codec) -> dict[str, Opening]:
    """Records by the digests of the acts that they are of, read as a store has them: in the clear, or sealed.

    `codec` is that of the desk's archive, which opens sealed ones where its keyring can. Raises
    RefusedRecord, which repeats no content; StoreUnavailable.

    >>> from proofdesk._store import ClearCodec
    >>> read([b"{}"], [], ClearCodec())
    Traceback (most recent call last):
    proofdesk.ops.relay.records.RefusedRecord: record 0 is no stored record of version 1
    """
    named: dict[str, list[Named]] = {}
    for act in acts:
        named.setdefault(act.entry, []).append(act)
    found = {}
    for number, content in enumerate(contents):
        raw = content.encode() if isinstance(content, str) else content
        if len(raw) > MAX_BYTES:
            raise RefusedRecord(f"record {number} has {len(raw):,} bytes, at most {MAX_BYTES:,} are taken")
        try:
            opening = codec.decode(raw)
            is_true = verify_entry(opening.record, opening.salt, opening.entry)
        except ContentSealed as error:
            raise RefusedRecord(
                f"record {number} of entry {error.entry} is sealed, and no key here opens it: hand it in "
                "opened, as it was written"
            ) from None
        except ContentErased as error:
            raise RefusedRecord(f"record {number} of entry {error.entry} was erased") from None
        except RecordError as error:
            raise RefusedRecord(f"record {number}: {error}") from None
        except ValueError as error:
            raise RefusedRecord(f"record {number} {error}") from None
        if not is_true:
            raise RefusedRecord(f"record {number} does not hash to the entry that it names")
        if opening.entry not in named:
            raise RefusedRecord(f"record {number} opens {opening.entry}, which none of the acts names")
        problems = {act.digest: _misfit(act, opening.record) for act in named[opening.entry]}
        own = [digest for digest, problem in problems.items() if problem is None]
        if not own:
            raise RefusedRecord(f"record {number} {next(iter(problems.values()))}")
        found.update(dict.fromkeys(own, opening))
    return found


def _misfit(act: Named, record: Record) -> str | None:
    """Why a record is not the act's that names it."""
    opens = act.ticket_id == to_hex(ticket_id(act.signer, bytes.fromhex(act.entry[2:])))
    # Claims are opened and decided as tickets are; only acts of the desk itself have more names.
    name = "open" if opens else getattr(act, "act", "move")
    if record.kind not in KINDS[name]:
        kinds = " or ".join(sorted(KINDS[name]))
        return f"is of kind {record.kind}, and goes with an act that needs one of kind {kinds}"
    if not opens and record.ticket != act.ticket_id:
        return f"is of ticket {record.ticket}, and goes with an act of ticket {act.ticket_id}"
    return None
