"""Every error that ClaimDesk and PolicyBook can raise is raised by some test of their folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.claims import Office
from tests.unit.ticket_desk.test_errors import NOT_OURS, expected_in
from tools.build import artifact


@pytest.mark.parametrize("name", ["ClaimDesk", "PolicyBook"])
def test_every_error_is_raised_by_some_test(office: Office, name: str) -> None:
    folders = [Path(__file__).parent, Path(__file__).parents[1] / "policy_book"]
    paths = [path for folder in folders for path in folder.glob("test_*.py")]
    expected = set().union(*map(expected_in, paths))
    contract = {"ClaimDesk": office.claims, "PolicyBook": office.book}[name]
    declared = {item["name"] for item in artifact(f"I{name}")["abi"] if item["type"] == "error"}
    assert declared - expected == set()
    assert contract.errors - expected - NOT_OURS == set()
