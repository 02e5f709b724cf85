"""The one table of roles: what each opens, who reads it, and the delays that hold after the handover.

`deploy` applies it, `check_deployment` compares the chain with it, docs/security.md shows it. Who holds
a role is in config/<network>.toml.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

DAY = 86_400

# Longer than any window of a lane, so that every ticket open when a change is announced can end before it.
MODULE_GRANT_DELAY = 45 * DAY
TARGET_ADMIN_DELAY = 45 * DAY
# A treasurer announces what he takes at least so long before, but on local chains.
TREASURER_DELAY = DAY


class Role(IntEnum):
    """Role ids in the desk's access manager."""

    ADMIN = 0
    SUPERVISOR = 1
    CERTIFIER = 2
    LANE_EDITOR = 3
    INTAKE = 4
    MODULE = 5
    GUARDIAN = 6
    UNPAUSER = 7
    TREASURER = 8
    CLAIMS_EDITOR = 9
    KEYS_EDITOR = 10

    @property
    def key(self) -> str:
        """Its name in a config file."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class RoleTerms:
    """What a role is for.

    `opens` are the restricted functions that the manager lets its members call, by contract; a `direct` role
    is read by the contracts themselves, which refuse members with an execution delay. `grant_delay` is the
    seconds that a grant takes to hold after the handover.
    """

    role: Role
    purpose: str
    opens: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    direct: str = ""
    grant_delay: int = 0


TABLE: tuple[RoleTerms, ...] = (
    RoleTerms(
        Role.ADMIN,
        "grants and revokes roles, retires the desk",
        {"TicketDesk": ("retire",)},
    ),
    RoleTerms(
        Role.SUPERVISOR,
        "assigns, transfers, rejects and escalates tickets",
        direct="assign, transfer, move, decide",
    ),
    RoleTerms(
        Role.CERTIFIER,
        "examines agents, suspends and revokes certificates",
        {
            "AgentCertification": (
                "createProgram",
                "setProgramActive",
                "recordExam",
                "suspend",
                "reinstate",
                "revoke",
            )
        },
        direct="recordExamFor (as signer)",
    ),
    RoleTerms(
        Role.LANE_EDITOR,
        "creates and closes lanes, sets their articles",
        {"TicketDesk": ("createLane", "setArticle", "closeLane")},
    ),
    RoleTerms(Role.INTAKE, "opens tickets in gated lanes", direct="open, openFor, batch"),
    RoleTerms(
        Role.MODULE,
        "contracts that open and move tickets and pay from the vault, by rules of their own",
        direct="openAsModule, moveAsModule, reserve, release, pay, payReserved",
        grant_delay=MODULE_GRANT_DELAY,
    ),
    RoleTerms(
        Role.GUARDIAN,
        "pauses opening, excludes an outage from compensation",
        {"TicketDesk": ("pauseOpening",), "CompensationDesk": ("excludeOutage",)},
    ),
    RoleTerms(Role.UNPAUSER, "ends a pause", {"TicketDesk": ("unpauseOpening",)}),
    RoleTerms(
        Role.TREASURER,
        "takes out of the vault what is free, lists tokens",
        {"RefundVault": ("withdrawFree", "listToken", "delistToken")},
    ),
    RoleTerms(
        Role.CLAIMS_EDITOR,
        "publishes policies, says who signs receipts and evidence, promises compensation",
        {
            "PolicyBook": ("publishPolicy", "appointMerchant", "dismissMerchant", "accredit", "discredit"),
            "CompensationDesk": ("offer",),
        },
    ),
    RoleTerms(
        Role.KEYS_EDITOR,
        "publishes the keys of roles that read records, and what each reads",
        {"KeyRegistry": ("publishRole",)},
    ),
)

TERMS: Mapping[Role, RoleTerms] = {terms.role: terms for terms in TABLE}


def opened(contract: str) -> Iterator[tuple[str, Role]]:
    """Every restricted function of a contract with the role that opens it.

    >>> dict(opened("TicketDesk"))["pauseOpening"].name
    'GUARDIAN'
    """
    for terms in TABLE:
        for function in terms.opens.get(contract, ()):
            yield function, terms.role


def markdown() -> str:
    """The table as docs/security.md shows it.

    >>> print(markdown().splitlines()[9])
    | 7 | `UNPAUSER` | ends a pause | TicketDesk: unpauseOpening | |
    """
    lines = [
        "| id | role | what it is for | opens, through the manager | read by the contract itself, no delay |",
        "|---|---|---|---|---|",
    ]
    for terms in TABLE:
        functions = "; ".join(f"{contract}: {', '.join(names)}" for contract, names in terms.opens.items())
        cells = [str(int(terms.role)), f"`{terms.role.name}`", terms.purpose, functions, terms.direct]
        lines.append("|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|")
    return "\n".join(lines) + "\n"
