"""The packed words the contracts keep, the ids and leaves made of them: encoding and decoding without I/O.

The bit maps are those above TicketWord, LaneWord and CertificateWord in contracts/types. Ids, entries and
hashes are bytes here, words ints; `to_bytes` and `to_hex` lead from and to the 0x-hex of values and users.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Final

from proofdesk._errors import InvalidArgument
from proofdesk._models import Act, Actor, Certificate, Lane, Standing, Status, Ticket

NO_ENTRY = bytes(32)


def _layout(**widths: int) -> dict[str, tuple[int, int]]:
    """Where each field stands: (first bit, bits), from the widths in their order from bit 0."""
    fields, offset = {}, 0
    for name, bits in widths.items():
        fields[name] = (offset, bits)
        offset += bits
    return fields


TICKET: Final = _layout(
    customer=160, status=4, rating=3, breached=1, lane=10, seat=26, due_at=26, acts=10, budget=16
)
LANE: Final = _layout(
    turns=26,
    served=26,
    departed=26,
    respond_within=16,
    resolve_within=16,
    confirm_within=16,
    program=16,
    level=8,
    article=32,
    gated=1,
    claims=1,
    closed=1,
    spare=5,
    size=40,
)
CERTIFICATE: Final = _layout(agent=160, program=16, level=8, standing=8, issued_at=32, expires_at=32)


def pack(fields: Mapping[str, tuple[int, int]], **values: int) -> int:
    """Pack values into a word; fields left out are 0.

    Raises OverflowError for a value that does not fit its field, KeyError for a field the word does not have.

    >>> hex(pack(TICKET, customer=0xABC, status=Status.NEW, acts=1))
    '0x4000000000000000010000000000000000000000000000000000000abc'
    """
    word = 0
    for name, value in values.items():
        offset, bits = fields[name]
        if not 0 <= value < 1 << bits:
            raise OverflowError(f"{name} {value} does not fit its {bits} bits")
        word |= value << offset
    return word


def unpack(fields: Mapping[str, tuple[int, int]], word: int) -> dict[str, int]:
    """Take a word apart into its fields."""
    return {name: word >> offset & (1 << bits) - 1 for name, (offset, bits) in fields.items()}


def ticket_of(ticket_id: bytes, word: int) -> Ticket:
    """Decode a ticket's word; a word of 0 is a ticket of status NONE."""
    field = unpack(TICKET, word)
    is_new = field["status"] == Status.NEW
    return Ticket(
        id=to_hex(ticket_id),
        customer=address_of(field["customer"]),
        status=Status(field["status"]),
        rating=field["rating"] or None,
        breached=bool(field["breached"]),
        lane=field["lane"],
        turn=field["seat"] if is_new else None,
        certificate_id=None if is_new else field["seat"] or None,
        due_at=moment(60 * field["due_at"]) if field["due_at"] else None,
        acts=field["acts"],
        budget=timedelta(minutes=field["budget"]),
    )


def act_of(
    *,
    ticket_id: bytes,
    lane: int,
    position: int,
    word: int,
    actor: str,
    kind: int,
    entry: bytes,
    at: int,
    block: int,
    tx_hash: bytes,
    log_index: int,
) -> Act:
    """Make an act of an ActLogged event's arguments and place; `at` is seconds since 1970."""
    field = unpack(TICKET, word)
    return Act(
        ticket_id=to_hex(ticket_id),
        lane=lane,
        position=position,
        number=field["acts"],
        status=Status(field["status"]),
        word=word,
        actor=actor,
        kind=Actor(kind),
        entry=to_hex(entry),
        at=moment(at),
        block=block,
        tx_hash=to_hex(tx_hash),
        log_index=log_index,
    )


