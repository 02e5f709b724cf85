"""Checking a deployment against the package, the role table and the config, without sending anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from proofdesk._deployments import Deployment
from proofdesk._rpc import Node, Source
from proofdesk.ops import _check_access as access
from proofdesk.ops import _check_claims as claims
from proofdesk.ops import _check_records as records
from proofdesk.ops import _check_terms as terms
from proofdesk.ops._addresses import is_made_by_its_code
from proofdesk.ops._contracts import DESK, MANAGER
from proofdesk.ops._events import events
from proofdesk.ops._findings import Finding, Reading, Report
from proofdesk.ops.config import Config
from proofdesk.ops.deploy import deployer_of
from proofdesk.ops.roles import Role

__all__ = ["Finding", "Report", "check_deployment"]

_EVENTS = (
    "RoleGranted",
    "RoleGrantDelayChanged",
    "RoleRevoked",
    "TargetAdminDelayUpdated",
    "TargetFunctionRoleUpdated",
)


def check_creation(desk: Reading) -> Iterator[Finding]:
    """Each contract was made by this package's code, and so began empty: its own code does not tell."""
    for name, known in desk.deployment.contracts.items():
        # Of a transaction that is gone its origin is found wanting already.
        if is_made_by_its_code(desk.node, desk.deployment, name) is False:
            yield Finding(
                f"creation code of {name} by {known.transaction}",
                "this package's, with the manifest's arguments",
                "another, which may have written into its storage",
                "find out who made it, and trust nothing that it says until then; or correct the manifest",
            )


_CHECKS: tuple[Callable[[Reading], Iterator[Finding]], ...] = (
    terms.check_origin,
    check_creation,
    terms.check_contracts,
    terms.check_wiring,
    access.check_rules,
    access.check_members,
    access.check_modules,
    access.check_delays,
    access.check_announced,
    terms.check_programs,
    terms.check_lanes,
    terms.check_opening,
    claims.check_claims,
    claims.check_unnamed,
    claims.check_treasurers,
    records.check_form,
    records.check_readers,
)


def check_deployment(source: Source, deployment: Deployment, config: Config) -> Report:
    """Read a deployment and report whatever is not as package, role table and config say; sends nothing.

    Where a contract's code is not what it should be nothing else is asked of it. Raises ConnectionLost.

    >>> check_deployment(w3, deployment, config).ok
    True
    """
    node = Node(source)
    found = [*_check_chain(node, deployment, config)]
    # A contract that is another one answers whatever it likes.
    if not found:
        found = [*terms.check_code(node, deployment)]
    if found:
        return Report(
            deployment.desk, deployment.chain_id, (("code", "differs: nothing else was read"),), tuple(found)
        )
    desk = _reading(node, deployment, config)
    found = [finding for check in _CHECKS for finding in check(desk)]
    return Report(deployment.desk, deployment.chain_id, tuple(_facts(desk)), tuple(found))


def _check_chain(node: Node, deployment: Deployment, config: Config) -> Iterator[Finding]:
    advice = "choose node, manifest and config of one chain"
    chain_id = int(node.request("eth_chainId"), 16)
    for what, wanted in (("manifest", deployment.chain_id), ("config", config.chain_id)):
        if chain_id != wanted:
            yield Finding("chain id", f"{wanted} (the {what})", str(chain_id), advice)
    genesis = str(node.request("eth_getBlockByNumber", "0x0", False)["hash"])
    if genesis != deployment.genesis_hash:
        yield Finding("genesis block", deployment.genesis_hash, genesis, advice)
    if deployment.desk != config.desk:
        yield Finding("desk", f"{config.desk} (the config)", f"{deployment.desk} (the manifest)", advice)


def _reading(node: Node, deployment: Deployment, config: Config) -> Reading:
    manager = deployment.contract(MANAGER)
    deployer = deployer_of(deployment)
    log = events(node, MANAGER, manager.address, _EVENTS, manager.block)
    handed_over = any(
        event.name == "RoleRevoked"
        and event.arguments["roleId"] == Role.ADMIN
        and event.arguments["account"] == deployer
        for event in log
    )
    now = int(node.request("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
    return Reading(node, deployment, config, deployer, log, now, handed_over)


def _facts(desk: Reading) -> Iterator[tuple[str, str]]:
    yield "handover", "done" if desk.handed_over else f"not yet: the deployer {desk.deployer} is ADMIN"
    paused, retired, _ = desk.call(DESK, "opening")
    usual = "possible" if records.can_be_written(desk) else "not yet: no role reads what is written"
    yield "opening", "retired" if retired else "paused" if paused else usual
    numbers = {number: name for name, number in desk.deployment.lanes.items()}
    public = [numbers.get(number, str(number)) for number in terms.public_lanes(desk)]
    yield "public lanes", ", ".join(public) or "none"
    yield "records", records.records_fact(desk)
    for role, holders in sorted(access.members(desk).items()):
        yield access.role_name(role), ", ".join(holders)
