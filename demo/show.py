"""How the demonstration shows itself: headings, progress, refusals, a summary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

T = TypeVar("T")

# Output that goes to a file or to CI has no width of its own.
console = Console(highlight=False, width=None if Console().is_terminal else 110)


def heading(number: int, text: str) -> None:
    """Begin a step."""
    console.print(f"\n[bold]{number}. {text}[/bold]")


def say(text: str) -> None:
    """Say what was done."""
    console.print(f"   {text}")


def refused(attempt: str, reason: str) -> None:
    """Show what was refused and why."""
    console.print(f"   [red]✗[/red] {attempt}\n     [dim]{reason}[/dim]")


def held(claim: str) -> None:
    """Show what was found to hold."""
    console.print(f"   [green]✓[/green] {claim}")


def bar(items: Sequence[T], what: str) -> Iterator[T]:
    """Go through items behind a progress bar; where nobody watches, say how many there were."""
    if not console.is_terminal:
        yield from items
        say(f"{what}: {len(items)}")
        return
    columns = (TextColumn("   {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        yield from progress.track(items, description=what)


def table(title: str, rows: Iterable[Sequence[object]], header: Sequence[str] = ()) -> None:
    """Show names and values."""
    grid = Table(*header, title=title, title_justify="left", show_header=bool(header), min_width=60)
    for row in rows:
        grid.add_row(*map(str, row))
    console.print(grid)
