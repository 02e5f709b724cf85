"""How far a deployment has come, and in which way it goes on: what is read before anything is sent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from proofdesk._abi import artifact
from proofdesk._deployments import CLEAR, SEALED, VERSION, Deployment, load
from proofdesk._errors import ConfigurationError, DeploymentMismatch
from proofdesk._rpc import Node
from proofdesk.ops._addresses import FACTORY, has_factory
from proofdesk.ops._code import code_at, commit
from proofdesk.ops._contracts import DESK
from proofdesk.ops._names import refuse_renamed
from proofdesk.ops.claims_terms import refuse_changed
from proofdesk.ops.config import Config
from proofdesk.ops.network import LOCAL_CHAINS


def begun(node: Node, config: Config, folder: Path) -> Deployment:
    """The manifest as far as it was written, or a new one.

    Raises ConfigurationError for one that cannot be read or gives other names to what the config names,
    DeploymentMismatch for one of another chain.

    >>> begun(Node(w3), config, folder) == deployment
    True
    """
    genesis = str(node.request("eth_getBlockByNumber", "0x0", False)["hash"])
    # The artifacts of one build share their compiler.
    compiler = artifact(DESK)["compiler"]
    new = Deployment(
        config.desk,
        config.chain_id,
        genesis,
        "",
        commit(),
        compiler,
        version=VERSION,
        records=config.records,
    )
    path = folder / str(config.chain_id) / f"{config.desk}.json"
    if not path.exists():
        return new
    found = load(path)
    is_gone = found.genesis_hash != genesis or any(
        not code_at(node, contract.address) for contract in found.contracts.values()
    )
    # A local chain takes its desk with it when it ends; anywhere else this is a mistake.
    if is_gone and config.chain_id in LOCAL_CHAINS:
        return new
    if found.genesis_hash != genesis:
        raise DeploymentMismatch(f"the genesis block, by {path},", found.genesis_hash, genesis)
    refuse_renamed(found, config)
    refuse_changed(found.policies, config.claims)
    if (found.records, config.records) == (SEALED, CLEAR):
        raise ConfigurationError(
            f'{path} promises that the desk\'s records are sealed: leave form = "clear" out of the config'
        )
    return replace(found, records=config.records)


def is_deterministic(node: Node, config: Config) -> bool:
    """Tell whether contracts are made by the factory, so that their addresses are the same on every chain.

    Raises ConfigurationError where the config asks for it and the chain has no factory, ConnectionLost.

    >>> is_deterministic(Node(w3), config)
    False
    """
    if config.deterministic is False or (config.deterministic is None and config.chain_id in LOCAL_CHAINS):
        return False
    found = has_factory(node)
    if config.deterministic and not found:
        raise ConfigurationError(
            f"desk.deterministic is true, and chain {config.chain_id} has no factory at {FACTORY}: "
            "put it there, or leave the key out"
        )
    return found
