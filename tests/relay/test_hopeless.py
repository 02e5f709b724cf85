"""What no block will have: an act that takes its batch with it, and one that no node looks at."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from proofdesk._rpc import NodeError
from proofdesk.ops.relay import Limits, Relayer
from proofdesk.ops.relay.simulation import TooMuch
from tests.client.office import Office
from tests.relay.conftest import Make
from tests.relay.people import Crowd, codes, yes


def test_what_fails_with_all_the_gas_there_is_comes_to_its_end(
    crowd: Crowd, relayer: Relayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    act = crowd.open(1)
    yes(relayer.submit([act]))
    monkeypatch.setattr("proofdesk.ops.relay.carrier.SPARE_GAS", 250_000)
    assert relayer.step(flush=True).batches == 1 and relayer.counts()["queued"] == 1
    monkeypatch.setattr("proofdesk.ops.relay.carrier.SPARE_GAS", 250_000 - 500_000)
    assert relayer.step(flush=True).batches == 1
    fate = relayer.fate(act.digest)
    assert fate and fate.refusal and fate.refusal.code == "failed"
    assert not relayer.step(flush=True).claimed


def test_what_no_node_looks_at_waits_until_it_is_due(
    office: Office, crowd: Crowd, relayer: Relayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_much(*_: Any, **__: Any) -> None:
        raise TooMuch("1 acts do not fit one call")

    act = crowd.open(1, deadline=timedelta(hours=1))
    yes(relayer.submit([act]))
    monkeypatch.setattr("proofdesk.ops.relay.carrier.simulate", too_much)
    assert relayer.step(flush=True).claimed == 1
    assert relayer.counts()["queued"] == 1
    assert relayer.step(flush=True).claimed == 0, "not at once"
    office.pass_time(timedelta(minutes=6))
    relayer._chain.look()
    monkeypatch.setattr("proofdesk.ops.relay.carrier.time.time", lambda: act.deadline)
    assert relayer.step(flush=True).claimed == 1
    fate = relayer.fate(act.digest)
    assert fate and fate.refusal and fate.refusal.code == "failed"


def test_a_call_that_the_node_does_not_make_is_no_busy_queue(
    crowd: Crowd, relayer: Relayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = relayer.desk.node._core.transport.ask

    async def lost(method: str, params: Any) -> Any:
        if method == "eth_call":
            return {"error": {"code": -32000, "message": "header not found"}}
        return await ask(method, params)

    monkeypatch.setattr(relayer.desk.node._core.transport, "ask", lost)
    assert codes(relayer.submit([crowd.open(1)])) == ["no-answer"]
    with pytest.raises(NodeError, match="header not found"):
        relayer.desk.node.request("eth_call", {}, "latest")


def test_what_waits_counts_as_spent(crowd: Crowd, make_relayer: Make) -> None:
    """One by one, as well as together."""
    relayer = make_relayer(limits=Limits(wei_per_hour=10**15))
    answers = [codes(relayer.submit([crowd.open(number)]))[0] for number in range(20)]
    assert set(answers) == {"yes", "spending"}
