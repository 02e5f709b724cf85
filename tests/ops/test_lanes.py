"""Lanes of a deployed desk follow its config."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proofdesk._contract_errors import AccessManagedUnauthorized
from proofdesk._deployments import load
from proofdesk._errors import DeploymentMismatch
from proofdesk.ops.config import LaneTerms
from proofdesk.ops.deploy import Step
from proofdesk.ops.lanes import update_lanes
from tests.ops.conftest import Deployed

SUPERVISOR, STRANGER = 3, 9


def wanted(desk: Deployed) -> Deployed:
    """The config has a lane more, and an article in the first."""
    first, *others = desk.config.lanes
    lanes = (replace(first, article=7), *others, LaneTerms("new", 60, 600, 600, "orders", level=1))
    return replace(desk, config=replace(desk.config, lanes=lanes))


def test_creates_what_is_missing(desk: Deployed) -> None:
    desk = wanted(desk)
    steps: list[Step] = []
    sender = desk.sender(SUPERVISOR)
    found = update_lanes(sender, desk.deployment, desk.config, path=desk.folder, progress=steps.append)
    assert found.lanes["new"] == 6
    assert load(desk.folder / "31337" / "development.json") == found
    assert [len(step.transactions) for step in steps] == [1, 0, 0, 0, 0, 1]
    assert replace(desk, deployment=found).check().ok


def test_running_again_sends_nothing(desk: Deployed) -> None:
    desk = wanted(desk)
    sender = desk.sender(SUPERVISOR)
    found = update_lanes(sender, desk.deployment, desk.config, path=desk.folder)
    block = desk.w3.eth.block_number
    # Not even where the manifest was lost behind the chain.
    assert update_lanes(sender, desk.deployment, desk.config, path=desk.folder) == found
    assert desk.w3.eth.block_number == block


def test_refuses_other_terms(desk: Deployed) -> None:
    lane = replace(desk.config.lanes[1], level=9)
    config = replace(desk.config, lanes=(desk.config.lanes[0], lane))
    with pytest.raises(DeploymentMismatch, match=r"lane 2 \(cards-fraud\)"):
        update_lanes(desk.sender(SUPERVISOR), desk.deployment, config, path=desk.folder)


def test_needs_the_role(desk: Deployed) -> None:
    desk = wanted(desk)
    with pytest.raises(AccessManagedUnauthorized):
        update_lanes(desk.sender(STRANGER), desk.deployment, desk.config, path=desk.folder)
