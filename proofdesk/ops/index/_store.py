"""What a step of the reader does to the tables; each function works inside the caller's transaction."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Table, bindparam, delete, func, insert, select, update

from proofdesk._errors import LogMismatch
from proofdesk._reader import sound
from proofdesk.live.reader import Header, Position, Step
from proofdesk.ops.index import _rows
from proofdesk.ops.index._rows import ACT, COLUMNS, LANE_CREATED, LANE_EVENTS, WRITTEN, Event, Row
from proofdesk.ops.index._schema import CERTIFICATES, CURSOR, DERIVED, EVENTS, HEADERS, LANES, TICKETS

T = TypeVar("T")

_BLOCK, _BLOCK_HASH, _KIND, _SUBJECT, _LANE, _DATA = map(
    COLUMNS.index, ("block", "block_hash", "topic0", "topic1", "topic2", "data")
)

_ACT_BYTES = 160
_MANY = 500  # values in one statement: SQLite's oldest limit is 999
# Where the last word of each subject stands, by the first topic of the events that write it.
SOURCES: Mapping[bytes, tuple[Table, Any]] = {
    ACT: (TICKETS, _rows.ticket_row),
    WRITTEN: (CERTIFICATES, _rows.certificate_row),
}


class Gap(LogMismatch):
    """An act of `block` does not continue its lane's log, which ended in block `before` of the same step.

    `before` is None where it ended in an earlier step.
    """

    def __init__(self, lane: int, position: int, found: int, block: int, before: int | None) -> None:
        super().__init__(
            f"lane {lane}: in block {block} the node has an act for leaf {found}, but none for leaf "
            f"{position}, however often it is asked: ask another node, this one leaves out events",
            lane=lane,
            position=position,
        )
        self.block, self.before = block, before
        self.leaf = min(position, found)


def position(connection: Connection, genesis: str) -> Position:
    """Where the reader left off."""
    found = connection.execute(select(HEADERS).where(~HEADERS.c.orphaned).order_by(HEADERS.c.number))
    headers = (Header(row.number, _hex(row.hash), _hex(row.parent), row.time) for row in found)
    if not (known := tuple(headers)):
        # Nothing was read yet, or what was read near here is to be read anew.
        return Position(genesis, first=connection.scalars(select(CURSOR.c.block)).one() + 1)
    return Position(genesis, known)


def store(connection: Connection, step: Step) -> None:
    """Keep a step: all of it, or with the transaction nothing.

    Raises Gap where an act is missing between those of a lane, NodeContradicts for what is no event.
    """
    with sound("logs"):
        events = _rows.event_rows(step.logs)
    if step.orphaned:
        _take_back(connection, step.orphaned)
    if step.headers:
        _keep_headers(connection, step)
    if events:
        _forget_returned(connection, events)
        _insert(connection, EVENTS, COLUMNS, events)
        with sound("logs"):
            apply(connection, events)
    tip = step.position.headers[-1]
    connection.execute(
        update(CURSOR),
        {"block": tip.number, "hash": _raw(tip.hash), "head": step.head, "finalized": step.finalized},
    )


def apply(connection: Connection, events: Sequence[Event]) -> None:
    """Bring the derived tables from before these events to after them."""
    last: dict[bytes, dict[bytes, Event]] = {ACT: {}, WRITTEN: {}}
    acts: list[Event] = []
    lanes: set[bytes] = set()
    for event in events:
        kind = event[_KIND]
        if kind in last:
            last[kind][event[_SUBJECT]] = event
            if kind == ACT:
                if event[_LANE] is None or len(event[_DATA]) != _ACT_BYTES:
                    raise ValueError("no act")
                acts.append(event)
        elif kind in LANE_EVENTS:
            lanes.add(event[_SUBJECT])
    for kind, (table, row_of) in SOURCES.items():
        rows = [row_of(dict(zip(COLUMNS, event, strict=True))) for event in last[kind].values()]
        _replace(connection, table, rows)
    _derive_lanes(connection, lanes)
    if acts:
        _grow(connection, acts)


def rebuild(connection: Connection) -> None:
    """Make the derived tables anew from the events that are not orphaned."""
    for table in DERIVED:
        connection.execute(delete(table))
    columns = [EVENTS.c[name] for name in COLUMNS]
    events = select(*columns).where(~EVENTS.c.orphaned).order_by(EVENTS.c.block, EVENTS.c.log_index)
    for part in connection.execute(events.execution_options(yield_per=10_000)).partitions():
        apply(connection, [tuple(event) for event in part])


def rewind(connection: Connection, block: int) -> None:
    """Be as if nothing had been read from a block on; what was read of it stands flagged until it returns."""
    _flag(connection, EVENTS.c.block >= block)
    connection.execute(delete(HEADERS).where(HEADERS.c.number >= block, ~HEADERS.c.orphaned))
    tip = select(HEADERS.c.hash).where(~HEADERS.c.orphaned).order_by(HEADERS.c.number.desc()).limit(1)
    connection.execute(update(CURSOR), {"block": block - 1, "hash": connection.scalar(tip)})


def block_before(connection: Connection, lane: int, leaf: int) -> int:
    """The block of a lane's last act before a leaf; without one, of the lane's creation, or the first."""
    topic = lane.to_bytes(32, "big")
    acts = select(EVENTS.c.block, EVENTS.c.data).where(
        EVENTS.c.topic2 == topic, EVENTS.c.topic0 == ACT, ~EVENTS.c.orphaned
    )
    newest = acts.order_by(EVENTS.c.block.desc(), EVENTS.c.log_index.desc())
    for block, data in connection.execute(newest.execution_options(yield_per=_MANY)):
        if int.from_bytes(data[96:128], "big") < leaf:
            return int(block)
    created = lane_events(connection, topic)
    return int(created[0]["block"]) if created else 0


def last_events(
    connection: Connection, kind: bytes, subjects: Sequence[bytes], until: int | None = None
) -> Iterator[Row]:
    """The last event of a kind of each subject, in the blocks up to `until`."""
    order = EVENTS.c.block.desc(), EVENTS.c.log_index.desc()
    rank = func.row_number().over(partition_by=EVENTS.c.topic1, order_by=order).label("rank")
    chosen = select(EVENTS, rank).where(
        EVENTS.c.topic1.in_(subjects), EVENTS.c.topic0 == kind, ~EVENTS.c.orphaned
    )
    if until is not None:
        chosen = chosen.where(EVENTS.c.block <= until)
    ranked = chosen.subquery()
    for row in connection.execute(select(ranked).where(ranked.c.rank == 1)).mappings():
        yield dict(row)


def groups(items: Iterable[T], size: int = _MANY) -> Iterator[list[T]]:
    """The items in lists of at most so many."""
    iterator = iter(items)
    while group := list(islice(iterator, size)):
        yield group


def _take_back(connection: Connection, orphaned: Sequence[Header]) -> None:
    """Flag what orphaned blocks brought, and set what was derived of it back to what it was before them."""
    for group in groups(orphaned):
        hashes = [_raw(header.hash) for header in group]
        connection.execute(update(HEADERS).where(HEADERS.c.hash.in_(hashes)).values(orphaned=True))
        _flag(
            connection,
            EVENTS.c.block.between(group[-1].number, group[0].number),
            EVENTS.c.block_hash.in_(hashes),
        )


def _flag(connection: Connection, *which: ColumnElement[bool]) -> None:
    subjects: dict[bytes, set[bytes]] = defaultdict(set)
    lost: Counter[bytes] = Counter()
    columns = EVENTS.c.topic0, EVENTS.c.topic1, EVENTS.c.topic2
    for kind, subject, lane in connection.execute(select(*columns).where(~EVENTS.c.orphaned, *which)):
        subjects[LANE_CREATED if kind in LANE_EVENTS else kind].add(subject)
        lost[lane] += kind == ACT
    connection.execute(update(EVENTS).where(~EVENTS.c.orphaned, *which).values(orphaned=True))
    for kind, (table, row_of) in SOURCES.items():
        for ids in groups(subjects[kind]):
            keys = ids if table is TICKETS else [int.from_bytes(each, "big") for each in ids]
            connection.execute(delete(table).where(table.c.id.in_(keys)))
            _replace(connection, table, [row_of(event) for event in last_events(connection, kind, ids)])
    _add_sizes(connection, {lane: -count for lane, count in lost.items() if count})
    _derive_lanes(connection, subjects[LANE_CREATED])


def _keep_headers(connection: Connection, step: Step) -> None:
    """Add a step's headers and drop those before the position: no reorganisation reaches them."""
    kept = set(step.position.headers)
    rows = [_rows.header_row(header) for header in step.headers if header in kept]
    connection.execute(delete(HEADERS).where(HEADERS.c.hash.in_([row["hash"] for row in rows])))
    connection.execute(insert(HEADERS), rows)
    oldest = step.position.headers[0].number
    connection.execute(delete(HEADERS).where(~HEADERS.c.orphaned, HEADERS.c.number < oldest))


