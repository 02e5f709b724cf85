"""The examples in the keeper's docstrings run, and its page names what there is."""

from __future__ import annotations

import doctest
import re
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

import pytest

import proofdesk.ops.keeper
from proofdesk import Status
from proofdesk._words import TICKET, pack
from proofdesk.ops.keeper import Duty, Item, Keeper, Tally, survey
from proofdesk.ops.keeper.duties import Watched
from tests.client.claims.counter import Counter
from tools.chain import ROOT

PAGE = (ROOT / "docs" / "keeper.md").read_text(encoding="utf-8")


def _examples() -> Iterator[doctest.DocTest]:
    for found in iter_modules(proofdesk.ops.keeper.__path__):
        module = import_module(f"proofdesk.ops.keeper.{found.name}")
        for test in doctest.DocTestFinder(exclude_empty=True).find(module):
            if test.examples:
                yield test


@pytest.mark.parametrize("test", list(_examples()), ids=lambda test: test.name)
def test_example(test: doctest.DocTest, counter: Counter) -> None:
    tally = Tally()
    items = [Item(Duty.EXPIRE, bytes([number]) * 32, 100, 100) for number in range(3)]
    for item, late in zip(items, (1, 3, 9), strict=True):
        tally.add([item], 100 + late)
    desk = counter.office.desk
    if not test.name.endswith("Agenda"):
        desk.tickets.open(lane="cards", content="Where is my card?")
    test.globs |= {"desk": desk, "tally": tally, "three_items": items, "pack": pack, "TICKET": TICKET}
    test.globs |= {"Status": Status, "Watched": Watched, "Keeper": Keeper, "survey": survey}
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    output: list[str] = []
    runner.run(test, out=output.append)
    assert not runner.failures, "".join(output)


def test_the_page_has_every_duty() -> None:
    rows = re.findall(r"^\| (\w+) \|", PAGE, re.MULTILINE)
    assert rows[1:] == [duty.name.lower() for duty in Duty]
