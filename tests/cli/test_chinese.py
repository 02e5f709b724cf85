"""The Chinese catalogue: what is typed stays as it is, sentences are pointed as Chinese is, help fits."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence

import pytest
from babel.messages.pofile import read_po

from tests.cli.counter import SECONDS
from tools import messages

# Options, variables and metavars, paths, and what stands in quotes to be typed.
TYPED = re.compile(r"""(?<!\w)--?[a-z][a-z-]*|[A-Z][A-Z_]+[A-Z]|\w+/[\w<>./]*\w|`[^`]*`|"[^"]*\"""")
HAN = "[\u4e00-\u9fff]"
# Points of half a width beside Chinese, Chinese against Latin without a space, spaces around full points.
ASTRAY = re.compile(
    rf"{HAN}[,;:?!.](?!$)|[,;:?!]{HAN}|{HAN}\w(?<=[ -~])|[ -~](?<=\w){HAN}|[，。：；？！] | [，。：；？！]"
)

# What every help of the command is, and whether a line is longer than the terminal.
LONG_LINES = """
import sys
from proofdesk.cli import _language
assert _language.use("zh-CN")
_language.speak_as_asked()
# Texts are looked up as the modules are loaded.
from proofdesk.cli._output import width
from proofdesk.cli._root import root

def look(command, parent, name):
    context = command.context_class(command, parent=parent, info_name=name, **command.context_settings)
    for line in command.get_help(context).splitlines():
        if width(line) > int(sys.argv[1]):
            print(context.command_path, width(line), line)
    for below in getattr(command, "list_commands", lambda context: [])(context):
        look(command.get_command(context, below), context, below)

look(root, None, "proofdesk")
print("all was looked at")
"""


@pytest.fixture(scope="module")
def pairs() -> list[tuple[str, str]]:
    """Each text with what it is in Chinese; of several forms the last, as nobody has one of all things."""
    with messages.catalogues()["zh_CN"].open("rb") as file:
        catalogue = read_po(file)
    return [(_last(one.id), _last(one.string)) for one in catalogue if one.id and one.string]


def test_what_is_typed_is_not_translated(pairs: list[tuple[str, str]]) -> None:
    changed = [(english, chinese) for english, chinese in pairs if _typed(english) - _typed(chinese)]
    assert pairs
    assert changed == []


def test_sentences_are_pointed_as_chinese_is(pairs: list[tuple[str, str]]) -> None:
    assert [chinese for _english, chinese in pairs if ASTRAY.search(chinese)] == []


@pytest.mark.parametrize("columns", [60, 80])
def test_help_fits_the_terminal(columns: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LONG_LINES, str(columns)],
        env={"PYTHONUTF8": "1", "COLUMNS": str(columns)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert (done.stdout, done.stderr) == ("all was looked at\n", "")


def _last(text: str | Sequence[str]) -> str:
    return text if isinstance(text, str) else text[-1]


def _typed(text: str) -> set[str]:
    return set(TYPED.findall(text))
