"""Every kind of store, made anew for a test; and what they are made for."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

from proofdesk._store import Store
from proofdesk.stores import FolderStore, FsspecStore, MemoryStore, Mirrored

CHAIN, DESK = 31337, "0x" + 20 * "1f"
ENTRY = "0x" + 64 * "a"


def folder(path: Path, chain_id: int = CHAIN, desk: str = DESK) -> FolderStore:
    """A folder store that waits for the disk."""
    return FolderStore(path, chain_id=chain_id, desk=desk)


def remote(url: str, chain_id: int = CHAIN, desk: str = DESK, **options: object) -> FsspecStore:
    """A store that fsspec reaches."""
    return FsspecStore(url, chain_id=chain_id, desk=desk, **options)


def address() -> str:
    """A place in memory that no other test uses: fsspec's memory is the process's."""
    return f"memory://{secrets.token_hex(8)}/records"


KINDS: dict[str, Callable[[Path], Store]] = {
    "memory": lambda _: MemoryStore(),
    "folder": lambda path: folder(path / "store"),
    "shelf": lambda path: folder(path / "store").shelf("access"),
    "objects": lambda _: remote(address()),
    "files": lambda path: remote(f"file://{path}/store"),
    "mirrored": lambda path: Mirrored(MemoryStore(), folder(path / "store"), remote(address())),
}
