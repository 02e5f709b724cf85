"""brownie run lanes [main | close LANE] [--network NAME]: let lanes follow the config, or close one."""

from __future__ import annotations

from proofdesk import Deployment
from proofdesk.ops.lanes import update_lanes
from proofdesk.ops.roles import Role
from scripts._brownie import operation, show


def main() -> Deployment:
    """Create lanes that the config has more, set articles that differ; as LANE_EDITOR."""
    with operation() as here:
        sender = here.sender(Role.LANE_EDITOR)
        return update_lanes(sender, here.deployment(), here.config, path=here.folder, progress=show)


def close(name: str) -> None:
    """Take no new tickets in a lane, for ever; as LANE_EDITOR."""
    with operation() as here:
        result = here.desk(Role.LANE_EDITOR).lanes.close(name)
        print(f"lane {name} is closed: {result.tx_hash}")
