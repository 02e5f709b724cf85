"""Every example of the audit runs on a live desk."""

from __future__ import annotations

import doctest
from importlib import import_module
from pkgutil import iter_modules

import pytest

import proofdesk.ops.audit
from tests.audit.business import Business

MODULES = [f"proofdesk.ops.audit.{module.name}" for module in iter_modules(proofdesk.ops.audit.__path__)]
EXAMPLES = [
    test
    for name in MODULES
    for test in doctest.DocTestFinder(exclude_empty=True).find(import_module(name))
    if test.examples
]


@pytest.mark.parametrize("test", EXAMPLES, ids=lambda test: test.name)
def test_example(test: doctest.DocTest, business: Business) -> None:
    test.globs |= {"desk": business.office.auditor}
    output: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(test, out=output.append)
    assert not runner.failures, "".join(output)


def test_every_public_name_is_explained() -> None:
    assert EXAMPLES
    for name in proofdesk.ops.audit.__all__:
        assert getattr(proofdesk.ops.audit, name).__doc__, name
