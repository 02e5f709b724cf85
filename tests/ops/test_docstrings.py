"""Every example in the operators' docstrings runs, on a deployed desk, each as if it were alone."""

from __future__ import annotations

import doctest
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

import proofdesk.ops
from proofdesk import Desk, MemoryStore
from proofdesk._deployments import SEALED
from proofdesk._rpc import Node
from proofdesk.privacy.keyring import Keyring
from proofdesk.privacy.keys import ReadingKey
from proofdesk.privacy.roles import ALL
from tests.ops.conftest import Deployed
from tests.ops.test_certify import HEADER, ROW
from tools.chain import ROOT

CERTIFIER, LANE_EDITOR = 2, 3


def _examples() -> Iterator[doctest.DocTest]:
    for name in (module.name for module in iter_modules(proofdesk.ops.__path__) if not module.ispkg):
        module = import_module(f"proofdesk.ops.{name}")
        yield from (test for test in doctest.DocTestFinder().find(module) if test.examples)


def sealed(desk: Deployed) -> Desk:
    """The same desk with sealed records, as its supervisor, who reads them."""
    supervisor = Desk.connect(
        desk.w3,
        account=desk.w3.eth.accounts[LANE_EDITOR],
        deployment=replace(desk.deployment, records=SEALED),
        store=MemoryStore(),
        keyring=Keyring([ReadingKey.new()]),
    )
    supervisor.keys.publish()
    supervisor.keys.create_role("supervisors", ALL, [supervisor.sender.address])
    return supervisor


@pytest.mark.parametrize("test", list(_examples()), ids=lambda test: test.name)
def test_example(
    test: doctest.DocTest, desk: Deployed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    (tmp_path / "exams.csv").write_text(f"{HEADER}\n{ROW}\n", encoding="utf-8")
    certifier = desk.w3.eth.accounts[CERTIFIER]
    test.globs |= {
        "w3": desk.w3,
        "Node": Node,
        "sender": desk.sender(0),
        "lane_editor": desk.sender(LANE_EDITOR),
        "claims_editor": desk.sender(LANE_EDITOR),
        "certifier": Desk.connect(
            desk.w3, account=certifier, deployment=desk.deployment, store=MemoryStore()
        ),
        "desk": Desk.connect(
            desk.w3, account=desk.w3.eth.accounts[0], deployment=desk.deployment, store=MemoryStore()
        ),
        "deployment": desk.deployment,
        "config": desk.config,
        "folder": desk.folder,
        "file": tmp_path / "exams.csv",
    }
    # He has keys, and makes himself a role that reads: only whom that concerns waits for it.
    if any("supervisor" in example.source for example in test.examples):
        test.globs["supervisor"] = sealed(desk)
    output: list[str] = []
    runner = doctest.DocTestRunner()
    runner.run(test, out=output.append)
    assert not runner.failures, "".join(output)
