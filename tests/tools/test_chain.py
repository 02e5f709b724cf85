"""A local chain starts on a port of its own, says why when it cannot, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tools import chain as chains
from tools.chain import Chain, ChainError, find_detached, free_port, rpc, start_detached, stop_detached


def eventually(holds: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def answers(url: str) -> bool:
    try:
        rpc(url, "eth_chainId", timeout=1.0)
    except ChainError:
        return False
    return True


@pytest.mark.parametrize(("start", "chain_id"), [(Chain.anvil, 31337), (Chain.ganache, 1337)])
def test_a_chain_answers_while_it_is_held_and_is_gone_after(
    start: Callable[..., Chain], chain_id: int
) -> None:
    with start(accounts=3) as chain:
        assert chain.chain_id == chain_id == int(chain.rpc("eth_chainId"), 16)
        assert len(chain.rpc("eth_accounts")) == 3
        assert chain.folder.is_dir()
    assert not answers(chain.url)
    assert not chain.folder.exists()
    chain.stop()  # a second time changes nothing


def test_both_kinds_have_the_same_accounts() -> None:
    with Chain.anvil() as anvil, Chain.ganache() as ganache:
        assert anvil.rpc("eth_accounts") == ganache.rpc("eth_accounts")


def test_a_chain_mines_by_interval_when_asked() -> None:
    with Chain.anvil(block_time=1) as chain:
        assert eventually(lambda: int(chain.rpc("eth_blockNumber"), 16) >= 1)


def test_an_option_that_the_node_refuses_is_shown_with_its_log() -> None:
    with pytest.raises(ChainError, match=r"anvil ended with code 2\. Its log: .*--nonsense"):
        Chain.anvil(extra=["--nonsense"])


def test_an_error_of_the_node_is_passed_on() -> None:
    with Chain.anvil() as chain, pytest.raises(ChainError, match="eth_nonsense"):
        chain.rpc("eth_nonsense")


def test_a_port_that_is_taken_in_between_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    with Chain.anvil() as first:
        taken = int(first.url.rpartition(":")[2])
        ports = iter([taken, free_port()])
        monkeypatch.setattr(chains, "free_port", lambda: next(ports))
        with Chain.ganache() as second:
            assert second.url != first.url
            assert second.chain_id == int(second.rpc("eth_chainId"), 16)


def test_a_missing_node_is_named_with_advice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(chains, "ROOT", tmp_path)
    monkeypatch.setattr(chains, "FOLDER", tmp_path / "chains")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ChainError, match="anvil is not installed: run make setup, or install anvil"):
        Chain.anvil()
    assert not list(chains.FOLDER.glob("*/"))


@pytest.mark.parametrize("blow", [signal.SIGTERM, signal.SIGKILL])
def test_a_chain_dies_with_its_starter(blow: signal.Signals) -> None:
    code = (
        "import sys; from tools.chain import Chain; chain = Chain.anvil();"
        "print(chain.url, chain.folder, flush=True); sys.stdin.read()"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert starter.stdout is not None
    url, folder = starter.stdout.readline().split()
    assert answers(url)
    os.kill(starter.pid, blow)
    starter.communicate()
    assert eventually(lambda: not answers(url))
    assert eventually(lambda: not Path(folder).exists())


def test_a_detached_chain_outlives_its_starter_until_it_is_stopped() -> None:
    name = f"test-{os.getpid()}"
    code = f"from tools.chain import start_detached; print(start_detached({name!r}).url)"
    url = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()
    try:
        found = find_detached(name)
        assert found is not None
        assert found.url == url
        with pytest.raises(ChainError, match=f"{name} is running already at {url}"):
            start_detached(name)
    finally:
        assert stop_detached(name)
    assert not answers(url)
    assert find_detached(name) is None
    assert not stop_detached(name)


def test_a_detached_chain_that_died_is_not_found() -> None:
    name = f"dead-{os.getpid()}"
    dead = start_detached(name)
    os.kill(dead.pid, signal.SIGKILL)
    assert eventually(lambda: find_detached(name) is None)
    assert not stop_detached(name)
