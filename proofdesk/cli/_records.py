"""Records that are not here: reading them fails, and makes no folder."""

from __future__ import annotations

from pathlib import Path

from proofdesk.stores import MemoryStore


class NoRecords(MemoryStore):
    """The store of a folder that is not there or empty.

    >>> print(NoRecords(Path("records")))
    folder records
    """

    def __init__(self, folder: Path | str) -> None:
        super().__init__()
        self._folder = folder

    def __str__(self) -> str:
        return f"folder {self._folder}"
