"""Every example of what is signed and judged about claims runs, without a chain."""

from __future__ import annotations

import doctest
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from importlib import import_module

import pytest

import proofdesk.claims
from tests.claims.examples import CUSTOMER, DEPLOYMENT, ticket

MODULES = (
    *("claim", "decision", "enums", "evidence", "forms", "history", "judgement", "receipt", "signable"),
    *("values", "withdrawal", "words"),
)


def _examples() -> Iterator[doctest.DocTest]:
    for name in (*(f"proofdesk.claims.{module}" for module in MODULES), "proofdesk.signed.eip712"):
        found = doctest.DocTestFinder(exclude_empty=True).find(import_module(name))
        yield from (test for test in found if test.examples)


@pytest.mark.parametrize("test", list(_examples()), ids=lambda test: test.name)
def test_example(test: doctest.DocTest) -> None:
    test.globs |= {name: getattr(proofdesk.claims, name) for name in proofdesk.claims.__all__}
    test.globs |= {
        "account": CUSTOMER,
        "datetime": datetime,
        "manifest": DEPLOYMENT,
        "ticket": ticket(),
        "timedelta": timedelta,
        "timezone": timezone,
    }
    output: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(test, out=output.append)
    assert not runner.failures, "".join(output)


def test_every_public_name_is_explained() -> None:
    for name in proofdesk.claims.__all__:
        value = getattr(proofdesk.claims, name)
        assert isinstance(value, str) or value.__doc__, name
