"""Shares of roles' keys: nobody has one who was taken out, left, or is named by nobody who may."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from proofdesk._desk import Desk
from proofdesk._shell import drive
from proofdesk.ops.audit.audience import Roles
from proofdesk.ops.audit.chain import Chain
from proofdesk.ops.audit.differences import Kind, Tally
from proofdesk.privacy.access_entry import Access
from proofdesk.privacy.members import REGISTRY
from proofdesk.privacy.published import PublishedKey
from proofdesk.privacy.shares import SHARES, Share, share_at

_EDITOR = (10,)


class Shares:
    """Checks who is shared which role's key."""

    def __init__(self, desk: Desk, chain: Chain, roles: Roles, tally: Tally) -> None:
        self._desk, self._chain, self._roles, self._tally = desk, chain, roles, tally
        self._own: dict[str, PublishedKey | None] = {}

    def check(self, log: Sequence[Access], untold: Sequence[int]) -> None:
        """Every share; who is a member the log says, of roles of which nothing came that it does not tell."""
        if not self._chain.has(REGISTRY):
            return
        known = max(untold, default=0)
        members = {role: each for role, (number, each) in _members(log).items() if number > known}
        store = self._desk.archive.store
        for place in store.shelf(SHARES):
            self._tally.count("shares")
            share = share_at(store, place)
            if share is None or share.place != place:
                self._tally.add(
                    Kind.SHARE, f"share {place}", "a share that lies where it belongs", "something else"
                )
                continue
            if problem := self._problem(share, members):
                where = f"share of role {share.role} to {share.member}, {place}"
                self._tally.add(Kind.SHARE, where, *problem)

    # --------------------------------------------------------------------------------------------- internal

    def _problem(self, share: Share, members: dict[str, set[str]]) -> tuple[str, str] | None:
        """What was expected of a share, and what was found; None where it may be."""
        version = self._roles.keys.get(share.key)
        if version is None or version.name != share.role:
            return None  # made and not published: whoever made it goes on, or re-wrapping tidies it up
        contract = self._desk.deployment.contract(REGISTRY)
        if not share.is_signed(self._desk.deployment.chain_id, contract.address):
            return f"a signature of {share.by}, who is to have shared it", "another, or none"
        if not self._chain.offices.held(share.by, _EDITOR, version.since):
            return "that somebody shared it who held KEYS_EDITOR", f"{share.by}, who did not"
        if self._roles.now[share.role].key is None:
            return "no share of a role that was retired", "one"
        own = self._published(share.member)
        if own is not None and own.key is None:
            return "no share to somebody who has retired his key, as who leaves does", "one"
        if share.role not in members or share.member in members[share.role]:
            return None
        # What nobody else could open with stays until all is re-wrapped.
        is_covered = self._roles.members[share.key] & members[share.role]
        if share.key != self._roles.now[share.role].key and not is_covered:
            return None
        return "shares to members alone, as the access log names them", f"one to {share.member}, who is none"

    def _published(self, member: str) -> PublishedKey | None:
        if member not in self._own:
            self._own[member] = drive(self._desk._core.keys.of(member))
        return self._own[member]


def _members(log: Iterable[Access]) -> dict[str, tuple[int, set[str]]]:
    """The members of roles as the log tells, and by which entry all of them were named last."""
    members: dict[str, tuple[int, set[str]]] = defaultdict(lambda: (0, set()))
    for access in log:
        role, named = str(access.details.get("role")), access.details.get("members")
        if access.action in ("create", "rotate") and isinstance(named, list):
            members[role] = access.number, {str(each) for each in named}
        elif access.action == "share":
            members[role][1].add(str(access.details.get("member")))
        elif access.action == "unshare":
            members[role][1].discard(str(access.details.get("member")))
    return members
