"""Handing a desk over: its owner becomes ADMIN, the delays hold, the deployer can do nothing any more.

All of it is one transaction: no block sees a desk without an ADMIN, or one that is half handed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from proofdesk._abi import decode_error, encode_call
from proofdesk._contract_errors import AccessManagedUnauthorized, AccessManagerUnauthorizedAccount
from proofdesk._deployments import Deployment
from proofdesk._errors import ConfigurationError, DeploymentMismatch
from proofdesk._rpc import Node, NodeError
from proofdesk._sender import Sender
from proofdesk.ops._access import is_admin, selector
from proofdesk.ops._announced import announced
from proofdesk.ops._contracts import MANAGER, managed
from proofdesk.ops._events import events, whole
from proofdesk.ops.check import check_deployment
from proofdesk.ops.config import Config
from proofdesk.ops.deploy import FOLDER, deployer_of, wait_for_pending
from proofdesk.ops.roles import TABLE, TARGET_ADMIN_DELAY, Role, opened

_MANAGER_FUNCTIONS = (
    "grantRole",
    "labelRole",
    "revokeRole",
    "setGrantDelay",
    "setRoleAdmin",
    "setRoleGuardian",
    "setTargetAdminDelay",
    "setTargetClosed",
    "setTargetFunctionRole",
    "updateAuthority",
)


def handover(
    sender: Sender, deployment: Deployment, config: Config, *, path: str | Path | None = None
) -> Deployment:
    """Give the desk to `config.owner`; the sender is the deployer and ends without any role.

    `path` is the folder of manifests, deployments/ by default; the new one is written there. Running it again
    sends nothing. Raises ConfigurationError where there is no owner, it is no other account, a call is
    announced that could be made afterwards, or `check_deployment` finds a failure, before or in the end;
    DeploymentMismatch should the deployer still be able to do anything.

    >>> handover(sender, deployment, config, path=folder).roles["admin"] == (config.owner,)
    True
    """
    node = sender.node
    deployer = deployer_of(deployment)
    owner = _owner(config, deployment)
    if sender.address != deployer:
        raise ConfigurationError(f"only {deployer}, who deployed the desk, hands it over: use that account")
    wait_for_pending(sender)
    calls = list(_calls(node, deployment, owner))
    if calls:
        _refuse_announced(node, deployment)
        _refuse_unready(node, deployment, config)
        sender.send(deployment.contract(MANAGER).address, encode_call(MANAGER, "multicall", calls))
    assert_powerless(node, deployment)
    left = {name: tuple(one for one in held if one != deployer) for name, held in deployment.roles.items()}
    deployment = replace(deployment, roles=left | {Role.ADMIN.key: (owner,)})
    deployment.save(Path(path or FOLDER))
    # The owner may have been ADMIN before, and have done something between the first look and the handover.
    if found := _failures(node, deployment, config):
        raise ConfigurationError(
            f"the desk is handed over and only {owner} can mend it now, but check_deployment says: {found}"
        )
    return deployment


def assert_powerless(node: Node, deployment: Deployment) -> None:
    """Read that the deployer holds no role and try every call a role opens; raises DeploymentMismatch."""
    deployer = deployer_of(deployment)
    if held := list(_roles_of(node, deployment, deployer)):
        raise DeploymentMismatch(f"what {deployer} holds after the handover", "no role", f"roles {held}")
    targets = [(name, function) for name in managed(deployment.contracts) for function, _ in opened(name)]
    for name, function in [*targets, *((MANAGER, function) for function in _MANAGER_FUNCTIONS)]:
        if not _is_refused(node, deployer, name, function, deployment.contract(name).address):
            raise DeploymentMismatch(f"{name}.{function} by {deployer}", "refused", "possible")


def _owner(config: Config, deployment: Deployment) -> str:
    owner = config.owner
    if owner is None:
        raise ConfigurationError("the config names no desk.owner: write who is to be ADMIN")
    if owner == deployer_of(deployment):
        raise ConfigurationError(f"desk.owner {owner} deployed the desk: a handover is to somebody else")
    for name, contract in deployment.contracts.items():
        if owner == contract.address:
            raise ConfigurationError(f"desk.owner {owner} is the desk's own {name}: it can call nothing")
    return owner


def _calls(node: Node, deployment: Deployment, owner: str) -> Iterator[bytes]:
    """What is missing: delays first, then the owner, then the end of the deployer's roles, ADMIN last."""
    deployer, manager = deployer_of(deployment), deployment.contract(MANAGER).address
    held = list(_roles_of(node, deployment, deployer))
    if Role.ADMIN in held:
        for terms in TABLE:
            # Delays that hold are set as well: it ends a lowering that is under way, which no view shows.
            if terms.grant_delay:
                delay = node.call(MANAGER, manager, "getRoleGrantDelay", int(terms.role))
                yield encode_call(MANAGER, "setGrantDelay", int(terms.role), max(delay, terms.grant_delay))
        for contract in managed(deployment.contracts):
            address = deployment.contract(contract).address
            delay = node.call(MANAGER, manager, "getTargetAdminDelay", address)
            yield encode_call(MANAGER, "setTargetAdminDelay", address, max(delay, TARGET_ADMIN_DELAY))
    if not is_admin(node, manager, owner):
        if Role.ADMIN not in held:
            raise ConfigurationError(
                f"neither {deployer} nor desk.owner {owner} is ADMIN: was it given to another?"
            )
        if delay := node.call(MANAGER, manager, "getRoleGrantDelay", int(Role.ADMIN)):
            raise ConfigurationError(
                f"granting ADMIN takes {delay} s here, until when nobody would hold it: "
                "grant it to the owner, wait, then run handover again"
            )
        yield encode_call(MANAGER, "grantRole", int(Role.ADMIN), owner, 0)
    for role in sorted(held, reverse=True):
        yield encode_call(MANAGER, "renounceRole", role, deployer)


