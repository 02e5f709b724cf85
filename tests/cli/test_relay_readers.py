"""A relayer that keeps what its customers will not be able to read says so when it begins."""

from __future__ import annotations

from dataclasses import replace

import click
import pytest

from proofdesk._deployments import CLEAR
from proofdesk.cli._here import Here
from proofdesk.cli._relaying import warn_of_readers
from tests.privacy.conftest import office, sealed_office
from tests.privacy.office import SealedOffice, keyring

__all__ = ["office", "sealed_office"]


@pytest.mark.parametrize(
    ("who", "said"),
    [("agent", ""), ("supervisor", ""), ("customer", "reads no opening"), ("", "reads no opening")],
)
def test_who_reads_no_opening_is_told(
    office: SealedOffice, who: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    here = Here(click.Context(click.Command("run")))
    desk = office.desk.using(office.intake.sender.account, keyring=keyring(who) if who else None)
    warn_of_readers(here, desk)
    told = capsys.readouterr().err
    assert said in told and bool(told) == bool(said)


def test_a_desk_without_readers_is_told_of(
    office: SealedOffice, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Here(click.Context(click.Command("run")))
    monkeypatch.setattr(office.desk.keys, "roles", list)
    warn_of_readers(here, office.desk)
    assert "no role of this desk reads openings" in capsys.readouterr().err
    monkeypatch.setattr(office.desk, "deployment", replace(office.deployment, records=CLEAR))
    warn_of_readers(here, office.desk)
    assert capsys.readouterr().err == ""
