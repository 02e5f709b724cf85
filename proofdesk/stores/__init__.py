"""Where contents are kept: in memory, in a folder, wherever fsspec reaches, or in several places at once.

A store keeps bytes by entry and never looks into them. Reading through an archive verifies content against
its entry, so a store may be anybody's.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from proofdesk._shell import found_late
from proofdesk._store import Store
from proofdesk.stores.batches import put_all
from proofdesk.stores.errors import StoreUnavailable
from proofdesk.stores.folder import FolderStore
from proofdesk.stores.memory import MemoryStore

if TYPE_CHECKING:
    from proofdesk.stores.mirrored import Mirrored
    from proofdesk.stores.remote import FsspecStore

__all__ = [
    "FolderStore",
    "FsspecStore",
    "MemoryStore",
    "Mirrored",
    "StoreUnavailable",
    "open_store",
    "put_all",
]

# Few use these: who keeps in a folder shall not wait for them.
__getattr__, __dir__ = found_late(__name__, __all__, ("remote", "mirrored"))


def open_store(place: str | os.PathLike[str], *, chain_id: int, desk: str) -> Store:
    """The store of a desk at a place: a folder, or an address with "://"; raises as those two do.

    >>> print(open_store("memory://office/records", chain_id=31337, desk="0x" + 40 * "1"))
    memory://office/records
    """
    named = os.fspath(place)
    # At an address of a folder, too, that is as durable and exclusive as can be.
    folder = named.removeprefix("file://")
    if "://" not in folder:
        return FolderStore(folder, chain_id=chain_id, desk=desk)
    from proofdesk.stores.remote import FsspecStore

    return FsspecStore(named, chain_id=chain_id, desk=desk)
