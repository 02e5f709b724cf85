"""Leaving a desk: one's certificates are resigned, one's reading key is retired; what one did verifies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofdesk._certification import CERTIFICATION
from proofdesk._models import Standing
from proofdesk._records import Json
from proofdesk.privacy.access_log import append
from proofdesk.privacy.keyring import SealedCodec
from proofdesk.privacy.members import shares
from proofdesk.privacy.roles import RoleKey

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk

_HELD = (Standing.ACTIVE, Standing.SUSPENDED)


@dataclass(frozen=True, slots=True)
class Left:
    """What a leaver gave back: his certificates, the version of his retired key, roles whose keys he knows.

    Whoever may publish roles' keys takes him out of those by `desk.keys.rotate(role, without=[…])`.
    """

    certificates: tuple[int, ...]
    key: int | None
    roles: tuple[str, ...]


async def leave(desk: AsyncDesk) -> Left:
    """Leave, as `Records.leave` says."""
    me = desk.sender.address
    count = await desk.read(CERTIFICATION, "programCount")
    found = [await desk.certification.of(me, program) for program in range(1, count + 1)]
    held = sorted({each.id for each in found if each is not None and each.standing in _HELD})
    published = await desk.keys.of(me)
    version = published.version if published is not None and published.key is not None else None
    known = [role.name for role in await desk.keys.roles() if await _knows(desk, role)]
    left = Left(tuple(held), version, tuple(known))
    # Whoever was stopped has said so already.
    log = desk.records.log
    said = [each for each in await log.read() if (each.action, each.by) == ("leave", me)]
    signed = [each for each in said if await log.is_signed(each.number)]
    is_said = any(_covers(each.details, held, version) for each in signed)
    if (held or version is not None) and not is_said:
        await append(desk, "leave", certificates=list(held), key=version, roles=list(known))
    for certificate in held:
        await desk.certification.resign(certificate)
    if version is not None:
        await desk.keys.retire()
    return left


async def _knows(desk: AsyncDesk, role: RoleKey) -> bool:
    """Whether the account has a role's key now, whoever shared it; or a share of it that is still there."""
    codec, me = desk.archive.codec, desk.sender.address
    if role.key is None:
        return False
    if isinstance(codec, SealedCodec):
        held = await desk.run(codec.holder_of, role.key)
        if held is not None:
            return True
    return any((each.key, each.member) == (role.key, me) for each in await shares(desk, role.name))


def _covers(details: Mapping[str, Json], held: list[int], key: int | None) -> bool:
    named = details.get("certificates")
    has_all = isinstance(named, list) and all(certificate in named for certificate in held)
    return has_all and key in (None, details.get("key"))
