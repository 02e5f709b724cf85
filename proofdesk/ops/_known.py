"""Whether the contracts that a manifest names are the deployer's own, before a deployment goes on with them.

A manifest is a file: somebody may have put his own DeskAccess into it, of which he is ADMIN for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proofdesk._abi import decode_event, topic
from proofdesk._deployments import Contract, Deployment
from proofdesk._errors import ConfigurationError, ProofdeskError
from proofdesk._models import Event
from proofdesk._rpc import Node
from proofdesk.ops._addresses import FACTORY, created_by_factory, creation_of, is_made_by_its_code
from proofdesk.ops._contracts import BASE, KNOWS, MADE_WITH, MANAGER
from proofdesk.ops.roles import Role


def refuse_planted(node: Node, deployment: Deployment, account: str) -> None:
    """Refuse contracts that a deployment by this account would not have made; sends nothing.

    Once the desk is whole anybody may run it again (a certifier creates programs): then its contracts are to
    be the deployer's whom the manifest names. Raises ConfigurationError naming the contract, ConnectionLost,
    ProofdeskError where the node has forgotten how it began.

    >>> refuse_planted(desk.node, deployment, sender.address)
    """
    known = deployment.contracts
    if MANAGER not in known:
        if known:
            _refuse(deployment, next(iter(known)), f"there before {MANAGER}, which comes first")
        return
    is_whole = set(BASE) <= set(known)
    deployer = str(known[MANAGER].arguments[0]) if is_whole and known[MANAGER].arguments else account
    for name in known:
        if name not in MADE_WITH:
            _refuse(deployment, name, "no contract of this package")
    # In the order of their making, so that the culprit is named and not what was made with it.
    for name in (name for name in MADE_WITH if name in known):
        contract = known[name]
        made_with = (deployer,) if name == MANAGER else MADE_WITH[name]
        arguments = tuple(known[one].address if one in known else one for one in made_with)
        if contract.arguments != arguments:
            found = ", ".join(map(str, contract.arguments))
            _refuse(deployment, name, f"made with {found}, not with {', '.join(arguments)}")
        _refuse_other_creation(node, deployment, name)
    _refuse_other_admins(node, deployment, deployer, is_whole)
    _refuse_other_wiring(node, deployment)
    for name in known:
        # What no event and no view tells: creation code may write whom it likes into the storage.
        if is_made_by_its_code(node, deployment, name) is False:
            _refuse(
                deployment, name, "made by code of somebody's own, which may have written into its storage"
            )


def _refuse_other_creation(node: Node, deployment: Deployment, name: str) -> None:
    contract = deployment.contracts[name]
    receipt = node.request("eth_getTransactionReceipt", contract.transaction)
    if receipt is None:
        # A reorganisation dropped it, or the node keeps no old transactions: its logs say where it began.
        receipt = node.request("eth_getTransactionReceipt", creation_of(node, contract.address))
    if receipt and created_in(node, receipt, contract).lower() != contract.address.lower():
        _refuse(deployment, name, f"not created by transaction {contract.transaction}")


def _refuse_other_admins(node: Node, deployment: Deployment, deployer: str, is_whole: bool) -> None:
    manager = deployment.contracts[MANAGER]
    # Of a desk that is whole the handover makes another ADMIN: there only the constructor's grant tells.
    until = manager.block if is_whole else node.height()
    granted = [topic(MANAGER, "RoleGranted"), f"0x{int(Role.ADMIN):064x}"]
    logs = map(decode_event, node.logs(manager.address, granted, manager.block, until))
    admins = [str(event.arguments["account"]) for event in logs if isinstance(event, Event)]
    if not admins:
        raise ProofdeskError(
            f"the node has no log of {MANAGER} {manager.address} in block {manager.block}, where it began: "
            "ask a node that keeps all logs"
        )
    if admins[:1] != [deployer] or (not is_whole and set(admins) != {deployer}):
        _refuse(deployment, MANAGER, f"one whose ADMIN is or was {', '.join(admins)}")


def _refuse_other_wiring(node: Node, deployment: Deployment) -> None:
    known = deployment.contracts
    for name, views in KNOWS.items():
        for view, other in views.items() if name in known else ():
            found = str(node.call(name, known[name].address, view))
            if other in known and found != known[other].address:
                _refuse(deployment, name, f"one whose {view} is {found}, not {known[other].address}")


def _refuse(deployment: Deployment, name: str, what: str) -> None:
    contract = deployment.contracts[name]
    raise ConfigurationError(
        f"{name} {contract.address} in the manifest of desk {deployment.desk} is {what}: this deployment "
        "did not make it. Find out who wrote that manifest; move it away and deploy begins anew"
    )


def created_in(node: Node, receipt: Mapping[str, Any], known: Contract) -> str:
    """What contract a transaction created, itself or by way of a factory, of its receipt.

    Raises ConnectionLost, NodeError.
    """
    if receipt["contractAddress"]:
        return str(receipt["contractAddress"])
    if (receipt["to"] or "").lower() == FACTORY.lower():
        # Of a factory's transactions that succeeded each created what its data names: none is made twice.
        data = node.request("eth_getTransactionByHash", known.transaction)["input"]
        return created_by_factory(bytes.fromhex(data[2:]))
    # Another contract went between: then the chain's states tell, on a node that has them.
    before = hex(int(receipt["blockNumber"], 16) - 1)
    is_new = node.request("eth_getCode", known.address, before) == "0x"
    is_named = any(log["address"].lower() == known.address.lower() for log in receipt["logs"])
    return known.address if is_new and is_named else "nothing"
