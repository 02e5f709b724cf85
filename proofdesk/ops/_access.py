"""Calls to the access manager that are missing until the chain says what roles.py and a config say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from proofdesk._abi import _function, encode_call
from proofdesk._rpc import Node
from proofdesk._words import to_hex
from proofdesk.ops.config import Grant
from proofdesk.ops.roles import MANAGED, Role, opened

MANAGER, CERTIFICATION, DESK = "DeskAccess", "AgentCertification", "TicketDesk"


def selector(contract: str, function: str) -> str:
    """The four bytes that call a function whose name no other shares, 0x-hex.

    >>> selector("TicketDesk", "closeLane")
    '0x66626bde'
    """
    return to_hex(_function(contract, function, None)[0])


def missing_rules(node: Node, addresses: Mapping[str, str]) -> list[bytes]:
    """The calls that open every restricted function to its role and name the roles; none if all is set."""
    calls = []
    for contract in MANAGED:
        wrong: dict[Role, list[str]] = {}
        for function, role in opened(contract):
            four = selector(contract, function)
            place = addresses[MANAGER], "getTargetFunctionRole", addresses[contract], four
            if node.call(MANAGER, *place) != role:
                wrong.setdefault(role, []).append(four)
        for role, selectors in wrong.items():
            calls.append(
                encode_call(MANAGER, "setTargetFunctionRole", addresses[contract], selectors, int(role))
            )
    if calls:
        # Labels are events, which no view shows: they go with the rules, in one transaction.
        calls += [encode_call(MANAGER, "labelRole", int(role), role.key) for role in Role if role]
    return calls


def missing_grants(node: Node, manager: str, grants: Iterable[Grant]) -> list[bytes]:
    """The calls that grant what is not granted, or with another execution delay."""
    calls = []
    for grant in grants:
        since, delay, _, _ = node.call(MANAGER, manager, "getAccess", int(grant.role), grant.account)
        if not since or delay != grant.delay:
            calls.append(encode_call(MANAGER, "grantRole", int(grant.role), grant.account, grant.delay))
    return calls


def is_admin(node: Node, manager: str, account: str) -> bool:
    """Tell whether an account is ADMIN now."""
    member, _ = node.call(MANAGER, manager, "hasRole", int(Role.ADMIN), account)
    return bool(member)
