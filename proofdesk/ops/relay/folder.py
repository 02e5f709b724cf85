"""A folder as a relayer's door: files of signed acts in, files of answers out.

Whoever hands in writes a file elsewhere and renames it into the folder, as `NAME.json`. Its answer appears as
`answers/NAME.json`; then the file goes to `taken/`, so that what stands in the folder is what waits.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path

from proofdesk._errors import ConfigurationError
from proofdesk._files import write_atomically
from proofdesk.ops.relay.relayer import Relayer
from proofdesk.ops.relay.submissions import MAX_BYTES, Reply, answer

ANSWERS, TAKEN = "answers", "taken"
# What passes: a file that is refused for it stays, and is looked at again.
_PASSING = frozenset({"halted", "queue-full", "spending", "funds", "no-answer", "busy"})
_TOGETHER = 50  # files that are checked in one round


def take_folder(relayer: Relayer, folder: str | Path) -> int:
    """Take what stands in a folder; returns how many files were answered.

    A process that dies in between takes them again, with the same answers. Raises ConfigurationError for what
    is no folder, or cannot be written.

    >>> take_folder(relayer, folder)
    0
    """
    place = Path(folder)
    try:
        for name in (ANSWERS, TAKEN):
            (place / name).mkdir(exist_ok=True)
        files = sorted(path for path in place.glob("*.json") if path.is_file() and not path.is_symlink())
        return sum(
            _take(relayer, files[start : start + _TOGETHER]) for start in range(0, len(files), _TOGETHER)
        )
    except OSError as error:
        raise ConfigurationError(f"{place} cannot be a relayer's folder: {error.strerror}") from None


def watch_folder(relayer: Relayer, folder: str | Path, stop: threading.Event, *, poll: float = 1.0) -> None:
    """Take what comes into a folder until `stop` is set, looking every `poll` seconds.

    Raises as `take_folder`.
    """
    while not stop.is_set():
        take_folder(relayer, folder)
        stop.wait(poll)


def _take(relayer: Relayer, files: list[Path]) -> int:
    bodies = []
    for path in files:
        with path.open("rb") as file:
            bodies.append(file.read(MAX_BYTES + 1))
    count = 0
    for path, reply in zip(files, answer(relayer, bodies), strict=True):
        if _passes(reply):
            continue
        content = json.dumps(reply.to_json(), indent=1).encode() + b"\n"
        write_atomically(path.parent / ANSWERS / path.name, content)
        path.replace(path.parent / TAKEN / path.name)
        count += 1
    return count


def _passes(reply: Reply) -> bool:
    return reply.is_refused and any(each.code in _PASSING for each in reply.refusals)
