"""The log library by itself, on a chain."""

from __future__ import annotations

import pytest

from tests.helpers.contract import Contract
from tests.helpers.node import Node


@pytest.fixture
def harness(node: Node) -> Contract:
    """A log without any leaf."""
    return Contract.deployed(node, node.accounts[0], "ActLogHarness")
