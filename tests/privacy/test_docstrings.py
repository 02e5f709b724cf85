"""Every example of what is sealed, kept and linked without a chain runs."""

from __future__ import annotations

import doctest
from collections.abc import Iterator
from importlib import import_module

import pytest

from proofdesk.privacy import keys, linking, sealed, seed, wraps
from tests.privacy.people import KEYS, SCOPE, opening

MODULES = (keys, linking, sealed, seed, wraps)


def _examples() -> Iterator[doctest.DocTest]:
    for module in (*MODULES, import_module("proofdesk.privacy.errors")):
        found = doctest.DocTestFinder(exclude_empty=True).find(module)
        yield from (test for test in found if test.examples)


@pytest.mark.parametrize("test", list(_examples()), ids=lambda test: test.name)
def test_example(test: doctest.DocTest) -> None:
    test.globs |= {
        "ReadingKey": keys.ReadingKey,
        "key": KEYS["agents"],
        "opening": opening("Where is my card?"),
        "scope": SCOPE,
        # The words of the seed that everybody tests with.
        "seed": seed.Seed.from_words("test " * 11 + "junk"),
    }
    output: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(test, out=output.append)
    assert not runner.failures, "".join(output)


def test_every_public_name_is_explained() -> None:
    for module in MODULES:
        for name, value in vars(module).items():
            if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__:
                assert value.__doc__, name
