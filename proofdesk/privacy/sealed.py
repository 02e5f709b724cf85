"""Sealed records: a record encrypted once, and its key wrapped for each who may read it.

    {"format":"proofdesk-sealed/1","entry":"0x…","nonce":"…","content":"…","wraps":[{"to":"…","key":"…"},…]}

`content` is AES-256-GCM under a key of the record's own; what is bound to it is "proofdesk.record.v1" ‖ chain
id (32 bytes) ‖ TicketDesk's address (20) ‖ entry (32). Inside stand the length of the JSON (4 bytes), the
JSON {"record":…,"salt":"0x…","v":1} in RFC 8785 form, and zeros up to 1,024 bytes, or the first doubling of
it that holds all. So the stored bytes show of a record its entry, its class of size, and of its readers how
many fours they are, and which of those whose public keys one knows: everybody knows those of roles, which
tell a class of kinds, and of accounts that published one. Since GCM does not commit to its key, an opened
record is held against its entry too.

The file has one form only: this order, no spaces, wraps in the order of `to`. `schemas/
sealed-record.schema.json` says the same to others.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from secrets import token_bytes
from typing import Any, Final, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from proofdesk._errors import ContentSealed, InvalidArgument, RecordError
from proofdesk._json import parse
from proofdesk._records import Opening, verify_entry
from proofdesk._store import SEALED
from proofdesk._words import to_bytes
from proofdesk.privacy import plaintext
from proofdesk.privacy.errors import MalformedSealed, NoReaders, SealedMismatch
from proofdesk.privacy.keys import Reader, ReadingKey, Scope, key_id
from proofdesk.privacy.wraps import STEP, decoys, missing, unwrap, wrap

MAX_BYTES: Final = 400_000
MAX_WRAPS: Final = 1024

_BOUND: Final = b"proofdesk.record.v1"
_KEY: Final = 32
_NONCE: Final = 12
_TAG: Final = 16
_WRAP: Final = re.compile("[A-Za-z0-9+/]{106}[AEIMQUYcgkosw048]=")  # 80 bytes in base64
_TO: Final = re.compile("[0-9a-f]{32}")
_ENTRY: Final = re.compile("0x[0-9a-f]{64}")

T = TypeVar("T")
Decide = Callable[[Opening], tuple[Iterable[Reader], Iterable[Reader]]]
"""Says whom to add to a record's readers, and whom to take away."""


def seal(opening: Opening, scope: Scope, readers: Iterable[Reader]) -> bytes:
    """Seal a record to its readers, 1,024 at most; two of one key count once.

    Raises NoReaders, InvalidArgument for too many of them or an opening that opens another entry,
    RecordTooLarge.

    >>> content = seal(opening, scope, [Reader("agents", key.public)])
    >>> unseal(content, scope, [key]).record.body
    'Where is my card?'
    """
    if not verify_entry(opening.record, opening.salt, opening.entry):
        raise InvalidArgument(f"entry {opening.entry} is not this record's: commit the record again")
    secret, nonce = token_bytes(_KEY), token_bytes(_NONCE)
    sealed = AESGCM(secret).encrypt(nonce, plaintext.written(opening), _bound(scope, opening.entry))
    form = Sealed(opening.entry, nonce, sealed, {})
    return form.to(_wrapped(secret, form, scope, readers), secret).dump()


def unseal(content: bytes, scope: Scope, keys: Iterable[ReadingKey]) -> Opening:
    """Open a sealed record with whichever key is one of its readers', verified against its entry.

    Raises ContentSealed where none is, MalformedSealed for what is no sealed record, SealedMismatch for one
    that was changed or is another desk's.
    """
    return _opened(Sealed.load(content), scope, keys, plaintext.read)[1]


def entry_of(content: bytes) -> str:
    """The entry that a sealed record says it is of; raises MalformedSealed.

    >>> entry_of(seal(opening, scope, [Reader("agents", key.public)])) == opening.entry
    True
    """
    return Sealed.load(content).entry


def who_reads(content: bytes, candidates: Iterable[Reader]) -> list[Reader]:
    """Those of the candidates who are readers of a sealed record, in their order; raises MalformedSealed.

    It needs no key that opens, and takes the wraps at their word: `strangers` is for who doubts them.

    >>> agents, auditors = Reader("agents", key.public), Reader("auditors", ReadingKey.new().public)
    >>> [reader.name for reader in who_reads(seal(opening, scope, [agents]), [auditors, agents])]
    ['agents']
    """
    return Sealed.load(content).who_reads(candidates)


