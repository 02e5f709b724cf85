"""Every example of claims, money and anchors that needs a chain runs, each as if it were alone."""

from __future__ import annotations

import doctest
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from importlib import import_module

import pytest

import proofdesk
import proofdesk.claims
from tests.client.claims.counter import Counter

MODULES = (
    *("anchors.resource", "anchors.tree"),
    *(f"claims.{name}" for name in ("chain", "compensation", "policies", "resource", "signing", "vault")),
)


def _examples() -> Iterator[doctest.DocTest]:
    for name in MODULES:
        found = doctest.DocTestFinder(exclude_empty=True).find(import_module(f"proofdesk.{name}"))
        yield from (test for test in found if test.examples)


@pytest.mark.parametrize("test", list(_examples()), ids=lambda test: test.name)
def test_example(test: doctest.DocTest, counter: Counter) -> None:
    office, receipt = counter.office, counter.receipt()
    for module in (proofdesk, proofdesk.claims):
        test.globs |= {name: getattr(module, name) for name in module.__all__}
    test.globs |= {
        "datetime": datetime,
        "timedelta": timedelta,
        "timezone": timezone,
        "manifest": office.deployment,
        "desk": office.desk,
        "customer": counter.customer,
        "editor": counter.editor,
        "merchant": counter.merchant,
        "laboratory": counter.laboratory,
        "policy": counter.policy,
        "receipt": receipt,
        "signed_receipt": receipt,
        "newcomer": office.newcomer.address,
        "ticket": office.opened(),
    }
    output: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(test, out=output.append)
    assert not runner.failures, "".join(output)


def test_every_example_runs_somewhere() -> None:
    """What no chain is needed for is tried beside the judgement, in tests/claims."""
    for name in MODULES:
        module = import_module(f"proofdesk.{name}")
        for kind in vars(module).values():
            if isinstance(kind, type) and kind.__module__ == module.__name__:
                assert kind.__doc__, kind
