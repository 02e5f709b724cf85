"""In which language people are spoken to, and how its catalogue is kept."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from tests.cli.counter import Counter
from tools import messages
from tools.chain import ROOT

HELP = "Look at node, deployment, key, roles, balance, records and versions"
PO = """msgid ""
msgstr ""
"Language: zh_CN\\n"
"Content-Type: text/plain; charset=utf-8\\n"

msgid "See that all is there and well."
msgstr "看看一切是否正常。"

msgid "Commands"
msgstr "命令"

msgid "no tickets"
msgstr "没有工单"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of catalogues with a little Chinese."""
    path = tmp_path / "locale" / "zh_CN" / "LC_MESSAGES" / "proofdesk.po"
    path.parent.mkdir(parents=True)
    path.write_text(PO, encoding="utf-8")
    monkeypatch.setattr(messages, "FOLDER", tmp_path / "locale")
    assert messages.main([]) == 0
    return tmp_path / "locale"


def spoken(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What the command says with the catalogues of a folder."""
    program = (
        "import sys; from pathlib import Path; from proofdesk.cli import _language, main;"
        f"_language.FOLDER = Path({str(folder)!r}); sys.exit(main())"
    )
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env={"PYTHONUTF8": "1"} | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("arguments", "environment", "is_chinese"),
    [
        (["--help"], {}, False),
        (["--lang", "zh-CN", "--help"], {}, True),
        (["--help", "--lang=zh_cn"], {}, True),
        (["--help"], {"LANG": "zh_CN.UTF-8"}, True),
        (["--help"], {"LC_ALL": "de_DE.UTF-8", "LANG": "zh_CN.UTF-8"}, False),
        (["--help", "--lang", "en"], {"LANGUAGE": "zh_CN"}, False),
        (["--help", "--lang", "zh"], {}, True),
        (["--help"], {"LANGUAGE": "zh_CN:en"}, True),
        (["--help"], {"LANGUAGE": "en_GB:zh_CN", "LANG": "zh_CN.UTF-8"}, False),
        # What it cannot show it does not speak.
        (["--help", "--lang", "zh-CN"], {"PYTHONIOENCODING": "latin-1"}, False),
    ],
)
def test_language(folder: Path, arguments: list[str], environment: dict[str, str], is_chinese: bool) -> None:
    done = spoken(folder, *arguments, **environment)
    assert done.returncode == 0
    # Ours and click's.
    assert ("看看一切是否正常。" in done.stdout, "命令:" in done.stdout) == (is_chinese, is_chinese)
    assert ("Commands:" in done.stdout) != is_chinese


def test_a_language_that_there_is_not(folder: Path) -> None:
    done = spoken(folder, "--lang", "tlh", "lane", "list")
    assert (done.returncode, "there are en, zh-CN" in done.stderr) == (2, True)


def test_what_a_catalogue_lacks_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert messages.main(["--check"]) == 1
    printed = capsys.readouterr().out
    assert "zh_CN: no translation of 'Open a ticket in a lane, as its customer.'" in printed
    assert "See that all is there and well." not in printed
    assert "up to date" not in printed


def test_a_translation_with_other_places_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "zh_CN" / "LC_MESSAGES" / "proofdesk.po"
    text = path.read_text(encoding="utf-8")
    place = 'msgid "root of {lane}"\nmsgstr '
    assert place in text
    path.write_text(text.replace(f'{place}""', f'{place}"{{line}} 的根"'), encoding="utf-8")
    assert messages.main(["--check"]) == 1
    printed = capsys.readouterr().out
    assert "'root of {lane}' has ['lane'], its translation ['line']" in printed
    assert "proofdesk.mo is not up to date" in printed


def test_the_committed_catalogues_are_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    messages.main(["--check"])
    printed = capsys.readouterr().out.splitlines()
    assert not [line for line in printed if "no translation" not in line]


def test_help_is_in_english_here(counter: Counter) -> None:
    assert HELP in " ".join(counter.run("doctor --help").out.split())


def test_the_wheel_has_what_is_read_and_not_its_source() -> None:
    files = [file.relative_path for file in WheelBuilder(str(ROOT)).recurse_included_files()]
    assert [Path(file).name for file in files if "locale" in file] == ["proofdesk.mo"]
