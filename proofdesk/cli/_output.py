"""What a command prints: one result on stdout, all else on stderr.

A terminal gets tables and progress bars, anything else plain lines with tabs, `--json` one document. Texts of
others are cleaned here, so that no command can forget it.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from proofdesk.cli._columns import width, wrapped
from proofdesk.cli._language import _
from proofdesk.cli._values import clean, document, on_one_line, short

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

_HASH, _ADDRESS = re.compile("0x[0-9a-f]{64}"), re.compile("0x[0-9a-fA-F]{40}")
_GREEN, _YELLOW, _RED = {"fg": "green"}, {"fg": "yellow"}, {"fg": "red"}
_COLOURS: Mapping[str, Mapping[str, Any]] = {
    "ok": _GREEN, "active": _GREEN, "resolved": _GREEN,
    "warning": _YELLOW, "waiting": _YELLOW, "on_hold": _YELLOW, "suspended": _YELLOW, "expired": _YELLOW,
    "failure": _RED, "escalated": _RED, "disputed": _RED, "revoked": _RED,
}  # fmt: skip
_MARKS = {"ok": "✓", "warning": "!", "failure": "✗"}


# Shows how far a long command is: so many are done, of so many, and what the last one was.
Steps: TypeAlias = Callable[[int, int, str], None]


class Output:
    """Where a command's words go."""

    def __init__(self, *, json: bool = False, quiet: bool = False) -> None:
        self.json = json
        self.quiet = quiet

    def result(self, value: Any, text: str) -> None:
        """The result: a value for `--json`, a text for people."""
        print(document(value) if self.json else clean(text))

    def fields(self, value: Any, rows: Sequence[tuple[str, str]]) -> None:
        """The result as names and values, one below the other; rows without a value are left out."""
        rows = [(name, text) for name, text in rows if text]
        if self.json or not sys.stdout.isatty():
            self.result(value, "\n".join(f"{name}\t{on_one_line(text)}" for name, text in rows))
            return
        # No table: what is long is left to the terminal to wrap, so that an id can be copied whole.
        room = max((width(name) for name, _text in rows), default=0)
        for name, text in rows:
            print(f"{_padded(name, _bold(name), room)}  {_coloured(on_one_line(text))}")

    def checklist(self, value: Any, rows: Sequence[tuple[str, str, str, str]]) -> None:
        """The result as states (ok, warning, failure), what they are of, what was found, and the remedy."""
        if self.json or not sys.stdout.isatty():
            self.result(value, "\n".join("\t".join(map(on_one_line, row)) for row in rows))
            return
        room = max(width(what) for _state, what, _found, _remedy in rows) + 2
        for state, what, found, remedy in rows:
            mark = styled(_MARKS[state], **_COLOURS[state])
            left = f"{mark} {_padded(what, what, room)}"
            for line in _wrapped(on_one_line(found), room + 2):
                print(f"{left}{line}")
                left = " " * (room + 2)
            for line in _wrapped(f"→ {on_one_line(remedy)}" if remedy else "", room + 2):
                print(f"{left}{line}")

    def table(self, value: Any, columns: Sequence[str], rows: Sequence[Sequence[str]], empty: str) -> None:
        """The result as a table; `empty` is said where it has no rows."""
        if self.json:
            self.result(value, "")
        elif not sys.stdout.isatty():
            for row in (columns, *rows):
                print("\t".join(map(on_one_line, row)))
        elif not rows:
            self.say(empty)
        else:
            _draw(columns, rows)

    def nothing(self, value: Any, text: str) -> None:
        """That there is no result: a value for `--json`, else a message, so that a script reads nothing."""
        if self.json:
            self.result(value, "")
        else:
            self.say(text)

    def say(self, text: str) -> None:
        """A message beside the result, unless `--quiet` or `--json`."""
        if not (self.quiet or self.json):
            print(clean(text), file=sys.stderr)

    @contextmanager
    def steps(self, what: str) -> Iterator[Steps]:
        """A progress bar on a terminal, a line a step elsewhere; gone when the `with` block ends, however."""
        if self.quiet or self.json:
            yield _unseen
        elif not sys.stderr.isatty():
            yield lambda done, of, text: self.say(f"[{done:>3}/{of}] {text}")
        else:
            with _bar() as bar:
                task = bar.add_task(what, total=None)

                def show(done: int, of: int, text: str) -> None:
                    line = f"[{done:>3}/{of}] {on_one_line(text)}"
                    if width(line) > bar.console.width:
                        line = _HASH.sub(lambda found: short(found[0]), line)
                    bar.console.print(_text(line), soft_wrap=True)
                    bar.update(task, completed=done, total=of)

                yield show

    @contextmanager
    def counting(self, what: str) -> Iterator[Callable[[int, int], None]]:
        """A progress bar on a terminal for what are too many to be told one by one; nothing elsewhere."""
        if self.quiet or self.json or not sys.stderr.isatty():
            yield lambda _done, _of: None
            return
        with _bar() as bar:
            task = bar.add_task(what, total=None)
            yield lambda done, of: bar.update(task, completed=done, total=of)

    def working(self, what: str) -> Any:
        """A context in which a terminal shows that something is under way."""
        if self.quiet or self.json or not sys.stderr.isatty():
            return nullcontext()
        return console(stderr=True).status(_text(what))


def _bar() -> Progress:
    # Late: see `console`.
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        console=console(stderr=True),
        transient=True,
    )


def _draw(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    cells = [list(map(on_one_line, row)) for row in rows]
    if sum(_widths(columns, cells)) + 2 * (len(columns) - 1) > get_terminal_size().columns:
        cells = [list(map(shortened, row)) for row in cells]
    room = _widths(columns, cells)
    for row, look in ((columns, _bold), *((row, _coloured) for row in cells)):
        padded = (_padded(text, look(text), most) for text, most in zip(row, room, strict=True))
        print("  ".join(padded).rstrip())


def _widths(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(width, cells)) for cells in zip(columns, *rows, strict=True)]


def _padded(text: str, shown: str, most: int) -> str:
    return shown + " " * (most - width(text))


def console(*, stderr: bool = False) -> Console:
    """A terminal that reads nothing into a text: no markup, no highlighting, no emoji codes."""
    # Late: it takes as long to load as most commands to run, and only what is long needs it.
    from rich.console import Console

    return Console(
        stderr=stderr,
        markup=False,
        highlight=False,
        emoji=False,
        no_color=bool(os.environ.get("NO_COLOR")) or None,
    )


def _unseen(_done: int, _of: int, _text: str) -> None:
    pass


def yes_or_no(value: bool) -> str:
    """A flag for people."""
    return _("yes") if value else _("no")


def shortened(text: str) -> str:
    """An id or an address by as much of it as tells it apart; any other text as it is.

    >>> shortened("0x71bE63f3384f5fb98995898A86B02Fb2426c5788")
    '0x71bE63f3…5788'
    """
    if _HASH.fullmatch(text):
        return short(text)
    return f"{text[:10]}…{text[-4:]}" if _ADDRESS.fullmatch(text) else text


def styled(text: str, **style: Any) -> str:
    """A text in colour, unless nobody wants any."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return text if plain else click.style(text, **style)


def _wrapped(text: str, margin: int) -> list[str]:
    """A text in lines for what is left of the terminal; what has no spaces is not broken."""
    return wrapped(text, max(20, get_terminal_size().columns - margin))


def _bold(text: str) -> str:
    return styled(text, bold=True)


def _coloured(text: str) -> str:
    return styled(text, **_COLOURS[text]) if text in _COLOURS else text


def _text(text: str) -> Any:
    from rich.text import Text

    return Text(clean(text))
