"""Calls to the access manager that are missing until the chain says what roles.py and a config say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from proofdesk._abi import _function, encode_call
from proofdesk._rpc import Node
from proofdesk._words import to_hex
from proofdesk.ops._contracts import MANAGER, MODULES, managed
from proofdesk.ops.config import Config, Grant
from proofdesk.ops.roles import TARGET_ADMIN_DELAY, Role, opened


def selector(contract: str, function: str) -> str:
    """The four bytes that call a function whose name no other shares, 0x-hex.

    >>> selector("TicketDesk", "closeLane")
    '0x66626bde'
    """
    return to_hex(_function(contract, function, None)[0])


def missing_rules(node: Node, addresses: Mapping[str, str]) -> list[bytes]:
    """The calls that open every restricted function to its role and name the roles; none if all is set."""
    return rules(addresses, closed_functions(node, addresses))


def closed_functions(node: Node, addresses: Mapping[str, str]) -> list[tuple[str, str, Role]]:
    """The restricted functions that are not open to their role: contract, function, role.

    Without a manager's address nothing is open but to ADMIN.
    """
    manager = addresses.get(MANAGER)
    found = []
    for contract in managed(addresses):
        for function, role in opened(contract):
            place = addresses[contract], selector(contract, function)
            now = node.call(MANAGER, manager, "getTargetFunctionRole", *place) if manager else Role.ADMIN
            if now != role:
                found.append((contract, function, role))
    return found


def rules(addresses: Mapping[str, str], functions: Iterable[tuple[str, str, Role]]) -> list[bytes]:
    """The calls that open these functions; none for none."""
    selectors: dict[tuple[str, Role], list[str]] = {}
    for contract, function, role in functions:
        selectors.setdefault((contract, role), []).append(selector(contract, function))
    calls = [
        encode_call(MANAGER, "setTargetFunctionRole", addresses[contract], fours, int(role))
        for (contract, role), fours in selectors.items()
    ]
    if calls:
        # Labels are events, which no view shows: they go with the rules, in one transaction.
        calls += [encode_call(MANAGER, "labelRole", int(role), role.key) for role in Role if role]
    return calls


def missing_delays(node: Node, addresses: Mapping[str, str]) -> list[bytes]:
    """The calls that let changes of contracts wait as after a handover; none if all of them do."""
    manager = addresses[MANAGER]
    return [
        encode_call(MANAGER, "setTargetAdminDelay", addresses[contract], TARGET_ADMIN_DELAY)
        for contract in managed(addresses)
        if node.call(MANAGER, manager, "getTargetAdminDelay", addresses[contract]) < TARGET_ADMIN_DELAY
    ]


def wanted_grants(config: Config, deployer: str, addresses: Mapping[str, str]) -> Iterator[Grant]:
    """Who is to hold what: those whom the config names, and the desk's own modules as far as they are there.

    >>> {grant.role for grant in wanted_grants(config, sender.address, {})} <= set(Role)
    True
    """
    yield from config.holders(deployer)
    yield from (Grant(Role.MODULE, addresses[name]) for name in MODULES if name in addresses)


def missing_grants(node: Node, manager: str | None, grants: Iterable[Grant]) -> list[bytes]:
    """The calls that grant what is not granted, or with another execution delay; all without a manager."""
    calls = []
    for grant in grants:
        since = delay = 0
        if manager is not None:
            since, delay, *_ = node.call(MANAGER, manager, "getAccess", int(grant.role), grant.account)
        if not since or delay != grant.delay:
            calls.append(encode_call(MANAGER, "grantRole", int(grant.role), grant.account, grant.delay))
    return calls


def is_admin(node: Node, manager: str, account: str) -> bool:
    """Tell whether an account is ADMIN now."""
    member, _ = node.call(MANAGER, manager, "hasRole", int(Role.ADMIN), account)
    return bool(member)
