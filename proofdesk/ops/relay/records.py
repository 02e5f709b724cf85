"""The records that come with signed acts, so that the words of who has no gas reach the desk."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from proofdesk._errors import ContentErased, ContentSealed, InvalidArgument, RecordError
from proofdesk._records import Opening, verify_entry
from proofdesk._store import Codec
from proofdesk.privacy.sealed import MAX_BYTES as MOST_SEALED

# In the clear a record takes half of it, its non-ASCII characters escaped.
MAX_BYTES = MOST_SEALED


class RefusedRecord(InvalidArgument):
    """A record that is none, or that opens no entry of the acts it came with; nothing was kept."""


def read(contents: Sequence[str | bytes], entries: Collection[str], codec: Codec) -> dict[str, Opening]:
    """Records by the entries that they open, as a desk's store keeps them: in the clear, or sealed.

    `codec` is that of the desk's archive, which opens sealed ones where its keyring can. Raises
    RefusedRecord, which repeats no content.

    >>> from proofdesk._store import ClearCodec
    >>> read([b"{}"], [], ClearCodec())
    Traceback (most recent call last):
    proofdesk.ops.relay.records.RefusedRecord: record 0 is no stored record of version 1
    """
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
        if opening.entry not in entries:
            raise RefusedRecord(f"record {number} opens {opening.entry}, which none of the acts names")
        found[opening.entry] = opening
    return found
