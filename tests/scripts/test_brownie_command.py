"""Brownie knows the networks of our configs, and their variables matter only to who chooses one."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from tests.scripts.test_scripts import Operator
from tools import brownie_command
from tools.brownie_command import chosen, definition, live_networks

CONFIG = """
[desk]
name = "mine"
chain_id = 7
[network]
rpc = "${NODE}"
explorer = "https://explorer.example"
"""


def test_examples() -> None:
    assert doctest.testmod(brownie_command).failed == 0


def test_a_config_with_a_network_is_a_live_network(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "broken.toml").write_text("[desk", encoding="utf-8")
    (tmp_path / "development.toml").write_text(CONFIG, encoding="utf-8")
    (network,) = live_networks(tmp_path)
    assert definition(network) == {
        "name": "mine (project)",
        "id": "mine",
        "host": "${NODE}",
        "chainid": "7",
        "explorer": "https://explorer.example",
    }


@pytest.mark.parametrize(
    ("words", "network"),
    [("run deploy --network=base-sepolia", "base-sepolia"), ("compile", None), ("run deploy --network", "")],
)
def test_chosen(words: str, network: str | None) -> None:
    assert chosen(words.split()) == network


def test_a_variable_that_is_not_set_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEPOLIA_RPC", raising=False)
    printed = Operator(tmp_path, "sepolia").script("deploy", expect=1)
    assert "network sepolia reads its node's URL from SEPOLIA_RPC, which is not set: export" in printed
