"""The records that come with signed acts, so that the words of who has no gas reach the desk."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from proofdesk._errors import InvalidArgument, RecordError
from proofdesk._records import MAX_RECORD_BYTES, Opening, verify_entry
from proofdesk._store import ClearCodec

# As stored: the record beside its entry and salt, its non-ASCII characters perhaps escaped.
MAX_BYTES = 3 * MAX_RECORD_BYTES


class RefusedRecord(InvalidArgument):
    """A record that is none, or that opens no entry of the acts it came with; nothing was kept."""


def read(contents: Sequence[str | bytes], entries: Collection[str]) -> dict[str, Opening]:
    """Records by the entries that they open, in the form in which a desk's store keeps them in the clear.

    Raises RefusedRecord, which repeats no content.

    >>> read([b"{}"], [])
    Traceback (most recent call last):
    proofdesk.ops.relay.records.RefusedRecord: record 0 is no stored record of version 1
    """
    found = {}
    codec = ClearCodec()
    for number, content in enumerate(contents):
        raw = content.encode() if isinstance(content, str) else content
        if len(raw) > MAX_BYTES:
            raise RefusedRecord(f"record {number} has {len(raw):,} bytes, at most {MAX_BYTES:,} are taken")
        try:
            opening = codec.decode(raw)
            is_true = verify_entry(opening.record, opening.salt, opening.entry)
        except RecordError as error:
            raise RefusedRecord(f"record {number}: {error}") from None
        except ValueError as error:
            raise RefusedRecord(f"record {number} {error}") from None
        if not is_true:
            raise RefusedRecord(f"record {number} does not hash to the entry that it names")
        if opening.entry not in entries:
            raise RefusedRecord(f"record {number} opens {opening.entry}, which none of the acts names")
        found[opening.entry] = opening
    return found
