"""Bringing the lanes of a deployed desk to what its config says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from proofdesk._deployments import Deployment
from proofdesk._sender import Sender
from proofdesk.ops._names import refuse_renamed
from proofdesk.ops._terms import ensure_article, ensure_lane
from proofdesk.ops.config import Config
from proofdesk.ops.deploy import FOLDER, Progress, Step, wait_for_pending


def update_lanes(
    sender: Sender,
    deployment: Deployment,
    config: Config,
    *,
    path: str | Path | None = None,
    progress: Progress | None = None,
) -> Deployment:
    """Create the lanes that the config has more than the chain, and set the articles that differ.

    The sender is a LANE_EDITOR; `path` is the folder of manifests, deployments/ by default, written after
    each lane. Running it again sends nothing. Raises DeploymentMismatch for a lane whose terms on chain are
    others (they never change: add another lane), ConfigurationError for a number to which the config gives
    another name, and what `Sender.send` raises.

    >>> update_lanes(lane_editor, deployment, config, path=folder).lanes == deployment.lanes
    True
    """
    refuse_renamed(deployment, config)
    wait_for_pending(sender)
    for number, terms in enumerate(config.lanes, 1):
        sent = (
            *ensure_lane(sender, deployment, number, terms),
            *ensure_article(sender, deployment, number, terms),
        )
        deployment = replace(deployment, lanes={**deployment.lanes, terms.name: number})
        deployment.save(Path(path or FOLDER))
        if progress is not None:
            progress(Step(number, len(config.lanes), f"lane {terms.name}", sent))
    return deployment
