"""How many records a second are sealed and kept, what each reader adds, and how quick a rotation is.

A record is made, sealed to four readers and kept; one in the clear is made and kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import partial
from itertools import islice
from pathlib import Path

from benchmarks.privacy_usual import seal_anew, wrap_keys
from benchmarks.sealed import TEXT, SealedDesk, on_disk, started
from benchmarks.timing import a_second, medians
from proofdesk._records import Opening, commit, compose
from proofdesk._store import ClearCodec, Store
from proofdesk.ops.rewrapping import rewrap_all
from proofdesk.privacy.keyring import SealedCodec
from proofdesk.privacy.keys import Reader, ReadingKey, Scope
from proofdesk.privacy.sealed import seal, unseal
from proofdesk.stores import FolderStore, MemoryStore

WORDS = {
    "speed.sealed": "records sealed to 4 readers and kept in memory, a second",
    "speed.sealed_folder": "in a folder that does not wait for the disk",
    "speed.sealed_durable": "in a durable folder, one after another",
    "speed.clear_durable": "the same in the clear",
    "ratio.sealed_vs_clear": "sealed to clear, in a durable folder",
    "speed.opened": "sealed records opened and held against their entry, a second",
    "time.seal_4": "sealing a record to 4 readers, microseconds",
    "time.seal_8": "to 8",
    "time.seal_12": "to 12",
    "time.reader": "what a reader adds, microseconds",
    "time.reader_usual": "pyhpke's single-shot wrap, microseconds",
    "ratio.reader_vs_usual": "pyhpke's to ours",
    "speed.rotation": "records re-wrapped after a rotation, durable, a second",
    "speed.rotation_usual": "decrypted and sealed anew, one after another",
    "ratio.rotation_vs_usual": "the one to the other",
}
RECORDS = 20_000
"""That a rotation re-wraps."""
ROUNDS = 5

_READERS = 4, 8, 12  # no decoys are among so many
_QUICK, _DURABLE = 500, 150  # records in a round
_USUAL = 1_000  # records that the usual way does
_DESK = Scope(31337, "0x" + 20 * "dd")


def measure(rounds: int = ROUNDS, records: int = RECORDS) -> Mapping[str, Fraction]:
    """By the names in WORDS; on a disk, and a chain of its own for the rotation.

    Raises ChainError, AssertionError where something was not done.
    """
    return _written(rounds) | _wrapped(rounds) | _rotated(records)


def _written(rounds: int) -> dict[str, Fraction]:
    readers = _readers(4)
    keys = [ReadingKey.new()]
    sealed = partial(seal, scope=_DESK, readers=readers)
    kept = [seal(_record(), _DESK, [*readers[1:], Reader("", keys[0].public)]) for _ in range(_QUICK)]

    def opened() -> None:
        for each in kept:
            unseal(each, _DESK, keys)

    with on_disk() as folder:
        durable = _store(folder / "durable", durable=True)
        plain = _store(folder / "plain", durable=False)
        figures = medians(
            {
                "speed.sealed": lambda: _kept(MemoryStore(), sealed, _QUICK),
                "speed.sealed_folder": lambda: _kept(plain, sealed, _QUICK),
                "speed.sealed_durable": lambda: _kept(durable, sealed, _DURABLE),
                "speed.clear_durable": lambda: _kept(durable, ClearCodec().encode, _DURABLE),
                "speed.opened": lambda: a_second(_QUICK, opened),
            },
            rounds,
        )
    ratio = figures["speed.sealed_durable"] / figures["speed.clear_durable"]
    return figures | {"ratio.sealed_vs_clear": ratio}


def _kept(store: Store, form: Callable[[Opening], bytes], count: int) -> Fraction:
    def keep() -> None:
        for _ in range(count):
            opening = _record()
            assert store.create(opening.entry, form(opening))

    return a_second(count, keep)


def _wrapped(rounds: int) -> dict[str, Fraction]:
    openings = [_record() for _ in range(_QUICK)]

    def sealing(count: int) -> Fraction:
        readers = _readers(count)
        return _microseconds(lambda: [seal(each, _DESK, readers) for each in openings])

    ways = {f"time.seal_{count}": partial(sealing, count) for count in _READERS}
    public, secret, info = ReadingKey.new().public, bytes(32), bytes(151)  # as long as a wrap's
    usual = partial(_microseconds, lambda: wrap_keys([secret] * _QUICK, public, info))
    figures = medians(ways | {"time.reader_usual": usual}, rounds)
    low, high = _READERS[0], _READERS[-1]
    reader = (figures[f"time.seal_{high}"] - figures[f"time.seal_{low}"]) / (high - low)
    return figures | {
        "time.reader": reader,
        "ratio.reader_vs_usual": figures["time.reader_usual"] / reader,
    }


def _microseconds(work: Callable[[], object]) -> Fraction:
    """Of each of the `_QUICK` times that the work does it."""
    return 10**6 / a_second(_QUICK, work)


def _rotated(records: int) -> dict[str, Fraction]:
    with started() as desk:
        scope, customer = Scope.of(desk.customer.deployment), _readers(1)
        _fill(desk, scope, [*_roles(desk), *customer], records)
        desk.supervisor.keys.rotate("agents")
        found = []
        ours = a_second(records, lambda: found.append(rewrap_all(desk.supervisor)))
        # That it was quick is worth nothing unless it was done.
        assert found[0].rewrapped >= records and not found[0].unreadable, found
        store, codec = desk.store, desk.supervisor.archive.codec
        assert isinstance(codec, SealedCodec)
        entries, keys = list(islice(store, _USUAL)), list(codec.held())
        readers = [*_roles(desk), *customer]
        usual = a_second(len(entries), lambda: seal_anew(store, entries, scope, keys, readers))
    return {
        "speed.rotation": ours,
        "speed.rotation_usual": usual,
        "ratio.rotation_vs_usual": ours / usual,
    }


def _roles(desk: SealedDesk) -> list[Reader]:
    return [role.reader for role in desk.supervisor.keys.roles()]


def _fill(desk: SealedDesk, scope: Scope, readers: Sequence[Reader], records: int) -> None:
    """Keep so many records, without waiting for the disk."""
    store = desk.hasty_store()
    for _ in range(records):
        opening = _record()
        store.put(opening.entry, seal(opening, scope, readers))


def _record() -> Opening:
    return commit(compose(TEXT, kind="reply", author="0x" + 20 * "aa", ticket="0x" + 32 * "bb"))


def _readers(count: int) -> list[Reader]:
    return [Reader(f"reader {number}", ReadingKey.new().public) for number in range(count)]


def _store(folder: Path, *, durable: bool) -> FolderStore:
    return FolderStore(folder, chain_id=_DESK.chain_id, desk=_DESK.desk, durable=durable)
