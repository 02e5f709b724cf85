"""A store wherever fsspec reaches: S3, Google Cloud, Azure, SFTP and the like; the extra [fsspec].

Its places are a folder store's, so that either can be copied into the other.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from proofdesk._errors import ConfigurationError, ContentMissing, InvalidArgument, ProofdeskError
from proofdesk._store import Store
from proofdesk.stores.batches import batches
from proofdesk.stores.errors import StoreUnavailable
from proofdesk.stores.names import MARKER, SHELVES, Marker, name_of, no_store, shelf_of

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

# An object is there whole or not at all, `mode="create"` is exclusive, and folders need not be made.
# Elsewhere files are written aside and renamed, and creating is looking first.
_OBJECT_STORES = {"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "memory"}
_UNFINISHED = ".unfinished"
_STALE = 3600  # seconds

_SHARD = re.compile(r"[0-9a-f]{2}")
_FILE = re.compile(r"[0-9a-f]{64}\.json")


class _RemoteShelf(Store):
    """Contents under a path of a file system; `unfinished` is where files are written aside, if they are."""

    def __init__(self, system: AbstractFileSystem, root: str, shown: str, unfinished: str | None) -> None:
        self._system = system
        self._root = root
        self._shown = shown
        self._unfinished = unfinished

    def put(self, entry: str, content: bytes) -> None:
        with self._answering("put a content"):
            self._write(self._path(entry), content)

    def put_many(self, items: Iterable[tuple[str, bytes]]) -> None:
        """Keep many contents, many at a time where the file system can."""
        for batch in batches(items):
            contents = {self._path(entry): content for entry, content in batch}
            with self._answering("put contents"):
                if self._unfinished is None:
                    self._system.pipe(contents)
                else:
                    for path, content in contents.items():
                        self._write(path, content)

    def create(self, entry: str, content: bytes) -> bool:
        path = self._path(entry)
        with self._answering("create a content"):
            return self._create(path, content)

    def get(self, entry: str) -> bytes:
        path = self._path(entry)
        with self._answering("get a content"):
            try:
                found: bytes = self._system.cat_file(path)
            except FileNotFoundError:
                raise ContentMissing(entry, str(self)) from None
            return found

    def delete(self, entry: str) -> None:
        path = self._path(entry)
        with self._answering("delete a content"), suppress(FileNotFoundError):
            # Object stores are silent about what was not there, file systems are not.
            self._system.rm_file(path)

    def shelf(self, name: str) -> Store:
        below = f"{SHELVES}/{shelf_of(name)}"
        return _RemoteShelf(self._system, f"{self._root}/{below}", f"{self._shown}/{below}", self._unfinished)

    def __contains__(self, entry: str) -> bool:
        path = self._path(entry)
        with self._answering("look for a content"):
            return self._exists(path)

    def __iter__(self) -> Iterator[str]:
        # A shard at a time: a store may hold more names than memory should.
        for shard in self._names(self._root, _SHARD):
            for name in self._names(f"{self._root}/{shard}", _FILE):
                yield "0x" + name.removesuffix(".json")

    def __str__(self) -> str:
        return self._shown

    def _path(self, entry: str) -> str:
        name = name_of(entry)
        return f"{self._root}/{name[:2]}/{name}.json"

    def _write(self, path: str, content: bytes) -> None:
        if self._unfinished is None:
            self._system.pipe_file(path, content)
            return
        aside = f"{self._unfinished}/{secrets.token_hex(8)}.tmp"
        for folder in (self._unfinished, path.rpartition("/")[0]):
            self._system.makedirs(folder, exist_ok=True)
        try:
            self._system.pipe_file(aside, content)
            self._system.mv(aside, path)
        except BaseException:
            with suppress(Exception):  # what broke it off is told, not that it could not be tidied up
                self._system.rm_file(aside)
            raise

    def _create(self, path: str, content: bytes) -> bool:
        if self._unfinished is not None:
            if self._exists(path):
                return False
            self._write(path, content)
            return True
        try:
            self._system.pipe_file(path, content, mode="create")
        except FileExistsError:
            return False
        except FileNotFoundError:
            raise
        except OSError:
            # Some tell a condition that failed as any other refusal.
            if self._exists(path):
                return False
            raise
        return True

    def _exists(self, path: str) -> bool:
        # What a listing said may have changed since.
        self._system.invalidate_cache()
        return bool(self._system.exists(path))

    def _names(self, path: str, form: re.Pattern[str] | None = None) -> list[str]:
        with self._answering("list contents"):
            self._system.invalidate_cache()
            try:
                paths = self._system.ls(path, detail=False)
            except (FileNotFoundError, NotADirectoryError):
                return []
        names = (found.rstrip("/").rpartition("/")[2] for found in paths)
        return sorted(name for name in names if form is None or form.fullmatch(name))

    @contextmanager
    def _answering(self, what: str) -> Iterator[None]:
        try:
            yield
        except ProofdeskError:
            raise
        except Exception as error:  # drivers raise whatever theirs do, and may repeat signed addresses
            raise StoreUnavailable(str(self), what, type(error).__name__) from None


class FsspecStore(_RemoteShelf):
    """A store at an address that fsspec knows, for one desk: s3://bucket/folder, gs://…, sftp://… .

    Options are the file system's own (`key`, `secret`, `endpoint_url` …); an error never repeats them, or a
    password in the address. What an object store holds is whole, and creating is exclusive: S3 (s3fs 2025.7
    and later), Google Cloud, Azure. Elsewhere (SFTP, SMB …) a file is written aside and renamed, which
    replaces it in one step where the server's renaming does, and creating looks first: two who create the
    same entry at the same moment may both be told that they did. A bucket's versions, backups and caches are
    not the store's: whoever erases has to see that they go too.

    Raises ConfigurationError where the extra or a driver is missing, the address is not known, or what it
    names holds something else or another desk's contents; StoreUnavailable.

    >>> store = FsspecStore("memory://office/records", chain_id=31337, desk="0x" + 40 * "1")
    >>> store.create("0x" + 64 * "a", b"content"), store.create("0x" + 64 * "a", b"another")
    (True, False)
    """

    def __init__(self, url: str, *, chain_id: int, desk: str, **options: Any) -> None:
        mine = Marker.of(chain_id, desk)
        shown = _without_secrets(url)
        system, root = _connected(url, shown, options)
        is_of_objects = urlsplit(url).scheme in _OBJECT_STORES
        super().__init__(system, root, shown, None if is_of_objects else f"{root}/{_UNFINISHED}")
        self._claim(mine)
        self._sweep()

    def _claim(self, mine: Marker) -> None:
        marker = f"{self._root}/{MARKER}"
        with self._answering("open"):
            try:
                found = self._system.cat_file(marker)
            except FileNotFoundError:
                if any(not name.startswith(".") for name in self._names(self._root)):
                    raise no_store(str(self)) from None
                try:
                    self._create(marker, mine.content)
                except FileNotFoundError:
                    raise ConfigurationError(f"there is no {self}: make it first") from None
                found = self._system.cat_file(marker)
            except NotADirectoryError:
                raise ConfigurationError(f"{self} is a file, no folder: name another") from None
        mine.check(found, str(self))

    def _sweep(self) -> None:
        """Remove what was written aside and never renamed."""
        if self._unfinished is None:
            return
        with self._answering("list contents"):
            for name in self._names(self._unfinished):
                path = f"{self._unfinished}/{name}"
                # Another's may be gone by now.
                with suppress(FileNotFoundError):
                    modified = self._system.modified(path)
                    if isinstance(modified, datetime) and modified.timestamp() < time.time() - _STALE:
                        self._system.rm_file(path)


def _connected(url: str, shown: str, options: dict[str, Any]) -> tuple[AbstractFileSystem, str]:
    if "::" in url:
        # A cache would keep what was erased.
        raise ConfigurationError(f"{shown} chains file systems: name the one where contents are kept")
    try:
        import fsspec
    except ImportError:
        raise ConfigurationError(
            f'{shown} is reached by fsspec, which is not installed: pip install "proofdesk[fsspec]"'
        ) from None
    try:
        fsspec.get_filesystem_class(urlsplit(url).scheme)
    except ImportError as error:
        raise ConfigurationError(f"{shown} needs a driver of fsspec: {error}") from None
    except ValueError:
        raise ConfigurationError(f"{shown} begins with no protocol that fsspec knows: name another") from None
    try:
        system, root = fsspec.core.url_to_fs(url, skip_instance_cache=True, **options)
    except Exception as error:  # as above: drivers raise whatever theirs do
        raise StoreUnavailable(shown, "open", type(error).__name__) from None
    return system, root.rstrip("/")


def _without_secrets(url: str) -> str:
    """An address fit to be shown: users, passwords and parameters stay out of it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise InvalidArgument(
            "the address of the store cannot be read: pass protocol://place/folder"
        ) from None
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}".rstrip("/")
