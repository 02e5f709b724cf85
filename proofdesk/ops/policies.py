"""Publishing the policies of a deployed desk's config."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from proofdesk._deployments import Deployment
from proofdesk._errors import ConfigurationError
from proofdesk._sender import Sender
from proofdesk.ops._claims import NotDone, perform, policy_item, refuse_undone
from proofdesk.ops.claims_terms import refuse_changed
from proofdesk.ops.config import Config
from proofdesk.ops.deploy import FOLDER, Progress, Step, wait_for_pending


def update_policies(
    sender: Sender,
    deployment: Deployment,
    config: Config,
    *,
    path: str | Path | None = None,
    progress: Progress | None = None,
) -> Deployment:
    """Publish the policies that the config has more than the chain.

    The sender is a CLAIMS_EDITOR; one with a delay announces them, and publishes them by the same call after
    it. `path` is the folder of manifests, deployments/ by default, written after each policy. Running it
    again sends nothing. Raises ConfigurationError for a desk without claims, for a file that no longer says
    what its policy says, or in the end for what is only announced; and what `Sender.send` raises.

    >>> update_policies(claims_editor, deployment, config, path=folder).policies == deployment.policies
    True
    """
    if config.claims is None:
        raise ConfigurationError("the config has no table [claims]: add it, then run deploy again")
    refuse_changed(deployment.policies, config.claims)
    wait_for_pending(sender)
    policies, left = config.claims.policies, []
    for number, (name, policy) in enumerate(policies.items(), 1):
        try:
            sent = tuple(perform(sender, deployment, policy_item(name, policy)))
        except NotDone as error:
            left.append(error)
            continue
        deployment = replace(deployment, policies={**deployment.policies, name: policy.id})
        deployment.save(Path(path or FOLDER))
        if progress is not None:
            progress(Step(number, len(policies), f"policy {name}", sent))
    refuse_undone(left)
    return deployment
