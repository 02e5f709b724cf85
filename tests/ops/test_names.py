"""A number keeps its name, though the chain could not tell two lanes of equal terms apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from proofdesk._deployments import load
from proofdesk._errors import ConfigurationError
from proofdesk.ops.config import Config
from proofdesk.ops.cost import estimate
from proofdesk.ops.deploy import deploy
from proofdesk.ops.lanes import update_lanes
from tests.ops.conftest import Deployed

SUPERVISOR = 3


@pytest.fixture
def twins(desk: Deployed) -> Deployed:
    """The desk with a lane `twin` of the very terms that lane `cards` has, and a program like `cards`."""
    program = replace(desk.config.programs[0], name="twin")
    lane = replace(desk.config.lanes[0], name="twin")
    config = replace(desk.config, programs=(*desk.config.programs, program), lanes=(*desk.config.lanes, lane))
    certifier, supervisor = desk.sender(2), desk.sender(SUPERVISOR)
    deployment = deploy(certifier, replace(config, lanes=desk.config.lanes), path=desk.folder)
    deployment = update_lanes(supervisor, deployment, config, path=desk.folder)
    return replace(desk, config=config, deployment=deployment)


def swapped(config: Config) -> Config:
    first, *middle, last = config.lanes
    return replace(config, lanes=(last, *middle, first))


def swapped_programs(config: Config) -> Config:
    first, *middle, last = config.programs
    return replace(config, programs=(last, *middle, first))


def renamed(config: Config) -> Config:
    return replace(config, lanes=(*config.lanes[:-1], replace(config.lanes[-1], name="warranty")))


def removed(config: Config) -> Config:
    """The first lane's block is gone, and its twin moves up."""
    return replace(config, lanes=(config.lanes[-1], *config.lanes[1:-1]))


CHANGES = [
    (swapped, r"lane 1 of desk development is cards in the manifest, twin in the config: a number keeps"),
    (swapped_programs, "program 1 of desk development is cards in the manifest, twin in the config"),
    (renamed, "lane 6 of desk development is twin in the manifest, warranty in the config"),
    (removed, "lane 1 of desk development is cards in the manifest, twin in the config"),
]


@pytest.mark.parametrize(("change", "message"), CHANGES)
def test_refuses_before_anything_is_sent_or_written(
    twins: Deployed, change: Callable[[Config], Config], message: str
) -> None:
    config, block = change(twins.config), twins.w3.eth.block_number
    manifest = twins.folder / "31337" / "development.json"
    for run in (
        lambda: deploy(twins.sender(0), config, path=twins.folder),
        lambda: estimate(twins.w3, twins.w3.eth.accounts[0], config, path=twins.folder),
        lambda: update_lanes(twins.sender(SUPERVISOR), twins.deployment, config, path=twins.folder),
    ):
        with pytest.raises(ConfigurationError, match=message):
            run()
    assert load(manifest) == twins.deployment
    assert twins.w3.eth.block_number == block


@pytest.mark.parametrize(("change", "message"), CHANGES)
def test_check_names_it(twins: Deployed, change: Callable[[Config], Config], message: str) -> None:
    found = [item for item in twins.check(change(twins.config)).failures if item.what.startswith("name of ")]
    what, number = message.split()[:2]
    assert found[0].what.removeprefix("name of ").split()[:2] == [what, number]
    assert "add new ones at the end" in found[0].advice


def test_a_manifest_that_names_a_number_twice_is_refused(twins: Deployed) -> None:
    """As a rename left it, before renames were refused."""
    lanes = {**twins.deployment.lanes, "old": 6}
    with pytest.raises(ConfigurationError, match="lane 6 of desk development is old in the manifest, twin"):
        update_lanes(
            twins.sender(SUPERVISOR), replace(twins.deployment, lanes=lanes), twins.config, path=twins.folder
        )


def test_a_name_moves_to_no_other_number(twins: Deployed) -> None:
    lanes = {**twins.deployment.lanes, "twin": 9}
    message = "lane 9 of desk development is twin in the manifest, none: twin is number 6 in the config"
    with pytest.raises(ConfigurationError, match=message):
        update_lanes(
            twins.sender(SUPERVISOR), replace(twins.deployment, lanes=lanes), twins.config, path=twins.folder
        )
