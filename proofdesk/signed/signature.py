"""Signatures of keys as the contract takes them: r ‖ s ‖ v in 65 bytes, s in the lower half, v 27 or 28."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from proofdesk._words import address_of, keccak

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

SIZE: Final = 65
ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def signature_of(digest: bytes, account: LocalAccount) -> bytes:
    """The signature of a key over a digest.

    >>> recovered(signature_of(32 * b"1", account), 32 * b"1") == account.address
    True
    """
    try:
        # Less than half of the time that eth-account takes for the same.
        from coincurve import PrivateKey
    except ImportError:
        from eth_typing import Hash32

        return bytes(account.unsafe_sign_hash(Hash32(digest)).signature)
    given = PrivateKey(bytes(account.key)).sign_recoverable(digest, hasher=None)
    return given[:64] + bytes([27 + given[64]])


def recovered(signature: bytes, digest: bytes) -> str | None:
    """Whose key signed a digest; None for a signature in a form that the contract does not take.

    >>> recovered(bytes(65), bytes(32)) is None
    True
    """
    if len(signature) != SIZE or signature[64] not in (27, 28):
        return None
    if int.from_bytes(signature[32:64], "big") > ORDER // 2:
        return None
    # Late: it loads cryptography that whoever only acts has no use for.
    from eth_keys.datatypes import Signature
    from eth_keys.exceptions import BadSignature
    from eth_utils.exceptions import ValidationError

    try:
        key = Signature(signature[:64] + bytes([signature[64] - 27]))
        public = key.recover_public_key_from_msg_hash(digest).to_bytes()
    except (BadSignature, ValidationError):
        return None
    return address_of(int.from_bytes(keccak(public)[12:], "big"))


def canonical(signature: bytes, digest: bytes, address: str) -> bytes | None:
    """A key's signature in the contract's form; None where it is not one by the key of `address`.

    Some wallets give v as 0 or 1, some an s in the upper half, where v is the other one, some 64 bytes, v in
    the highest bit of s (ERC-2098).
    """
    if len(signature) == SIZE - 1:
        signature = signature[:32] + bytes([signature[32] & 0x7F, *signature[33:], signature[32] >> 7])
    if len(signature) != SIZE:
        return None
    r, s, v = signature[:32], int.from_bytes(signature[32:64], "big"), signature[64]
    v += 27 if v < 2 else 0
    if ORDER // 2 < s < ORDER:
        s, v = ORDER - s, 55 - v
    if v not in (27, 28):
        return None
    found = r + s.to_bytes(32, "big") + bytes([v])
    return found if recovered(found, digest) == address else None


def in_form(signature: bytes, digest: bytes, address: str) -> bytes:
    """A signature as the contract takes it, where it is by the key of `address`; otherwise as it is.

    >>> in_form(b"a smart account's", bytes(32), "0x" + 20 * "11")
    b"a smart account's"
    """
    is_so = len(signature) == SIZE and signature[64] in (27, 28) and signature[32] < 0x7F
    return signature if is_so else canonical(signature, digest, address) or signature
