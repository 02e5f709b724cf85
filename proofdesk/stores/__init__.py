"""Where contents are kept: in memory, in a folder, wherever fsspec reaches, or in several places at once.

A store keeps bytes by entry and never looks into them. Reading through an archive verifies content against
its entry, so a store may be anybody's.
"""

from proofdesk.stores.folder import FolderStore
from proofdesk.stores.memory import MemoryStore

__all__ = ["FolderStore", "MemoryStore"]
