"""brownie run handover [--network NAME]: desk.owner of the config becomes ADMIN, the deployer nobody."""

from __future__ import annotations

import brownie

from proofdesk import Deployment
from proofdesk.ops.check import check_deployment
from proofdesk.ops.handover import handover
from scripts._brownie import operation


def main() -> Deployment:
    """Hand over and show that it holds; running it again sends nothing."""
    with operation() as here:
        deployment = handover(here.sender(), here.deployment(), here.config, path=here.folder)
        report = check_deployment(brownie.web3, deployment, here.config)
    print(report)
    print("the deployer holds no role: every call that a role opens was tried as him, and refused")
    if not report.ok:
        raise SystemExit(1)
    return deployment
