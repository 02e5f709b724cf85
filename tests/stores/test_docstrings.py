"""Every example of the stores runs, and every public name is explained."""

from __future__ import annotations

import doctest
import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from proofdesk import stores

MODULES = (
    "proofdesk.stores",
    *(f"proofdesk.stores.{module.name}" for module in iter_modules(stores.__path__)),
)


def _examples() -> Iterator[doctest.DocTest]:
    for name in MODULES:
        for test in doctest.DocTestFinder(exclude_empty=True).find(import_module(name)):
            if test.examples:
                yield test


@pytest.mark.parametrize("test", list(_examples()), ids=lambda test: test.name)
def test_example(test: doctest.DocTest, tmp_path: Path) -> None:
    test.globs |= {"folder": tmp_path / "records"}
    output: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(test, out=output.append)
    assert not runner.failures, "".join(output)


def test_every_public_name_is_explained_and_sorted() -> None:
    assert stores.__all__ == sorted(stores.__all__)
    for name in stores.__all__:
        assert inspect.getdoc(getattr(stores, name))
