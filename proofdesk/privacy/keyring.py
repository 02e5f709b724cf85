"""Keyrings: what one person can open, by his own reading keys and by the role keys that are shared to him."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from threading import Lock
from typing import TYPE_CHECKING, Final

from proofdesk._deployments import CLEAR, Deployment
from proofdesk._errors import ConfigurationError, ContentSealed, InvalidArgument
from proofdesk._records import Opening
from proofdesk._store import ClearCodec, Codec, Store
from proofdesk._words import to_hex
from proofdesk.privacy.keys import ReadingKey, Scope
from proofdesk.privacy.sealed import unseal
from proofdesk.privacy.shares import listed_in, open_share, place_of, share_at

if TYPE_CHECKING:
    from proofdesk.privacy.seed import Pseudonym, Seed

# Looking for new shares takes at most a fifth of the time of who meets nothing but what he cannot open.
_PATIENCE: Final = 4


class Keyring:
    """One person's reading keys, the current one first; what it shows of itself is their public halves.

    Raises InvalidArgument where there is none.

    >>> Keyring([ReadingKey.new()]).reply_key[:2]
    '0x'
    """

    def __init__(self, keys: Iterable[ReadingKey]) -> None:
        self.own = tuple(dict.fromkeys(keys))
        if not self.own:
            raise InvalidArgument(
                "a keyring holds at least one reading key: pass a ReadingKey, or use a seed's"
            )

    @classmethod
    def of(cls, owner: Seed | Pseudonym, *, version: int = 1) -> Keyring:
        """The keyring of a seed or of one of its pseudonyms.

        A seed's holds its reading keys from `version` down to 1, as the registry counts them: pass the number
        that was published last.

        >>> Keyring.of(seed, version=2).own == (seed.key(2), seed.key(1))
        True
        """
        # Late: whoever has one has loaded it.
        from proofdesk.privacy.seed import Pseudonym, Seed

        if isinstance(owner, Pseudonym):
            return cls([owner.key])
        if not isinstance(owner, Seed):
            # What was passed may be words or a key: it is not repeated.
            raise InvalidArgument(f"a {type(owner).__name__} has no reading keys: pass a Seed or a Pseudonym")
        if not isinstance(version, int) or version < 1:
            raise InvalidArgument(f"version {version!r} of a reading key: they count from 1")
        return cls(owner.key(number) for number in range(version, 0, -1))

    @property
    def reply_key(self) -> str:
        """The public half of the current key, 0x-hex: to which a customer is answered."""
        return to_hex(self.own[0].public)

    def codec(self, deployment: Deployment, store: Store) -> SealedCodec:
        """What reads a desk's records from a store with this keyring.

        >>> keyring = Keyring([ReadingKey.new()])
        >>> [key.public for key in keyring.codec(manifest, store).held()] == [keyring.own[0].public]
        True
        """
        return SealedCodec(self, deployment, store)

    def __repr__(self) -> str:
        return f"<Keyring {', '.join(key.public.hex() for key in self.own)}>"


class SealedCodec(Codec):
    """Reads records, sealed and clear, of one desk in one store, with all that a keyring can open there.

    Threads may share it.
    """

    def __init__(self, keyring: Keyring, deployment: Deployment, store: Store) -> None:
        self.keyring = keyring
        self.scope = Scope.of(deployment)
        self._is_clear = deployment.records == CLEAR
        self._store = store
        self._clear = ClearCodec()
        self._shared: dict[bytes, ReadingKey] = {}
        self._lock = Lock()
        self._not_before = 0.0

    def encode(self, opening: Opening) -> bytes:
        """The bytes to store where a desk's records are clear; others `Desk.keep` seals and keeps."""
        if not self._is_clear:
            raise ConfigurationError(
                f"records of this desk are sealed: keep entry {opening.entry} by desk.keep, which seals it"
            )
        return self._clear.encode(opening)

    def decode(self, content: bytes) -> Opening:
        """The opening in stored bytes, verified where it was sealed; raises ContentSealed, ContentErased."""
        try:
            return self._clear.decode(content)
        except ContentSealed:
            return unseal(content, self.scope, self.held())

    def held(self) -> Iterator[ReadingKey]:
        """Own keys, then shared ones; whoever takes them all has the store searched for shares made since."""
        yield from self.keyring.own
        known = list(self._shared.values())
        yield from known
        self._look()
        yield from list(self._shared.values())[len(known) :]

    def holder_of(self, public: bytes) -> ReadingKey | None:
        """The key of a public half, if it is here."""
        return next((key for key in self.held() if key.public == public), None)

    def _look(self) -> None:
        """Open the shares that have come since."""
        with self._lock:
            begun = time.monotonic()
            if begun < self._not_before:
                return
            for listed in listed_in(self._store):
                if listed.key not in self._shared and (key := self._opened(listed.role, listed.key)):
                    self._shared[listed.key] = key
            ended = time.monotonic()
            self._not_before = ended + _PATIENCE * (ended - begun)

    def _opened(self, role: str, public: bytes) -> ReadingKey | None:
        for own in self.keyring.own:
            share = share_at(self._store, place_of(role, public, own.public))
            if share and (key := open_share(self.scope, role, public, share.sealed, own)):
                return key
        return None
