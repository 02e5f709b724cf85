"""Wraps: a content key for each of its readers, and decoys, which hide how many there are.

A wrap is HPKE (RFC 9180) in one shot, base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM: the
32 bytes of the encapsulated key, then the ciphertext. Its info binds it to the desk, the entry and the
reader:

    "proofdesk.wrap.v1" ‖ chain id (32 bytes) ‖ TicketDesk's address (20) ‖ entry (32) ‖ public key (32)

A decoy looks the same to whoever does not know the content key. Who does makes it again from it:

    96 bytes = HKDF-SHA256(content key, no salt, info "proofdesk.decoy.v1" ‖ number from 0 (4 bytes))
             = to (16) ‖ an X25519 private key (32), of which the wrap has the public half ‖ ciphertext (48)
"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from proofdesk.privacy.keys import Reader, ReadingKey, Scope

STEP: Final = 4  # wraps are filled up to a multiple of this

_WRAP: Final = b"proofdesk.wrap.v1"
_DECOY: Final = b"proofdesk.decoy.v1"
_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def seal_to(reader: Reader, secret: bytes, info: bytes) -> bytes:
    """Seal a secret to a reader; 48 bytes longer than it.

    >>> key = ReadingKey.new()
    >>> open_with(key, seal_to(Reader("Ann", key.public), b"secret", b"purpose"), b"purpose")
    b'secret'
    """
    return _SUITE.encrypt(secret, X25519PublicKey.from_public_bytes(reader.key), info)


def open_with(key: ReadingKey, sealed: bytes, info: bytes) -> bytes | None:
    """What was sealed to a key; None for what was not, or for another purpose."""
    try:
        return _SUITE.decrypt(sealed, key.private, info)
    except InvalidTag:  # whatever is wrong with it
        return None


def wrap(secret: bytes, reader: Reader, scope: Scope, entry: bytes) -> bytes:
    """The wrap of a content key for a reader."""
    return seal_to(reader, secret, _info(scope, entry, reader.key))


def unwrap(wrapped: bytes, key: ReadingKey, scope: Scope, entry: bytes) -> bytes | None:
    """The content key in a wrap; None where it is not this key's, this entry's or this desk's."""
    return open_with(key, wrapped, _info(scope, entry, key.public))


def decoys(secret: bytes, count: int) -> dict[bytes, bytes]:
    """The first decoys of a content key: wraps that nobody opens, by what they are addressed to."""
    return dict(_decoy(secret, number) for number in range(count))


def missing(readers: int) -> int:
    """How many decoys go with so many readers.

    >>> [missing(readers) for readers in (1, 3, 4, 5)]
    [3, 1, 0, 3]
    """
    return -readers % STEP


def _decoy(secret: bytes, number: int) -> tuple[bytes, bytes]:
    info = _DECOY + number.to_bytes(4, "big")
    made = HKDF(algorithm=SHA256(), length=96, salt=None, info=info).derive(secret)
    public = X25519PrivateKey.from_private_bytes(made[16:48]).public_key().public_bytes_raw()
    return made[:16], public + made[48:]


def _info(scope: Scope, entry: bytes, public: bytes) -> bytes:
    return _WRAP + scope.packed + entry + public
