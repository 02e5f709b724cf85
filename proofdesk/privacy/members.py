"""Who is shared a role: shares made, found, and believed where somebody vouches for them who may."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from proofdesk._abi import encode_call
from proofdesk._words import to_hex
from proofdesk.privacy.keys import Reader, ReadingKey, Scope
from proofdesk.privacy.roles import RoleKey
from proofdesk.privacy.shares import SHARES, Membership, Share, put_shares, seal_share, shares_in
from proofdesk.signed.signers import Signer, signature_by

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk

REGISTRY = "KeyRegistry"

_CHANGES: Final = frozenset({"create", "share", "unshare", "rotate"})


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who is shared a role: his address, the public key of 32 bytes it was sealed to, who did it."""

    address: str
    key: bytes = field(repr=False)
    by: str


async def give(desk: AsyncDesk, role: str, key: ReadingKey, readers: Iterable[Reader]) -> None:
    """Share a role's key to readers, whose names are their addresses, and sign that they are members."""
    # Late: who reads and writes signs nothing.
    from proofdesk.claims.chain import signed_by

    deployment, me = desk.deployment, desk.sender.address
    scope, registry = Scope.of(deployment), deployment.contract(REGISTRY).address
    shares = []
    for reader in readers:
        said = Membership(role, key.public, reader.name, reader.key, me, deployment.chain_id, registry)

        def sign(signer: Signer, said: Membership = said) -> bytes:
            return signature_by(signer, said)

        signature = await signed_by(desk, None, sign)
        sealed = seal_share(scope, role, key, reader)
        shares.append(Share(role, key.public, reader.name, reader.key, me, signature, sealed))
    await desk.run(put_shares, desk.archive.store, shares)


async def known(desk: AsyncDesk, role: RoleKey) -> tuple[list[Member], list[str]]:
    """The members that have a role's key now, and the addresses of those for whom nobody vouches who may.

    Whom the access log says that it was taken from is none, though his share lies there again.
    """
    deployment = desk.deployment
    registry = deployment.contract(REGISTRY).address
    believed: dict[str, bool] = {}
    gone = await _taken_out(desk, role.name, believed)
    members, doubtful = {}, []
    for share in await shares(desk, role.name):
        if share.key != role.key or share.member in gone:
            continue
        if await _may(desk, share.by, believed) and share.is_signed(deployment.chain_id, registry):
            members[share.member] = Member(share.member, share.reader, share.by)
        else:
            doubtful.append(share.member)
    return list(members.values()), [each for each in dict.fromkeys(doubtful) if each not in members]


async def _taken_out(desk: AsyncDesk, role: str, believed: dict[str, bool]) -> set[str]:
    """From whom a role was taken and not given again, as far as this keyring reads the access log."""
    gone: set[str] = set()
    log = desk.records.log
    for access in await log.read():
        said = access.details
        if access.action not in _CHANGES or said.get("role") != role:
            continue
        if not await log.is_signed(access.number) or not await _may(desk, access.by, believed):
            continue
        if access.action == "unshare":
            gone |= _named(said.get("member"))
        else:
            gone -= _named(said.get("member")) | _named(said.get("members"))
    return gone


async def _may(desk: AsyncDesk, address: str, believed: dict[str, bool]) -> bool:
    """As `may_publish`, of each account once."""
    if address not in believed:
        believed[address] = await may_publish(desk, address)
    return believed[address]


def _named(said: object) -> set[str]:
    """Addresses in what an entry of the log says, whatever that is."""
    return {each for each in (said if isinstance(said, list) else [said]) if isinstance(each, str)}


async def shares(desk: AsyncDesk, role: str) -> list[Share]:
    """Every share of a role, of whichever key, that the desk's store has."""
    store = desk.archive.store
    return await desk.run(lambda: [share for share in shares_in(store) if share.role == role])


async def take(desk: AsyncDesk, gone: Collection[Share]) -> None:
    """Delete shares."""
    shelf = desk.archive.store.shelf(SHARES)
    for share in gone:
        await desk.run(shelf.delete, share.place)


async def take_covered(desk: AsyncDesk, role: str, out: Collection[str], stay: Collection[str]) -> None:
    """Delete what is shared of a role to some, but for a key that none of those has who stay.

    Records may be sealed to an older key still, and are to be re-wrapped by whoever has it.
    """
    found = await shares(desk, role)
    covered = {share.key for share in found if share.member in stay}
    await take(desk, [share for share in found if share.member in out and share.key in covered])


async def may_publish(desk: AsyncDesk, address: str) -> bool:
    """Tell whether an account may publish the keys of roles."""
    registry = desk.deployment.contract(REGISTRY).address
    selector = to_hex(encode_call(REGISTRY, "publishRole", bytes(32), bytes(32), 0)[:4])
    return bool((await desk.read("DeskAccess", "canCall", address, registry, selector))[0])
