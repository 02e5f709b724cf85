"""Records as `proofdesk doctor` sees them: where they are kept, and who reads them, by public keys alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from proofdesk._deployments import CLEAR, Deployment
from proofdesk.cli._diagnosis import FAILURE, OK, WARNING, Look
from proofdesk.cli._language import _

if TYPE_CHECKING:
    from proofdesk._desk import Desk
    from proofdesk.cli._here import Here


def where_kept(here: Here, deployment: Deployment) -> Iterator[Look]:
    """The folder or the address where records are kept, and whether they can be."""
    from proofdesk.stores import open_store

    folder = here.records_place(deployment)
    address = deployment.contract("TicketDesk").address
    opened = partial(open_store, folder, chain_id=deployment.chain_id, desk=address)
    if isinstance(folder, str):
        yield Look(_("records"), OK, str(opened()))
        return
    if folder.exists():
        # Refuses what is no store, or another desk's; an empty one is claimed, as by the first record.
        if any(folder.iterdir()):
            opened()
        if not os.access(folder, os.W_OK):
            yield Look(
                _("records"),
                FAILURE,
                _("{path} cannot be written").format(path=folder),
                _("give this user the right to, or name another folder by --records"),
            )
            return
        yield Look(_("records"), OK, str(folder))
        return
    above = next(place for place in folder.absolute().parents if place.exists())
    if above.is_dir() and os.access(above, os.W_OK):
        yield Look(_("records"), OK, _("{path} will be made with the first record").format(path=folder))
    else:
        yield Look(
            _("records"),
            FAILURE,
            _("{path} cannot be made: {above} is no folder that can be written").format(
                path=folder, above=above
            ),
            _("name another folder by --records"),
        )


def who_reads(here: Here, deployment: Deployment, address: str | None, *, is_local: bool) -> Iterator[Look]:
    """Whether records are sealed, to which roles, and whether an account is one of these.

    >>> trial = Deployment("trial", 31337, "0x" + 64 * "0", "", records=CLEAR)
    >>> [look.found for look in who_reads(None, trial, None, is_local=True)]
    ['clear: whoever has the store reads them']
    """
    what = _("who reads")
    if deployment.records == CLEAR:
        found = _("clear: whoever has the store reads them")
        remedy = _('write form = "sealed" under [records] in the config, and run deploy again')
        yield Look(what, OK, found) if is_local else Look(what, WARNING, found, remedy)
    elif "KeyRegistry" not in deployment.contracts:
        found = _("sealed, and this desk has no registry of keys: no record can be written")
        yield Look(what, FAILURE, found, _("run deploy again: it adds what is missing"))
    else:
        yield from _roles(here.desk(), address)


def _roles(desk: Desk, address: str | None) -> Iterator[Look]:
    what = _("who reads")
    roles = [role for role in desk.keys.roles() if role.key is not None]
    if not roles:
        found = _("sealed, and no role that reads has a key: no record can be written")
        yield Look(
            what, WARNING, found, _("as KEYS_EDITOR make one: proofdesk key role NAME --member ADDRESS")
        )
        return
    names = ", ".join(f"{role.name} v{role.version}" for role in roles)
    found = _("sealed to {roles}").format(roles=names)
    if address is not None:
        mine = [r.name for r in roles if address in {member.address for member in desk.keys.members(r.name)}]
        found += "; " + _account(desk, address, mine)
    yield Look(what, OK, found)


def _account(desk: Desk, address: str, roles: list[str]) -> str:
    """How an account stands to them: who is no member may still read what is sealed to his own key."""
    if roles:
        return _("{address} reads as {roles}").format(address=address, roles=", ".join(roles))
    published = desk.keys.of(address)
    if published is None or published.key is None:
        return _("{address} has published no key").format(address=address)
    return _("{address} has a key, and is shared no role's").format(address=address)
