"""What is measured over HTTP was carried or refused, every act of it."""

from __future__ import annotations

from benchmarks import relayed_http


def test_every_act_has_its_end() -> None:
    figures = relayed_http.measure(acts=40, clients=5)
    assert set(figures) == set(relayed_http.WORDS) >= set(relayed_http.MOST)
    assert 0 < figures["seconds.http_p50"] <= figures["seconds.http_p95"] < 40 / figures["speed.http"]
