"""brownie run deploy [--network NAME]: deploy the desk of config/NAME.toml, or go on where it stopped."""

from __future__ import annotations

from proofdesk import Deployment
from proofdesk.ops.deploy import deploy
from scripts._brownie import operation, show


def main() -> Deployment:
    """Deploy; running it again sends nothing."""
    with operation() as here:
        deployment = deploy(here.sender(), here.config, path=here.folder, progress=show)
        for name, contract in deployment.contracts.items():
            print(f"{name:<20} {contract.address}")
        print(f"manifest in {here.folder}/{deployment.chain_id}/{deployment.desk}.json")
        flag = "" if here.network == "development" else f" --network {here.network}"
        print(f"next: brownie run check_deployment{flag}, then brownie run handover{flag}")
    return deployment
