"""The act of `make demo` about what is private, by itself."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest

from demo.exams import certify
from demo.gasless import Gasless
from demo.privacy import Privacy
from demo.stage import local_stage
from proofdesk import ContentErased


def test_what_is_private_and_what_anyone_can_check(capsys: pytest.CaptureFixture[str]) -> None:
    with local_stage() as stage:
        stage.deploy(folder=stage.manifests)
        certify(stage)
        gasless = Gasless(stage)
        act = Privacy(stage, gasless)
        for scene in act.scenes():
            scene()
        gasless.close()
        kept = []
        for entry in stage.store:
            with suppress(ContentErased):
                kept.append(stage.desk.archive.read(entry).record.kind)
    shown = " ".join(capsys.readouterr().out.split())
    # Between the two an erasure was added: who reads both is told.
    assert "the access log has 8 signed entries" in shown
    assert "9 entries of the access log, the last of which tells of the erasure" in shown
    assert "GDPR 17(1)(b): consent withdrawn" in shown
    audited = re.search(r"an audit .*? (\d+) records .*? (\d+) are of acts, (\d+) of exams", shown)
    assert audited is not None
    records, of_acts, exams = map(int, audited.groups())
    assert (records, exams) == (len(kept), kept.count("exam"))
    assert records - of_acts - exams == kept.count("access")