def rewrap(
    content: bytes,
    scope: Scope,
    keys: Iterable[ReadingKey],
    *,
    add: Iterable[Reader] = (),
    remove: Iterable[Reader] = (),
    anew: bool = False,
) -> bytes:
    """Seal a record to more or fewer readers; who is in both stays. The record's own bytes stay as they are.

    Doing it again changes nothing; `anew` makes the wraps of those to add again, for one who was given one
    that does not open. Who was removed may have kept the record's key: what he could read he may still know.
    Raises as `unseal` and `seal` do.

    >>> agents, auditors = Reader("agents", key.public), Reader("auditors", ReadingKey.new().public)
    >>> content = seal(opening, scope, [agents])
    >>> more = rewrap(content, scope, [key], add=[auditors])
    >>> rewrap(more, scope, [key], add=[auditors]) == more
    True
    """
    return Sealed.load(content).rewrapped(scope, keys, lambda _: (add, remove), anew=anew).dump()


def swap(
    content: bytes, scope: Scope, keys: Iterable[ReadingKey], swaps: Iterable[tuple[Reader, Reader]]
) -> bytes:
    """Put readers in place of others, each (old, new), where the old one is there; all else stays as it is.

    It takes half of `rewrap`'s time: one wrap is opened, and one made for each who comes. Doing it again
    changes nothing. Raises as `rewrap` does.

    >>> old, new = Reader("agents v1", key.public), Reader("agents v2", ReadingKey.new().public)
    >>> swapped = swap(seal(opening, scope, [old]), scope, [key], [(old, new)])
    >>> [reader.name for reader in who_reads(swapped, [old, new])]
    ['agents v2']
    """
    return Sealed.load(content).swapped(scope, keys, swaps).dump()


def strangers(
    content: bytes, scope: Scope, keys: Iterable[ReadingKey], expected: Iterable[Reader]
) -> list[str]:
    """What wraps are addressed to (32 hex digits) that are neither an expected reader's nor decoys.

    A wrap under an expected reader's id is only seen to be his by himself. Raises as `unseal` does.

    >>> agents, other = Reader("agents", key.public), Reader("?", ReadingKey.new().public)
    >>> len(strangers(seal(opening, scope, [agents, other]), scope, [key], [agents]))
    1
    """
    form = Sealed.load(content)
    secret = _opened(form, scope, keys, plaintext.check)[0]
    known = {form.id_of(reader) for reader in expected}
    return [to.hex() for to in _without_decoys(form, secret) if to not in known]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed record taken apart, its wraps by what they are addressed to: for who asks more than once."""

    entry: str
    nonce: bytes
    content: bytes
    wraps: Mapping[bytes, bytes]
    _ids: dict[bytes, bytes] = field(init=False, repr=False, compare=False, default_factory=dict)

    @classmethod
    def load(cls, content: bytes) -> Sealed:
        """Read one; raises MalformedSealed."""
        if len(content) > MAX_BYTES:
            raise MalformedSealed(f"has {len(content):,} bytes, and no sealed record more than {MAX_BYTES:,}")
        try:
            value: Any = parse(content)
            found = value["format"]
        except (ValueError, TypeError, KeyError):
            found = None
        if found != SEALED:
            raise MalformedSealed(f"is no sealed record of the format {SEALED}, the only one known here")
        try:
            form = cls._of(value)
        except (ValueError, TypeError, KeyError, AttributeError):
            form = None
        # Whatever else is wrong, names too many, not in order or twice, is not this form's bytes.
        if form is None or form.dump() != content:
            raise MalformedSealed("is a sealed record with something missing, changed or added")
        return form

    @classmethod
    def _of(cls, value: Any) -> Sealed | None:
        entry, wraps = value["entry"], value["wraps"]
        fits = _ENTRY.fullmatch(entry) and len(wraps) <= MAX_WRAPS and len(wraps) % STEP == 0
        fits = fits and all(_TO.fullmatch(each["to"]) and _WRAP.fullmatch(each["key"]) for each in wraps)
        nonce, content = b64decode(value["nonce"]), b64decode(value["content"])
        size = len(content) - _TAG
        fits = fits and len(nonce) == _NONCE and size >= plaintext.LEAST and size & (size - 1) == 0
        found = {bytes.fromhex(each["to"]): b64decode(each["key"]) for each in wraps} if fits else {}
        return cls(entry, nonce, content, found) if found else None

    def dump(self) -> bytes:
        """The bytes that are stored."""
        wraps = ",".join(
            f'{{"to":"{to.hex()}","key":"{_b64(key)}"}}' for to, key in sorted(self.wraps.items())
        )
        return (
            f'{{"format":"{SEALED}","entry":"{self.entry}","nonce":"{_b64(self.nonce)}",'
            f'"content":"{_b64(self.content)}","wraps":[{wraps}]}}'
        ).encode()

    def who_reads(self, candidates: Iterable[Reader]) -> list[Reader]:
        """As the function of this name."""
        return [reader for reader in candidates if self.id_of(reader) in self.wraps]

    def rewrapped(
        self, scope: Scope, keys: Iterable[ReadingKey], decide: Decide, *, anew: bool = False
    ) -> Sealed:
        """Sealed to more or fewer readers, as whoever sees what it holds decides; as `rewrap`."""
        secret, opening = _opened(self, scope, keys, plaintext.read)
        add, remove = decide(opening)
        added = {self.id_of(reader): reader for reader in add}
        gone = {self.id_of(reader) for reader in remove} - added.keys()
        if anew:
            gone |= added.keys()
        elif added.keys() <= self.wraps.keys() and not gone & self.wraps.keys():
            return self
        kept = {to: key for to, key in _without_decoys(self, secret).items() if to not in gone}
        new = [reader for to, reader in added.items() if to not in kept]
        return self.to(kept | _wrapped(secret, self, scope, new, others=len(kept)), secret)

    def swapped(
        self, scope: Scope, keys: Iterable[ReadingKey], swaps: Iterable[tuple[Reader, Reader]]
    ) -> Sealed:
        """Sealed to others in place of some readers, each (old, new); as `swap`."""
        there = [(old, new) for old, new in swaps if self.id_of(old) in self.wraps]
        if not there:
            return self
        gone, new = [old for old, _ in there], [new for _, new in there]
        if len({self.id_of(reader) for reader in new} - self.wraps.keys()) < len(gone):
            # One of them has a wrap already: what takes the other's place is a decoy.
            return self.rewrapped(scope, keys, lambda _: (new, gone))
        secret = _opened(self, scope, keys, plaintext.check)[0]
        kept = {to: key for to, key in self.wraps.items() if to not in map(self.id_of, gone)}
        return replace(self, wraps=kept | _wrapped(secret, self, scope, new, others=len(kept)))

    def to(self, wraps: Mapping[bytes, bytes], secret: bytes) -> Sealed:
        """The same record with these wraps, filled up with decoys."""
        return replace(self, wraps={**wraps, **decoys(secret, missing(len(wraps)))})

    def id_of(self, reader: Reader) -> bytes:
        """What a reader's wrap is addressed to here."""
        if reader.key not in self._ids:
            self._ids[reader.key] = key_id(self.entry, reader.key)
        return self._ids[reader.key]


