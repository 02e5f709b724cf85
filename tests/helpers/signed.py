"""Acts that somebody signs and somebody else carries: EIP-712 as the design writes it.

Nothing here comes from proofdesk: types, domain and digests are made a second time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from eth_abi.abi import encode
from eth_account.hdaccount import key_from_seed, seed_from_mnemonic
from eth_keys.datatypes import PrivateKey
from eth_utils.crypto import keccak

from tests.helpers.contract import RefusedError, same
from tests.helpers.desk import PUBLIC, Act, Desk, ticket_id
from tests.helpers.people import Person
from tools.chain import MNEMONIC

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Of the curve secp256k1."""
DAY = 86_400

TYPES = {
    "open": "OpenTicket(address customer,uint16 lane,bytes32 entry,uint64 deadline)",
    "take": "TakeTicket(address agent,bytes32 ticketId,uint32 certificateId,bytes32 entry,uint64 deadline)",
    "move": "MoveTicket(address actor,bytes32 ticketId,uint8 from,uint8 to,bytes32 entry,"
    "uint16 seen,uint64 deadline)",
    "rate": "RateTicket(address customer,bytes32 ticketId,uint8 score,bytes32 entry,uint64 deadline)",
}
"""Word for word from the design."""
DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"


def fields_of(act: str) -> list[tuple[str, str]]:
    """The type and the name of each field of what is signed for an act."""
    inside = TYPES[act].partition("(")[2][:-1]
    return [(kind, name) for kind, name in (each.split() for each in inside.split(","))]


def separator(chain_id: int, desk: str, name: str = "proofdesk", version: str = "1") -> bytes:
    """The domain's hash."""
    words = [keccak(DOMAIN.encode()), keccak(name.encode()), keccak(version.encode()), chain_id, desk]
    return keccak(encode(["bytes32", "bytes32", "bytes32", "uint256", "address"], words))


def digest(act: str, values: Sequence[Any], domain: bytes) -> bytes:
    """What is signed."""
    kinds = [kind for kind, _ in fields_of(act)]
    struct = keccak(keccak(TYPES[act].encode()) + encode(kinds, list(values)))
    return keccak(b"\x19\x01" + domain + struct)


@dataclass(frozen=True, slots=True)
class Signed:
    """One signed act: `values` are the struct's fields in order."""

    desk: Desk
    act: str
    values: tuple[Any, ...]
    signature: bytes

    @property
    def function(self) -> str:
        """The function of TicketDesk that carries it."""
        return f"{self.act}For"

    @property
    def data(self) -> bytes:
        """The call that carries it."""
        return self.desk.tickets.encoded(self.function, self.values, self.signature)

    @property
    def ticket_id(self) -> bytes:
        """The ticket it is about."""
        return ticket_id(self.values[0], self.values[2]) if self.act == "open" else self.values[1]

    def changed(self, **changes: Any) -> Signed:
        """The same signature over other fields."""
        names = [name for _, name in fields_of(self.act)]
        assert set(changes) <= set(names), changes
        return replace(
            self,
            values=tuple(changes.get(name, was) for name, was in zip(names, self.values, strict=True)),
        )

    def with_signature(self, signature: bytes) -> Signed:
        """The same fields under another signature."""
        return replace(self, signature=signature)

    def carried(self, by: Person | str) -> Act:
        """Carries it alone; what was done. Raises RefusedError."""
        self.desk.send(_address(by), self.function, self.values, self.signature)
        return self.desk.acts[-1]

    def attempt(self, by: Person | str, at: int | None = None) -> RefusedError | None:
        """How it would be refused, carried alone by the next transaction."""
        return self.desk.tickets.attempt(_address(by), self.function, self.values, self.signature, at=at)


