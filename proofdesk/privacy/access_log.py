"""The access log of a desk: appended to, read as far as it has grown, and checked.

An entry is added in an order that a crash cannot harm: its record is kept, then the entry is created under
the next number, by one of those who try, then its link is queued to be anchored. Whoever is killed before the
second step has logged nothing; after it, whoever appends next, or calls `settle`, queues the link.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from proofdesk._errors import ContentErased, ContentMissing, ContentSealed, ContentTampered, InvalidArgument
from proofdesk._records import Json, commit, compose
from proofdesk._rpc import NodeError
from proofdesk._words import keccak, to_hex
from proofdesk.anchors.queue import enqueue
from proofdesk.privacy.access_entry import (
    ACTIONS,
    SHELF,
    START,
    Access,
    AccessEntry,
    AccessLogBroken,
    check_row,
    key_of,
    told,
)
from proofdesk.privacy.keyring import SealedCodec
from proofdesk.privacy.keys import Scope
from proofdesk.privacy.numbered import Row
from proofdesk.signed.signers import Signer, address_in, checked_signature, signature_by

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk

_MAGIC: Final = keccak(b"isValidSignature(bytes32,bytes)")[:4]
_GAS: Final = 1_000_000  # for a smart account's answer


async def append(desk: AsyncDesk, action: str, **details: Json) -> Access:
    """Log what was done about access, as the desk's account; raises as `AccessLog.append`."""
    return await desk.records.log.append(action, details)


