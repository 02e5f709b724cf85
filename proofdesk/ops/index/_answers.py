"""What an index answers: values of the client, each answer as of one block."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeAlias, TypeVar

from sqlalchemy import Connection, Select, select

from proofdesk._abi import decode_event
from proofdesk._errors import InvalidArgument
from proofdesk._models import Act, Certificate, Event, Ticket
from proofdesk._words import act_of, address_of, certificate_of, ticket_of, to_hex
from proofdesk.ops.index import _store
from proofdesk.ops.index._engine import Database
from proofdesk.ops.index._rows import Row, log_of
from proofdesk.ops.index._schema import CURSOR, EVENTS

T = TypeVar("T")
At: TypeAlias = "Literal['latest', 'finalized'] | int"

_PAGE = 2_000  # rows in memory at a time


@dataclass(frozen=True, slots=True)
class Logged:
    """An event and where it happened."""

    block: int
    tx_hash: str
    event: Act | Event


class Answer(Iterator[T], Generic[T]):
    """Values as of the end of `block`, read as they are asked for; what is written meanwhile does not show.

    The database is held until the last value was read or `close` is called.
    """

    def __init__(self, database: Database, at: At, read: Callable[[Connection, int], Iterator[T]]) -> None:
        self._stack = ExitStack()
        connection = self._stack.enter_context(database.reading())
        try:
            self.block = as_of(connection, at)
            self._values = read(connection, self.block)
            if database.is_memory:
                # There is but one connection, whose moment passes with the next thing written.
                self._values = iter(list(self._values))
                self._stack.close()
        except BaseException as error:
            self._end(error)
            raise

    def __next__(self) -> T:
        try:
            return next(self._values)
        except StopIteration:
            self.close()
            raise
        except BaseException as error:
            self._end(error)
            raise

    def close(self) -> None:
        """Read no more."""
        self._stack.close()

    def _end(self, error: BaseException) -> None:
        # The database says what its own errors mean.
        self._stack.__exit__(type(error), error, error.__traceback__)


def as_of(connection: Connection, at: At) -> int:
    """The block that `at` means; −1 while nothing was read.

    Raises InvalidArgument for what is neither "latest" nor "finalized" nor a block that was read.
    """
    cursor = connection.execute(select(CURSOR)).one()
    if at == "latest":
        return int(cursor.block)
    if at == "finalized":
        return min(int(cursor.finalized), int(cursor.block))
    if not isinstance(at, int) or isinstance(at, bool) or not 0 <= at <= cursor.block:
        raise InvalidArgument(
            f"at {at!r} is no block of this index, which was read to block {cursor.block}: pass 'latest', "
            "'finalized' or the number of a block"
        )
    return at


def events(where: list[Any]) -> Select[Any]:
    """Events that are not orphaned, in the chain's order."""
    order = EVENTS.c.block, EVENTS.c.log_index
    return select(EVENTS).where(~EVENTS.c.orphaned, *where).order_by(*order)


def rows(connection: Connection, query: Select[Any]) -> Iterator[Any]:
    """The rows of a query, few in memory at a time."""
    yield from connection.execute(query.execution_options(yield_per=_PAGE))


def subjects(connection: Connection, kind: bytes, block: int, wanted: Mapping[str, Any]) -> Iterator[Row]:
    """A derived table's rows as they were at the end of a block; `wanted` are columns' values.

    What was written later is derived again from the events up to then.
    """
    table, row_of = _store.SOURCES[kind]
    where = [table.c[column] == value for column, value in wanted.items()]
    for row in rows(connection, select(table).where(table.c.block <= block, *where)):
        yield dict(row._mapping)
    later = connection.scalars(select(table.c.id).where(table.c.block > block)).all()
    for ids in _store.groups(later):
        keys = [each if isinstance(each, bytes) else each.to_bytes(32, "big") for each in ids]
        for event in _store.last_events(connection, kind, keys, block):
            row = row_of(event)
            if all(row[column] == value for column, value in wanted.items()):
                yield row


def act(row: Any) -> Act:
    """The act of an event."""
    data = row.data
    return act_of(
        ticket_id=row.topic1,
        lane=int.from_bytes(row.topic2, "big"),
        position=int.from_bytes(data[96:128], "big"),
        word=int.from_bytes(data[32:64], "big"),
        actor=address_of(int.from_bytes(row.topic3, "big")),
        kind=data[31],
        entry=data[64:96],
        at=int.from_bytes(data[128:160], "big"),
        block=row.block,
        tx_hash=row.tx_hash,
        log_index=row.log_index,
    )


def ticket(row: Row) -> Ticket:
    """The ticket of a row."""
    return ticket_of(row["id"], int.from_bytes(row["word"], "big"))


def certificate(row: Row) -> Certificate:
    """The certificate of a row."""
    return certificate_of(row["id"], int.from_bytes(row["word"], "big"))


def logged(row: Any) -> Logged:
    """The event of a row."""
    return Logged(row.block, to_hex(row.tx_hash), decode_event(log_of(row)))
