"""Whom records are for: roles, and persons to whom tickets were opened, as it stood when a pass began."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from proofdesk._contract_errors import UnknownTicket
from proofdesk._desk import Desk
from proofdesk._errors import ConfigurationError, ContentSealed, IntegrityError, InvalidArgument
from proofdesk._records import Opening
from proofdesk._shell import drive
from proofdesk._store import Store
from proofdesk._words import keccak
from proofdesk.privacy.grants import Grant
from proofdesk.privacy.keyring import SealedCodec
from proofdesk.privacy.keys import Reader, ReadingKey, Scope, unfit
from proofdesk.privacy.registry import FRESH
from proofdesk.privacy.roles import RoleKey
from proofdesk.privacy.sealed import Sealed
from proofdesk.privacy.shares import shares_in
from proofdesk.privacy.threads import is_by_customer, is_own

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk

# Writers take what they read of roles for so long for what they are, and a record is on its way meanwhile.
_GRACE: Final = timedelta(seconds=2 * FRESH)


@dataclass(frozen=True, slots=True)
class _Persons:
    """To whom a ticket is open now, and to whom it may be closed."""

    standing: tuple[Grant, ...]
    ever: tuple[Reader, ...]

    def of(self, kind: str) -> tuple[list[Reader], list[Reader]]:
        """Who reads its records of a kind, and who does not."""
        wanted = [each.reader for each in self.standing if kind in each.kinds]
        keys = {each.key for each in wanted}
        return wanted, [each for each in self.ever if each.key not in keys]

    def told(self) -> list[list[str]]:
        """The same in words that are the same for the same."""
        standing = sorted(f"{each.reader.key.hex()} {sorted(each.kinds)}" for each in self.standing)
        return [standing, sorted(each.key.hex() for each in self.ever)]


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom records are for, and the keys that open them."""

    scope: Scope
    keys: tuple[ReadingKey, ...] = field(repr=False)
    role: str | None
    # Every key that a role ever had, by its public half, which kinds it reads now, and those that are gone
    # for so long that nobody seals to them.
    roles: Mapping[bytes, Reader]
    reads: Mapping[bytes, frozenset[str]]
    old: frozenset[bytes]
    # To whom tickets are open, or were, by their ids; and the tickets of records that open them, which do not
    # name theirs: by "… opened" where the customer is not known to have written it.
    persons: Mapping[str, _Persons]
    opened: Mapping[str, str]
    # Each role's key now and the older ones, where all that they tell is that the role reads a record: it
    # reads the same kinds as ever. None where a record has to be opened for that.
    steady: tuple[tuple[Reader, frozenset[bytes]], ...] | None

    @classmethod
    def of(cls, desk: Desk, role: str | None) -> Audience:
        """What registry and log say; raises ConfigurationError, InvalidArgument."""
        codec = desk.archive.codec
        if not isinstance(codec, SealedCodec):
            raise ConfigurationError("this desk was connected without keyring=, and opens no sealed record")
        versions = desk.keys.versions(role)
        if role is not None and not versions:
            raise InvalidArgument(f"there never was a role {role}: see desk.keys.roles")
        now = {each.name: each for each in versions}  # the last of each name stands
        desk._core.keys.forget()  # what is logged in the end is sealed to these, too
        _refuse_unshared(desk.archive.store, versions, now)
        reads = {each.key: frozenset[str]() for each in versions if each.key}
        for each in now.values():
            if each.key:
                reads[each.key] |= each.kinds
        late = desk.now() - _GRACE
        old = {each.key for each in versions if each.key and now[each.name].since < late}
        # Over one role's keys a pass leaves persons alone.
        persons, opened = ({}, {}) if role is not None else drive(_persons(desk._core))
        return cls(
            scope=codec.scope,
            keys=tuple(codec.held()),
            role=role,
            roles={
                each.key: each.reader for each in versions if each.key and _is_reader(each, now[each.name])
            },
            reads=reads,
            old=frozenset(key for key in old if not reads[key]),
            persons=persons,
            opened=opened,
            steady=None if persons else _steady(versions, now),
        )

    def with_keys(self, keys: Iterable[ReadingKey]) -> Audience:
        """The same with other keys."""
        return replace(self, keys=tuple(keys))

    def digest(self) -> bytes:
        """What a pass goes by: another one's records may be for others."""
        roles = {key.hex(): sorted(kinds) for key, kinds in self.reads.items()}
        persons = {ticket: each.told() for ticket, each in self.persons.items()}
        keys = [self.scope.packed.hex(), self.role, *sorted(key.public.hex() for key in self.keys)]
        return keccak(json.dumps([keys, roles, persons, self.opened], sort_keys=True).encode())

    def swaps(self, there: Collection[bytes]) -> list[tuple[Reader, Reader]] | None:
        """Which keys of roles, of those `there`, others take the place of; None where that is not all.

        A record that a role has no wrap of may be of a kind that it does not read, or older than the role.
        """
        if self.steady is None:
            return None
        found = []
        for reader, older in self.steady:
            left = older.intersection(there)
            if len(left) + (reader.key in there) != 1:
                return None
            found += [(self.roles[key], reader) for key in left]
        return found

    def changes(
        self, form: Sealed, opening: Opening, there: Collection[bytes]
    ) -> tuple[list[Reader], list[Reader]]:
        """Who is to join a record's readers, and who to leave them; `there` are those of roles."""
        kind = opening.record.kind
        add = [each for key, each in self.roles.items() if kind in self.reads[key] and key not in there]
        remove = [self.roles[key] for key in there if kind not in self.reads[key]]
        ticket = self.opened.get(opening.entry) if kind == "open" else opening.record.ticket
        if ticket is not None and ticket in self.persons:
            wanted, unwanted = self.persons[ticket].of(kind)
            known = {each.key for each in form.who_reads([*wanted, *unwanted])}
            add += [each for each in wanted if each.key not in known]
            remove += [each for each in unwanted if each.key in known]
        return add, remove


