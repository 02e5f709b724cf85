"""Who reads, and where: the X25519 keys that records are sealed to, and the desk that they are sealed for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from proofdesk._checks import MAX_INTEGER, integer
from proofdesk._deployments import Deployment
from proofdesk._errors import InvalidArgument
from proofdesk._words import address_of, keccak, to_bytes
from proofdesk.privacy.errors import InvalidKey

SIZE: Final = 32

_READER: Final = b"proofdesk.reader.v1"
_PRIME: Final = 2**255 - 19
_chain = integer(1, MAX_INTEGER, "a chain's id, a whole number from 1")


@dataclass(frozen=True, slots=True)
class Scope:
    """The desk that something is sealed or said for: its chain, and its TicketDesk's address.

    Raises InvalidArgument for what is neither.

    >>> Scope(31337, "0x" + 20 * "ab").desk
    '0xABaBaBaBABabABabAbAbABAbABabababaBaBABaB'
    """

    chain_id: int
    desk: str

    def __post_init__(self) -> None:
        if problem := _chain(self.chain_id):
            raise InvalidArgument(f"chain id {problem}")
        address = int.from_bytes(to_bytes(self.desk, 20, "desk"), "big")
        object.__setattr__(self, "desk", address_of(address))

    @classmethod
    def of(cls, deployment: Deployment) -> Scope:
        """The scope of a desk by its manifest; raises ConfigurationError for one without tickets."""
        return cls(deployment.chain_id, deployment.contract("TicketDesk").address)

    @property
    def packed(self) -> bytes:
        """The 52 bytes that what is sealed is bound to: chain id in 32 bytes, then the address."""
        return self.chain_id.to_bytes(32, "big") + bytes.fromhex(self.desk[2:])


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody by a name, a role's or a person's, and his public key of 32 bytes; raises InvalidKey.

    >>> Reader("agents", ReadingKey.new().public).name
    'agents'
    """

    name: str
    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if problem := unfit(self.key):
            raise InvalidKey(f"the key of {self.name} {problem}: have its owner make and publish another")


class ReadingKey:
    """An X25519 key that opens what is sealed to its public half; what it shows of itself is that half.

    >>> key = ReadingKey.new()
    >>> ReadingKey.from_bytes(key.private_bytes()) == key
    True
    """

    __slots__ = ("_private", "public")

    def __init__(self, private: X25519PrivateKey) -> None:
        self._private = private
        self.public: bytes = private.public_key().public_bytes_raw()

    @classmethod
    def new(cls) -> ReadingKey:
        """A key made of the system's randomness."""
        return cls(X25519PrivateKey.generate())

    @classmethod
    def from_bytes(cls, private: bytes) -> ReadingKey:
        """The key of a private half of 32 bytes; raises InvalidKey.

        >>> ReadingKey.from_bytes(b"short")
        Traceback (most recent call last):
        proofdesk.privacy.errors.InvalidKey: a private key has 32 bytes, not 5
        """
        if not isinstance(private, bytes):
            raise InvalidKey(f"a private key is 32 bytes, not {type(private).__name__}")
        if len(private) != SIZE:
            raise InvalidKey(f"a private key has {SIZE} bytes, not {len(private)}")
        return cls(X25519PrivateKey.from_private_bytes(private))

    @property
    def private(self) -> X25519PrivateKey:
        """The private half, for what opens with it."""
        return self._private

    def private_bytes(self) -> bytes:
        """The private half's 32 bytes: whoever has them reads all that is sealed to the key."""
        return self._private.private_bytes_raw()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ReadingKey) and other.public == self.public

    def __hash__(self) -> int:
        return hash(self.public)

    def __repr__(self) -> str:
        return f"<ReadingKey {self.public.hex()}>"


def key_id(entry: str, public: bytes) -> bytes:
    """The 16 bytes that name a public key at one entry; who does not know the key cannot link two of them.

    Raises InvalidArgument for what is no entry.

    >>> public = ReadingKey.new().public
    >>> key_id("0x" + 32 * "11", public) == key_id("0x" + 32 * "22", public)
    False
    """
    return keccak(_READER + to_bytes(entry, 32, "entry") + public)[:16]


def unfit(public: object) -> str | None:
    """Why nothing can be sealed to a public key; None where something can.

    Besides what is no point in its one form, that is a point of a small group: what is sealed to it anybody
    can open.

    >>> unfit(bytes(32))
    'is a point that opens to anybody'
    """
    if not isinstance(public, bytes):
        return f"is a value of type {type(public).__name__}, not {SIZE} bytes"
    if len(public) != SIZE:
        return f"has {len(public)} bytes, not {SIZE}"
    # Its owner computes with the reduced form, and would never open what is bound to another.
    if int.from_bytes(public, "little") >= _PRIME:
        return "is not in its one form"
    return "is a point that opens to anybody" if public in _SMALL else None


def _small_points() -> frozenset[bytes]:
    """Points whose multiples are few: 0, 1, -1, and the two of order eight, in RFC 7748's form."""
    eight = (
        0x00B8495F16056286FDB1329CEB8D09DA6AC49FF1FAE35616AEB8413B7C7AEBE0,
        0x57119FD0DD4E22D8868E1C58C45C44045BEF839C55B1D0B1248C50A3BC959C5F,
    )
    return frozenset(point.to_bytes(SIZE, "little") for point in (0, 1, _PRIME - 1, *eight))


_SMALL: Final = _small_points()
