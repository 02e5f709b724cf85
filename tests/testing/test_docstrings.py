"""Every example in the docstrings of proofdesk/testing runs."""

from __future__ import annotations

import doctest
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from pkgutil import iter_modules

import pytest
from web3 import Web3

import proofdesk.testing
from proofdesk.testing._office import Clock
from tests.client.office import account


def _examples() -> Iterator[doctest.DocTest]:
    for name in (module.name for module in iter_modules(proofdesk.testing.__path__)):
        module = import_module(f"proofdesk.testing.{name}")
        yield from (test for test in doctest.DocTestFinder().find(module) if test.examples)


@pytest.mark.parametrize("test", list(_examples()), ids=lambda test: test.name)
def test_example(test: doctest.DocTest, desk_clock: Clock) -> None:
    names = {"Web3": Web3, "timedelta": timedelta, "desk_clock": desk_clock}
    # Some have an `account` of their own.
    test.globs |= names | ({} if "account" in test.globs else {"account": account(0)})
    output: list[str] = []
    runner = doctest.DocTestRunner()
    runner.run(test, out=output.append)
    assert not runner.failures, "".join(output)
