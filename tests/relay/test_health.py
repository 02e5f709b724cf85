"""`GET /health`: whether a relayer can carry, as whoever watches it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from proofdesk.ops.relay import Relayer, _health, chain
from proofdesk.ops.relay._schema import ACTS
from proofdesk.ops.relay.http import asgi
from tests.client.office import Office
from tests.relay.conftest import Make
from tests.relay.people import Crowd, yes
from tests.relay.serving import Client, served


@pytest.fixture
def client(relayer: Relayer) -> Iterator[Client]:
    with served(asgi(relayer)) as client:
        yield client


def test_health_says_whether_it_can_carry(
    office: Office, crowd: Crowd, make_relayer: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_health, "_FRESH", -1.0)
    relayer = make_relayer()
    with served(asgi(relayer)) as client:

        def health() -> tuple[int, Any]:
            status, _, value = client.ask("GET", "/health")
            return status, value

        assert (health()[0], health()[1]["working"]) == (503, False), "nobody carries"
        relayer.step()
        status, value = health()
        assert (status, value["working"], value["node"], value["overdue"]) == (200, True, True, 0)
        assert value["room"] > 1000 and value["oldest"] is None
        yes(relayer.submit([crowd.open(1)]))
        assert health()[0] == 200 and health()[1]["oldest"] >= 0
        with relayer._database.writing() as connection:
            connection.execute(ACTS.update().values(include_by=0))
        assert (health()[0], health()[1]["overdue"]) == (503, 1)
        relayer.step(flush=True)
        assert health()[0] == 200
        relayer.halt("for a while")
        assert (health()[0], health()[1]["halted"]) == (503, "for a while")
        relayer.resume()
        office.chain.rpc("anvil_setBalance", relayer.address, hex(10**12))
        monkeypatch.setattr(chain, "_FRESH", -1.0)
        # What was known a moment ago is forgotten once it is asked for.
        assert any((found := health())[1]["room"] == 0 for _ in range(1000))
        assert found[0] == 503


def test_health_of_who_pays_nothing_for_gas(relayer: Relayer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_health, "_FRESH", -1.0)
    relayer.step()
    monkeypatch.setattr(chain.Chain, "gas_price", lambda _: 0)
    with served(asgi(relayer)) as client:
        status, _, value = client.ask("GET", "/health")
        assert (status, value["room"]) == (200, 2**53 - 1)


def test_what_health_did_not_foresee_is_not_said_for_ever(
    relayer: Relayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    health = _health.Health(relayer)
    monkeypatch.setattr(_health, "_FRESH", -1.0)
    with monkeypatch.context() as patch:
        patch.setattr(health, "_ask", lambda: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            health.look()
    assert health.look()[1]["node"]


def test_health_waits_for_no_node(relayer: Relayer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_health, "_FRESH", -1.0)
    monkeypatch.setattr(_health, "_PATIENCE", 0.05)
    may_answer, asked = threading.Event(), []

    def frozen(*_: object) -> int:
        asked.append(1)
        assert may_answer.wait(10)
        return 5

    with served(asgi(relayer)) as client:
        monkeypatch.setattr(_health.Health, "_ask", frozen)
        for _ in range(3):
            status, _, value = client.ask("GET", "/health")
            assert (status, value["node"], value["room"]) == (503, False, None)
        assert len(asked) == 1, "nobody else waits for it"
        may_answer.set()
        assert any(client.ask("GET", "/health")[2]["node"] for _ in range(300))


def test_health_is_looked_at_once_in_a_while(
    client: Client, relayer: Relayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    counts = relayer.counts
    monkeypatch.setattr(relayer, "counts", lambda: (asked.append(1), counts())[1])
    assert len({json.dumps(client.ask("GET", "/health")[2]) for _ in range(5)}) == 1 and len(asked) == 1
