"""Limits and batches that cannot be meant are refused where they are written."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from proofdesk import InvalidArgument
from proofdesk.ops.relay import Batching, Limits
from proofdesk.ops.relay.simulation import SPARE_GAS
from tests.relay.conftest import Make


@pytest.mark.parametrize(
    "given",
    [
        {"window": timedelta()},
        {"margin": timedelta(seconds=-1)},
        {"queue": 0},
        {"smart_account_gas": 9_999},
        {"smart_account_gas": 450_001},
    ],
    ids=str,
)
def test_limits_that_cannot_be_meant(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument, match=next(iter(given))):
        Limits(**given)


def test_limits_at_their_bounds() -> None:
    assert Limits(window=timedelta(seconds=1), margin=timedelta(), queue=1, smart_account_gas=10_000)
    assert Limits(smart_account_gas=450_000)


@pytest.mark.parametrize(
    "given", [{"acts": 0}, {"at_once": 0}, {"confirmations": 0}, {"gas": 2 * SPARE_GAS - 1}], ids=str
)
def test_batches_that_cannot_be_meant(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument, match="1 or more"):
        Batching(**given)
    assert Batching(acts=1, at_once=1, confirmations=1, gas=2 * SPARE_GAS)


def test_promises_that_leave_no_time(make_relayer: Make) -> None:
    with pytest.raises(InvalidArgument, match="a second or more"):
        make_relayer(include_within=timedelta(milliseconds=999))
    with pytest.raises(InvalidArgument, match="twice the wait"):
        make_relayer(include_within=timedelta(seconds=10), batching=Batching(after=timedelta(seconds=6)))
    assert make_relayer(include_within=timedelta(seconds=12), batching=Batching(after=timedelta(seconds=6)))