@dataclass(frozen=True, slots=True, repr=False)
class Pen:
    """Signs by one key for one account: the key's own, or a smart account that answers for it."""

    desk: Desk
    key: PrivateKey
    account: str

    def open(
        self, lane: int = PUBLIC, entry: bytes | None = None, deadline: int | None = None, **domain: Any
    ) -> Signed:
        """Signs the opening of a ticket."""
        return self.signs("open", lane, self._entry(entry), self._until(deadline), **domain)

    def take(
        self,
        ticket: bytes,
        certificate: int,
        entry: bytes | None = None,
        deadline: int | None = None,
        **domain: Any,
    ) -> Signed:
        """Signs the taking of a ticket."""
        return self.signs("take", ticket, certificate, self._entry(entry), self._until(deadline), **domain)

    def move(
        self,
        ticket: bytes,
        to: int,
        *,
        was: int | None = None,
        seen: int | None = None,
        entry: bytes | None = None,
        deadline: int | None = None,
        **domain: Any,
    ) -> Signed:
        """Signs a move of a ticket as it stands now, unless told how it was and how many acts it had."""
        now = self.desk.ticket(ticket)
        was = now.status if was is None else was
        seen = now.acts if seen is None else seen
        return self.signs("move", ticket, was, to, self._entry(entry), seen, self._until(deadline), **domain)

    def rate(
        self,
        ticket: bytes,
        score: int = 5,
        entry: bytes | None = None,
        deadline: int | None = None,
        **domain: Any,
    ) -> Signed:
        """Signs a rating."""
        return self.signs("rate", ticket, score, self._entry(entry), self._until(deadline), **domain)

    def signs(self, act: str, *rest: Any, **domain: Any) -> Signed:
        """Signs any fields after the account's own, in this desk's domain or a changed one."""
        values = (self.account, *rest)
        return Signed(self.desk, act, values, self.sealed(act, values, **domain))

    def sealed(self, act: str, values: Sequence[Any], **domain: Any) -> bytes:
        """The signature alone."""
        where: dict[str, Any] = {"chain_id": chain_id(self.desk), "desk": self.desk.tickets.address}
        return seal(self.key, digest(act, values, separator(**where | domain)))

    def _entry(self, entry: bytes | None) -> bytes:
        return self.desk.entry() if entry is None else entry

    def _until(self, deadline: int | None) -> int:
        return self.desk.now + DAY if deadline is None else deadline


def seal(key: PrivateKey, what: bytes) -> bytes:
    """A key's signature of 32 bytes: r, s, and v as 27 or 28."""
    raw = key.sign_msg_hash(what).to_bytes()
    return raw[:64] + bytes([raw[64] + 27])


def pen(person: Person, account: str | None = None) -> Pen:
    """The key of one of the node's accounts, for itself or for a smart account."""
    number = person.desk.node.accounts.index(person.address)
    return Pen(person.desk, node_key(number), account or person.address)


@cache
def node_key(number: int) -> PrivateKey:
    """The key of the node's account of this number."""
    return PrivateKey(key_from_seed(_seed(), f"m/44'/60'/0'/0/{number}"))


@cache
def _seed() -> bytes:
    return seed_from_mnemonic(MNEMONIC, "")


def chain_id(desk: Desk) -> int:
    """The chain's id, as the node tells it."""
    return int(desk.node.rpc("eth_chainId"), 16)


# ---------------------------------------------------------------------------------------------------- batches


def carry(desk: Desk, by: Person | str, acts: Sequence[Signed | bytes]) -> list[RefusedError | None]:
    """Carries acts in one transaction; for each how it was refused, None where it was done.

    What the events tell must be what the call answers. Raises RefusedError when the whole is refused.
    """
    data = [each if isinstance(each, bytes) else each.data for each in acts]
    answered = desk.tickets.view("batch", data, at=desk.node.next, sender=_address(by))
    told: list[bytes] = [b""] * len(data)
    for event in desk.send(_address(by), "batch", data):
        if event.name == "ActRefused":
            assert event.arguments["reason"], "of what is done nothing is told but the act itself"
            told[event.arguments["index"]] = event.arguments["reason"]
    assert list(answered) == told
    return [desk.tickets.refusal(reason) if reason else None for reason in told]


def assert_same(found: Sequence[RefusedError | None], expected: Sequence[RefusedError | None]) -> None:
    """Asserts that the same acts were refused, each for the same reason."""
    wrong = [
        f"{i}: {a} instead of {b}"
        for i, (a, b) in enumerate(zip(found, expected, strict=True))
        if not same(a, b)
    ]
    assert not wrong, "; ".join(wrong)


def mangled(signature: bytes) -> dict[str, bytes]:
    """Other bytes that say, or almost say, what a signature says."""
    r, s, v = signature[:32], signature[32:64], signature[64]
    high_s = (ORDER - int.from_bytes(s, "big")).to_bytes(32, "big")
    compact = (int.from_bytes(s, "big") | (v - 27) << 255).to_bytes(32, "big")
    return {
        "high-s": r + high_s + bytes([55 - v]),
        "high-s-same-v": r + high_s + bytes([v]),
        "other-v": r + s + bytes([55 - v]),
        "v-0-or-1": r + s + bytes([v - 27]),
        "v-35": r + s + bytes([v + 8]),
        "v-37": r + s + bytes([v - 27 + 37]),
        "v-255": r + s + b"\xff",
        "compact": r + compact,
        "64-bytes": signature[:64],
        "66-bytes": signature + b"\x00",
        "twice": signature + signature,
        "empty": b"",
        "one-byte": b"\x00",
        "zeros": bytes(65),
        "zeros-27": bytes(64) + b"\x1b",
        "r-of-the-order": ORDER.to_bytes(32, "big") + s + bytes([v]),
        "s-of-zero": r + bytes(32) + bytes([v]),
        "v-first": bytes([v]) + r + s,
        "s-first": s + r + bytes([v]),
    }


def _address(by: Person | str) -> str:
    return by if isinstance(by, str) else by.address
