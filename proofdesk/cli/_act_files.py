"""The files of signed acts: acts, what was written beside them, and what a relayer acknowledged.

Beside `act.json` stand `act.record.json`, what was written, for the desk to keep, and `act.ack.json`, what a
relayer acknowledged.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from proofdesk._errors import ConfigurationError, InvalidArgument
from proofdesk._json import parse
from proofdesk.cli._language import _

if TYPE_CHECKING:
    from proofdesk.claims.signable import Signable
    from proofdesk.signed import SignedAct

S = TypeVar("S", bound="Signable")

STDIN = "-"
MOST = 200  # acts that are read at a time
_LONGEST = 4 * 1024 * 1024
# By which member each kind of file is told from the others: what it is, and which command is for it.
_KINDS: Mapping[str, tuple[str, str]] = {
    "include_by": (_("a relayer's acknowledgement"), "proofdesk relay judge ACK FILE"),
    "answers": (_("the answer of a relayer's folder"), "proofdesk relay judge ACK FILE"),
    "act": (_("a signed act"), "proofdesk ticket carry"),
    "purchased_at": (_("a receipt"), "proofdesk claim file"),
    "issued_at": (_("evidence"), "proofdesk claim file --evidence"),
    "parties": (_("a signed claim"), "proofdesk claim carry"),
    "actor": (_("a signed decision"), "proofdesk claim carry"),
    "nonce": (_("a signed withdrawal"), "proofdesk vault carry"),
}


def read_acts(files: Sequence[str]) -> list[tuple[str, SignedAct]]:
    """The signed acts of files, one in each or one a line, each with its place for people.

    Raises InvalidArgument naming the file and the field, UsageError, OSError.
    """
    # Late: it brings what checks signatures, which help and completion do without.
    from proofdesk.signed import MalformedSignedAct, SignedAct

    found = []
    for file in files:
        texts = contents_of(file)
        for number, text in enumerate(texts, 1):
            place = name_of_file(file) if len(texts) == 1 else f"{name_of_file(file)}, {number}"
            try:
                found.append((place, SignedAct.from_json(text)))
            except MalformedSignedAct as error:
                raise InvalidArgument(of_another_kind(place, text, ["act"]) or f"{place}: {error}") from None
    if len(found) > MOST:
        raise click.UsageError(_("{count} acts at once: at most {most}").format(count=len(found), most=MOST))
    return found


def contents_of(file: str) -> list[bytes]:
    """The JSON documents of a file or of stdin: one, or one a line. Raises InvalidArgument, OSError."""
    with nullcontext(sys.stdin.buffer) if file == STDIN else Path(file).open("rb") as stream:
        content = stream.read(_LONGEST + 1).strip()
    if len(content) > _LONGEST:
        raise InvalidArgument(
            _("{file} is longer than {most} acts can be").format(file=name_of_file(file), most=MOST)
        )
    lines = [line.strip() for line in content.split(b"\n") if line.strip()]
    is_a_line_each = len(lines) > 1 and all(line[:1] + line[-1:] == b"{}" for line in lines)
    return lines if is_a_line_each else [content]


def only_document(file: str) -> bytes:
    """The one JSON document in a file or stdin; raises InvalidArgument for more, OSError."""
    found = contents_of(file)
    if len(found) > 1:
        raise InvalidArgument(
            _("{file} holds {count} of them: write one a file").format(
                file=name_of_file(file), count=len(found)
            )
        )
    return found[0]


def read_signed(file: str, kind: type[S], content: bytes | None = None) -> S:
    """What is signed, of a kind, in a file, whose content may be known.

    Raises InvalidArgument naming file and field, OSError.
    """
    # Late: as above.
    from proofdesk.signed.reading import Malformed

    content, name = only_document(file) if content is None else content, name_of_file(file)
    try:
        return kind.from_json(content)
    except Malformed as error:
        raise InvalidArgument(of_another_kind(name, content, kind.FORM) or f"{name}: {error}") from None


def of_another_kind(name: str, content: bytes, wanted: Collection[str]) -> str:
    """What to say of a file of a kind that is not `wanted`, by its members; nothing where that is unknown."""
    try:
        members = parse(content)
    except ValueError:
        return ""
    found = [mark for mark in _KINDS if isinstance(members, dict) and mark in members]
    if not found or found[0] in wanted:
        return ""
    what, command = _KINDS[found[0]]
    return _("{file} is {what}: {command} is for such").format(file=name, what=what, command=command)


def new_file(file: str | Path) -> Path:
    """A file that can be written; raises ConfigurationError for one that is there, or without its folder."""
    path = Path(file)
    if path.exists():
        raise ConfigurationError(_("{path} is there already: name a new file").format(path=path))
    if not path.absolute().parent.is_dir():
        raise ConfigurationError(_("there is no folder {path}: make it first").format(path=path.parent))
    return path


def record_beside(path: Path) -> Path:
    """Where the record of an act stands.

    >>> record_beside(Path("acts/open.json")).name
    'open.record.json'
    """
    return path.with_name(f"{path.name.removesuffix('.json')}.record.json")


def acknowledgement_beside(path: Path) -> Path:
    """Where what a relayer acknowledged stands.

    >>> acknowledgement_beside(Path("open.json")).name
    'open.ack.json'
    """
    return path.with_name(f"{path.name.removesuffix('.json')}.ack.json")


def name_of_file(file: str) -> str:
    """A file for people."""
    return _("stdin") if file == STDIN else file


def records_beside(files: Iterable[str]) -> list[str]:
    """The files of records that stand beside files of acts.

    >>> records_beside(["nowhere.json", STDIN])
    []
    """
    beside = (str(record_beside(Path(file))) for file in dict.fromkeys(files) if file != STDIN)
    return [path for path in beside if Path(path).is_file()]
