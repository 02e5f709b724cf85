"""How far a pass over a store came, kept in the store, so that the next one need not look at all of it again.

It lies on the shelf "rewrapping": the last entry of those that are done, in their order, and what became of
them. It counts for the same pass alone, whose readers and keys are the same, and for whoever made it: others
could otherwise have a pass believe that all was done.
"""

from __future__ import annotations

import hmac
import json
from typing import Any, Final, NamedTuple

from proofdesk._errors import ContentMissing
from proofdesk._json import parse
from proofdesk._store import Store
from proofdesk._words import keccak, to_hex
from proofdesk.privacy.keys import ReadingKey

SHELF: Final = "rewrapping"

_DOMAIN: Final = b"proofdesk.rewrapping.v1"


class Reached(NamedTuple):
    """All entries up to this one are done, and what is told of them."""

    last: str
    told: Any


class Bookmark:
    """Where a pass is, by its name and a digest of all that it goes by."""

    def __init__(self, store: Store, name: str, digest: bytes, key: ReadingKey) -> None:
        self._shelf = store.shelf(SHELF)
        self._place = to_hex(keccak(_DOMAIN + key.public + name.encode()))
        self._pass = digest.hex()
        self._secret = hmac.digest(key.private_bytes(), _DOMAIN, "sha256")

    def read(self) -> Reached | None:
        """How far the same pass had come, of the same maker; None where it never was, or came to its end."""
        try:
            value = parse(self._shelf.get(self._place))
            if hmac.compare_digest(bytes.fromhex(value.pop("by")), self._by(value)):
                return Reached(value["last"], value["told"]) if value["pass"] == self._pass else None
        except (ContentMissing, ValueError, TypeError, KeyError, AttributeError):
            pass  # whoever keeps the store may have put it there
        return None

    def put(self, last: str, told: Any) -> None:
        """Say that all entries up to one are done."""
        value = {"pass": self._pass, "last": last, "told": told}
        self._shelf.put(self._place, json.dumps(value | {"by": self._by(value).hex()}).encode())

    def drop(self) -> None:
        """The pass came to its end."""
        self._shelf.delete(self._place)

    def _by(self, value: Any) -> bytes:
        return hmac.digest(self._secret, json.dumps(value, sort_keys=True).encode(), "sha256")
