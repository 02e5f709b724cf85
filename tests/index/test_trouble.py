"""What goes wrong with files and processes: said clearly, and never half done."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import update

from proofdesk import ConfigurationError
from proofdesk.ops.index import Index
from proofdesk.ops.index._schema import META
from tests.index.compare import assert_equal, deployment_of, line_to
from tests.index.simulated import SimulatedNode, Tree


@pytest.fixture
def node(seed: int) -> SimulatedNode:
    """A chain of 300 blocks."""
    tree = Tree(Random(seed))
    return SimulatedNode(tree, tree.grow(tree.genesis, 300))


def refusal(place: Any, node: SimulatedNode, **changes: Any) -> str:
    """Why an index cannot be opened there."""
    with pytest.raises(ConfigurationError) as caught:
        Index.open(place, replace(deployment_of(node), **changes))
    return str(caught.value)


def test_places_where_no_index_can_be(tmp_path: Path, node: SimulatedNode) -> None:
    assert "is a folder: name a file in it" in refusal(tmp_path, node)
    assert "there is no folder" in refusal(tmp_path / "none" / "index.db", node)
    text = tmp_path / "notes.txt"
    text.write_text("not a database at all, but long enough to be looked at" * 20)
    assert "Name another file" in refusal(text, node)
    assert text.read_text().startswith("not a database")
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE meta (key TEXT, value TEXT)")
    assert "not an index of proofdesk" in refusal(other, node)


def test_urls_that_lead_nowhere(node: SimulatedNode) -> None:
    assert "no driver" in refusal("nosuch://host/name", node)
    shown = refusal("postgresql+nosuch://me:secret@host/name", node)
    assert "secret" not in shown and "no driver" in shown
    assert "secret" not in refusal("postgresql://me:secret@host:port/name", node)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_file_that_cannot_be_written(tmp_path: Path, node: SimulatedNode) -> None:
    tmp_path.chmod(0o500)
    assert "can be written" in refusal(tmp_path / "index.db", node)


def test_an_index_of_something_else(tmp_path: Path, node: SimulatedNode) -> None:
    place = tmp_path / "index.db"
    Index.open(place, deployment_of(node)).close()
    assert "another desk: its chain_id is 31337, the deployment's is 1" in refusal(place, node, chain_id=1)
    assert "its genesis is" in refusal(place, node, genesis_hash="0x" + 64 * "1")
    contracts = {**deployment_of(node).contracts}
    contracts["TicketDesk"] = replace(contracts["TicketDesk"], address="0x" + 40 * "1")
    assert "its desk is 0xd1" in refusal(place, node, contracts=contracts)
    with Index.open(place, deployment_of(node)) as index, index._database.writing() as connection:
        connection.execute(update(META).where(META.c.key == "format").values(value="2"))
    assert "of format 2, this package knows format 1: use the proofdesk that made it" in refusal(place, node)


def test_a_full_disk_leaves_the_last_whole_batch(tmp_path: Path, node: SimulatedNode) -> None:
    place = tmp_path / "index.db"
    with Index.open(place, deployment_of(node)) as index:
        blocks: list[int] = []

        def fill(batch: Any) -> None:
            # The database may not grow any more.
            blocks.append(batch.block)
            with index._database.reading() as connection:
                pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
                connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

        with pytest.raises(ConfigurationError, match=r"full\. Free some space"):
            index.update(line_to(node), progress=fill)
        assert index.state().block == blocks[-1] < 300
    with (
        Index.open(place, deployment_of(node)) as again,
        Index.open(":memory:", deployment_of(node)) as fresh,
    ):
        again.update(line_to(node))
        fresh.update(line_to(node))
        assert_equal(again, fresh)


KILLED = """
import os, signal, sys
from pathlib import Path
from random import Random
from proofdesk.ops.index import Index, _store
from tests.index.compare import deployment_of, line_to
from tests.index.simulated import SimulatedNode, Tree

tree = Tree(Random(int(sys.argv[2])))
node = SimulatedNode(tree, tree.grow(tree.genesis, 300))
apply, left = _store.apply, [int(sys.argv[3])]

def killed(connection, events):
    apply(connection, events)
    left[0] -= 1
    if left[0] == 0:  # all is written, nothing committed
        os.kill(os.getpid(), signal.SIGKILL)

_store.apply = killed
Index.open(sys.argv[1], deployment_of(node)).update(line_to(node))
"""


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_killed_in_the_middle_of_a_batch(tmp_path: Path, node: SimulatedNode, seed: int, batch: int) -> None:
    place = tmp_path / "index.db"
    command = [sys.executable, "-c", KILLED, str(place), str(seed), str(batch)]
    ended = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": "."})
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    whole: list[int] = [-1]
    with Index.open(":memory:", deployment_of(node)) as fresh:
        fresh.update(line_to(node), progress=lambda told: whole.append(told.block))
        with Index.open(place, deployment_of(node)) as index:
            assert index.state().block == whole[batch - 1]
            index.update(line_to(node))
            assert_equal(index, fresh)


def test_two_at_once_on_one_file_never_write_the_same(tmp_path: Path, node: SimulatedNode) -> None:
    """The other one is as quick as can be: it comes in between each two batches."""
    place = tmp_path / "index.db"
    with Index.open(place, deployment_of(node)) as one, Index.open(place, deployment_of(node)) as other:
        turns = iter(range(40))

        def other_first(method: str) -> None:
            if method == "eth_getLogs" and next(turns, None) in (0, 1, 2):
                other.update(line_to(SimulatedNode(node.tree, node.chain[100 + next(turns) * 60])))

        node.before = other_first
        one.update(line_to(node))
        with Index.open(":memory:", deployment_of(node)) as fresh:
            fresh.update(line_to(node))
            assert_equal(one, fresh)


def test_a_file_that_another_process_holds_says_so(
    tmp_path: Path, node: SimulatedNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proofdesk.ops._sqlite._PATIENCE", 0.05)
    place = tmp_path / "index.db"
    with Index.open(place, deployment_of(node)) as index, sqlite3.connect(place) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(ConfigurationError, match=r"locked\. Another process writes to it: end that one"):
            index.update(line_to(node))
        holder.rollback()
        assert index.update(line_to(node)).block == 300


def test_an_answer_sees_one_moment(tmp_path: Path, node: SimulatedNode) -> None:
    """What is written while an answer is read does not show in it, a reorganisation neither."""
    with Index.open(tmp_path / "index.db", deployment_of(node)) as index:
        index.update(line_to(node))
        before = list(index.acts())
        answer = index.acts()
        first = next(answer)
        node.show(node.tree.grow(node.chain[250], 80))
        index.update(line_to(node))
        assert [first, *answer] == before
        assert (answer.block, index.acts().block) == (300, 330)


def test_breaking_off_leaves_whole_batches(tmp_path: Path, node: SimulatedNode) -> None:
    def interrupt(_batch: object) -> None:
        raise KeyboardInterrupt

    with Index.open(tmp_path / "index.db", deployment_of(node)) as index:
        for block in (63, 127, 191):
            with pytest.raises(KeyboardInterrupt):
                index.update(line_to(node), progress=interrupt)
            assert index.state().block == block
