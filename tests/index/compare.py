"""Two indexes side by side: what one that lived through everything has, and a fresh one."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import Table, select

from proofdesk import Deployment
from proofdesk._deployments import Contract
from proofdesk._rpc import Node
from proofdesk.ops.index import Index
from proofdesk.ops.index._schema import CERTIFICATES, EVENTS, HEADERS, LANES, META, NAMES, TICKETS
from tests.index.simulated import CERTIFICATION, DESK, SimulatedNode

WHOLE = (TICKETS, CERTIFICATES, LANES, META, NAMES)
ZERO = "0x" + 64 * "0"


def deployment_of(node: SimulatedNode) -> Deployment:
    """The manifest of the made-up desk."""
    contracts = {
        name: Contract(address, (), ZERO, node.tree.first, ZERO, ZERO)
        for name, address in (("TicketDesk", DESK), ("AgentCertification", CERTIFICATION))
    }
    return Deployment("made-up", 31337, node.tree.genesis.hash, "", contracts=contracts)


def line_to(node: SimulatedNode) -> Node:
    """A node as the client knows it."""
    return Node(cast(Any, node))


def rows(index: Index, table: Table, *where: Any) -> set[tuple[Any, ...]]:
    """A table's rows."""
    with index._database.reading() as connection:
        return {tuple(row) for row in connection.execute(select(table).where(*where))}


def assert_equal(index: Index, fresh: Index) -> None:
    """All tables but orphaned rows are the same; of the headers those that both still know."""
    for table in WHOLE:
        assert rows(index, table) == rows(fresh, table), table.name
    assert rows(index, EVENTS, ~EVENTS.c.orphaned) == rows(fresh, EVENTS)
    ours, theirs = (rows(each, HEADERS, ~HEADERS.c.orphaned) for each in (index, fresh))
    shared = {row[1] for row in ours} & {row[1] for row in theirs}
    assert {row for row in ours if row[1] in shared} == {row for row in theirs if row[1] in shared}
    assert max(shared, default=-1) == index.state().block == fresh.state().block


def assert_orphans_are_kept(index: Index, node: SimulatedNode) -> None:
    """Every event that was ever stored stands there still: on the chain, or flagged."""
    chain = {bytes.fromhex(block.hash[2:]) for block in node.chain}
    for row in rows(index, EVENTS):
        assert row[-1] is (row[2] not in chain), row
