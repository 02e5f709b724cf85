"""docs/index.md: its SQL runs as printed, its table has every table and column; docstrings' examples run."""

from __future__ import annotations

import doctest
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from proofdesk.ops.index import Index, _index
from proofdesk.ops.index._schema import METADATA
from tests.client.office import Office
from tests.index.test_index import busy

PAGE = (Path(__file__).parents[2] / "docs" / "index.md").read_text("utf-8")
QUERIES = re.findall(r"^```sql\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
EXAMPLES = [test for test in doctest.DocTestFinder(exclude_empty=True).find(_index) if test.examples]


@pytest.fixture
def place(office: Office, tmp_path: Path) -> Iterator[Path]:
    """The file of an index of a desk on which a few things happened."""
    busy(office)
    with Index.open(tmp_path / "desk.db", office.deployment) as index:
        index.update(office.w3)
        yield tmp_path / "desk.db"


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_runs_as_printed(place: Path, query: str) -> None:
    found = sqlite3.connect(f"file:{place}?mode=ro", uri=True).execute(query).fetchall()
    assert found or "overdue" in query or "due_at <" in query


def test_the_history_in_sql_is_the_acts(place: Path, office: Office) -> None:
    (history,) = (query for query in QUERIES if "ActLogged" in query)
    found = sqlite3.connect(place).execute(history).fetchall()
    known = {(act.block, act.actor[2:].lower(), f"{act.word:064x}") for act in office.desk.tickets.acts()}
    assert set(found) <= known and len(QUERIES) == 4


def test_every_table_and_column_is_described() -> None:
    described = PAGE.split("## Tables")[1].split("## In SQL")[0]
    for table in METADATA.tables.values():
        (row,) = (line for line in described.splitlines() if line.startswith(f"| `{table.name}` |"))
        missing = [
            column.name
            for column in table.columns
            if f"`{column.name}`" not in row and column.name not in ("topic1", "topic2")
        ]
        assert missing in ([], ["id"] if table.name == "cursor" else []), table.name


@pytest.mark.parametrize("test", EXAMPLES, ids=lambda test: test.name)
def test_example(test: doctest.DocTest, office: Office) -> None:
    office.opened()
    with Index.open(":memory:", office.deployment) as index:
        if not test.name.endswith("open"):
            index.update(office.w3)
        test.globs |= {"Index": Index, "index": index, "desk": office.desk, "url": office.chain.url}
        output: list[str] = []
        runner = doctest.DocTestRunner()
        runner.run(test, out=output.append)
    assert not runner.failures, "".join(output)
