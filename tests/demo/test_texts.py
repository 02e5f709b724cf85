"""A user's file of texts: what is read, and what is said of one that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo.texts import TextsError, read_texts


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_csv_with_quotes_commas_and_empty_rows(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", 'id,text\n1,"Where, please?"\n2,\n3,"two\nlines"\n')
    assert read_texts(path) == ["Where, please?", "two\nlines"]


def test_json_lines_in_any_script(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", '{"text": "你好"}\n\n{"text": " hello "}\n')
    assert read_texts(path) == ["你好", "hello"]


def test_a_named_column_and_a_limit(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "n,words\n1,one\n2,two\n3,three\n")
    assert read_texts(path, "words", 2) == ["one", "two"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.txt", "hello", "ends in .txt"),
        ("a.csv", "id,words\n1,hello\n", "has the columns id, words"),
        ("a.jsonl", '{"text": "a"}\nnot json\n', "line 2 is no JSON object"),
        ("a.jsonl", "[1]\n", "line 1 is no JSON object"),
        ("a.jsonl", '{"text": 5}\n', "row 1: 'text' is no text"),
        ("a.jsonl", '{"text": "a"}\n{"other": "b"}\n', "row 2: no column 'text'"),
        ("a.csv", b"text\n\xff\xfe\n", "cannot be read as UTF-8"),
        ("a.csv", "text\n", "holds no text"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(
    tmp_path: Path, name: str, content: str | bytes, said: str
) -> None:
    with pytest.raises(TextsError, match=said):
        read_texts(write(tmp_path, name, content))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(TextsError, match="there is no file"):
        read_texts(tmp_path / "none.csv")
