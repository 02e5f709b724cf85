"""A folder as a relayer's door: files of signed acts in, files of answers out.

Whoever hands in writes a file elsewhere and renames it into the folder, as `NAME.json`, which `hand_in` does
without SQLAlchemy. Its answer appears as
`answers/NAME.json`; then the file goes, so that what stands in the folder is what waits. Its acts are left in
`taken/NAME.json`, and nothing of the words beside them, which the desk keeps in its own way.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proofdesk._errors import ConfigurationError, ProofdeskError
from proofdesk._files import write_atomically
from proofdesk._json import parse
from proofdesk._records import Opening
from proofdesk.ops.relay.packing import MAX_BYTES, packed
from proofdesk.signed import SignedAct

if TYPE_CHECKING:
    from proofdesk.ops.relay.relayer import Relayer
    from proofdesk.ops.relay.submissions import Reply

log = logging.getLogger("proofdesk.relay")

ANSWERS, TAKEN = "answers", "taken"
# What passes: a file that is refused for it stays, and is looked at again.
_PASSING = frozenset({"halted", "queue-full", "spending", "funds", "no-answer", "busy"})
_TOGETHER = 50  # files that are checked in one round


class NoFolder(ConfigurationError):  # noqa: N818  what happened
    """What was named is no folder, or is there no more."""


def hand_in(
    folder: str | Path, acts: Sequence[SignedAct], records: Sequence[Opening | Mapping[str, Any]] = ()
) -> list[Path]:
    """Hand acts in by a relayer's folder, with the records of some; where the answer to each act will appear.

    They go into a file of a new name, or into several where they are more than 200 or 4 MiB, readable by who
    wrote it alone, as the answers are. Raises NoFolder for what is none, or cannot be written, and
    InvalidArgument for what is no record, before anything is handed in.

    >>> hand_in(folder, [signed])[0].parent.name
    'answers'
    """
    found: list[Path] = []
    place = Path(folder)
    for some, body in packed(acts, records):
        path = place / f"{some[0].digest[2:10]}-{secrets.token_hex(8)}.json"
        try:
            write_atomically(path, body)
        except OSError as error:
            raise NoFolder(f"{place} cannot be written as a relayer's folder: {error.strerror}") from None
        found += [place / ANSWERS / path.name] * len(some)
    return found


def take_folder(relayer: Relayer, folder: str | Path) -> int:
    """Take what stands in a folder; returns how many files were answered.

    A process that dies in between takes them again, with the same answers; a file that cannot be read or
    answered is logged and stays. Raises NoFolder for what is no folder, or cannot be written, and what
    `Relayer.submit` raises.

    >>> take_folder(relayer, folder)
    0
    """
    files = [path for path in _found(Path(folder)) if _can_be_taken(path)]
    return sum(_take(relayer, files[start : start + _TOGETHER]) for start in range(0, len(files), _TOGETHER))


def watch_folder(relayer: Relayer, folder: str | Path, stop: threading.Event, *, poll: float = 1.0) -> None:
    """Take what comes into a folder until `stop` is set, looking every `poll` seconds; trouble is outlived.

    Raises NoFolder.
    """
    pause = poll
    told: set[str] = set()
    _sweep(Path(folder))
    while not stop.is_set():
        try:
            _tell_passed_by(Path(folder), told)
            take_folder(relayer, folder)
        except NoFolder:
            raise
        except ProofdeskError as error:
            log.warning("%s: %s", type(error).__name__, error)
            pause = min(2 * pause, 10.0)
        else:
            pause = poll
        stop.wait(pause)


def _sweep(place: Path) -> None:
    """Remove what a process that was killed had begun to write."""
    for name in (ANSWERS, TAKEN):
        for part in (place / name).glob(".*.tmp"):
            part.unlink(missing_ok=True)


def _found(place: Path) -> list[Path]:
    """What stands in the folder, its own two folders made and left out, and what is being written."""
    try:
        for name in (ANSWERS, TAKEN):
            (place / name).mkdir(exist_ok=True)
        found = sorted(place.iterdir())
    except OSError as error:
        raise NoFolder(f"{place} cannot be a relayer's folder: {error.strerror}") from None
    return [path for path in found if path.name not in (ANSWERS, TAKEN) and not path.name.startswith(".")]


def _can_be_taken(path: Path) -> bool:
    return path.suffix.lower() == ".json" and path.is_file() and not path.is_symlink()


def _tell_passed_by(place: Path, told: set[str]) -> None:
    """Say once what nobody will take: who put it there waits for an answer."""
    there = {path.name for path in _found(place) if not _can_be_taken(path)}
    for name in sorted(there - told):
        log.warning("%r is passed by: a submission is a file, and its name ends in .json", name)
    told &= there
    told |= there


def _take(relayer: Relayer, files: list[Path]) -> int:
    # Late: who only hands in needs no SQLAlchemy.
    from proofdesk.ops.relay.submissions import answer

    bodies = {path: body for path in files if (body := _read(path)) is not None}
    try:
        replies = answer(relayer, list(bodies.values()))
    except ProofdeskError:
        raise
    except Exception as error:  # whatever it is that one file does, the others are taken
        if len(files) > 1:
            return sum(_take(relayer, [path]) for path in files)
        log.error("%r cannot be taken", files[0].name, exc_info=error)
        return 0
    return sum(_put(path, body, reply) for (path, body), reply in zip(bodies.items(), replies, strict=True))


def _read(path: Path) -> bytes | None:
    """What a file holds, as far as it can be a submission; None for one that cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        log.warning("%s cannot be read: %s", path.name, error.strerror)
        return None


def _put(path: Path, body: bytes, reply: Reply) -> bool:
    """Answer a file and put it away; tells whether that was done.

    While any of its acts meets what passes it stays, and what was taken of it has its answer all the same.
    """
    place = path.parent / ANSWERS / path.name
    content = json.dumps(reply.to_json(), indent=1).encode() + b"\n"
    passes = any(each.code in _PASSING for each in reply.refusals)
    try:
        if not (passes and (reply.is_refused or _says(place, content))):
            write_atomically(place, content)
        if not passes:
            if reply.refusal is None:
                write_atomically(path.parent / TAKEN / path.name, _acts(body))
            path.unlink()
    except OSError as error:
        log.warning("%s cannot be answered: %s", path.name, error.strerror)
        return False
    return not passes


def _says(place: Path, content: bytes) -> bool:
    return place.is_file() and place.read_bytes() == content


def _acts(body: bytes) -> bytes:
    """A submission without its words, which the desk's store may keep sealed, and erase."""
    value = parse(body)
    acts = value.get("acts", [value])
    return json.dumps({"acts": acts}).encode() + b"\n"
