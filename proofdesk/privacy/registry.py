"""Keys that records are sealed to: a person's own, and those of roles, which their members share.

Which they are the node says. One that lies has words sealed to a key of its own: write through your own node,
or one that you trust with what you write.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any, Final

from proofdesk._abi import topic
from proofdesk._errors import ConfigurationError, InvalidArgument
from proofdesk._models import Event
from proofdesk._reader import NodeContradicts
from proofdesk._shell import blocking
from proofdesk._words import moment, to_bytes, to_hex
from proofdesk.privacy.keyring import SealedCodec
from proofdesk.privacy.keys import Reader, ReadingKey
from proofdesk.privacy.members import REGISTRY, Member, give, known, may_publish, shares, take, take_covered
from proofdesk.privacy.published import AsyncOwnKeys, key_in
from proofdesk.privacy.roles import RoleKey, kinds_of, mask_of, role_name, role_word
from proofdesk.privacy.rotations import finished, left_meanwhile
from proofdesk.signed.signers import account_address

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk
    from proofdesk._desk import Desk

FRESH: Final = 30.0  # seconds in which what a desk knows of its roles is taken for what they are

_NONE: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class Rotated:
    """A role's new key: who has it, and who has it no more without having been named.

    `left` are members whose own key is retired, whose share nobody vouches for who may publish the role's
    keys, or to whom it was shared while this went on: share it to them again where they belong.
    """

    role: RoleKey
    members: tuple[str, ...]
    left: tuple[str, ...]


class AsyncKeys(AsyncOwnKeys):
    """A desk's keys. What changes a role is for an account with the role KEYS_EDITOR, and is logged.

    Each raises ConfigurationError for a desk that was deployed without a registry of keys, InvalidArgument
    for what cannot be meant, ConnectionLost; what sends, also what `Sender.send` raises.
    """

    def __init__(self, desk: AsyncDesk) -> None:
        super().__init__(desk)
        self._roles: list[RoleKey] = []
        self._read_at = -inf

    # ------------------------------------------------------------------------------------------------ roles

    async def roles(self) -> list[RoleKey]:
        """The roles that read, each with its key now, in the order of their first ones.

        >>> [role.name for role in desk.keys.roles()]
        ['agents', 'supervisors', 'auditors']
        """
        found = await self._read("roles")
        return [_role(word, key, reads, version, since) for word, key, reads, version, since in found]

    async def fresh_roles(self) -> list[RoleKey]:
        """The roles as they were read at most 30 seconds ago, for what writes many records."""
        if not self._roles or time.monotonic() - self._read_at > FRESH:
            begun = time.monotonic()
            self._roles, self._read_at = await self.roles(), begun
        return self._roles

    def forget(self) -> None:
        """Have `fresh_roles` read them anew, where they are known to have changed."""
        self._read_at = -inf

    async def versions(self, role: str | None = None) -> list[RoleKey]:
        """Every key that a role, or each, ever had, the oldest first; those of no key are of its retirement.

        Raises NodeContradicts where the node's logs do not have all that the registry's state tells of.

        >>> [role.version for role in desk.keys.versions("agents")]
        [1]
        """
        wanted = [topic(REGISTRY, "RoleKeyPublished"), None if role is None else to_hex(role_word(role))]
        # Before the logs, which may then have more.
        now = [each for each in await self.roles() if role in (None, each.name)]
        times: dict[int, int] = {}
        found = []
        for event in await self._logs(wanted):
            if event.block not in times:
                times[event.block] = int((await self._desk.now(event.block)).timestamp())
            said = event.arguments
            named = said["role"], said["key"], said["reads"], said["version"], times[event.block]
            found.append(_role(*named))
        _refuse_gaps(found, now)
        return found

    async def members(self, role: str) -> list[Member]:
        """Who is shared the key that a role has now, by the hand of somebody who may publish its keys.

        >>> agent.sender.address in [member.address for member in desk.keys.members("agents")]
        True
        """
        return (await known(self._desk, await self._role(role)))[0]

    async def create_role(self, name: str, reads: Iterable[str], members: Iterable[str]) -> RoleKey:
        """Make a role that reads these kinds of records, and share its key to its members' published ones.

        Its key stands nowhere in the clear: whoever makes it and is no member has it no more afterwards.
        Interrupted, it is finished by the same call. Raises InvalidArgument for a role that is there with
        other members or kinds, or a member without a key.

        >>> auditor = agent.sender.address
        >>> desk.keys.create_role("court", ["open", "reply"], [auditor]).version
        1
        """
        word, mask = role_word(name), mask_of(reads)
        addresses = _addresses(members)
        await self._refuse_unless_editor()
        roles = await self.roles()
        self._refuse_unlogged(roles, mask)
        there = [role for role in roles if role.name == name]
        readers = [await self.reader_of(address) for address in addresses]
        if not there or there[0].key is None:
            role = await self._new_key(name, word, mask, readers)
        else:
            role = there[0]
            there_too = {member.address for member in await self.members(name)}
            if role.kinds != kinds_of(mask) or there_too != set(addresses):
                raise InvalidArgument(
                    f"role {name} is there already, with version {role.version} of its key: "
                    "share it, or rotate it"
                )
        await self._log("create", role=name, version=role.version, members=list(addresses))
        return role

    async def share(self, role: str, member: str) -> None:
        """Share a role's key, and older ones as far as this keyring has them, to an account's published key.

        Raises InvalidArgument for a role that is not there, an account without a key or with a retired one;
        ConfigurationError where this desk's keyring does not have the role's key; AccessManagedUnauthorized.
        """
        now, reader = await self._role(role), await self.reader_of(member)
        await self._refuse_unless_editor()
        codec = self._codec()
        ever = {each.key for each in await self.versions(role)}
        keys = await self._desk.run(lambda: [key for key in codec.held() if key.public in ever])
        if now.key not in {key.public for key in keys}:
            raise ConfigurationError(
                f"this keyring does not have the key of role {role} v{now.version}: have it shared by a "
                "member who has the role KEYS_EDITOR, or rotate it"
            )
        # Logged first: nobody is given what the log does not tell.
        await self._log("share", role=role, version=now.version, member=reader.name)
        for key in keys:
            await give(self._desk, role, key, [reader])

    async def unshare(self, role: str, member: str) -> None:
        """Delete what was shared of a role to an account. It may have kept the key: only `rotate` ends that.

        Raises InvalidArgument where nothing is shared to it, AccessManagedUnauthorized.
        """
        role_word(role)  # which refuses what no role is called
        address = account_address(member)
        await self._refuse_unless_editor()
        found = [share for share in await shares(self._desk, role) if share.member == address]
        if not found:
            raise InvalidArgument(f"nothing of role {role} is shared to {address}: see desk.keys.members")
        await self._log("unshare", role=role, member=address)
        await take(self._desk, found)

    async def rotate(
        self, role: str, *, without: Iterable[str] = (), reads: Iterable[str] | None = None
    ) -> Rotated:
        """Give a role a new key: shared to its members but for those named, published, logged.

        What is written from now on, some 30 seconds later everywhere, is sealed to the new key. What was
        written before is still sealed to the old one until `proofdesk.ops.rewrapping.rewrap_all` is through.
        Whom others take out at the same time stays out. Interrupted, it is finished by the same call.
        `reads` are the kinds that it reads from now on. Raises InvalidArgument for a role that is not there,
        somebody named who was no member, or where no member would be left; AccessManagedUnauthorized.
        """
        now = await self._role(role)
        mask = mask_of(now.kinds if reads is None else reads)
        out = _addresses(without, at_least=0)
        await self._refuse_unless_editor()
        gone = await finished(self._desk, now)
        found, doubtful = await known(self._desk, now)
        named = [member.address for member in found]
        if gone.issuperset(out) and out and mask == mask_of(now.kinds):
            return Rotated(now, tuple(named), tuple(doubtful))
        if strangers := [each for each in out if each not in (*named, *doubtful, *gone)]:
            raise InvalidArgument(f"{strangers[0]} is no member of role {role}: see desk.keys.members")
        readers, left = [], [each for each in doubtful if each not in out]
        for address in (each for each in named if each not in out):
            try:
                readers.append(await self.reader_of(address))
            except InvalidArgument:
                left.append(address)
        if not readers:
            raise InvalidArgument(f"nobody would have the new key of role {role}: share it to others first")
        new = await self._new_key(role, role_word(role), mask, readers)
        members = tuple(reader.name for reader in readers)
        taken, given = await left_meanwhile(self._desk, new, [*members, *out, *left])
        await self._log("rotate", role=role, version=new.version, members=list(members), without=list(out))
        await take_covered(self._desk, role, out, stay=members)
        if back := taken.intersection(members):
            # Who was taken out while this one was on its way has its key now.
            return await self.rotate(role, without=back)
        return Rotated(new, members, (*left, *sorted(given)))

    # --------------------------------------------------------------------------------------------- internal

    async def _new_key(self, name: str, word: bytes, mask: int, readers: list[Reader]) -> RoleKey:
        """Make, share and publish a key. Shared first: what was sealed to it in between is then readable."""
        key = ReadingKey.new()
        await give(self._desk, name, key, readers)
        result = await self._desk.send(REGISTRY, "publishRole", to_hex(word), to_hex(key.public), mask)
        self.forget()
        version: Any = next(
            event.arguments["version"]
            for event in result.events
            if isinstance(event, Event) and event.name == "RoleKeyPublished"
        )
        since = int((await self._desk.now(result.block)).timestamp())
        return _role(to_hex(word), to_hex(key.public), mask, version, since)

    async def _role(self, name: str) -> RoleKey:
        role_word(name)  # which refuses what no role is called
        there = await self.roles()
        found = next((role for role in there if role.name == name), None)
        if found is None or found.key is None:
            names = ", ".join(role.name for role in there if role.key is not None) or "none"
            raise InvalidArgument(
                f"there is no role {name} that reads, only {names}: make it by desk.keys.create_role"
            )
        return found

    async def _refuse_unless_editor(self) -> None:
        """Raise what the contract would: shares are made without it."""
        me = self._desk.sender.address
        if not await may_publish(self._desk, me):
            from proofdesk._contract_errors import AccessManagedUnauthorized

            raise AccessManagedUnauthorized(me)

    def _refuse_unlogged(self, roles: list[RoleKey], mask: int) -> None:
        """Refuse what could not be logged afterwards: an entry of the log needs a reader too."""
        logged = kinds_of(mask).union(*(role.kinds for role in roles))
        if "access" in logged or self._desk.keyring is not None:
            return
        raise ConfigurationError(
            "nobody would read the log of who may read: make a role first that reads records of kind access, "
            "or connect with keyring="
        )

    def _codec(self) -> SealedCodec:
        codec = self._desk.archive.codec
        if not isinstance(codec, SealedCodec):
            raise ConfigurationError("this desk was connected without keyring=, so it has no role's key")
        return codec

    async def _log(self, action: str, **details: Any) -> None:
        # Late: the log is itself a record, which is sealed to roles.
        from proofdesk.privacy.access_log import append

        await append(self._desk, action, **details)


class Keys:
    """AsyncKeys' blocking twin."""

    def __init__(self, desk: Desk) -> None:
        self._core = desk._core.keys

    publish = blocking(AsyncKeys.publish)
    retire = blocking(AsyncKeys.retire)
    sign_publish = blocking(AsyncKeys.sign_publish)
    sign_retire = blocking(AsyncKeys.sign_retire)
    carry = blocking(AsyncKeys.carry)
    of = blocking(AsyncKeys.of)
    roles = blocking(AsyncKeys.roles)
    versions = blocking(AsyncKeys.versions)
    members = blocking(AsyncKeys.members)
    create_role = blocking(AsyncKeys.create_role)
    share = blocking(AsyncKeys.share)
    unshare = blocking(AsyncKeys.unshare)
    rotate = blocking(AsyncKeys.rotate)
    reader_of = blocking(AsyncKeys.reader_of)


