"""A store in a folder of its own, one file an entry, for one desk.

    proofdesk-store.json     whose contents these are
    ab/ab12….json            an entry's content
    shelves/<name>/ab/…      what is kept beside the records, by the same rules
    .unfinished/             what is being written; what a killed process left there the next writer sweeps

A file has its name only when it is complete, and a folder is its owner's alone. Its time is that of its last
change, by which backups go; so whoever sees it can tell what was re-wrapped or erased together.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from proofdesk._errors import ConfigurationError, ContentMissing
from proofdesk._store import Store
from proofdesk.stores.batches import batches
from proofdesk.stores.errors import StoreUnavailable
from proofdesk.stores.names import MARKER, SHELVES, Marker, name_of, no_store, shelf_of
from proofdesk.stores.unfinished import Unfinished

_WAITING = 8  # threads that wait for the disk; more are no faster
_SHARD = re.compile(r"[0-9a-f]{2}")
_FILE = re.compile(r"([0-9a-f]{64})\.json")


class _Shelf(Store):
    """Contents in the shards of a folder; `above` are the folders that have to be there first."""

    def __init__(self, path: Path, unfinished: Unfinished, *above: Path) -> None:
        self.path = path
        self._unfinished = unfinished
        self._above = above

    def put(self, entry: str, content: bytes) -> None:
        with self._answering("put a content"):
            self._unfinished.replace(self._made(entry), content)

    def put_many(self, items: Iterable[tuple[str, bytes]]) -> None:
        """Keep many contents, in threads: a busy disk writes down together what they wait for."""
        # Late: who reads starts at once.
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(_WAITING) as threads:
            for batch in batches(items):
                contents = dict(batch)
                list(threads.map(self.put, contents.keys(), contents.values()))

    def create(self, entry: str, content: bytes) -> bool:
        # Who comes late need not write first.
        if entry in self:
            return False
        with self._answering("create a content"):
            return self._unfinished.create(self._made(entry), content)

    def get(self, entry: str) -> bytes:
        path = self._path(entry)
        with self._answering("get a content"):
            try:
                return path.read_bytes()
            except FileNotFoundError:
                raise ContentMissing(entry, str(self)) from None

    def delete(self, entry: str) -> None:
        path = self._path(entry)
        with self._answering("delete a content"):
            # A killed process may have left a copy.
            self._unfinished.sweep()
            if path.exists():
                path.unlink(missing_ok=True)
                self._unfinished.sync(path.parent)

    def shelf(self, name: str) -> Store:
        shelves = self.path / SHELVES
        return _Shelf(shelves / shelf_of(name), self._unfinished, *self._above, self.path, shelves)

    def __contains__(self, entry: str) -> bool:
        return self._path(entry).is_file()

    def __iter__(self) -> Iterator[str]:
        # A shard at a time: a store may hold more names than memory should.
        for shard in _names(self.path, _SHARD):
            for name in _names(self.path / shard, _FILE):
                yield "0x" + name.removesuffix(".json")

    def __str__(self) -> str:
        return f"folder {self.path}"

    def _path(self, entry: str) -> Path:
        name = name_of(entry)
        return self.path / name[:2] / f"{name}.json"

    @contextmanager
    def _answering(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreUnavailable(str(self), what, error.strerror or type(error).__name__) from error

    def _made(self, entry: str) -> Path:
        """An entry's path, whose folders are there."""
        path = self._path(entry)
        if not path.parent.is_dir():
            for folder in (*self._above[1:], self.path, path.parent):
                self._unfinished.make(folder)
        return path


class FolderStore(_Shelf):
    """A store in a folder of its own, one file an entry, for one desk.

    The folder is made if it is not there, readable by its owner alone. With `durable` false nothing waits
    for the disk: fit for trials. Processes and threads may share it. Raises ConfigurationError for a folder
    that holds something else, or another desk's contents.

    >>> store = FolderStore(folder, chain_id=31337, desk="0x" + 40 * "1")
    >>> store.create("0x" + 64 * "a", b"content"), store.create("0x" + 64 * "a", b"another")
    (True, False)
    """

    MARKER = MARKER

    def __init__(self, path: str | Path, *, chain_id: int, desk: str, durable: bool = True) -> None:
        folder = Path(path)
        self.durable = durable
        super().__init__(folder, Unfinished(folder / ".unfinished", durable=durable), folder)
        self._claim(Marker.of(chain_id, desk))

    def _claim(self, mine: Marker) -> None:
        marker = self.path / MARKER
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Before the marker is looked for: whoever made the folder a store wrote that first.
            is_used = any(not path.name.startswith(".") for path in self.path.iterdir())
            if not is_used:
                # Of several who begin at once one makes it, and the others read whose it is.
                self._unfinished.create(marker, mine.content)
            found = marker.read_bytes()
            # Who may only read need not tidy up.
            with suppress(OSError):
                self._unfinished.sweep()
        except FileNotFoundError:
            raise no_store(str(self.path)) from None
        except OSError as error:
            raise ConfigurationError(f"{self.path} cannot be a store: {error.strerror}") from None
        mine.check(found, str(self.path))


def _names(folder: Path, form: re.Pattern[str]) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if form.fullmatch(name))  # noqa: PTH208  a third of iterdir's time
    except (FileNotFoundError, NotADirectoryError):
        return []
