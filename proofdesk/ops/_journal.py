"""What a deployment is about to create, on disk before it is sent: whatever a crash leaves on chain is found.

There is one journal an account, locked while it is in use: of two deployments by one account, neither could
tell its contracts from the other's.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from proofdesk._errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Planned:
    """A contract about to be created: its address follows from the nonce; `block` is where to look from."""

    desk: str
    contract: str
    nonce: int
    block: int


class Journal:
    """The journal of an account's deployments on a chain.

    Raises ConfigurationError while another process uses it, or where another desk's deployment by the same
    account was interrupted.
    """

    def __init__(self, folder: Path, account: str, desk: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{account}.journal"
        self._desk = desk
        self._file = self._path.open("a+", encoding="utf-8")
        try:
            self._lock()
            if (planned := self.read()) is not None and planned.desk != desk:
                raise ConfigurationError(
                    f"{account}'s deployment of desk {planned.desk} was interrupted: finish that one first "
                    f"(or give it up: delete {self._path})"
                )
        except ConfigurationError:
            self._file.close()
            raise

    def _lock(self) -> None:
        if sys.platform == "win32":  # it has no flock: there the operator takes care himself
            return
        import fcntl

        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigurationError(f"{self._path} is in use: this account is deploying elsewhere") from None

    def read(self) -> Planned | None:
        """What may have been sent; None where nothing was."""
        self._file.seek(0)
        try:
            return Planned(**json.loads(self._file.read()))
        except ValueError:
            # Empty, or cut off by a crash while it was written: before anything was sent.
            return None

    def write(self, contract: str, nonce: int, block: int) -> None:
        """Note a creation; it is on disk when this returns."""
        self.clear()
        self._file.write(json.dumps(asdict(Planned(self._desk, contract, nonce, block))))
        self._file.flush()
        os.fsync(self._file.fileno())

    def clear(self) -> None:
        """Forget it: the manifest has it now."""
        self._file.seek(0)
        self._file.truncate()

    def close(self) -> None:
        """Let others in; a journal with nothing in it leaves no file."""
        if self.read() is None:
            self._path.unlink(missing_ok=True)
        self._file.close()