def _role(word: str, key: str, reads: int, version: int, since: int) -> RoleKey:
    name = role_name(to_bytes(word, 32, "role"))
    return RoleKey(name, key_in(key), kinds_of(reads), version, moment(since))


def _refuse_gaps(logged: Iterable[RoleKey], now: Iterable[RoleKey]) -> None:
    """Raise NodeContradicts where logs lack versions of roles that there are: a node may have pruned them.

    Whoever goes by the rest takes an older key for the one that there is now.
    """
    by_name = defaultdict[str, list[RoleKey]](list)
    for each in logged:
        by_name[each.name].append(each)
    for role in now:
        found = by_name[role.name]
        is_whole = [each.version for each in found] == list(range(1, len(found) + 1))
        last = found[role.version - 1] if len(found) >= role.version else None
        if not is_whole or last is None or (last.key, last.kinds) != (role.key, role.kinds):
            raise NodeContradicts(
                f"the registry has version {role.version} of role {role.name}, and its logs do not tell of "
                "all until then"
            )


def _addresses(members: Iterable[str], *, at_least: int = 1) -> tuple[str, ...]:
    given = [members] if isinstance(members, str) else members
    addresses = tuple(dict.fromkeys(map(account_address, given)))
    if len(addresses) < at_least:
        raise InvalidArgument("nobody would have the role's key: name its members' addresses")
    return addresses
