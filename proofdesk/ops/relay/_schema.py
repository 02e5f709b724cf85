"""The tables of a relayer's queue.

`acts` is every signed act that was acknowledged, `batches` the transactions that carry them, `journal` what a
sender signed and has not seen to its end, `controls` the kill switch. `meta` says whose queue it is.

Ids, hashes and addresses are bytes, as long as on chain; `*_at` are seconds since 1970 of the relayer's clock
unless said otherwise; money is gwei, rounded up, so that sums fit a database's integers.
"""

from __future__ import annotations

from enum import IntEnum

from sqlalchemy import BigInteger, Column, Float, Index, Integer, LargeBinary, MetaData, String, Table, Text

FORMAT = 1

METADATA = MetaData()
HASH, ADDRESS = LargeBinary(32), LargeBinary(20)
# SQLite counts rows by itself only where a key is called INTEGER.
COUNTER = BigInteger().with_variant(Integer, "sqlite")


class State(IntEnum):
    """Where an act stands in the queue.

    QUEUED waits for a relayer; HELD is in the hands of `owner`; MINED is on chain, done or refused there, and
    not yet deep enough; DONE and REFUSED are ends. LEFT is a batch whose acts others took up when its relayer
    was gone: who comes back sees what became of it.
    """

    QUEUED = 0
    HELD = 1
    MINED = 2
    DONE = 3
    REFUSED = 4
    LEFT = 5


UNSETTLED = (State.QUEUED, State.HELD)

META = Table(
    "meta",
    METADATA,
    Column("key", String(32), primary_key=True),
    Column("value", String(200), nullable=False),
)

CONTROLS = Table(
    "controls",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("halted", Text),  # why nothing is taken and sent; NULL while all goes on
)

ACTS = Table(
    "acts",
    METADATA,
    Column("seq", COUNTER, primary_key=True, autoincrement=True),  # the order in which they were acknowledged
    Column("digest", HASH, nullable=False, unique=True),
    Column("act", String(4), nullable=False),
    Column("signer", ADDRESS, nullable=False),
    Column("ticket", HASH, nullable=False),
    Column("lane", Integer),  # whose line the act moves; NULL for one that moves none
    Column("entry", HASH, nullable=False),
    Column("deadline", BigInteger, nullable=False),  # the chain's seconds
    Column("call", LargeBinary, nullable=False),
    Column("gas", Integer, nullable=False),  # what it may use at the most
    Column("received_at", BigInteger, nullable=False),  # the chain's seconds, as acknowledged
    Column("include_by", BigInteger, nullable=False),  # the chain's seconds, as acknowledged
    Column("relayer", ADDRESS, nullable=False),  # who acknowledged it
    Column("acknowledgement", LargeBinary, nullable=False),
    Column("head", BigInteger),  # the latest block then: in none before it is the act on chain
    Column("queued_at", Float, nullable=False),
    Column("state", Integer, nullable=False),
    Column("owner", ADDRESS),
    Column("batch", BigInteger, index=True),
    Column("retry_at", Float, nullable=False),  # not looked at before
    Column("failures", Integer, nullable=False),  # how often gas was paid for its refusal
    Column("code", String(32)),
    Column("error", String(64)),  # why it was refused; while queued, what others may mend
    Column("reason", Text),
    Column("tx_hash", HASH),
    Column("block", BigInteger),
    Index("acts_state", "state", "seq"),
    Index("acts_ticket", "ticket", "seq"),
    Index("acts_signer", "signer", "queued_at"),
)

BATCHES = Table(
    "batches",
    METADATA,
    Column("id", COUNTER, primary_key=True, autoincrement=True),
    Column("owner", ADDRESS, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("gas", BigInteger, nullable=False),
    Column("cost", BigInteger, nullable=False),  # gwei: reserved until it is mined, then what was paid
    Column("spent_at", Float, nullable=False),  # when it was written down, then when it was seen mined
    Column("state", Integer, nullable=False),  # HELD, MINED, DONE or LEFT
    Column("tx_hash", HASH),
    Column("block", BigInteger),
    Column("block_hash", HASH),
    Index("batches_state", "state", "owner"),
    Index("batches_time", "spent_at"),
)

# A relayer that has not been seen for longer than its lease holds nothing any more.
RELAYERS = Table(
    "relayers",
    METADATA,
    Column("address", ADDRESS, primary_key=True),
    Column("lease_until", Float, nullable=False),
)

# What each relayer's sender signed and has not seen to its end.
JOURNAL = Table(
    "journal",
    METADATA,
    Column("place", COUNTER, primary_key=True, autoincrement=True),
    Column("id", String(66), nullable=False, unique=True),
    Column("sender", String(42), nullable=False, index=True),
    Column("content", Text, nullable=False),
)
