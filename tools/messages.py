"""The command's texts in other languages: extract them, bring the catalogues up to date, compile them.

    python -m tools.messages                update every catalogue and compile it
    python -m tools.messages --add zh_CN    begin a language
    python -m tools.messages --check        say what is missing or out of date; exit code 1 if anything is

A catalogue is proofdesk/cli/locale/<language>/LC_MESSAGES/proofdesk.po; the .mo beside it is what is read,
and is committed too, so that a wheel needs no step of its own. Click's texts are in it beside ours.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import click
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
OURS = ROOT / "proofdesk" / "cli"
FOLDER = OURS / "locale"
DOMAIN = "proofdesk"
# How many texts each takes.
KEYWORDS = {"_": 1, "ngettext": 2}
# Of click's modules those whose texts a user of this command can come to see.
CLICKS = ("core", "decorators", "exceptions", "formatting", "parser", "termui", "types")

# What Babel writes into a header of when, by whom and with which version it was made.
_PASSING = (
    rb"(?:POT?-[\w-]+|Last-Translator|Language-Team|Generated-By|Report-Msgid-Bugs-To|Project-Id-Version):"
)
_PLACE = re.compile(r"\{(\w*)[^{}]*\}")


def template() -> Catalog:
    """Every text of the command and of click, by the files it is in."""
    found = Catalog(project=DOMAIN, fuzzy=False)
    for path, name in _sources():
        for texts in extracted(path.read_text(encoding="utf-8")):
            found.add(texts if len(texts) > 1 else texts[0], locations=[(name, 0)])
    return found


def extracted(source: str) -> list[tuple[str, ...]]:
    r"""The texts of a module, in its order; those in f-strings too, which Babel sees only from 3.12 on.

    >>> extracted("f'{_(\"overdue\")}', ngettext('one', 'many', 2)")
    [('overdue',), ('one', 'many')]
    """
    found = []
    for node in ast.walk(ast.parse(source)):
        name = getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""
        if isinstance(node, ast.Call) and name in KEYWORDS:
            # Click has a text in an index: _(extra["required"]).
            parts = [part for argument in node.args[: KEYWORDS[name]] for part in ast.walk(argument)]
            texts = tuple(one.value for one in parts if isinstance(one, ast.Constant))
            found.append((node.lineno, node.col_offset, tuple(map(str, texts))))
    return [texts for _line, _column, texts in sorted(found) if texts]


def catalogues() -> dict[str, Path]:
    """The .po files that there are, by language."""
    return {path.parts[-3]: path for path in sorted(FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))}


def updated(path: Path, language: str) -> Catalog:
    """A catalogue as its file has it, with the texts of now: new ones empty, gone ones left out."""
    catalogue = Catalog(locale=language, project=DOMAIN, fuzzy=False)
    if path.exists():
        with path.open("rb") as file:
            catalogue = read_po(file, locale=language)
    # Close is not the same: a wrong text would be worse than none.
    catalogue.update(template(), no_fuzzy_matching=True)
    return catalogue


def as_po(catalogue: Catalog) -> bytes:
    """The .po file of a catalogue: without moments and line numbers, so that only texts make a difference."""
    catalogue.header_comment = f"# {DOMAIN}: the command's texts, and click's"
    out = BytesIO()
    write_po(out, catalogue, width=110, include_lineno=False, ignore_obsolete=True, sort_by_file=True)
    return re.sub(rb'"' + _PASSING + rb".*\n", b"", out.getvalue())


def as_mo(catalogue: Catalog) -> bytes:
    """The .mo file of a catalogue: what is translated, and what the .po says of itself."""
    kept = read_po(BytesIO(as_po(catalogue)), locale=str(catalogue.locale))
    # An empty translation would be shown as such.
    for message in [message for message in _texts(kept) if not _is_translated(message)]:
        kept.delete(message.id)
    out = BytesIO()
    write_mo(out, kept)
    return re.sub(_PASSING + rb"[^\n]*", _blank, out.getvalue())


def problems(language: str, path: Path) -> Iterator[str]:
    """What is wrong with a language: texts without a translation, other places in braces, old files."""
    catalogue = updated(path, language)
    for message in _texts(catalogue):
        shown = message.id if isinstance(message.id, str) else message.id[0]
        if not _is_translated(message):
            yield f"{language}: no translation of {shown!r}"
            continue
        wanted = _places(shown)
        for text in _translations(message):
            # A form for one need not say the number.
            if _places(text) != wanted and isinstance(message.id, str):
                yield f"{language}: {shown!r} has {sorted(wanted)}, its translation {sorted(_places(text))}"
    if path.read_bytes() != as_po(catalogue):
        yield f"{language}: {path.name} is not up to date: python -m tools.messages"
    compiled = path.with_suffix(".mo")
    if not compiled.exists() or compiled.read_bytes() != as_mo(catalogue):
        yield f"{language}: {compiled.name} is not up to date: python -m tools.messages"


def write(language: str, path: Path) -> None:
    """Bring a language's files up to date."""
    catalogue = updated(path, language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(as_po(catalogue))
    path.with_suffix(".mo").write_bytes(as_mo(catalogue))
    missing = sum(not _is_translated(message) for message in _texts(catalogue))
    print(f"{language}: {len(catalogue)} texts, {missing} without a translation")


def _sources() -> Iterator[tuple[Path, str]]:
    for path in sorted(OURS.glob("*.py")):
        yield path, path.relative_to(ROOT).as_posix()
    for name in CLICKS:
        yield Path(click.__file__).with_name(f"{name}.py"), f"click/{name}.py"


def _texts(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def _is_translated(message: Message) -> bool:
    return bool(message.string) and all(_translations(message))


def _translations(message: Message) -> list[str]:
    string = message.string or ""
    return [string] if isinstance(string, str) else list(string)


def _places(text: str) -> set[str]:
    return set(_PLACE.findall(text))


def _blank(found: re.Match[bytes]) -> bytes:
    # As long as before: the file has offsets.
    name = found[0].partition(b":")[0]
    return name + b":" + b" " * (len(found[0]) - len(name) - 1)


def main(arguments: list[str]) -> int:
    """Do what the arguments say; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.messages", description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing, say what is wrong")
    parser.add_argument("--add", metavar="LANGUAGE", help="begin a language, such as zh_CN")
    options = parser.parse_args(arguments)
    known = catalogues()
    if options.add:
        known.setdefault(options.add, FOLDER / options.add / "LC_MESSAGES" / f"{DOMAIN}.po")
    if options.check:
        found = [problem for language, path in known.items() for problem in problems(language, path)]
        print("\n".join(found), end="\n" if found else "")
        return 1 if found else 0
    for language, path in known.items():
        write(language, path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
