"""Files that are being written, in a folder of their own until they are complete.

Their writers hold a lock on them, which ends with the process: what nobody holds was left by one that was
killed, and is swept by the next who opens, writes or deletes. So nothing that was erased lives on in a
forgotten copy.
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from proofdesk._errors import ConfigurationError

try:
    import fcntl
except ImportError:  # pragma: no cover  off POSIX
    fcntl = None  # type: ignore[assignment]  # what is not there

_STALE = 3600  # seconds, where a file system knows no locks
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP}


class Written:
    """A file with all its content that has no name of its own yet; its lock lasts until it has one."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path = path
        self._file = file

    def sync(self) -> None:
        """Wait until the disk has the content."""
        os.fsync(self._file.fileno())

    def replace(self, path: Path) -> None:
        """Give it a name, in place of what had it."""
        self._path.replace(path)

    def create(self, path: Path) -> bool:
        """Give it a name that nothing has, else return False; exclusive across processes.

        Raises ConfigurationError where the file system has no hard links.
        """
        try:
            path.hardlink_to(self._path)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            raise ConfigurationError(
                f"{path.parent} is on a file system without hard links: name a folder on another"
            ) from None
        return True


class Unfinished:
    """The folder; `durable` waits until the disk has what was written. All of it raises OSError."""

    def __init__(self, path: Path, *, durable: bool) -> None:
        self.path = path
        self._durable = durable

    def replace(self, path: Path, content: bytes) -> None:
        """Write a file in place of what is there."""
        self.sweep()
        with self._written(content) as file:
            if self._durable:
                file.sync()
            file.replace(path)
        self.sync(path.parent)

    def create(self, path: Path, content: bytes) -> bool:
        """Write a file where there is none, else return False; as `Written.create`."""
        self.sweep()
        with self._written(content) as file:
            if self._durable:
                file.sync()
            is_new = file.create(path)
        if is_new:
            self.sync(path.parent)
        return is_new

    def sweep(self) -> None:
        """Remove what nobody is writing any more."""
        try:
            left = os.listdir(self.path)  # noqa: PTH208  called with every write
        except FileNotFoundError:
            return
        for name in left:
            path = self.path / name
            # Its writer was faster.
            with contextlib.suppress(FileNotFoundError), path.open("r+b") as file:
                if _is_left(file):
                    path.unlink()

    def make(self, folder: Path) -> None:
        """Make a folder, its owner's alone, unless it is there."""
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            self.sync(folder.parent)

    def sync(self, folder: Path) -> None:
        """Wait until the disk has a folder's names."""
        if self._durable:
            # Late: who reads starts at once.
            from proofdesk._files import sync_folder

            sync_folder(folder)

    @contextlib.contextmanager
    def _written(self, content: bytes) -> Iterator[Written]:
        path, file = self._begun()
        try:
            with file:
                file.write(content)
                file.flush()
                yield Written(path, file)
        finally:
            path.unlink(missing_ok=True)

    def _begun(self) -> tuple[Path, BinaryIO]:
        # Late, as above.
        import tempfile

        while True:
            self.make(self.path)
            handle, name = tempfile.mkstemp(suffix=".tmp", dir=self.path)
            file = os.fdopen(handle, "wb")
            if _is_locked(file) is not False and os.fstat(handle).st_nlink:
                return Path(name), file
            # A sweeper came between making and locking.
            file.close()


def _is_locked(file: BinaryIO, *, wait: bool = True) -> bool | None:
    """Lock a file: whether this process has it now; None where there are no locks."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _is_left(file: BinaryIO) -> bool:
    locked = _is_locked(file, wait=False)
    if locked is None:
        return os.fstat(file.fileno()).st_mtime < time.time() - _STALE
    return locked
