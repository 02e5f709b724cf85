"""docs/claims.md: its blocks run one after the other and print what they say; its tables are the code's."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.stage import ACCOUNTS, Stage
from demo.up import USUAL_PORT, leave_keys, seed
from proofdesk import _contract_errors
from proofdesk._abi import artifact
from proofdesk.claims import EvidenceKind, FailedRule, Reason
from proofdesk.ops.policy_file import read_policy
from tests.docs.test_examples import BLOCK
from tools.chain import Chain

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "claims.md").read_text("utf-8")
BLOCKS = BLOCK.findall(PAGE)
SAID = "# > "
SECONDS = 120
# What is said of the access manager, of what a library's own checks refuse, and of bad deployments is
# elsewhere.
NOT_OF_CLAIMS = {
    "AccessManagedInvalidAuthority", "AccessManagedRequiredDelay", "AccessManagedUnauthorized",
    "AlreadyAnchored", "AlreadyReserved", "AmountTooLarge", "EmptyRoot", "InvalidAccountNonce",
    "InvalidOutage", "InvalidShortString", "InvalidTerms", "LaneInUse", "LaneNotEligible", "MissingRole",
    "NoContract", "NotAModule", "NotEnoughGas", "NothingToDo", "OutageTooOld", "OutageTooSoon",
    "ReentrancyGuardReentrantCall", "SafeERC20FailedOperation", "StringTooLong",
}  # fmt: skip


def between(mark: str) -> str:
    """What stands between a mark and its end."""
    return PAGE.split(f"<!-- {mark} -->\n")[1].split(f"<!-- /{mark} -->")[0]


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The desk of `make up` in this folder, and the policy's file beside it."""
    monkeypatch.chdir(tmp_path)
    (name, content), *_ = re.findall(r"^<!-- policy: (\S+) -->\n```toml\n(.*?)^```", PAGE, re.M | re.S)
    Path(name).write_text(content, encoding="utf-8")
    with Chain.anvil(accounts=ACCOUNTS) as chain:
        stage = Stage(chain, Path("records") / str(chain.chain_id) / "demo")
        stage.deploy(folder=Path("deployments"))
        seed(stage)
        leave_keys()
        yield chain.url


def test_the_blocks_print_what_they_say(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    for block in BLOCKS:
        capsys.readouterr()
        here = block.replace(f"127.0.0.1:{USUAL_PORT}", url.removeprefix("http://"))
        exec(compile(here, "example", "exec"), names)
        said = [line.removeprefix(SAID) for line in block.splitlines() if line.startswith(SAID)]
        assert capsys.readouterr().out.splitlines() == said, block
    assert len(BLOCKS) > 15


def test_the_commands_run_as_printed(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = re.findall(r"^```console\n(.*?)^```", PAGE, re.M | re.S)
    lines = [line.removeprefix("$ ") for line in block.splitlines()]
    assert len(lines) > 10
    for name in [name for name in os.environ if name.startswith("PROOFDESK_")]:
        monkeypatch.delenv(name)
    script = 'proofdesk() { "$PYTHON" -m proofdesk.cli "$@"; }\nset -eux\n' + "\n".join(lines)
    environment = {"PYTHON": sys.executable, "PYTHONPATH": str(ROOT), "PROOFDESK_NODE": url}
    done = subprocess.run(
        ["bash", "-c", script],
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr
    assert "approved" in done.stdout


def test_each_reason_and_each_kind_has_its_place(tmp_path: Path) -> None:
    content = re.search(r"^```toml\n(.*?)^```", PAGE, re.M | re.S)
    assert content is not None
    path = tmp_path / "kettles.toml"
    path.write_text(content[1], encoding="utf-8")
    policy = read_policy(path, {"refunds": 5})
    assert [rule.reason for rule in policy.rules] == [reason for reason in Reason if reason]
    for reason in policy.rules:
        assert f"reason=Reason.{reason.reason.name}" in PAGE
    rows = [row for row in PAGE.splitlines() if row.startswith("| ") and " to " in row]
    told = {kind for kind in EvidenceKind if any(kind.name.lower() in row for row in rows)}
    assert {kind for kind in EvidenceKind if "CUSTOM" not in kind.name} <= told
    assert f"| {min(kind for kind in EvidenceKind if kind.is_declarable)} to {max(EvidenceKind)} |" in PAGE


def test_the_failed_rules_are_the_codes() -> None:
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \| .+ \|$", between("failed rules"), re.M)
    assert [(1 << int(bit), name) for bit, name in rows] == [(int(rule), rule.name) for rule in FailedRule]
    assert FailedRule.lacking(EvidenceKind.RETURN) == 1 << 16 + EvidenceKind.RETURN


def test_every_error_is_told_of() -> None:
    told = set(re.findall(r"`(\w+)`", re.sub(r"\| [^|]+\|$", "", between("errors"), flags=re.M)))
    told -= {"error"}
    assert all(hasattr(_contract_errors, name) for name in told), told
    contracts = "ClaimDesk", "PolicyBook", "RefundVault", "CompensationDesk", "RecordAnchor"
    known = {
        item["name"]
        for contract in contracts
        for item in artifact(contract)["abi"]
        if item["type"] == "error"
    }
    assert told | NOT_OF_CLAIMS >= known, known - told - NOT_OF_CLAIMS