def _roles_of(node: Node, deployment: Deployment, account: str) -> Iterator[int]:
    """Every role that the account was ever granted and still has."""
    manager = deployment.contract(MANAGER)
    granted = events(node, MANAGER, manager.address, ["RoleGranted"], manager.block)
    roles = {whole(event, "roleId") for event in granted if event.arguments["account"] == account}
    for role in sorted({*map(int, Role), *roles}):
        since, *_ = node.call(MANAGER, manager.address, "getAccess", role, account)
        if since:
            yield role


def _refuse_unready(node: Node, deployment: Deployment, config: Config) -> None:
    """After the handover the deployer can mend nothing."""
    if found := _failures(node, deployment, config):
        raise ConfigurationError(f"the desk is not ready to be handed over, check_deployment says: {found}")


def _refuse_announced(node: Node, deployment: Deployment) -> None:
    """What was announced before is ready by the delays of before."""
    if calls := list(announced(node, deployment)):
        listed = "; ".join(f"{call}: {call.cancellation}" for call in calls)
        raise ConfigurationError(
            f"calls announced to {MANAGER} could be made after the handover; as ADMIN cancel each there, "
            f"then run handover again: {listed}"
        )


def _failures(node: Node, deployment: Deployment, config: Config) -> str:
    """What check_deployment fails by; that the deployer holds a role is what a handover is for."""
    failures = check_deployment(node, deployment, config).failures
    return "; ".join(f"{item.what}: {item.found}" for item in failures if "(the deployer)" not in item.found)


def _is_refused(node: Node, caller: str, contract: str, function: str, address: str) -> bool:
    """Tell whether the caller's role is what a call fails by; nothing is sent."""
    # Zeros are good arguments to all of these functions: what is left to refuse is the caller.
    data = selector(contract, function) + 640 * "0"
    try:
        node.request("eth_call", {"from": caller, "to": address, "data": data}, "latest")
    except NodeError as error:
        if error.revert is None:
            raise
        return isinstance(
            decode_error(error.revert), (AccessManagedUnauthorized, AccessManagerUnauthorizedAccount)
        )
    return False
