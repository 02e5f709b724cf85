"""How keys are wrapped, and records rotated, by who has an HPKE library and a folder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pyhpke import AEADId, CipherSuite, KDFId, KEMId

from proofdesk._store import Store
from proofdesk.privacy.keys import Reader, ReadingKey, Scope
from proofdesk.privacy.sealed import seal, unseal


def wrap_keys(secrets: Iterable[bytes], public: bytes, info: bytes) -> list[bytes]:
    """Wrap each of the keys to a public one."""
    suite = CipherSuite.new(KEMId.DHKEM_X25519_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.AES256_GCM)
    key, wraps = suite.kem.deserialize_public_key(public), []
    for secret in secrets:
        enc, context = suite.create_sender_context(key, info)
        wraps.append(enc + context.seal(secret))
    return wraps


def seal_anew(
    store: Store, entries: Iterable[str], scope: Scope, keys: Sequence[ReadingKey], readers: Sequence[Reader]
) -> None:
    """Open each of the records, and seal it to others."""
    for entry in entries:
        opening = unseal(store.get(entry), scope, keys)
        store.put(entry, seal(opening, scope, readers))