def _wrapped(
    secret: bytes, form: Sealed, scope: Scope, readers: Iterable[Reader], others: int = 0
) -> dict[bytes, bytes]:
    """A wrap for each of the readers, who come beside so many others; raises NoReaders, InvalidArgument."""
    by_id = {form.id_of(reader): reader for reader in readers}
    count = others + len(by_id)
    if not count:
        raise NoReaders(f"nobody could read entry {form.entry}: name at least one reader")
    if count > MAX_WRAPS:
        raise InvalidArgument(
            f"entry {form.entry} would have {count:,} readers, {MAX_WRAPS:,} fit: share a role's key"
        )
    entry = to_bytes(form.entry, 32, "entry")
    return {to: wrap(secret, reader, scope, entry) for to, reader in by_id.items()}


def _without_decoys(form: Sealed, secret: bytes) -> dict[bytes, bytes]:
    false = decoys(secret, STEP - 1)
    return {to: key for to, key in form.wraps.items() if false.get(to) != key}


def _opened(
    form: Sealed, scope: Scope, keys: Iterable[ReadingKey], read: Callable[[str, bytes], T]
) -> tuple[bytes, T]:
    """The content key, and what is read of what it opens; raises as `unseal` does."""
    problem = None
    for secret in _secrets(form, scope, keys):
        if secret is None:
            problem = problem or "is sealed for another desk or chain, or its wraps were changed"
            continue
        try:
            padded = AESGCM(secret).decrypt(form.nonce, form.content, _bound(scope, form.entry))
            return secret, read(form.entry, padded)
        except InvalidTag:
            problem = "is not what was sealed: its content, its entry or a wrap was changed"
        except (ValueError, RecordError) as error:
            problem = error.problem if isinstance(error, SealedMismatch) else "holds what is no record"
    if problem:
        raise SealedMismatch(problem, entry=form.entry)
    raise ContentSealed(form.entry)


def _secrets(form: Sealed, scope: Scope, keys: Iterable[ReadingKey]) -> Iterator[bytes | None]:
    """What each key that has a wrap finds in it; None where the wrap does not open."""
    entry = to_bytes(form.entry, 32, "entry")
    for key in keys:
        if wrapped := form.wraps.get(key_id(form.entry, key.public)):
            yield unwrap(wrapped, key, scope, entry)


def _bound(scope: Scope, entry: str) -> bytes:
    return _BOUND + scope.packed + to_bytes(entry, 32, "entry")


def _b64(value: bytes) -> str:
    return b64encode(value).decode()
