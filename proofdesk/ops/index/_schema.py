"""The tables of an index.

`headers` and `events` are raw: what the chain said, orphaned or not. `tickets`, `certificates` and `lanes`
are derived from the events that are not orphaned, and can be made of them again. `cursor` says how far.

Ids, hashes, words and addresses are bytes, as long as on chain; moments are seconds since 1970.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    false,
)


class Bytes(LargeBinary):
    """Bytes that go to the driver as they are: wrapping each takes as long as writing it."""

    def bind_processor(self, dialect: object) -> None:
        """None: every driver of today takes bytes."""


FORMAT = 1

METADATA = MetaData()
HASH, ADDRESS, BLOCK = Bytes(32), Bytes(20), BigInteger

# What the index is of; `format` counts these tables' forms.
META = Table(
    "meta",
    METADATA,
    Column("key", String(32), primary_key=True),
    Column("value", String(200), nullable=False),
)

# One row: the last block read, and what the node then said of its head and of finality.
CURSOR = Table(
    "cursor",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("block", BLOCK, nullable=False),
    Column("hash", HASH),
    Column("head", BLOCK, nullable=False),
    Column("finalized", BLOCK, nullable=False),
)

# The last blocks that were read, from which the next reorganisation is told, and every orphaned one.
HEADERS = Table(
    "headers",
    METADATA,
    Column("hash", HASH, primary_key=True),
    Column("number", BLOCK, nullable=False, index=True),
    Column("parent", HASH, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("orphaned", Boolean, nullable=False, server_default=false()),
)

# Block hash and log index make the key; the number goes first so that rows stand in the chain's order.
EVENTS = Table(
    "events",
    METADATA,
    Column("block", BLOCK, primary_key=True, autoincrement=False),
    Column("log_index", Integer, primary_key=True, autoincrement=False),
    Column("block_hash", HASH, primary_key=True),
    Column("tx_hash", HASH, nullable=False),
    Column("contract", ADDRESS, nullable=False),
    Column("topic0", HASH),
    Column("topic1", HASH),
    Column("topic2", HASH),
    Column("topic3", HASH),
    Column("data", Bytes, nullable=False),
    Column("orphaned", Boolean, nullable=False, server_default=false()),
    Index("events_subject", "topic1"),
    # One tree in place of two: rows come in the key's order.
    sqlite_with_rowid=False,
)

# What the first topics of the desk's events mean.
NAMES = Table(
    "names",
    METADATA,
    Column("topic0", HASH, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
)

TICKETS = Table(
    "tickets",
    METADATA,
    Column("id", HASH, primary_key=True),
    Column("customer", ADDRESS, nullable=False, index=True),
    Column("lane", Integer, nullable=False),
    Column("status", Integer, nullable=False),
    Column("rating", Integer),
    Column("breached", Boolean, nullable=False),
    Column("turn", Integer),  # its place in the line while it is New
    Column("certificate", Integer),  # its agent's, later
    Column("due_at", BigInteger),
    Column("acts", Integer, nullable=False),
    Column("word", HASH, nullable=False),
    Column("acted_at", BigInteger, nullable=False),
    Column("block", BLOCK, nullable=False, index=True),  # of its last act
)

CERTIFICATES = Table(
    "certificates",
    METADATA,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("agent", ADDRESS, nullable=False, index=True),
    Column("program", Integer, nullable=False),
    Column("level", Integer, nullable=False),
    Column("standing", Integer, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("word", HASH, nullable=False),
    Column("block", BLOCK, nullable=False, index=True),
)

# Windows are minutes; `size` is how many acts the lane's log has.
LANES = Table(
    "lanes",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("respond_within", Integer, nullable=False),
    Column("resolve_within", Integer, nullable=False),
    Column("confirm_within", Integer, nullable=False),
    Column("program", Integer, nullable=False),
    Column("level", Integer, nullable=False),
    Column("gated", Boolean, nullable=False),
    Column("claims", Boolean, nullable=False),
    Column("article", BigInteger),
    Column("closed", Boolean, nullable=False),
    Column("size", BigInteger, nullable=False),
)

DERIVED = (TICKETS, CERTIFICATES, LANES)
