"""A folder as a relayer's door: files of signed acts in, files of answers out.

Whoever hands in writes a file elsewhere and renames it into the folder, as `NAME.json`. Its answer appears as
`answers/NAME.json`; then the file goes to `taken/`, so that what stands in the folder is what waits.
"""

from __future__ import annotations

import json
import logging
import threading
from pathlib import Path

from proofdesk._errors import ConfigurationError, ProofdeskError
from proofdesk._files import write_atomically
from proofdesk.ops.relay.relayer import Relayer
from proofdesk.ops.relay.submissions import MAX_BYTES, Reply, answer

log = logging.getLogger("proofdesk.relay")

ANSWERS, TAKEN = "answers", "taken"
# What passes: a file that is refused for it stays, and is looked at again.
_PASSING = frozenset({"halted", "queue-full", "spending", "funds", "no-answer", "busy"})
_TOGETHER = 50  # files that are checked in one round


class NoFolder(ConfigurationError):  # noqa: N818  what happened
    """What was named is no folder, or is there no more."""


def take_folder(relayer: Relayer, folder: str | Path) -> int:
    """Take what stands in a folder; returns how many files were answered.

    A process that dies in between takes them again, with the same answers; a file that cannot be read or
    answered is logged and stays. Raises NoFolder for what is no folder, or cannot be written, and what
    `Relayer.submit` raises.

    >>> take_folder(relayer, folder)
    0
    """
    place = Path(folder)
    try:
        for name in (ANSWERS, TAKEN):
            (place / name).mkdir(exist_ok=True)
        files = sorted(path for path in place.glob("*.json") if path.is_file() and not path.is_symlink())
    except OSError as error:
        raise NoFolder(f"{place} cannot be a relayer's folder: {error.strerror}") from None
    return sum(_take(relayer, files[start : start + _TOGETHER]) for start in range(0, len(files), _TOGETHER))


def watch_folder(relayer: Relayer, folder: str | Path, stop: threading.Event, *, poll: float = 1.0) -> None:
    """Take what comes into a folder until `stop` is set, looking every `poll` seconds; trouble is outlived.

    Raises NoFolder.
    """
    pause = poll
    while not stop.is_set():
        try:
            take_folder(relayer, folder)
        except NoFolder:
            raise
        except ProofdeskError as error:
            log.warning("%s: %s", type(error).__name__, error)
            pause = min(2 * pause, 10.0)
        else:
            pause = poll
        stop.wait(pause)


def _take(relayer: Relayer, files: list[Path]) -> int:
    bodies = {path: body for path in files if (body := _read(path)) is not None}
    replies = answer(relayer, list(bodies.values()))
    return sum(_put(path, reply) for path, reply in zip(bodies, replies, strict=True) if not _passes(reply))


def _read(path: Path) -> bytes | None:
    """What a file holds, as far as it can be a submission; None for one that cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        log.warning("%s cannot be read: %s", path.name, error.strerror)
        return None


def _put(path: Path, reply: Reply) -> bool:
    """Answer a file and put it away; tells whether that could be done."""
    content = json.dumps(reply.to_json(), indent=1).encode() + b"\n"
    try:
        write_atomically(path.parent / ANSWERS / path.name, content)
        path.replace(path.parent / TAKEN / path.name)
    except OSError as error:
        log.warning("%s cannot be answered: %s", path.name, error.strerror)
        return False
    return True


def _passes(reply: Reply) -> bool:
    return reply.is_refused and any(each.code in _PASSING for each in reply.refusals)