class AccessLog:
    """A desk's access log; what was read once is not read again."""

    def __init__(self, desk: AsyncDesk) -> None:
        self._desk = desk
        self._scope = Scope.of(desk.deployment)
        self._entries: list[AccessEntry] = []
        self._read: list[Access] = []
        self._signed: set[int] = set()
        # How many keys have tried to open what is sealed among them, and how often some of it opened later.
        self._tried = 0
        self.reopened = 0

    async def append(
        self, action: str, details: Mapping[str, Json], *, signer: Signer | None = None
    ) -> Access:
        """Add an entry; `signer` is by default the desk's account.

        Raises InvalidArgument for an unknown action, InvalidRecord, AccessLogBroken where its end cannot be
        read, ConfigurationError, and what the signer raises.
        """
        if action not in ACTIONS:
            raise InvalidArgument(
                f"{action!r} is no action on access; there are {', '.join(sorted(ACTIONS))}"
            )
        by = self._desk.sender.address if signer is None else address_in(signer)
        record = compose({"data": {"action": action, **details}}, kind="access", author=by)
        opening = commit(record)
        await self._desk.keep(opening)
        while True:
            last = await self._desk.run(self._last)
            number, previous = (last.number, last.link) if last else (0, START)
            unsigned = AccessEntry(self._scope, number + 1, opening.entry, previous, by)
            entry = unsigned.signed(await self._sign(unsigned, signer))
            if await self._desk.run(self._row.create, entry.number, entry.dump()):
                break
        await self._desk.run(enqueue, self._desk.archive.store, entry.link)
        return told(entry, opening)

    async def read(self) -> Sequence[Access]:
        """All that was logged so far, in order, which grows; of what no key at hand opens only who and that.

        Raises AccessLogBroken where entries are missing, were exchanged, or say another thing than their
        records. Signatures are looked at by `is_signed`.
        """
        known = len(self._entries)
        entries, read, opened = await self._desk.run(self._new, known)
        # Another task may have come first.
        if len(self._entries) == known:
            self._entries += entries
            self._read += read
        for access in opened:
            self._read[access.number - 1] = access
        self.reopened += bool(opened)
        return self._read

    async def settle(self) -> None:
        """Finish what somebody who was stopped has begun: have the last entry's link anchored."""
        await self._desk.run(self._last)

    async def is_signed(self, number: int) -> bool:
        """Whether the account that an entry names has signed it; a smart account is asked on chain."""
        entry = self._entries[number - 1]
        if number not in self._signed and (entry.is_signed_by_key() or await self.is_accepted(entry)):
            self._signed.add(number)
        return number in self._signed

    async def check(self) -> Sequence[Access]:
        """Read and check all of it: each link, each signature, that nothing lies behind a gap.

        Raises AccessLogBroken naming the first entry that is not as it should be.

        >>> desk.records.log.check() == desk.records.access()
        True
        """
        read = await self.read()
        for access in read:
            if not await self.is_signed(access.number):
                raise AccessLogBroken(access.number, f"is not signed by {access.by}")
        expected = {key_of(access.number) for access in read}
        behind = await self._desk.run(lambda: set(self._row.shelf) - expected)
        # Somebody may just have added to it.
        if behind - {key_of(access.number) for access in await self.read()}:
            raise AccessLogBroken(len(self._read) + 1, "is missing, and there are others behind it")
        return read

    # ---------------------------------------------------------------------------------------------- internal

    @property
    def _row(self) -> Row:
        return Row(self._desk.archive.store.shelf(SHELF), key_of)

    def _end(self, known: int) -> int:
        if known and key_of(known) not in self._row.shelf:
            raise AccessLogBroken(known, "was there, and is gone")
        return self._row.end(known)

    def _load(self, number: int) -> AccessEntry:
        return AccessEntry.load(self._row.get(number), self._scope, number)

    def _last(self) -> AccessEntry | None:
        """The last entry, whose link is then queued for sure."""
        known = len(self._entries)
        end = self._end(known)
        last = self._entries[-1] if 0 < end == known else self._load(end) if end else None
        if last:
            enqueue(self._desk.archive.store, last.link)
        return last

    def _new(self, known: int) -> tuple[list[AccessEntry], list[Access], list[Access]]:
        """The entries that have come, what they tell, and what those of before tell that were sealed then."""
        entries = [self._load(number) for number in range(known + 1, self._end(known) + 1)]
        check_row(entries, self._entries[known - 1] if known else None)
        opened = self._opened([access.number for access in self._read[:known] if access.action is None])
        return entries, [self._told(entry) for entry in entries], opened

    def _opened(self, sealed: Sequence[int]) -> list[Access]:
        """What entries tell that were sealed to this keyring, if it has more keys than when it tried."""
        codec = self._desk.archive.codec
        # A role may be shared late: what is granted and revoked by then counts all the same.
        keys = sum(1 for _ in codec.held()) if sealed and isinstance(codec, SealedCodec) else 0
        if keys <= self._tried:
            return []
        told = [self._told(self._entries[number - 1]) for number in sealed]
        self._tried = keys
        return [access for access in told if access.action is not None]

    def _told(self, entry: AccessEntry) -> Access:
        try:
            return told(entry, self._desk.archive.read(entry.entry))
        except ContentSealed as sealed:
            return told(entry, sealed)
        except (ContentErased, ContentMissing, ContentTampered) as error:
            raise AccessLogBroken(entry.number, f"has no record any more: {error}") from error

    async def _sign(self, entry: AccessEntry, signer: Signer | None) -> bytes:
        account: Any = self._desk.sender.account if signer is None else signer
        if not isinstance(account, str):
            return await self._desk.run(signature_by, account, entry)
        given = await self._desk.node.request("eth_signTypedData_v4", account, entry.typed_data)
        return checked_signature(entry, given, owner=entry.by)

    async def is_accepted(self, entry: AccessEntry) -> bool:
        """Whether the smart account that an entry names takes its signature for its own."""
        signature = bytes.fromhex(entry.signature[2:])
        question = _MAGIC + bytes.fromhex(entry.digest[2:]) + (64).to_bytes(32, "big")
        question += len(signature).to_bytes(32, "big") + signature + bytes(-len(signature) % 32)
        call = {"to": entry.by, "data": to_hex(question), "gas": hex(_GAS)}
        try:
            answer = await self._desk.node.request("eth_call", call, "latest")
        except NodeError:
            return False
        return bytes.fromhex(answer[2:66]) == _MAGIC.ljust(32, b"\0")