def _steady(
    versions: Iterable[RoleKey], now: Mapping[str, RoleKey]
) -> tuple[tuple[Reader, frozenset[bytes]], ...] | None:
    """What Audience.steady is."""
    keys, owners = defaultdict[str, set[bytes]](set), defaultdict[bytes, set[str]](set)
    for each in versions:
        if each.key is None or each.kinds != now[each.name].kinds:
            return None
        keys[each.name].add(each.key)
        owners[each.key].add(each.name)
    if any(len(names) > 1 for names in owners.values()):
        return None
    return tuple((now[name].reader, frozenset(all_ - {now[name].key})) for name, all_ in keys.items())


def _is_reader(version: RoleKey, now: RoleKey) -> bool:
    """Whether a version of a role has a key; an old one that nobody can seal to is none."""
    return version.key is not None and (version.key == now.key or not unfit(version.key))


def _refuse_unshared(store: Store, versions: Iterable[RoleKey], now: Mapping[str, RoleKey]) -> None:
    """Raise ConfigurationError for a role whose older key would go before anybody has the new one."""
    older = {each.name for each in versions if each.key and each.key != now[each.name].key}
    shared = {(share.role, share.key) for share in shares_in(store)} if older else set()
    for name in sorted(older):
        key = now[name].key
        if key is not None and (name, key) not in shared:
            raise ConfigurationError(
                f"the key of role {name} v{now[name].version} is shared to nobody in {store}, and what is "
                "sealed to it alone nobody would read: share it, or rotate it by desk.keys.rotate"
            )


async def _persons(desk: AsyncDesk) -> tuple[dict[str, _Persons], dict[str, str]]:
    """Whom tickets were ever opened to, by their ids, and these tickets by the entries that opened them."""
    grants, persons, opened = desk.records.grants, {}, {}
    for ticket in await grants.tickets():
        try:
            # Of a key that is the customer's too nothing is taken away.
            own = (await desk.records.origin(ticket)).reply_key
            first = (await desk.tickets.acts(ticket))[0]
            record = (await desk.run(desk.archive.read, first.entry)).record
            standing, ever = await grants.standing(ticket), await grants.ever(ticket)
        except (UnknownTicket, InvalidArgument):
            continue  # anybody can write to a log what he likes
        except (IntegrityError, ContentSealed):
            # Nobody can tell here, and then all stays as it is but for who is to join.
            persons[ticket] = _Persons(tuple(await grants.standing(ticket)), ())
            continue
        gone = {each.reader for each in ever if each.reader.key != own}
        persons[ticket] = _Persons(tuple(standing), tuple(gone))
        if is_by_customer(record, first):
            opened[first.entry] = ticket
        elif await is_own(desk, first, record):
            # Whoever opened a ticket with it is not known to have written it, and opens it to nobody.
            opened[first.entry] = f"{ticket} opened"
            persons[opened[first.entry]] = _Persons(tuple(await grants.by_office(ticket)), tuple(gone))
    return persons, opened
