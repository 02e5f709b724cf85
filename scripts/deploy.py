"""brownie run deploy [--network NAME]: deploy the desk of config/NAME.toml, or go on where it stopped.

`brownie run deploy cost --network NAME` sends nothing and tells what it would cost.
"""

from __future__ import annotations

import brownie

from proofdesk import Deployment
from proofdesk.ops.cost import Estimate, estimate
from proofdesk.ops.deploy import deploy
from proofdesk.ops.network import links
from scripts._brownie import Operation, operation, show


def main() -> Deployment:
    """Deploy; running it again sends nothing."""
    with operation() as here:
        if not here.is_rehearsal:
            print(_cost(here))
        deployment = deploy(here.sender(), here.config, path=here.folder, progress=show)
        for name, place in links(deployment, here.config.network):
            print(f"{name:<28} {place}")
        print(f"manifest in {here.folder}/{deployment.chain_id}/{deployment.desk}.json")
        flag = "" if here.network == "development" else f" --network {here.network}"
        after = f"brownie run check_deployment{flag}, then brownie run handover{flag}"
        # A rehearsal's desk is gone by now: the others deploy one of their own first.
        print(f"each rehearsed on a chain of its own: {after}" if here.is_rehearsal else f"next: {after}")
    return deployment


def cost() -> Estimate:
    """Tell what is missing and what it costs; exit code 1 if the account cannot pay for it."""
    with operation() as here:
        found = _cost(here)
    print(found)
    if found.missing:
        raise SystemExit(1)
    return found


def _cost(here: Operation) -> Estimate:
    return estimate(brownie.web3, here.sender().address, here.config, path=here.folder)
