"""brownie run policies [--network NAME]: publish the policies that the config has more than the chain."""

from __future__ import annotations

from proofdesk import Deployment
from proofdesk.ops.policies import update_policies
from proofdesk.ops.roles import Role
from scripts._brownie import operation, show


def main() -> Deployment:
    """Publish them, as CLAIMS_EDITOR; a policy never changes, so running it again sends nothing."""
    with operation() as here:
        sender = here.sender(Role.CLAIMS_EDITOR)
        return update_policies(sender, here.deployment(), here.config, path=here.folder, progress=show)
