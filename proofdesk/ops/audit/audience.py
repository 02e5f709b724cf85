"""Who can read a record, against who should: roles by their versions, its customer, grants, its writer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from proofdesk._desk import Desk
from proofdesk._records import Record
from proofdesk._shell import drive
from proofdesk.ops.audit.chain import Chain
from proofdesk.ops.audit.differences import Kind, Tally
from proofdesk.ops.audit.looking import Looked, State
from proofdesk.privacy.access_entry import AccessLogBroken
from proofdesk.privacy.errors import SealedMismatch
from proofdesk.privacy.grants import Grant
from proofdesk.privacy.keyring import SealedCodec
from proofdesk.privacy.keys import Reader, unfit
from proofdesk.privacy.members import REGISTRY
from proofdesk.privacy.registry import FRESH
from proofdesk.privacy.roles import RoleKey
from proofdesk.privacy.sealed import strangers, who_reads
from proofdesk.privacy.shares import shares_in
from proofdesk.privacy.threads import Origin
from proofdesk.privacy.writing import INTERNAL, TO_CUSTOMER

if TYPE_CHECKING:
    from proofdesk._store import Store

# Writers take roles for what they were so long ago, and a record is on its way meanwhile.
GRACE: Final = timedelta(seconds=2 * FRESH)

_MUST: Final = TO_CUSTOMER | {"open"}  # others the desk may write who cannot read the customer's key


@dataclass(frozen=True, slots=True)
class Persons:
    """Who of persons reads a ticket: its customer by a key, and to whom it was opened, standing or not.

    `is_hidden` where the record that has the customer's key cannot be read here.
    """

    customer: str | None = None
    reply_key: bytes | None = None
    is_hidden: bool = False
    ever: tuple[Grant, ...] = ()
    standing: tuple[Grant, ...] = ()


class Roles:
    """The roles of a registry with all their versions, and who is shared which of their keys."""

    def __init__(self, versions: Iterable[RoleKey], store: Store) -> None:
        self.versions: dict[str, list[RoleKey]] = defaultdict(list)
        for version in versions:
            self.versions[version.name].append(version)
        self.now = {name: each[-1] for name, each in self.versions.items()}
        self.keys = {
            each.key: each
            for row in self.versions.values()
            for each in row
            if each.key and not unfit(each.key)
        }
        self.members: dict[bytes, set[str]] = defaultdict(set)
        for share in shares_in(store):
            self.members[share.key].add(share.member)

    def then(self, name: str, at: datetime) -> RoleKey | None:
        """A role's version at a moment."""
        return next((each for each in reversed(self.versions[name]) if each.since <= at), None)

    def gone(self, key: bytes) -> datetime:
        """Since when a role's key, which is not what records are sealed to, is none any more."""
        row = self.versions[self.keys[key].name]
        last = max(place for place, each in enumerate(row) if each.key == key)
        # The last one stands, and reads other kinds since.
        return row[min(last + 1, len(row) - 1)].since


