"""The examples in the relayer's docstrings run."""

from __future__ import annotations

import doctest
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

import proofdesk.ops.relay
from proofdesk.ops.relay import RelayClient, Relayer
from proofdesk.ops.relay.http import asgi
from tests.client.office import Office
from tests.relay.people import Crowd, yes
from tests.relay.serving import listening


def _examples() -> Iterator[doctest.DocTest]:
    for found in iter_modules(proofdesk.ops.relay.__path__):
        module = import_module(f"proofdesk.ops.relay.{found.name}")
        for test in doctest.DocTestFinder(exclude_empty=True).find(module):
            if test.examples:
                yield test


@pytest.mark.parametrize("test", list(_examples()), ids=lambda test: test.name)
def test_example(
    test: doctest.DocTest, office: Office, relayer: Relayer, crowd: Crowd, tmp_path: Path
) -> None:
    signed = crowd.open()
    yes(relayer.submit([signed]))
    relayer.step(flush=True)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    output: list[str] = []
    with listening(asgi(relayer)) as port:
        test.globs |= {
            "relayer": relayer,
            "client": RelayClient(f"http://127.0.0.1:{port}"),
            "signed": signed,
            "desk": office.desk,
            "customer": office.customer,
            "folder": tmp_path,
        }
        runner.run(test, out=output.append)
    assert not runner.failures, "".join(output)
