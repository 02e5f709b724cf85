"""Submissions as they go out: signed acts in their order, each with the words it names, in so many bodies.

`submissions` reads them where they arrive. Who only hands in needs no SQLAlchemy, so this knows no relayer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from proofdesk._errors import InvalidArgument
from proofdesk._records import Opening
from proofdesk._store import ClearCodec
from proofdesk.signed import SignedAct

MAX_ACTS: Final = 200
MAX_BYTES: Final = 4 * 1024 * 1024
_FRAME: Final = len(b'{"acts":[],"records":[]}')


def packed(
    acts: Sequence[SignedAct], records: Sequence[Opening | Mapping[str, Any]] = ()
) -> Iterator[tuple[Sequence[SignedAct], bytes]]:
    """The submissions that acts make, in their order: which of them, and the body, of at most 4 MiB.

    A record goes with the acts that name its entry, one that none names with the first; one that is given
    twice goes once. An act that is more than 4 MiB with its record, or with those that none names, goes
    alone, as it is. Raises InvalidArgument for what is no record, before anything is given.

    >>> [(len(some), body[:9]) for some, body in packed([signed])]
    [(1, b'{"acts":[')]
    """
    said: dict[object, list[bytes]] = {}
    for record in records:
        entry, text = _written(record)
        texts = said.setdefault(entry, [])
        # A relayer takes no more records than acts, and whoever hands in may have one from two places.
        if text not in texts:
            texts.append(text)
    named = {act.entry for act in acts}
    strays = [text for entry, texts in said.items() if entry not in named for text in texts]
    return _bodies(acts, said, strays)


def _bodies(
    acts: Sequence[SignedAct], said: Mapping[object, list[bytes]], words: list[bytes]
) -> Iterator[tuple[Sequence[SignedAct], bytes]]:
    some: list[SignedAct] = []
    texts: list[bytes] = []
    size = _FRAME + _size(words)
    for act in acts:
        text, its = act.to_json().encode(), said.get(act.entry, [])
        more = _size([text, *its])
        if some and (len(some) == MAX_ACTS or size + more > MAX_BYTES):
            yield some, _body(texts, words)
            some, texts, words, size = [], [], [], _FRAME
        some.append(act)
        texts.append(text)
        # Two acts may name one entry, and a record is handed in once.
        words += [each for each in its if each not in words]
        size += more
    if some:
        yield some, _body(texts, words)


def _size(texts: Sequence[bytes]) -> int:
    return sum(len(text) + 1 for text in texts)


def _body(acts: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    return b'{"acts":[' + b",".join(acts) + b'],"records":[' + b",".join(words) + b"]}"


def _written(record: Opening | Mapping[str, Any]) -> tuple[object, bytes]:
    """A record's entry and its JSON; what it says is in no error."""
    if isinstance(record, Opening):
        return record.entry, ClearCodec().encode(record)
    if not isinstance(record, Mapping):
        told = f"a record is what Archive.read gives, or its JSON as a mapping, not {type(record).__name__}"
        raise InvalidArgument(told)
    entry = record.get("entry")
    try:
        text = json.dumps(dict(record), ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError):
        raise InvalidArgument(
            "a record's mapping is no JSON: hand in what `--sign` wrote, as it is"
        ) from None
    return entry if isinstance(entry, str) else None, text
