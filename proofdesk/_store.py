"""Where contents are kept: an archive turns records into bytes by a codec, a store keeps bytes by entry.

The codec is the seam for encryption: a store never looks into what it keeps. Reading through an archive
verifies content against its entry, so a store may be anybody's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from proofdesk._errors import ConfigurationError, ContentMissing, ContentTampered, RecordError
from proofdesk._files import sync_folder, write_atomically
from proofdesk._json import parse
from proofdesk._records import Opening, Record, verify_entry
from proofdesk._words import to_bytes, to_hex


class Store(Protocol):
    """Keeps bytes by entry (0x and 64 hex digits)."""

    def put(self, entry: str, content: bytes) -> None:
        """Keep content, in place of what was kept before; atomic, and done when this returns."""

    def get(self, entry: str) -> bytes:
        """Return content as it was put; raises ContentMissing."""

    def delete(self, entry: str) -> None:
        """Forget content, if there is any."""

    def __contains__(self, entry: str) -> bool: ...

    def __iter__(self) -> Iterator[str]: ...


class Codec(Protocol):
    """Turns an opening into stored bytes and back."""

    def encode(self, opening: Opening) -> bytes:
        """The bytes to store."""

    def decode(self, content: bytes) -> Opening:
        """The opening in stored bytes; raises ValueError or RecordError, which never repeat it."""


class ClearCodec(Codec):
    """Contents in the clear: JSON of version, entry, salt and record."""

    def encode(self, opening: Opening) -> bytes:
        value = {
            "v": 1,
            "entry": opening.entry,
            "salt": to_hex(opening.salt),
            "record": opening.record.to_json(),
        }
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

    def decode(self, content: bytes) -> Opening:
        try:
            value = parse(content)
            version, entry, record = value["v"], value["entry"], value["record"]
            salt = bytes.fromhex(value["salt"].removeprefix("0x"))
        except (ValueError, TypeError, KeyError, AttributeError):
            version = None
        if version != 1:
            raise ValueError("is no stored record of version 1")
        return Opening(entry, salt, Record.from_json(record))


class Archive:
    """Records by their entries.

    >>> from proofdesk._records import commit, compose
    >>> archive = Archive(MemoryStore())
    >>> opening = commit(compose("Hello?", kind="open", author="Ann"))
    >>> archive.write(opening)
    >>> archive.read(opening.entry).record.body
    'Hello?'
    """

    def __init__(self, store: Store, codec: Codec | None = None) -> None:
        self.store = store
        self.codec = codec or ClearCodec()

    def write(self, opening: Opening) -> None:
        """Keep a record and its salt under its entry."""
        self.store.put(opening.entry, self.codec.encode(opening))

    def read(self, entry: str) -> Opening:
        """Return what opens an entry, verified; raises ContentMissing or ContentTampered."""
        content = self.store.get(entry)
        try:
            opening = self.codec.decode(content)
            if opening.entry == entry and verify_entry(opening.record, opening.salt, entry):
                return opening
            problem = "hashes to another entry"
        except RecordError:
            problem = "holds a record that does not fit the schema"
        except ValueError as error:
            problem = str(error)
        raise ContentTampered(entry, str(self.store), problem)


class MemoryStore(Store):
    """A store that lasts as long as the process."""

    def __init__(self) -> None:
        self._contents: dict[str, bytes] = {}

    def put(self, entry: str, content: bytes) -> None:
        self._contents[_name(entry)] = content

    def get(self, entry: str) -> bytes:
        try:
            return self._contents[_name(entry)]
        except KeyError:
            raise ContentMissing(entry, str(self)) from None

    def delete(self, entry: str) -> None:
        self._contents.pop(_name(entry), None)

    def __contains__(self, entry: str) -> bool:
        return _name(entry) in self._contents

    def __iter__(self) -> Iterator[str]:
        return ("0x" + name for name in sorted(self._contents))

    def __str__(self) -> str:
        return "memory"


class FolderStore(Store):
    """A store in a folder of its own, one file an entry, for one desk.

    The folder is made if it is not there, readable by its owner alone. With `durable` false a put does not
    wait for the disk: fit for trials. Raises ConfigurationError for a folder that holds something else, or
    another desk's contents.
    """

    MARKER = "proofdesk-store.json"

    def __init__(self, path: str | Path, *, chain_id: int, desk: str, durable: bool = True) -> None:
        self.path = Path(path)
        self.durable = durable
        address = to_hex(to_bytes(desk, 20, "desk"))
        self._claim({"format": "proofdesk-store/1", "chain_id": chain_id, "desk": address})

    def put(self, entry: str, content: bytes) -> None:
        path = self._path(entry)
        if not path.parent.is_dir():
            path.parent.mkdir(mode=0o700, exist_ok=True)
            if self.durable:
                sync_folder(self.path)
        write_atomically(path, content, durable=self.durable)

    def get(self, entry: str) -> bytes:
        try:
            return self._path(entry).read_bytes()
        except FileNotFoundError:
            raise ContentMissing(entry, str(self)) from None

    def delete(self, entry: str) -> None:
        self._path(entry).unlink(missing_ok=True)

    def __contains__(self, entry: str) -> bool:
        return self._path(entry).is_file()

    def __iter__(self) -> Iterator[str]:
        return ("0x" + path.stem for path in sorted(self.path.glob("??/*.json")))

    def __str__(self) -> str:
        return f"folder {self.path}"

    def _path(self, entry: str) -> Path:
        name = _name(entry)
        return self.path / name[:2] / f"{name}.json"

    def _claim(self, mine: dict[str, object]) -> None:
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Before the marker is looked for: whoever made the folder a store wrote that first.
            is_used = any(not path.name.startswith(".") for path in self.path.iterdir())
            marker = self.path / self.MARKER
            if not is_used:
                write_atomically(marker, json.dumps(mine, indent=1).encode() + b"\n")
            found = parse(marker.read_bytes())
        except FileNotFoundError:
            raise ConfigurationError(
                f"{self.path} is no store: it holds files but no {self.MARKER}; name an empty or a new folder"
            ) from None
        except ValueError:
            raise ConfigurationError(
                f"{self.path / self.MARKER} is damaged: restore it from a backup"
            ) from None
        except OSError as error:
            raise ConfigurationError(f"{self.path} cannot be a store: {error.strerror}") from None
        if found != mine:
            raise ConfigurationError(
                f"{self.path} keeps the contents of {_desk(found)}, not of {_desk(mine)}: name another folder"
            )


def _name(entry: str) -> str:
    return to_bytes(entry, 32, "entry").hex()


def _desk(marker: object) -> str:
    if not isinstance(marker, dict) or marker.get("format") != "proofdesk-store/1":
        return "a format that this package does not know"
    return f"desk {marker.get('desk')} on chain {marker.get('chain_id')}"
