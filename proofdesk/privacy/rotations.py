"""Rotations that did not go through alone, or to their end."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from proofdesk.privacy.members import known, take_covered
from proofdesk.privacy.roles import RoleKey

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk

_MADE = ("create", "rotate")


async def finished(desk: AsyncDesk, now: RoleKey) -> set[str]:
    """Finish the rotation that made a role's key, where whoever did it was stopped before it was logged.

    Returns the addresses of those whom it left out; none where there is nothing to finish, or where this
    keyring does not read all of the access log, and cannot tell.
    """
    if await _is_logged(desk, now):
        return set()
    before = [each for each in await desk.keys.versions(now.name) if each.version < now.version]
    if not before or before[-1].key is None:
        return set()  # whoever makes a role finishes that himself
    members, earlier = await _addresses(desk, now), await _addresses(desk, before[-1])
    if not members:
        return set()  # another tool's, which shares nothing
    out = sorted(set(earlier) - set(members))
    # Late: the log is itself a record, which is sealed to roles.
    from proofdesk.privacy.access_log import append

    await append(desk, "rotate", role=now.name, version=now.version, members=[*members], without=[*out])
    await take_covered(desk, now.name, out, stay=members)
    return set(out)


async def left_meanwhile(
    desk: AsyncDesk, new: RoleKey, members: Collection[str]
) -> tuple[set[str], set[str]]:
    """Whom others took out while a role's new key was made for its members, and whom they shared it to."""
    before = [each for each in await desk.keys.versions(new.name) if each.version < new.version]
    there = set(await _addresses(desk, before[-1])) if before else set()
    return (set(members) - there, there - set(members)) if there else (set(), set())


async def _is_logged(desk: AsyncDesk, role: RoleKey) -> bool:
    log = desk.records.log
    for access in await log.read():
        said = access.details.get("role"), access.details.get("version")
        is_it = access.action in _MADE and said == (role.name, role.version)
        if access.action is None or (is_it and await log.is_signed(access.number)):
            return True
    return False


async def _addresses(desk: AsyncDesk, role: RoleKey) -> list[str]:
    return [member.address for member in (await known(desk, role))[0]]
