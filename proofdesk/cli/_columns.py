"""Texts by a terminal's columns, of which a Chinese character takes two, and help laid out by them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from unicodedata import combining, east_asian_width

import click

_WIDE = "\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6"
# A line may end after each of these: spaces, a wide character, a word; what closes stays with what it closes.
_PIECE = re.compile(rf"\s+|[（《「『]*(?:[{_WIDE}]|[^\s{_WIDE}]+)[，。、：；？！）》」』…]*")


def width(text: str) -> int:
    """How many columns a text takes on a terminal: Chinese characters take two each.

    >>> width("ok"), width("工单")
    (2, 4)
    """
    return sum(0 if combining(one) else 2 if east_asian_width(one) in "WF" else 1 for one in text)


def wrapped(text: str, room: int) -> list[str]:
    """A text in lines of so many columns: words are not broken, between Chinese characters lines may end.

    >>> wrapped("用 --node 给出节点的地址。", 12)
    ['用 --node 给', '出节点的地', '址。']
    """
    lines, line = [], ""
    for piece in _PIECE.findall(text):
        if line and width(line) + width(piece.rstrip()) > room:
            lines.append(line.rstrip())
            line = ""
        line += piece if line else piece.lstrip()
    return [*lines, line.rstrip()] if line else lines


class Help(click.HelpFormatter):
    """Help by columns: click counts characters, and so leaves Chinese lines twice as long as they may be."""

    def write_text(self, text: str) -> None:
        """Write paragraphs."""
        super().write_text(_laid_out(text, max(self.width - self.current_indent, 11)))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write names and what they mean."""
        rows = list(rows)
        left = min(max(len(name) for name, _text in rows), col_max) + col_spacing
        room = max(self.width - left - 2, 10)
        super().write_dl([(name, _laid_out(text, room)) for name, text in rows], col_max, col_spacing)


class Context(click.Context):
    """A command's context, for its help."""

    formatter_class = Help


def _laid_out(text: str, room: int) -> str:
    """A text in lines that click leaves as they are."""
    paragraphs = (
        paragraph
        if paragraph.startswith("\b\n")
        else "\b\n" + "\n".join(wrapped(paragraph.replace("\n", " "), room))
        for paragraph in text.split("\n\n")
    )
    return "\n\n".join(paragraphs)