def lane_of(lane_id: int, word: int) -> Lane:
    """Decode a lane's word."""
    field = unpack(LANE, word)
    return Lane(
        id=lane_id,
        respond_within=timedelta(minutes=field["respond_within"]),
        resolve_within=timedelta(minutes=field["resolve_within"]),
        confirm_within=timedelta(minutes=field["confirm_within"]),
        program=field["program"],
        level=field["level"],
        article=field["article"] or None,
        gated=bool(field["gated"]),
        claims=bool(field["claims"]),
        closed=bool(field["closed"]),
        turns=field["turns"],
        served=field["served"],
        departed=field["departed"],
        size=field["size"],
    )


def certificate_of(certificate_id: int, word: int) -> Certificate:
    """Decode a certificate's word."""
    field = unpack(CERTIFICATE, word)
    return Certificate(
        id=certificate_id,
        agent=address_of(field["agent"]),
        program=field["program"],
        level=field["level"],
        standing=Standing(field["standing"]),
        issued_at=moment(field["issued_at"]),
        expires_at=moment(field["expires_at"]),
    )


def ticket_id(customer: str, entry: bytes) -> bytes:
    """The id of the ticket that a customer opens with an entry: keccak256(abi.encode(customer, entry)).

    >>> to_hex(ticket_id("0x" + 20 * "11", bytes(31) + b"\\1"))[:18]
    '0x8eec1c9afb183a84'
    """
    return keccak(bytes(12) + to_bytes(customer, 20, "customer") + to_bytes(entry, 32, "entry"))


def leaf_data(ticket_id: bytes, word: int, actor: str, kind: int, entry: bytes, at: int) -> bytes:
    """The 125 bytes of an act's leaf, as the contract hashes them; `at` is seconds since 1970."""
    return b"".join(
        (
            ticket_id,
            word.to_bytes(32, "big"),
            to_bytes(actor, 20, "actor"),
            kind.to_bytes(1, "big"),
            entry,
            at.to_bytes(8, "big"),
        )
    )


def act_leaf(act: Act) -> bytes:
    """The data of the leaf that an act is in its lane's log."""
    return leaf_data(
        bytes.fromhex(act.ticket_id[2:]),
        act.word,
        act.actor,
        act.kind,
        bytes.fromhex(act.entry[2:]),
        int(act.at.timestamp()),
    )


def moment(seconds: int) -> datetime:
    """The UTC datetime of a chain's second."""
    return datetime.fromtimestamp(seconds, timezone.utc)


def to_hex(value: bytes) -> str:
    """0x-prefixed lower-case hex."""
    return "0x" + value.hex()


def to_bytes(value: str | bytes, size: int, what: str) -> bytes:
    """Read an id, an entry or an address of so many bytes from 0x-hex; bytes pass if their length fits.

    Raises InvalidArgument naming `what` and the value.

    >>> to_bytes("0x00ff", 2, "entry")
    b'\\x00\\xff'
    """
    try:
        raw = value if isinstance(value, bytes) else bytes.fromhex(value.removeprefix("0x"))
    except (AttributeError, ValueError):
        raise InvalidArgument(f"{what} {value!r} is not hex: pass 0x and {2 * size} hex digits") from None
    if len(raw) != size:
        raise InvalidArgument(f"{what} {value!r} has {len(raw)} bytes: pass 0x and {2 * size} hex digits")
    return raw


@lru_cache(maxsize=65536)
def address_of(number: int) -> str:
    """An address's EIP-55 form; cached, for a desk's tickets share few agents and many customers come again.

    >>> address_of(0xFB6916095CA1DF60BB79CE92CE3EA74C37C5D359)
    '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359'
    """
    digits = f"{number:040x}"
    nibbles = keccak(digits.encode()).hex()
    return "0x" + "".join(c.upper() if n > "7" else c for c, n in zip(digits, nibbles, strict=False))


def keccak(data: bytes) -> bytes:
    """Ethereum's Keccak-256."""
    # Late, because loading its backend takes longer than the rest of this package together.
    from eth_hash.auto import keccak as digest

    return digest(data)
