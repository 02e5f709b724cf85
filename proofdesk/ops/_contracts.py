"""The contracts of a desk in the order in which they are made, what each is made with, and what it knows."""

from __future__ import annotations

from collections.abc import Collection, Mapping

MANAGER, CERTIFICATION, DESK = "DeskAccess", "AgentCertification", "TicketDesk"
ANCHOR, KEYS = "RecordAnchor", "KeyRegistry"
VAULT, POLICIES = "RefundVault", "PolicyBook"
CLAIMS, COMPENSATION, UPKEEP = "ClaimDesk", "CompensationDesk", "DeskUpkeep"

# The arguments of each constructor: addresses of contracts made before; the manager's is its first ADMIN.
MADE_WITH: Mapping[str, tuple[str, ...]] = {
    MANAGER: (),
    CERTIFICATION: (MANAGER,),
    DESK: (MANAGER, CERTIFICATION),
    ANCHOR: (),
    KEYS: (MANAGER,),
    VAULT: (MANAGER,),
    POLICIES: (MANAGER, DESK, VAULT),
    CLAIMS: (MANAGER, POLICIES, ANCHOR),
    COMPENSATION: (MANAGER, CLAIMS),
    UPKEEP: (COMPENSATION,),
}

# The views that tell whom a contract was made to work with, and the contract that each names.
KNOWS: Mapping[str, Mapping[str, str]] = {
    CERTIFICATION: {"authority": MANAGER},
    DESK: {"authority": MANAGER, "certification": CERTIFICATION},
    KEYS: {"authority": MANAGER},
    VAULT: {"authority": MANAGER},
    POLICIES: {"authority": MANAGER, "desk": DESK, "vault": VAULT},
    CLAIMS: {"authority": MANAGER, "policies": POLICIES, "desk": DESK, "vault": VAULT, "anchor": ANCHOR},
    COMPENSATION: {"authority": MANAGER, "claims": CLAIMS},
    UPKEEP: {"compensation": COMPENSATION, "claims": CLAIMS, "desk": DESK, "vault": VAULT},
}

# With these a desk is whole: it takes tickets, and nobody but its ADMIN adds to it.
BASE = MANAGER, CERTIFICATION, DESK
OF_CLAIMS = VAULT, POLICIES, CLAIMS, COMPENSATION, UPKEEP
# They hold MODULE: they open and move tickets and say whom the vault pays.
MODULES = CLAIMS, COMPENSATION
# What the manager guards. It guards itself by its own rules: all of that is ADMIN's.
MANAGED = tuple(name for name, known in KNOWS.items() if "authority" in known)


def contracts_of(*, with_claims: bool) -> tuple[str, ...]:
    """The contracts of a desk, in order.

    >>> contracts_of(with_claims=False)
    ('DeskAccess', 'AgentCertification', 'TicketDesk', 'RecordAnchor', 'KeyRegistry')
    """
    return tuple(name for name in MADE_WITH if with_claims or name not in OF_CLAIMS)


def managed(there: Collection[str]) -> tuple[str, ...]:
    """Of a desk's contracts those that the manager guards, in order.

    >>> managed(["TicketDesk", "RecordAnchor", "DeskAccess"])
    ('TicketDesk',)
    """
    return tuple(name for name in MANAGED if name in there)