def _forget_returned(connection: Connection, events: Sequence[Event]) -> None:
    """A block that was orphaned and is on the chain again brings its events again."""
    between = EVENTS.c.block.between(events[0][_BLOCK], events[-1][_BLOCK])
    orphans = connection.scalars(
        select(EVENTS.c.block_hash).where(between, EVENTS.c.orphaned).distinct()
    ).all()
    known = set(orphans)
    # Each by itself: of a block that is read anew, what the node leaves out this time stays.
    if returned := [
        dict(zip("abc", event[:3], strict=True)) for event in events if event[_BLOCK_HASH] in known
    ]:
        key = (EVENTS.c.block, EVENTS.c.log_index, EVENTS.c.block_hash)
        same = [column == bindparam(name) for column, name in zip(key, "abc", strict=True)]
        connection.execute(delete(EVENTS).where(*same), returned)


def _insert(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """As execute(insert(table), …), less what that does for each row: as much again as the writing."""
    statement = insert(table).compile(dialect=connection.dialect, column_keys=list(columns))
    if statement.positiontup == list(columns):
        connection.exec_driver_sql(str(statement), list(rows))
    else:
        # A driver with names for its parameters.
        connection.execute(insert(table), [dict(zip(columns, row, strict=True)) for row in rows])


def _replace(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    for group in groups(rows):
        connection.execute(delete(table).where(table.c.id.in_([row["id"] for row in group])))
        _insert(connection, table, tuple(group[0]), list(map(tuple, map(dict.values, group))))


def _grow(connection: Connection, acts: Sequence[Event]) -> None:
    """Count acts into their lanes' sizes; each must stand where the lane's log ended."""
    found = connection.execute(select(LANES.c.id, LANES.c.size))
    before = {number.to_bytes(32, "big"): size for number, size in found}
    sizes = dict(before)
    ends: dict[bytes, int] = {}
    for act in acts:
        lane, position = act[_LANE], int.from_bytes(act[_DATA][96:128], "big")
        if sizes.get(lane) != position:
            number, size = int.from_bytes(lane, "big"), sizes.get(lane, 0)
            raise Gap(number, size, position, act[_BLOCK], ends.get(lane))
        sizes[lane], ends[lane] = position + 1, act[_BLOCK]
    _add_sizes(connection, {lane: size - before[lane] for lane, size in sizes.items()})


def _add_sizes(connection: Connection, growth: Mapping[bytes, int]) -> None:
    statement = (
        update(LANES).where(LANES.c.id == bindparam("lane")).values(size=LANES.c.size + bindparam("growth"))
    )
    for lane, count in growth.items():
        if count:
            connection.execute(statement, {"lane": int.from_bytes(lane, "big"), "growth": count})


def _derive_lanes(connection: Connection, lanes: Collection[bytes]) -> None:
    """Make lanes anew of all their events; they have few."""
    for lane in lanes:
        number = int.from_bytes(lane, "big")
        size = connection.scalar(select(LANES.c.size).where(LANES.c.id == number)) or 0
        connection.execute(delete(LANES).where(LANES.c.id == number))
        row = _rows.lane_row(lane_events(connection, lane), size)
        if row is not None:
            connection.execute(insert(LANES), [row])


def lane_events(connection: Connection, lane: bytes, until: int | None = None) -> list[Row]:
    """What created and changed a lane, in order, in the blocks up to `until`."""
    found = select(EVENTS).where(
        EVENTS.c.topic1 == lane, EVENTS.c.topic0.in_(LANE_EVENTS), ~EVENTS.c.orphaned
    )
    if until is not None:
        found = found.where(EVENTS.c.block <= until)
    order = EVENTS.c.block, EVENTS.c.log_index
    return [dict(row) for row in connection.execute(found.order_by(*order)).mappings()]


def _raw(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def _hex(value: bytes) -> str:
    return "0x" + value.hex()
