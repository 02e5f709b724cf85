"""A claims counter on an anvil of its own for each file, and keepers that are closed at a test's end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from proofdesk.ops.keeper import Keeper
from tests.client.claims.conftest import anvil_counter, counter
from tests.client.claims.counter import Counter
from tests.client.office import account

__all__ = ["anvil_counter", "counter", "keeper", "make_keeper"]

Make = Callable[..., Keeper]


@pytest.fixture
def make_keeper(counter: Counter) -> Iterator[Make]:
    """Makes keepers, of an account without any role by default."""
    with ExitStack() as stack:

        def make(place: Any = ":memory:", number: int = 30, **options: Any) -> Keeper:
            desk = counter.office.desk.using(account(number))
            # The test mnemonic's first twenty have money; of the others a keeper is to be given some.
            counter.office.chain.rpc("anvil_setBalance", account(number).address, hex(10**20))
            return stack.enter_context(Keeper(desk, place, **options))

        yield make


@pytest.fixture
def keeper(make_keeper: Make) -> Keeper:
    """A keeper as it is by default."""
    return make_keeper()
