"""A seed's words on a terminal: shown once where that is asked for, typed unseen."""

from __future__ import annotations

import re

import pytest

from proofdesk.privacy.seed import Seed
from tests.cli.privacy.sealed_counter import PASSWORD, SealedCounter
from tests.cli.test_terminal import terminal


def test_words_are_shown_once_and_bring_the_seed_back(
    counter: SealedCounter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PROOFDESK_KEYS_PASSWORD")
    with terminal(counter, "key new ann.keys --words") as shown:
        for asked in ("New password: ", "Repeat for confirmation: "):
            shown.until(asked)
            shown.type(f"{PASSWORD}\n")
        assert shown.end() == 0
    made = Seed.load("ann.keys", PASSWORD)
    rows = [line.split() for line in shown.text.splitlines() if re.fullmatch("([a-z]+ ){5}[a-z]+", line)]
    assert [word for row in rows for word in row] == made.words.split()
    assert PASSWORD not in shown.text and "shown once" in shown.text
    with terminal(counter, "key new again.keys --from-words", PROOFDESK_KEYS_PASSWORD=PASSWORD) as typed:
        typed.until("not shown: ")
        typed.type(f"{made.words}\n")
        assert typed.end() == 0
    assert made.words not in typed.text
    assert Seed.load("again.keys", PASSWORD) == made


def test_words_that_are_misread_are_not_repeated(counter: SealedCounter) -> None:
    with terminal(counter, "key new ann.keys --from-words") as typed:
        typed.until("not shown: ")
        typed.type("abandon " * 23 + "abandon\n")
        assert typed.end() == 2
    assert "do not belong together" in typed.text and "abandon" not in typed.text
    assert not (counter.folder / "ann.keys").exists()


def test_re_wrapping_shows_how_far_it_is(counter: SealedCounter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROOFDESK_KEYS_PASSWORD")
    with terminal(counter, "key rewrap --account {supervisor} --keys supervisor.keys") as shown:
        shown.until("Password of supervisor.keys: ")
        shown.type(f"{PASSWORD}\n")
        assert shown.end() == 0
    assert "Re-wrapping" in shown.text and PASSWORD not in shown.text
