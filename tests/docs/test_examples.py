"""Every Python block of README.md and docs/ runs as printed, against a desk such as `make up` leaves."""

from __future__ import annotations

import re
import subprocess
from codeop import compile_command
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.stage import ACCOUNTS, AGENTS, STAFF, Stage
from demo.up import CUSTOMERS, USUAL_PORT, leave_keys, seed
from proofdesk.ops.roles import markdown
from tools.chain import Chain

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
PASTED = [
    pytest.param(block, id=f"{page.name}-{number}")
    for page in PAGES
    for number, block in enumerate(BLOCK.findall(page.read_text("utf-8")), 1)
]
# What asks a relayer is run by test_gasless.py, where there is one; what goes on from block to block by
# test_claims.py and test_privacy.py.
EXAMPLES = [
    param
    for param in PASTED
    if ":8645" not in str(param.values[0]) and not str(param.id).startswith(("claims.md", "privacy.md"))
]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A seeded desk, its manifest and records where a reader in this folder finds them."""
    folder = tmp_path_factory.mktemp("reader")
    with Chain.anvil(accounts=ACCOUNTS) as chain, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        stage = Stage(chain, Path("records") / str(chain.chain_id) / "demo")
        stage.deploy(folder=Path("deployments"))
        seed(stage)
        leave_keys()
        yield chain.url


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 2


@pytest.mark.parametrize("block", EXAMPLES)
def test_example_runs_as_printed(block: str, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {"url": url}
    here = block.replace(f"127.0.0.1:{USUAL_PORT}", url.removeprefix("http://"))
    exec(compile(here, "example", "exec"), names)
    capsys.readouterr()


@pytest.mark.parametrize("block", PASTED)
def test_example_can_be_pasted(block: str) -> None:
    """Into `python` as it asks for lines: a block ends at an empty one, and only there."""
    typed: list[str] = []
    for line in [*block.splitlines(), ""]:
        typed.append(line)
        if compile_command("\n".join(typed)) is not None:
            typed = []
    assert not typed


@pytest.mark.parametrize(("name", "extra"), [("deploy", "cli"), ("testing", "testing")])
def test_the_wheel_is_installed_from_where_it_is_built(tmp_path: Path, name: str, extra: str) -> None:
    """Beside a checkout; tests/wheel installs it."""
    page = (ROOT / "docs" / f"{name}.md").read_text("utf-8")
    (block,) = re.findall(r"^<!-- install -->\n```bash\n(.*?)^```", page, re.M | re.S)
    wheel = tmp_path / "proofdesk" / "dist" / "proofdesk-0.1.0-py3-none-any.whl"
    wheel.parent.mkdir(parents=True)
    wheel.touch()
    mine = tmp_path / "mine"
    mine.mkdir()
    line = block.splitlines()[-1]
    done = subprocess.run(
        ["bash", "-euc", f'pip() {{ printf "%s\\n" "$@"; }}\n{line}'],
        cwd=mine,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["install", f"../proofdesk/dist/{wheel.name}[{extra}]"]


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.stem in ("README", "README.zh-CN", "client")]
)
def test_examples_close_the_desks_they_connect(page: Path) -> None:
    """Of the pages that people copy from."""
    for block in BLOCK.findall(page.read_text("utf-8")):
        assert re.search(r"with (await \w+|Desk)\.connect|^ *desk\.close\(\)", block, re.M), block


def test_the_customer_of_the_examples_is_nobody_else() -> None:
    """With an account of the staff's, what the reader may do would not be what a customer may."""
    numbers = set(re.findall(r"m/44'/60'/0'/0/(\d+)", "".join(str(block.values[0]) for block in EXAMPLES)))
    # But for the one who relays.
    numbers.remove(str(STAFF.index("relayer")))
    taken = len(STAFF) + len(AGENTS) + CUSTOMERS
    assert len(numbers) == 1
    assert taken <= int(*numbers) < ACCOUNTS


def test_security_page_shows_the_table_of_roles() -> None:
    page = (ROOT / "docs" / "security.md").read_text("utf-8")
    shown = page.split("<!-- roles -->\n")[1].split("<!-- /roles -->")[0]
    assert shown == markdown()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}, which is not there"
