"""The demonstration's own books: they follow the design, and a difference of one unit is noticed."""

from __future__ import annotations

import pytest

from demo.ledger import Ledger
from proofdesk.claims import ETH


@pytest.fixture
def ledger() -> Ledger:
    ledger = Ledger(ETH, refusing={"Bo"})
    ledger.deposit(100)
    return ledger


def test_what_is_decided_is_paid_owed_or_pending(ledger: Ledger) -> None:
    assert ledger.reserve("claim", 40)
    assert [ledger.pay("Ada", 30), ledger.pay("Bo", 20), ledger.pay("Chen", 11)] == [
        "paid",
        "owed",
        "pending",
    ]
    books = ledger.books()
    assert (books.balance, books.reserved, books.owed, books.pending, books.free) == (70, 40, 20, 11, 0)


def test_who_has_a_reservation_does_not_wait_in_the_queue(ledger: Ledger) -> None:
    ledger.reserve("claim", 40)
    ledger.pay("Ada", 61)
    assert ledger.pay("Chen", 25, kept_for="claim") == "paid"
    assert not ledger.reserve("another", 1), "nothing is free while somebody waits"
    # What was kept and not decided pays who waits.
    assert ledger.settle() == 1
    assert ledger.books().balance == 14


def test_the_queue_is_paid_in_its_order(ledger: Ledger) -> None:
    assert [ledger.pay("Ada", 150), ledger.pay("Chen", 1)] == ["pending", "pending"]
    assert ledger.settle() == 0
    ledger.deposit(50)
    assert ledger.settle() == 1
    assert ledger.got == {"Ada": 150}


def test_what_is_owed_is_withdrawn_elsewhere(ledger: Ledger) -> None:
    ledger.pay("Bo", 20)
    assert ledger.withdraw("Bo", "Dana") == 20
    assert ledger.books().balance == ledger.books().free == 80


def test_only_what_is_free_is_taken_out(ledger: Ledger) -> None:
    ledger.reserve("claim", 40)
    with pytest.raises(AssertionError, match="61 is not free"):
        ledger.take_out(61)
    ledger.take_out(60)
    assert ledger.books().balance == 40
