"""Rows from events, by slicing: a log has many acts, and codecs take ten times as long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from proofdesk._abi import artifact, topic
from proofdesk._reader import Log
from proofdesk._words import CERTIFICATE, TICKET, unpack
from proofdesk.live.reader import Header

Row: TypeAlias = "dict[str, Any]"
# An event's values, in the order of these columns: there are too many of them for a dictionary each.
Event: TypeAlias = "tuple[Any, ...]"
COLUMNS = (
    *("block", "log_index", "block_hash", "tx_hash", "contract"),
    *("topic0", "topic1", "topic2", "topic3", "data"),
)

_CONTRACTS = ("TicketDesk", "AgentCertification", "DeskAccess")
_CUSTOMER = (1 << 160) - 1


def topic0(contract: str, event: str) -> bytes:
    """An event's first topic."""
    return bytes.fromhex(topic(contract, event)[2:])


ACT = topic0("TicketDesk", "ActLogged")
WRITTEN = topic0("AgentCertification", "CertificateWritten")
LANE_CREATED, LANE_ARTICLE, LANE_CLOSED = LANE_EVENTS = tuple(
    topic0("TicketDesk", f"Lane{what}") for what in ("Created", "ArticleSet", "ClosedForever")
)


def names() -> list[Row]:
    """Every event that this package knows."""
    known = {
        topic0(contract, item["name"]): item["name"]
        for contract in _CONTRACTS
        for item in artifact(contract)["abi"]
        if item["type"] == "event"
    }
    return [{"topic0": first, "name": name} for first, name in known.items()]


def header_row(header: Header) -> Row:
    """A header as the table has it."""
    return {
        "hash": _raw(header.hash),
        "number": header.number,
        "parent": _raw(header.parent),
        "time": header.time,
    }


def event_rows(logs: Iterable[Log]) -> list[Event]:
    """Events as the table has them, of logs as the node's JSON has them."""
    rows: list[Event] = []
    for log in logs:
        # What comes again and again is looked up; tickets, transactions and data are not, there are too many.
        topics = log["topics"]
        if len(topics) == 4:
            first, second, third, fourth = topics
            arguments: tuple[bytes | None, ...]
            arguments = _raw(first), bytes.fromhex(second[2:]), _raw(third), _raw(fourth)
        else:
            arguments = (*map(_raw, topics), None, None, None, None)[:4]
        rows.append(
            (
                _number(log["blockNumber"]),
                _number(log["logIndex"]),
                _raw(log["blockHash"]),
                bytes.fromhex(log["transactionHash"][2:]),
                _raw(log["address"]),
                *arguments,
                bytes.fromhex(log["data"][2:]),
            )
        )
    return rows


def log_of(row: Any) -> Log:
    """A log as a node's JSON would have it, of an event's row."""
    topics = (row.topic0, row.topic1, row.topic2, row.topic3)
    return {
        "address": _hex(row.contract),
        "topics": [_hex(item) for item in topics if item is not None],
        "data": _hex(row.data),
        "blockNumber": hex(row.block),
        "blockHash": _hex(row.block_hash),
        "transactionHash": _hex(row.tx_hash),
        "logIndex": hex(row.log_index),
    }


def ticket_row(event: Mapping[str, Any]) -> Row:
    """A ticket as an act of it left it."""
    data = event["data"]
    word = int.from_bytes(data[32:64], "big")
    field = unpack(TICKET, word)
    is_new = field["status"] == 1
    return {
        "id": event["topic1"],
        "customer": (word & _CUSTOMER).to_bytes(20, "big"),
        "lane": field["lane"],
        "status": field["status"],
        "rating": field["rating"] or None,
        "breached": bool(field["breached"]),
        "turn": field["seat"] if is_new else None,
        "certificate": None if is_new else field["seat"] or None,
        "due_at": 60 * field["due_at"] if field["due_at"] else None,
        "acts": field["acts"],
        "word": data[32:64],
        "acted_at": int.from_bytes(data[128:160], "big"),
        "block": event["block"],
    }


def certificate_row(event: Mapping[str, Any]) -> Row:
    """A certificate as an event of it left it."""
    word = event["data"][:32]
    field = unpack(CERTIFICATE, int.from_bytes(word, "big"))
    return {
        "id": int.from_bytes(event["topic1"], "big"),
        "agent": field["agent"].to_bytes(20, "big"),
        "program": field["program"],
        "level": field["level"],
        "standing": field["standing"],
        "issued_at": field["issued_at"],
        "expires_at": field["expires_at"],
        "word": word,
        "block": event["block"],
    }


def lane_row(events: Sequence[Mapping[str, Any]], size: int) -> Row | None:
    """A lane after these events of it, in order; None where none of them created it."""
    row: Row | None = None
    for event in events:
        words = _words(event["data"])
        if event["topic0"] == LANE_CREATED:
            respond, resolve, confirm, program, level, gated, claims = words
            row = {
                "id": int.from_bytes(event["topic1"], "big"),
                "respond_within": respond,
                "resolve_within": resolve,
                "confirm_within": confirm,
                "program": program,
                "level": level,
                "gated": bool(gated),
                "claims": bool(claims),
                "article": None,
                "closed": False,
                "size": size,
            }
        elif row is not None:
            row |= {"closed": True} if event["topic0"] == LANE_CLOSED else {"article": words[0] or None}
    return row


def _words(data: bytes) -> list[int]:
    return [int.from_bytes(data[start : start + 32], "big") for start in range(0, len(data), 32)]


@lru_cache(maxsize=4096)
def _raw(text: str) -> bytes:
    """Bytes of what comes again and again."""
    return bytes.fromhex(text[2:])


@lru_cache(maxsize=4096)
def _number(text: str) -> int:
    return int(text, 16)


def _hex(value: bytes) -> str:
    return "0x" + value.hex()
