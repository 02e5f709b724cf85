"""How a desk keeps its records, and who reads them, as the registry of keys says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from proofdesk._deployments import CLEAR, SEALED
from proofdesk._words import moment, to_bytes
from proofdesk.ops._contracts import KEYS
from proofdesk.ops._findings import Finding, Reading
from proofdesk.ops.network import LOCAL_CHAINS
from proofdesk.privacy.keys import unfit
from proofdesk.privacy.roles import ALL, RoleKey, kinds_of, role_name

_EMPTY = bytes(32)
_MAKE = "as KEYS_EDITOR make one: proofdesk key role"


def check_form(desk: Reading) -> Iterator[Finding]:
    """Records are kept as the config says; clear ones are for trials."""
    form = desk.deployment.records
    if form != desk.config.records:
        advice = (
            "run deploy again: what is kept from then on is sealed, what was kept stays clear"
            if form == CLEAR
            else "correct the config: what a desk promised it keeps"
        )
        yield Finding("records", f"{desk.config.records} (the config)", f"{form} (the manifest)", advice)
    elif form == CLEAR and desk.config.chain_id not in LOCAL_CHAINS:
        advice = 'write form = "sealed" under [records] in the config, and run deploy again'
        found = "clear: whoever has the store reads them"
        yield Finding("records", SEALED, found, advice, is_warning=True)


def check_readers(desk: Reading) -> Iterator[Finding]:
    """Sealed records can be written, and no kind of them hangs on one role's key."""
    if desk.deployment.records == CLEAR or KEYS not in desk.addresses:
        return
    readers = roles_that_read(desk)
    if not readers:
        found = "none: no record can be written"
        yield Finding("roles that read records", "one at least", found, _MAKE, is_warning=True)
        return
    for role in readers:
        if role.key and (problem := unfit(role.key)):
            # Whoever writes seals to every role: one such key stops them all.
            advice = f"as KEYS_EDITOR give it another: proofdesk key rotate {role.name}"
            yield Finding(f"key of role {role.name} v{role.version}", "a public key", problem, advice)
        others = {kind for other in readers if other is not role for kind in other.kinds}
        if alone := role.kinds - others:
            yield Finding(
                f"records that only role {role.name} reads",
                "none: with its key they would be lost",
                said(alone),
                "as KEYS_EDITOR let another role read them too: proofdesk key role, or key rotate --reads",
                is_warning=True,
            )
    if unread := ALL.difference(*(role.kinds for role in readers)):
        advice = "as KEYS_EDITOR let a role read them: proofdesk key role, or key rotate --reads"
        yield Finding("records that no role reads", "none", said(unread), advice, is_warning=True)


def can_be_written(desk: Reading) -> bool:
    """Whether a record can be kept, without which nobody opens a ticket: in the clear, or for a role."""
    return desk.deployment.records == CLEAR or (KEYS in desk.addresses and bool(roles_that_read(desk)))


def records_fact(desk: Reading) -> str:
    """How records are kept, and which roles read which of them."""
    if desk.deployment.records == CLEAR:
        return CLEAR
    readers = roles_that_read(desk) if KEYS in desk.addresses else []
    named = (f"{role.name} v{role.version} ({said(role.kinds)})" for role in readers)
    return f"{SEALED}, read by {', '.join(named) or 'no role'}"


def roles_that_read(desk: Reading) -> list[RoleKey]:
    """The roles that have a key now, in the order of their first ones."""
    return [
        RoleKey(role_name(to_bytes(word, 32, "role")), key, kinds_of(reads), version, moment(since))
        for word, text, reads, version, since in desk.call(KEYS, "roles")
        if (key := to_bytes(text, 32, "key")) != _EMPTY
    ]


def said(kinds: Iterable[str]) -> str:
    """Kinds of records in as few words as they need.

    >>> said(["reply", "open"]), said(ALL - {"exam"}), said(ALL)
    ('open, reply', 'all but exam', 'all')
    """
    few, rest = frozenset(kinds), ALL.difference(kinds)
    if not rest:
        return "all"
    return f"all but {', '.join(sorted(rest))}" if len(rest) < len(few) else ", ".join(sorted(few))