class Audience:
    """Holds a record's wraps against what registry, opening record and access log say."""

    def __init__(self, chain: Chain, desk: Desk, tally: Tally) -> None:
        self._chain, self._desk, self._tally = chain, desk, tally
        # Where entries of the access log are not known a wrap may be to somebody whom one of them names.
        self.knows_grants = True
        versions = desk.keys.versions() if chain.has(REGISTRY) else []
        self.roles = Roles(versions, desk.archive.store)

    def persons(self, ticket: str, customer: str, origin: Origin | None) -> Persons:
        """Who of persons reads a ticket, by what its later records hang on, as far as that is readable."""
        found = Persons(customer, None if origin is None else origin.reply_key, is_hidden=origin is None)
        grants = self._desk._core.records.grants
        try:
            if ticket not in drive(grants.tickets()):
                return found
            ever, standing = drive(grants.ever(ticket)), drive(grants.standing(ticket))
        except AccessLogBroken:
            return found
        return replace(found, ever=tuple(ever), standing=tuple(standing))

    def check(self, looked: Looked, where: str, at: datetime, persons: Persons) -> None:
        """Who can read a record that opened; one that is kept in the clear anybody can who has the store."""
        codec = self._desk.archive.codec
        if looked.state is not State.OPENED or looked.opening is None or not isinstance(codec, SealedCodec):
            return
        record = looked.opening.record
        candidates = self._candidates(record, persons)
        there = {each.key for each in who_reads(looked.content, candidates.values())}
        self._check_roles(record, where, at, there)
        self._check_persons(record, where, at, there, persons)
        try:
            unknown = strangers(looked.content, codec.scope, codec.held(), candidates.values())
        except SealedMismatch:
            return  # it was opened a moment ago: somebody re-wrapped it
        if len(unknown) <= self._own(record, there, persons):
            return
        if self.knows_grants or record.kind == "access":
            found = f"{len(unknown)} wraps of nobody whom registry, opening record or access log know"
            self._tally.add(Kind.STRANGER, where, "wraps to its readers alone", found)
        else:
            self._tally.count("readers that the log may name")

    # --------------------------------------------------------------------------------------------- internal

    def _candidates(self, record: Record, persons: Persons) -> dict[bytes, Reader]:
        found = {key: role.reader for key, role in self.roles.keys.items()}
        if persons.reply_key and record.kind not in INTERNAL and not unfit(persons.reply_key):
            found.setdefault(persons.reply_key, Reader("customer", persons.reply_key))
        for grant in persons.ever:
            found.setdefault(grant.reader.key, grant.reader)
        for key in self._chain.ledger.keys_of(record.author):
            if not unfit(key):
                found.setdefault(key, Reader(record.author, key))
        return found

    def _check_roles(self, record: Record, where: str, at: datetime, there: Collection[bytes]) -> None:
        kind, late, found_old = record.kind, self._chain.now - GRACE, set()
        for key in there & self.roles.keys.keys():
            role = self.roles.keys[key]
            now = self.roles.now[role.name]
            if now.key == key and kind in now.kinds:
                continue
            found_old.add(role.name)
            if self.roles.gone(key) <= late:
                self._tally.add(Kind.OLD_KEY, where, _expected(now, kind), f"a wrap to {role.reader.name}")
        for name, now in self.roles.now.items():
            if now.key is None or kind not in now.kinds or now.key in there or name in found_old:
                continue
            then = self.roles.then(name, at - GRACE)
            if now.key not in self.roles.keys or then is None or then.key is None or kind not in then.kinds:
                continue  # a role that came later reads it once it is re-wrapped
            self._tally.add(Kind.NO_READER, where, f"a wrap to {now.reader.name}", "none")

    def _check_persons(
        self, record: Record, where: str, at: datetime, there: Collection[bytes], persons: Persons
    ) -> None:
        key = persons.reply_key
        # He himself may write without his keys.
        is_his = record.author == persons.customer and record.kind != "open"
        if key and record.kind in _MUST and key not in there and not unfit(key) and not is_his:
            self._tally.add(Kind.NO_READER, where, "a wrap to its customer", "none")
        if record.kind in INTERNAL:
            key = None
        wanted = {grant.reader.key for grant in persons.standing if record.kind in grant.kinds}
        for grant in persons.standing:
            # The customer reads no log, and seals to those whom he knows.
            is_late = record.author == persons.customer and at > grant.since
            if grant.reader.key in wanted and grant.reader.key not in there and not is_late:
                expected = f"a wrap to {grant.reader.name}, by entry {grant.number} of the access log"
                self._tally.add(Kind.NO_READER, where, expected, "none")
        known = wanted | {key} | set(self.roles.keys) | set(self._chain.ledger.keys_of(record.author))
        for grant in {each.reader.key: each for each in persons.ever}.values():
            if grant.reader.key in there and grant.reader.key not in known:
                found = f"a wrap to {grant.reader.name}, of entry {grant.number} of the access log"
                self._tally.add(
                    Kind.OLD_KEY, where, f"no wrap to whom no record of kind {record.kind} is open", found
                )

    def _own(self, record: Record, there: Collection[bytes], persons: Persons) -> int:
        """How many wraps may be of whom nobody can name: a writer who reads it in no other way."""
        author = record.author
        by_role = any(author in self.roles.members[key] for key in there if key in self.roles.keys)
        by_key = any(key in there for key in self._chain.ledger.keys_of(author))
        as_customer = author == persons.customer and persons.reply_key in there
        own = 0 if by_role or by_key or as_customer else 1
        return own + (persons.is_hidden and record.kind not in INTERNAL)


def _expected(now: RoleKey, kind: str) -> str:
    if now.key is None:
        return f"no wrap: role {now.name} was retired with version {now.version}"
    if kind not in now.kinds:
        return f"no wrap: role {now.name} v{now.version} reads no record of kind {kind}"
    return f"a wrap to {now.name} v{now.version}, which took its place"
