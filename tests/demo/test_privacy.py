"""The act of `make demo` about what is private, by itself."""

from __future__ import annotations

import pytest

from demo.exams import certify
from demo.gasless import Gasless
from demo.privacy import Privacy
from demo.stage import local_stage


def test_what_is_private_and_what_anyone_can_check(capsys: pytest.CaptureFixture[str]) -> None:
    with local_stage() as stage:
        stage.deploy(folder=stage.manifests)
        certify(stage)
        gasless = Gasless(stage)
        act = Privacy(stage, gasless)
        for scene in act.scenes():
            scene()
        gasless.close()
    shown = " ".join(capsys.readouterr().out.split())
    assert "GDPR 17(1)(b): consent withdrawn" in shown
