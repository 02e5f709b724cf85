"""Reading a user's own texts: a csv, or a file of JSON lines, with a column of texts."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path

# The names a column of texts usually has, the likeliest first.
COLUMNS = ("text", "body", "question", "message", "query", "utterance", "content")


class TextsError(Exception):
    """The file cannot be used; the message says which line or column, and what to do."""


def read_texts(path: Path, column: str | None = None, limit: int | None = None) -> list[str]:
    """The texts of a file, empty ones left out; raises TextsError.

    `column` is found by its usual names if it is not given; at most `limit` texts are read.
    """
    if not path.is_file():
        raise TextsError(f"there is no file {path}: pass the path of a csv or jsonl file")
    if path.suffix not in (".csv", ".jsonl"):
        raise TextsError(f"{path.name} ends in {path.suffix or 'nothing'}: .csv and .jsonl can be read")
    rows = _csv(path) if path.suffix == ".csv" else _lines(path)
    texts: list[str] = []
    try:
        for number, row in rows:
            column = column or _column(path, row)
            if column not in row:
                raise TextsError(f"{path.name}, row {number}: no column {column!r}; it has {_names(row)}")
            text = row[column]
            if not isinstance(text, str):
                raise TextsError(f"{path.name}, row {number}: {column!r} is no text")
            if text.strip():
                texts.append(text.strip())
            if limit is not None and len(texts) == limit:
                break
    except (UnicodeDecodeError, csv.Error) as error:
        raise TextsError(f"{path.name} cannot be read as UTF-8 text: {error}") from None
    if not texts:
        raise TextsError(f"{path.name} holds no text")
    return texts


def _csv(path: Path) -> Iterator[tuple[int, dict[str, object]]]:
    csv.field_size_limit(sys.maxsize)
    with path.open(encoding="utf-8-sig", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            yield number, dict(row)


def _lines(path: Path) -> Iterator[tuple[int, dict[str, object]]]:
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError:
                row = None
            if not isinstance(row, dict):
                raise TextsError(f"{path.name}, line {number} is no JSON object")
            yield number, row


def _column(path: Path, row: dict[str, object]) -> str:
    found = next((name for name in COLUMNS if name in row), None)
    if found is None:
        raise TextsError(
            f"{path.name} has the columns {_names(row)} and none of {', '.join(COLUMNS)}: "
            "name the one with the texts by COLUMN="
        )
    return found


def _names(row: dict[str, object]) -> str:
    return ", ".join(map(str, row)) or "none"
