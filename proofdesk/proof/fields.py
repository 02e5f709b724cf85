"""The form of each field of a proof file, and how much of everything may be in one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from proofdesk._checks import MAX_INTEGER, Check, anything, form, integer, many, members
from proofdesk._models import Actor

FORMAT: Final = "proofdesk-proof/1"
MAX_BYTES: Final = 16 * 1024 * 1024
MAX_ACTS: Final = 1023  # as many as a ticket's word counts
MAX_LEVELS: Final = 40  # as many as a log or a tree of messages can have
MAX_MESSAGES: Final = 10_000
MAX_NODES: Final = 65_536
MAX_NODE: Final = 1024  # bytes; a branch of sixteen hashes has 532
LAST_SECOND: Final = 253_402_300_799  # of the year 9999
MAX_HEADER: Final = 4096  # bytes; today's have some 600
MAX_CODE: Final = 24_576  # bytes, the chain's own limit
# Of lists and objects: more cannot be meant, and their memory is many times their text's.
MAX_BRACKETS: Final = 1_000_000

DESK: Final = "TicketDesk"
CERTIFICATION: Final = "AgentCertification"
ANCHOR: Final = "RecordAnchor"


def _hex(low: int, high: int) -> Check:
    return form(f"0x([0-9a-f]{{2}}){{{low},{high}}}", f"0x and {low:,} to {high:,} bytes of lower-case hex")


def _object(**checks: Check) -> Check:
    """An object with each of these names."""
    return members(checks, required=checks)


_HASH = form("0x[0-9a-f]{64}", "0x and 64 lower-case hex digits")
_ADDRESS = form("0x[0-9a-f]{40}", "0x and 40 lower-case hex digits")
_PATH = many(_HASH, 0, MAX_LEVELS)
_LANE = integer(1, 1023, "a lane's number from 1 to 1023")
_LEAF = integer(0, 2**MAX_LEVELS - 1, "a leaf's place from 0 up")
_SIZE = integer(1, 2**MAX_LEVELS - 1, "a log's size from 1 up")
_CREATED = _object(factory=_ADDRESS, salt=_HASH, arguments=many(_ADDRESS, 0, 2))
_CONTRACT = members(
    {"address": _ADDRESS, "code": _hex(1, MAX_CODE), "created": _CREATED}, required=("address", "code")
)
_CONTRACTS = members(dict.fromkeys((DESK, CERTIFICATION, ANCHOR), _CONTRACT), (DESK, CERTIFICATION))
FIELDS: Final[Mapping[str, Check]] = {
    "format": form(FORMAT, FORMAT),
    "desk": _object(
        name=form("[a-z0-9][a-z0-9-]{0,62}", "lower-case letters, digits and hyphens"),
        chain_id=integer(1, MAX_INTEGER, "a chain's id"),
        contracts=_CONTRACTS,
    ),
    "block": _object(
        number=integer(0, MAX_INTEGER, "a block's number"), hash=_HASH, header=_hex(1, MAX_HEADER)
    ),
    "nodes": many(_hex(1, MAX_NODE), 1, MAX_NODES),
    "ticket": _HASH,
    "acts": many(
        _object(
            lane=_LANE,
            position=_LEAF,
            word=_HASH,
            actor=_ADDRESS,
            kind=integer(1, len(Actor) - 1, "an actor's kind from 1 to 5"),
            entry=_HASH,
            at=integer(0, LAST_SECOND, "seconds from 1970 to 9999"),
            path=_PATH,
        ),
        1,
        MAX_ACTS,
    ),
    "openings": many(_object(entry=_HASH, salt=_HASH, record=anything), 0, MAX_ACTS + MAX_MESSAGES),
    "messages": many(_object(entry=_HASH, root=_HASH, path=_PATH), 0, MAX_MESSAGES),
    "consistency": many(_object(lane=_LANE, size=_SIZE, root=_HASH, path=_PATH), 1, MAX_ACTS),
}
OPTIONAL: Final = {"consistency"}
