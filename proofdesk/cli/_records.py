"""Where a command finds records, and stores of its own: of what is not there, and of a rehearsal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from proofdesk._deployments import Deployment
from proofdesk._errors import ConfigurationError
from proofdesk._store import Store
from proofdesk.cli._language import _
from proofdesk.stores import MemoryStore, open_store


def named_store(said: Mapping[str, Any]) -> Path | str | None:
    """The folder or the address that the options name; None for the client's own default.

    Raises ConfigurationError for a file.
    """
    named: str | None = said.get("records")
    if named is None or "://" in named:
        return named
    if Path(named).exists() and not Path(named).is_dir():
        raise ConfigurationError(
            _("{path} is a file where the folder of records should be: name another by --records").format(
                path=named
            )
        )
    return Path(named)


def place_of(said: Mapping[str, Any], deployment: Deployment) -> Path | str:
    """Where a desk's contents are kept; raises as `named_store`."""
    # As the client does where it is told nothing.
    return named_store(said) or Path("records") / str(deployment.chain_id) / deployment.desk


def holds_anything(place: Path | str) -> bool:
    """Whether there may be records at a place."""
    # What is at an address its store says when it is opened.
    return isinstance(place, str) or (place.is_dir() and any(place.iterdir()))


def rehearsed(deployment: Deployment, place: Path | str) -> Store:
    """A store in which nothing is kept, beneath it what there is at a place."""
    if not holds_anything(place):
        return MemoryStore()
    address = deployment.contract("TicketDesk").address
    return Rehearsed(open_store(place, chain_id=deployment.chain_id, desk=address))


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


class Rehearsed(Store):
    """A store as it would be afterwards: what is put and deleted is so here alone, beneath nothing changes.

    >>> beneath = MemoryStore()
    >>> beneath.put("0x" + 64 * "1", b"kept")
    >>> rehearsed = Rehearsed(beneath)
    >>> rehearsed.delete("0x" + 64 * "1")
    >>> "0x" + 64 * "1" in rehearsed, "0x" + 64 * "1" in beneath
    (False, True)
    """

    def __init__(self, beneath: Store) -> None:
        self._beneath = beneath
        self._new = MemoryStore()
        self._gone: set[str] = set()
        self._shelves: dict[str, Rehearsed] = {}

    def put(self, entry: str, content: bytes) -> None:
        self._new.put(entry, content)

    def create(self, entry: str, content: bytes) -> bool:
        return entry not in self and self._new.create(entry, content)

    def get(self, entry: str) -> bytes:
        return (self._new if entry in self._new or entry in self._gone else self._beneath).get(entry)

    def delete(self, entry: str) -> None:
        self._new.delete(entry)
        self._gone.add(entry)

    def shelf(self, name: str) -> Store:
        if name not in self._shelves:
            self._shelves[name] = Rehearsed(self._beneath.shelf(name))
        return self._shelves[name]

    def __contains__(self, entry: str) -> bool:
        return entry in self._new or (entry not in self._gone and entry in self._beneath)

    def __iter__(self) -> Iterator[str]:
        hidden = self._gone.union(self._new)
        yield from (entry for entry in self._beneath if entry not in hidden)
        yield from self._new

    def __str__(self) -> str:
        return str(self._beneath)
