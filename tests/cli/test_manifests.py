"""A manifest that is named by its path: what is done without the chain asks no node which one it is of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.counter import Counter

DEAD = "--node http://127.0.0.1:9"
NODE = 4


@pytest.fixture
def manifest(counter: Counter) -> Path:
    return counter.folder / "deployments/31337/development.json"


def test_sources_are_written_without_a_node(counter: Counter, manifest: Path) -> None:
    assert counter.run(f"sources {DEAD}").code == NODE, "somebody has to say which chain"
    done = counter.run(f"sources {DEAD} --deployment {manifest}")
    assert done.code == 0 and list(Path("sources").iterdir()), done


def test_a_manifest_that_is_damaged_is_named(counter: Counter, manifest: Path) -> None:
    value = json.loads(manifest.read_text())
    Path("damaged.json").write_text(json.dumps({**value, "chain_id": "many"}))
    done = counter.run(f"sources {DEAD} --deployment damaged.json")
    assert (done.code, "damaged.json" in done.err) == (3, True), done


def test_beside_a_config_it_is_of_that_ones_chain(counter: Counter, manifest: Path) -> None:
    value = json.loads(manifest.read_text())
    Path("other.json").write_text(json.dumps({**value, "chain_id": 5}))
    done = counter.run(f"sources {DEAD} --network development --deployment other.json")
    assert (done.code, "the chain id is 31337, but the deployment says 5" in done.err) == (NODE, True), done
