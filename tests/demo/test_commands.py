"""`make trial`, `make up` and `make down` through their main(); `make demo` itself is run by CI."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo import down, trial, up
from proofdesk import Desk
from proofdesk.privacy import Keyring, Seed
from tools.chain import find_detached


def test_trial_serves_every_text_to_its_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text('{"text": "Where is my card?"}\n{"text": "我的卡在哪里？"}\n' * 6, encoding="utf-8")
    assert trial.main([str(path)]) == 0
    shown = capsys.readouterr().out
    assert "60" in shown.split("acts")[1]  # twelve tickets of five acts
    assert "5 roots are as in the contract" in shown


def test_trial_refuses_a_text_over_the_limit_of_records(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "questions.csv"
    path.write_text("text\n" + "x" * 70_000 + "\n", encoding="utf-8")
    assert trial.main([str(path)]) == 1
    assert "does not fit a record" in capsys.readouterr().out


def test_trial_of_no_file_is_an_error_of_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert trial.main(["nothing.csv"]) == 2
    assert "there is no file" in capsys.readouterr().out


def test_up_leaves_a_desk_that_is_found_and_down_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(up, "NAME", "desk-under-test")
    monkeypatch.setattr(down, "NAME", "desk-under-test")
    monkeypatch.setattr(up, "USUAL_PORT", 0)
    left = tmp_path / "records" / "31337" / "demo" / "left"
    left.parent.mkdir(parents=True)
    left.touch()
    try:
        assert up.main() == 0
        chain = find_detached("desk-under-test")
        assert chain is not None
        shown = " ".join(capsys.readouterr().out.split())
        assert chain.url in shown
        # Whose records are gone is told, and whose account is whose.
        assert not left.exists()
        assert "records/31337/demo is emptied" in shown
        assert "6 Ada, 7 Bo (not certified), 8 Chen, 9 Dana, 10 Emil (not certified)" in shown
        assert "11 to 15; 16 to 29 nobody's" in shown
        assert "30 shop, 31 carrier, 32 laboratory, 33 treasurer" in shown
        assert "the vault holds 4.9 ETH; claims: approved, denied, review" in shown
        # Whoever comes verifies all and reads nothing; the auditor's keys stand beside.
        verified = Desk.connect(chain.url).tickets.verify_all()
        assert (verified.tickets, verified.records) == (24, 0) and verified.sealed > 30
        auditor = Keyring.of(Seed.load("keys/demo/auditor.keys", "worthless"))
        assert Desk.connect(chain.url, keyring=auditor).tickets.verify_all().sealed == 0
        assert "worthless" in shown
        assert up.main() == 1
        assert "running already" in capsys.readouterr().out
    finally:
        assert down.main() == 0
    assert find_detached("desk-under-test") is None
