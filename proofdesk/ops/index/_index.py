"""An index: brought up to the chain, asked, checked, rebuilt."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, func, select

from proofdesk._deployments import Deployment
from proofdesk._errors import ConnectionLost, InvalidArgument
from proofdesk._models import Act, Certificate, Status, Ticket
from proofdesk._rpc import Node, NodeError, Source
from proofdesk._shell import drive
from proofdesk._words import to_bytes
from proofdesk.live.reader import DEPTH, Position, Reader, Step
from proofdesk.ops.index import _answers, _rows, _store
from proofdesk.ops.index._answers import Answer, At, Logged
from proofdesk.ops.index._check import Check, check
from proofdesk.ops.index._engine import Database
from proofdesk.ops.index._rows import ACT, WRITTEN, Row
from proofdesk.ops.index._schema import CURSOR, EVENTS

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Progress:
    """What one batch brought, and how far the index is: read to `block`, of a chain that ends at `head`."""

    block: int
    head: int
    finalized: int
    events: int
    orphaned: int
    """Blocks that the batch took back."""


@dataclass(frozen=True, slots=True)
class State:
    """How far an index goes, and what the node last said of its chain; −1 as `block` before the first."""

    block: int
    head: int
    finalized: int


class Index:
    """A desk's events in a database, and what follows from them; make it by `Index.open`.

    Several processes may read it, and write to it, at the same time.
    """

    def __init__(self, database: Database, deployment: Deployment, depth: int) -> None:
        self.deployment = deployment
        self._database, self._depth = database, depth

    @classmethod
    def open(cls, place: str | Path, deployment: Deployment, *, depth: int = DEPTH) -> Index:
        """Open a desk's index, or begin one: a file for SQLite, ":memory:", or a URL as SQLAlchemy takes it.

        `depth` is how many blocks a reorganisation may take back. Raises ConfigurationError for a file that
        is no index, or another desk's.

        >>> Index.open(":memory:", desk.deployment).state().block
        -1
        """
        database = Database(place)
        database.prepare(deployment)
        return cls(database, deployment, depth)

    def __enter__(self) -> Index:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def name(self) -> str:
        """Where it is kept: a file, or a URL without its password."""
        return self._database.name

    def close(self) -> None:
        """Close the database; what was written is safe without."""
        self._database.close()

    # ----------------------------------------------------------------------------------------------- writing

    def update(self, source: Source, *, progress: Callable[[Progress], object] | None = None) -> State:
        """Read the chain up to its head, by a node as `Node` takes it; `progress` is told of every batch.

        Interrupted at any moment, it goes on from the last whole batch when it is called again.
        Raises ChainReplaced, ForkTooDeep, LogMismatch where the node leaves out acts, NodeContradicts,
        ConnectionLost, NodeError, ConfigurationError where the database fails. Where an act was left out,
        what may lack it is read once more first, now and by every later update.

        >>> state = index.update(url)
        >>> state.block == state.head
        True
        """
        for batch, is_last in self._batches(Node(source)):
            if progress is not None:
                progress(batch)
            if is_last:
                break
        return self.state()

    def follow(
        self,
        source: Source,
        *,
        interval: float = 4.0,
        lost: Callable[[ConnectionLost | NodeError], object] | None = None,
    ) -> Iterator[Progress]:
        """Read the chain and go on for ever, looking every `interval` seconds; a batch at a time.

        A node that does not answer, or refuses to, is told to `lost` and asked again; without it, and for all
        else, raises as `update`.
        """
        node = Node(source)
        while True:
            try:
                for batch, is_last in self._batches(node):
                    if batch.events or batch.orphaned or not is_last:
                        yield batch
                    if is_last:
                        time.sleep(interval)
            except (ConnectionLost, NodeError) as error:
                if lost is None:
                    raise
                lost(error)
                time.sleep(interval)

    def rebuild(self) -> None:
        """Make the derived tables anew from the raw events."""
        with self._database.writing() as connection:
            _store.rebuild(connection)

    def reread(self, block: int) -> None:
        """Take back what was read from a block on, so that the next `update` reads it anew.

        Raises InvalidArgument for what is no block that was read.

        >>> index.reread(0)
        >>> index.update(url).block == index.state().head
        True
        """
        with self._database.writing() as connection:
            read = connection.scalars(select(CURSOR.c.block)).one()
            if isinstance(block, bool) or not isinstance(block, int) or not 0 <= block <= read:
                raise InvalidArgument(f"block {block!r} was not read: this index goes to block {read}")
            _store.rewind(connection, block)

    def check(self, source: Source) -> Check:
        """Compare every lane, ticket and certificate with the contracts, at the block that was read last.

        Raises ConfigurationError where the index is empty or ends on a block that is not on the node's chain,
        ConnectionLost, NodeError.

        >>> index.check(url).differences
        0
        """
        node = Node(source)
        with self._database.reading() as connection:
            found = check(connection, node, self.deployment)
        if not found.differences:
            return found
        try:
            with self._database.writing() as connection:
                # What is derived anew shows whether the events are to blame; it is not kept.
                _store.rebuild(connection)
                is_incomplete = check(connection, node, self.deployment).differences > 0
                connection.rollback()
        except (_store.Gap, IndexError, TypeError, ValueError):
            # Nothing can be made of the events.
            is_incomplete = True
        return replace(found, is_incomplete=is_incomplete)

    # ----------------------------------------------------------------------------------------------- reading

    def state(self) -> State:
        """How far it goes; raises ConfigurationError where the database fails, as everything here does."""
        with self._database.reading() as connection:
            cursor = connection.execute(select(CURSOR)).one()
        return State(cursor.block, cursor.head, cursor.finalized)

    def counts(self) -> tuple[int, int]:
        """How many events it has, and how many more of orphaned blocks; it looks at each.

        >>> index.counts()[1]
        0
        """
        with self._database.reading() as connection:
            found = connection.execute(select(EVENTS.c.orphaned, func.count()).group_by(EVENTS.c.orphaned))
            events = {bool(orphaned): count for orphaned, count in found}
        return events.get(False, 0), events.get(True, 0)

    def acts(
        self, *, lane: str | int | None = None, ticket: Ticket | str | None = None, at: At = "latest"
    ) -> Answer[Act]:
        """The acts of a lane, of a ticket, or all, in the chain's order; a lane's acts are its log.

        `at` is "latest", "finalized" or the number of a block. Raises InvalidArgument, ConfigurationError for
        an unknown lane.

        >>> desk.tickets.verify_lane("cards", acts=index.acts(lane="cards")).acts
        1
        """
        where = [EVENTS.c.topic0 == ACT]
        if ticket is not None:
            id_ = ticket.id if isinstance(ticket, Ticket) else ticket
            where.append(EVENTS.c.topic1 == to_bytes(id_, 32, "ticket"))
        if lane is not None:
            where.append(EVENTS.c.topic2 == self.deployment.lane(lane).to_bytes(32, "big"))
        return self._events(where, at, _answers.act)

    def events(self, *names: str, at: At = "latest") -> Answer[Logged]:
        """The events of these names, by default all, in the chain's order; `at` as for `acts`.

        Raises InvalidArgument for a name that no event has.

        >>> [logged.event.arguments["lane"] for logged in index.events("LaneCreated")]
        [1, 2, 3, 4, 5]
        """
        known = {row["name"]: row["topic0"] for row in _rows.names()}
        if unknown := sorted(set(names) - set(known)):
            raise InvalidArgument(
                f"there is no event {unknown[0]!r}: a desk's are {', '.join(sorted(known))}"
            )
        where = [EVENTS.c.topic0.in_([known[name] for name in names])] if names else []
        return self._events(where, at, _answers.logged)

    def tickets(
        self,
        *,
        lane: str | int | None = None,
        status: Status | None = None,
        customer: str | None = None,
        at: At = "latest",
    ) -> Answer[Ticket]:
        """The tickets of a lane, in a status, of a customer, or all, in no order; `at` as for `acts`.

        >>> [ticket.status.name for ticket in index.tickets(lane="cards")]
        ['NEW']
        """
        wanted = {
            "lane": None if lane is None else self.deployment.lane(lane),
            "status": None if status is None else int(status),
            "customer": None if customer is None else to_bytes(customer, 20, "customer"),
        }
        return self._subjects(ACT, wanted, at, _answers.ticket)

    def certificates(self, *, agent: str | None = None, at: At = "latest") -> Answer[Certificate]:
        """An agent's certificates, or all, in no order; `at` as for `acts`."""
        wanted = {"agent": None if agent is None else to_bytes(agent, 20, "agent")}
        return self._subjects(WRITTEN, wanted, at, _answers.certificate)

    # ---------------------------------------------------------------------------------------------- internal

    def _events(self, where: Sequence[ColumnElement[bool]], at: At, value: Callable[[Any], T]) -> Answer[T]:
        def read(connection: Connection, block: int) -> Iterator[T]:
            return map(value, _answers.rows(connection, _answers.events([EVENTS.c.block <= block, *where])))

        return Answer(self._database, at, read)

    def _subjects(
        self, kind: bytes, wanted: Mapping[str, object], at: At, value: Callable[[Row], T]
    ) -> Answer[T]:
        given = {column: each for column, each in wanted.items() if each is not None}

        def read(connection: Connection, block: int) -> Iterator[T]:
            return map(value, _answers.subjects(connection, kind, block, given))

        return Answer(self._database, at, read)

    def _batches(self, node: Node) -> Iterator[tuple[Progress, bool]]:
        """Read and store step by step; each comes with whether there is nothing more to be had for now."""
        # While a step is stored the node answers the next one.
        with ThreadPoolExecutor(1, "proofdesk-reader") as ahead:
            reader = self._reader(node)
            before, coming, again = reader.position, ahead.submit(_next, reader), -1
            while True:
                step = coming.result()
                if not step.is_last:
                    coming = ahead.submit(_next, reader)
                try:
                    is_stored = self._stored(step, before)
                except _store.Gap as gap:
                    self._rewind(gap)
                    if gap.block <= again:
                        raise
                    is_stored, again = False, gap.block
                if not is_stored:
                    # Another process was faster, or something was left out: on from where the index is.
                    coming.cancel()
                    reader = self._reader(node)
                    before, coming = reader.position, ahead.submit(_next, reader)
                    continue
                yield _progress(step), step.is_last
                before = step.position
                if step.is_last:
                    coming = ahead.submit(_next, reader)

    def _reader(self, node: Node) -> Reader:
        contracts = self.deployment.contracts.values()
        with self._database.reading() as connection:
            position = _store.position(connection, self.deployment.genesis_hash)
        return Reader(
            node._core,
            [contract.address for contract in contracts],
            position,
            first=min(contract.block for contract in contracts),
            depth=self._depth,
        )

    def _stored(self, step: Step, before: Position) -> bool:
        """Store a step, unless the index is not any more where the step began."""
        if step.head < step.position.block or not step.position.headers:
            return True  # the node is behind, and nothing it says is news
        with self._database.writing() as connection:
            now = _store.position(connection, before.genesis)
            if now != before or (not now.headers and now.first != before.first):
                return False
            _store.store(connection, step)
        return True

    def _rewind(self, gap: _store.Gap) -> None:
        """Go back to before what was left out; of what the step itself brought nothing was stored."""
        if gap.before is None:
            with self._database.writing() as connection:
                _store.rewind(connection, _store.block_before(connection, gap.lane, gap.leaf))


def _next(reader: Reader) -> Step:
    return drive(reader.step())


def _progress(step: Step) -> Progress:
    return Progress(step.position.block, step.head, step.finalized, len(step.logs), len(step.orphaned))
