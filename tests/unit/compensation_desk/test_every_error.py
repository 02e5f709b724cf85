"""Every error of the interface is raised by a test of this folder."""

from __future__ import annotations

from pathlib import Path

from tests.helpers.every_error import never_expected


def test_every_error_is_raised() -> None:
    # VaultLocked is told in the middle of a payment: test_compensate.py.
    assert never_expected("ICompensationDesk", Path(__file__).parent) == {"VaultLocked"}
