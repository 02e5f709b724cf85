"""How claims and money are told: in the language of choice, on a terminal, to programs."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.cli.counter import SECONDS, Counter

PREVIEW = "claim preview receipt.json --reason return --amount 1.5"


@pytest.fixture
def till(counter: Counter) -> Counter:
    """A receipt of one ether."""
    counter.given("funded")
    return counter


def chinese(counter: Counter, line: str) -> subprocess.CompletedProcess[str]:
    """A line whose texts are Chinese; a process of its own, for texts are looked up as modules are loaded."""
    return subprocess.run(
        [sys.executable, "-m", "proofdesk.cli", "--lang", "zh-CN", *line.format(**counter.names).split()],
        cwd=counter.folder,
        env=os.environ | {"PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )


def test_why_is_told_in_english(till: Counter) -> None:
    done = till.run(PREVIEW)
    assert done.out.splitlines() == [
        "verdict\tdenied",
        "asked for\t1.5 ETH",
        "so\tnothing is paid",
        "why\tIt asks for 1.5 ETH, and 1 ETH is left for this reason: 100% of the price 1 ETH is 1 ETH, and "
        "0 ETH of that is paid.",
        "why\tIt asks for 1.5 ETH, and 1 ETH is left of the price 1 ETH: 0 ETH is paid.",
        "why\tThis evidence is missing: return.",
    ]


def test_why_is_told_in_chinese(till: Counter) -> None:
    done = chinese(till, PREVIEW)
    assert (done.returncode, done.stderr) == (1, "")
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert rows[0] == ["判定", "驳回"]
    assert rows[-1] == ["原因", "缺少此项证明：退货证明。"]
    asked = chinese(till, PREVIEW.replace("preview", "file") + " --account {customer}")
    assert (asked.returncode, "会被驳回：" in asked.stderr, "仍要提交吗？" in asked.stderr) == (2, True, True)
    filed = chinese(till, PREVIEW.replace("preview", "file") + " --account {customer} --yes")
    assert (filed.returncode, "缺少此项证明：退货证明。" in filed.stdout) == (0, True), filed
    till.names["claim"] = till.run("claim list --json").json[0]["ticket"]
    shown = chinese(till, "claim show {claim}").stdout
    assert "超出该理由的退款, 超出价格, 缺少退货证明" in shown
    # What programs know by name is in no language.
    assert not re.search("denied|missing|over_", shown), shown


def test_programs_are_told_rules_by_name_and_amounts_to_the_unit(till: Counter) -> None:
    value = till.run(f"{PREVIEW} --json").json
    assert value["failed"] == ["over_refund", "over_price", "missing_return"]
    assert (value["asked"], value["amount"]) == ("1500000000000000000", "0")
    assert (value["unit"], value["decimals"], len(value["why"])) == ("ETH", 18, 3)


def test_shops_texts_cannot_steer_the_terminal(till: Counter) -> None:
    line = (
        "receipt sign --order \x1b[31mA-9 --product \u202egnp.exe --price 1 --customer {customer} "
        "--policy standard -o odd.json --account {shop}"
    )
    assert till.run(line).code == 0
    shown = till.run("receipt show odd.json")
    assert (shown.code, "order\t\\x1b[31mA-9" in shown.out, "product\t\\u202e" in shown.out) == (
        0,
        True,
        True,
    )
