"""brownie run audit [--network NAME]: hold the whole desk against the chain; nothing is sent.

PROOFDESK_KEYS is the keystore of a seed that opens its records, PROOFDESK_KEYS_PASSWORD its password; without
them the form of what is sealed is checked. A rehearsal has no records to be looked at.
"""

from __future__ import annotations

import os

from proofdesk import Desk
from proofdesk.ops.audit import audit
from proofdesk.ops.roles import Role
from proofdesk.privacy.keyring import Keyring
from proofdesk.privacy.seed import Seed
from scripts._brownie import operation

# Versions of a seed's own key that are tried: the registry counts them by accounts, and none is named here.
_TRIED = 8


def main() -> None:
    """Print what was looked at and what differs; ends with 1 where something does."""
    with operation() as here:
        desk = here.desk(Role.ADMIN)
        found = audit(Desk(desk.node, desk.deployment, store=desk.archive.store, keyring=_keyring()))
    print(found)
    if not found.ok:
        raise SystemExit(1)


def _keyring() -> Keyring | None:
    file = os.environ.get("PROOFDESK_KEYS")
    if file is None:
        return None
    return Keyring.of(Seed.load(file, os.environ.get("PROOFDESK_KEYS_PASSWORD", "")), version=_TRIED)
