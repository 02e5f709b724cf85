"""A folder as a relayer's door: files of signed acts in, files of answers out.

Whoever hands in writes a file elsewhere and renames it into the folder, as `NAME.json`, which `hand_in` does
without SQLAlchemy. Its answer appears as
`answers/NAME.json`; then the file goes, so that what stands in the folder is what waits. Its acts are left in
`taken/NAME.json`, and nothing of the words beside them, which the desk keeps in its own way.
"""

from __future__ import annotations

import json
import logging
import os
import re
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

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

_Mark: TypeAlias = tuple[int, int, int, int]

ANSWERS, TAKEN = "answers", "taken"
# What passes: a file that is refused for it stays, and is looked at again.
_PASSING = frozenset({"halted", "queue-full", "spending", "funds", "no-answer", "busy"})
_TOGETHER = 50  # files that are checked in one round
_PART = re.compile(r"\.[a-z0-9_]{8}\.tmp")  # as `write_atomically` begins a file
_OVER = 3600.0  # seconds: what is still being written is there for moments


class NoFolder(ConfigurationError):  # noqa: N818  what happened
    """What was named is no folder, or is there no more.

    `answers` is where those of the first acts will appear, where some were handed in before.
    """

    def __init__(self, message: str, *, answers: tuple[Path, ...] = ()) -> None:
        super().__init__(message)
        self.answers = answers


def hand_in(
    folder: str | Path, acts: Sequence[SignedAct], records: Sequence[Opening | Mapping[str, Any]] = ()
) -> list[Path]:
    """Hand acts in by a relayer's folder, with the records of some; where the answer to each act will appear.

    They go into a file of a new name, or into several where they are more than 200 or 4 MiB, readable by who
    wrote it alone, as the answers are. Raises NoFolder for what is none, or cannot be written, and
    InvalidArgument for what is no record, before anything is handed in. Of several files some may stand there
    by then: NoFolder names their `answers`, and handing in the same again is safe.

    >>> hand_in(folder, [signed])[0].parent.name
    'answers'
    """
    found: list[Path] = []
    place = _named(folder)
    for some, body in packed(acts, records):
        path = place / f"{some[0].digest[2:10]}-{secrets.token_hex(8)}.json"
        answer = place / ANSWERS / path.name
        try:
            write_atomically(path, body)
        except OSError as error:
            # Maybe only the disk's word for its name is missing, and the relayer takes it, or did already.
            if not (_is_there(path) or _is_there(answer)):
                told = f"{place} cannot be written as a relayer's folder: {error.strerror}"
                if found:
                    told += f". The first {len(found)} of {len(acts)} acts are handed in, to be answered "
                    told += f"in {place / ANSWERS}"
                raise NoFolder(told, answers=tuple(found)) from None
        found += [answer] * len(some)
    return found


def take_folder(relayer: Relayer, folder: str | Path) -> int:
    """Take what stands in a folder; returns how many files were answered.

    A process that dies in between takes them again, with the same answers; a file that cannot be read or
    answered is logged and stays. Raises NoFolder for what is no folder, or cannot be written, and what
    `Relayer.submit` raises.

    >>> take_folder(relayer, folder)
    0
    """
    files = [path for path in _found(_named(folder)) if _can_be_taken(path)]
    return sum(_take(relayer, files[start : start + _TOGETHER]) for start in range(0, len(files), _TOGETHER))


def watch_folder(relayer: Relayer, folder: str | Path, stop: threading.Event, *, poll: float = 1.0) -> None:
    """Take what comes into a folder until `stop` is set, looking every `poll` seconds; trouble is outlived.

    Raises NoFolder.
    """
    place, pause = _named(folder), poll
    told: set[str] = set()
    _sweep(place)
    swept = time.monotonic()
    while not stop.is_set():
        try:
            if time.monotonic() - swept > _OVER:
                _sweep_old(place)
                swept = time.monotonic()
            _tell_passed_by(place, told)
            take_folder(relayer, place)
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
    _sweep_old(place)


def _sweep_old(place: Path) -> None:
    """Remove what who handed in had begun to write: it holds words in the clear, and nobody ends it."""
    for part in _listed(place):
        # Where it cannot be removed the folder works all the same.
        with suppress(OSError):
            if _PART.fullmatch(part.name) and time.time() - part.lstat().st_mtime > _OVER:
                part.unlink()


def _named(folder: str | Path) -> Path:
    # To Path it is the current directory, which nobody meant.
    if folder == "":
        raise NoFolder("no folder was named: name the relayer's")
    return Path(folder)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def _listed(place: Path) -> list[Path]:
    try:
        for name in (ANSWERS, TAKEN):
            (place / name).mkdir(exist_ok=True)
        return sorted(place.iterdir())
    except OSError as error:
        raise NoFolder(f"{place} cannot be a relayer's folder: {error.strerror}") from None


def _found(place: Path) -> list[Path]:
    """What stands in the folder, its own two folders made and left out, and what is being written."""
    return [
        path for path in _listed(place) if path.name not in (ANSWERS, TAKEN) and not path.name.startswith(".")
    ]


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

    bodies = {path: found for path in files if (found := _read(path)) is not None}
    try:
        replies = answer(relayer, [body for body, _ in bodies.values()])
    except ProofdeskError:
        raise
    except Exception as error:  # whatever it is that one file does, the others are taken
        if len(files) > 1:
            return sum(_take(relayer, [path]) for path in files)
        log.error("%r cannot be taken", files[0].name, exc_info=error)
        return 0
    return sum(
        _put(path, *found, reply) for (path, found), reply in zip(bodies.items(), replies, strict=True)
    )


def _read(path: Path) -> tuple[bytes, _Mark] | None:
    """What a file holds, as far as it can be a submission, and which it is; None if it cannot be read."""
    try:
        with path.open("rb") as file:
            # Before it is read: what is written meanwhile makes it another.
            mark = _mark(os.fstat(file.fileno()))
            return file.read(MAX_BYTES + 1), mark
    except OSError as error:
        log.warning("%s cannot be read: %s", path.name, error.strerror)
        return None


def _mark(found: os.stat_result) -> _Mark:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _put(path: Path, body: bytes, mark: _Mark, reply: Reply) -> bool:
    """Answer a file and put it away; tells whether that was done.

    While any of its acts meets what passes it stays, and what was taken of it has its answer all the same.
    What was put in its place meanwhile stays as well, and is taken at the next look.
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
            if _mark(path.lstat()) == mark:
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
