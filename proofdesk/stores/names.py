"""What names contents in a store, and what says whose contents they are."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from proofdesk._errors import ConfigurationError, InvalidArgument
from proofdesk._json import parse
from proofdesk._words import to_bytes, to_hex

MARKER = "proofdesk-store.json"
SHELVES = "shelves"

_FORMAT = "proofdesk-store/1"
_SHELF = re.compile(r"[a-z][a-z-]{0,19}")


def name_of(entry: str) -> str:
    """An entry's 64 hex digits, fit to name a file; raises InvalidArgument.

    >>> name_of("0x" + 32 * "AB")[:4]
    'abab'
    """
    return to_bytes(entry, 32, "entry").hex()


def shelf_of(name: str) -> str:
    """A shelf's name, fit to name a folder; raises InvalidArgument.

    >>> shelf_of("threads")
    'threads'
    """
    if not isinstance(name, str) or not _SHELF.fullmatch(name):
        raise InvalidArgument(
            f"shelf {name!r} is no name of a shelf: pass 1 to 20 lower letters and hyphens, a letter first"
        )
    return name


class Marker(NamedTuple):
    """Says which desk's contents a store keeps: a small file that lies in it."""

    chain_id: int
    desk: str

    @classmethod
    def of(cls, chain_id: int, desk: str) -> Marker:
        """The marker of a desk; raises InvalidArgument for an address that is none."""
        return cls(chain_id, to_hex(to_bytes(desk, 20, "desk")))

    @property
    def content(self) -> bytes:
        """What the file holds."""
        return json.dumps(self._json(), indent=1).encode() + b"\n"

    def check(self, content: bytes, place: str) -> None:
        """Refuse a place whose marker holds something else; raises ConfigurationError.

        >>> Marker.of(1, "0x" + 40 * "1").check(b"{", "/srv")
        Traceback (most recent call last):
        proofdesk._errors.ConfigurationError: /srv/proofdesk-store.json is damaged: restore it from a backup
        """
        try:
            found = parse(content)
        except ValueError:
            raise ConfigurationError(f"{place}/{MARKER} is damaged: restore it from a backup") from None
        if found != self._json():
            raise ConfigurationError(
                f"{place} keeps the contents of {_shown(found)}, not of {_shown(self._json())}: name another"
            )

    def _json(self) -> dict[str, object]:
        return {"format": _FORMAT, "chain_id": self.chain_id, "desk": self.desk}


def no_store(place: str) -> ConfigurationError:
    """The error for a place that holds something, but no marker."""
    return ConfigurationError(
        f"{place} is no store: it holds files but no {MARKER}; name an empty or a new folder"
    )


def _shown(marker: object) -> str:
    if not isinstance(marker, dict) or marker.get("format") != _FORMAT:
        return "a format that this package does not know"
    return f"desk {marker.get('desk')} on chain {marker.get('chain_id')}"
