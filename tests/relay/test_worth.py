"""A relayer says no where its word would be worth nothing, or what it got is nothing."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from proofdesk import ConfigurationError, ConnectionLost, InvalidArgument
from proofdesk.ops.relay import Batching, Relayer
from proofdesk.ops.relay.carrier import Round
from tests.client.office import Office


def test_a_promise_leaves_time_to_be_kept(office: Office, tmp_path: Path) -> None:
    batching = Batching(after=timedelta(minutes=2))
    with pytest.raises(InvalidArgument, match="twice the wait"):
        Relayer(office.intake, tmp_path / "q.db", include_within=timedelta(minutes=3), batching=batching)


def test_who_is_closed_promises_nothing(office: Office, tmp_path: Path) -> None:
    relayer = Relayer(office.intake, tmp_path / "q.db")
    relayer.close()
    with pytest.raises(ConfigurationError, match="closed"):
        relayer.submit([office.customer.tickets.sign_open(lane=office.lane, content="Help!")])


@pytest.mark.parametrize("given", [["{}"], "{}", 5], ids=["texts", "text", "number"])
def test_what_is_no_signed_act_is_named(relayer: Relayer, given: Any) -> None:
    with pytest.raises(InvalidArgument, match="no signed act"):
        relayer.submit(given)


def test_trouble_is_told_when_it_comes_and_when_it_is_over(
    relayer: Relayer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stop, step, calls = threading.Event(), relayer.step, iter(range(4))

    def troubled() -> Round:
        if (call := next(calls)) < 2:
            raise ConnectionLost("the node is gone")
        if call == 3:
            stop.set()
        return step()

    monkeypatch.setattr(relayer, "step", troubled)
    with caplog.at_level("INFO", "proofdesk.relay"):
        relayer.run(stop, poll=0.001)
    assert caplog.messages == [*2 * ["ConnectionLost: the node is gone"], "the trouble is over"]
