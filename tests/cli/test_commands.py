"""Every command by its table: its help, a line that works, what it refuses and how it says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from proofdesk.cli._root import root
from tests.cli import cases
from tests.cli.cases import Case
from tests.cli.claims.cases import CLAIMS
from tests.cli.counter import CONFIG, Counter

EXAMS = "agent,program,level,score,taken_at,evidence\n{newcomer},cards,1,8500,2026-01-31T12:00:00Z,passed\n"


def commands(group: click.Group, above: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command of a group and of the groups in it, by its whole name."""
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        yield f"{above}{name}", found
        if isinstance(found, click.Group):
            yield from commands(found, f"{above}{name} ")


CASES = {**cases.CASES, **CLAIMS}
ALL = dict(commands(root))
LEAVES = [name for name, found in ALL.items() if not isinstance(found, click.Group)]
FAILURES = [(name, failure) for name, case in CASES.items() for failure in case.failures]


@pytest.fixture
def prepared(counter: Counter) -> Counter:
    """A folder with the files that the table names."""
    text = CONFIG.read_text(encoding="utf-8").replace('name = "development"', 'name = "second"', 1)
    (counter.folder / "config" / "second.toml").write_text(text, encoding="utf-8")
    (counter.folder / "exams.csv").write_text(EXAMS.format(**counter.names), encoding="utf-8")
    (counter.folder / "password").write_text("correct horse\n", encoding="utf-8")
    (counter.folder / "short").write_text("horse\n", encoding="utf-8")
    return counter


def test_the_table_has_every_command_and_no_other() -> None:
    """A command without its line here fails this; lines of index, keeper, relay and watch lie beside."""
    apart = ("anchor", "audit", "index", "keeper", "key", "proof", "records", "relay", "verify", "watch")
    assert sorted(CASES) == sorted(name for name in LEAVES if not name.startswith(apart))
    assert all(len(case.failures) >= 2 for case in CASES.values())


@pytest.mark.parametrize("name", ["", *ALL])
def test_help(counter: Counter, name: str) -> None:
    done = counter.run(f"{name} --help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"Usage: proofdesk {name}".rstrip())
    assert max(map(len, done.out.splitlines())) <= 80


@pytest.mark.parametrize("name", LEAVES)
def test_every_option_says_what_it_is_for(name: str) -> None:
    assert ALL[name].help
    for option in ALL[name].params:
        if isinstance(option, click.Option):
            assert option.help and option.help.endswith("."), option.name


@pytest.mark.parametrize("name", CASES)
def test_works(prepared: Counter, name: str) -> None:
    case = CASES[name]
    prepared.given(case.given)
    done = prepared.run(case.line, stdin=case.stdin)
    assert done.code == 0, done.err
    assert case.prints in done.out


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if name != "completion"])
def test_prints_one_json_document(prepared: Counter, name: str) -> None:
    case = CASES[name]
    prepared.given(case.given)
    done = prepared.run(f"--json {case.line}", stdin=case.stdin)
    assert (done.code, done.err) == (0, "")
    assert done.json is not None


@pytest.mark.parametrize(
    ("name", "failure"), FAILURES, ids=[f"{name}-{text}" for name, (_, _, text) in FAILURES]
)
def test_refuses(prepared: Counter, name: str, failure: tuple[str, int, str]) -> None:
    line, code, text = failure
    prepared.given(CASES[name].given)
    before = prepared.chain.rpc("eth_blockNumber")
    done = prepared.run(line)
    assert done.code == code, done
    assert text in " ".join((done.out + done.err).split())
    assert "Traceback" not in done.err
    assert prepared.chain.rpc("eth_blockNumber") == before


@pytest.mark.parametrize(
    ("name", "failure"), FAILURES, ids=[f"{name}-{text}" for name, (_, _, text) in FAILURES]
)
def test_refuses_in_json(prepared: Counter, name: str, failure: tuple[str, int, str]) -> None:
    line, code, text = failure
    prepared.given(CASES[name].given)
    done = prepared.run(f"{line} --json" if name != "completion" else f"--json {line}")
    assert (done.code, done.err) == (code, "")
    # A check that finds something has a result; whatever else fails is an error.
    if code != 1:
        assert done.json["error"]["exit_code"] == code
        assert text in done.json["error"]["message"]


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.acts])
def test_a_dry_run_sends_nothing_and_keeps_nothing(prepared: Counter, name: str) -> None:
    case: Case = CASES[name]
    prepared.given(case.given)
    before = prepared.chain.rpc("eth_blockNumber"), _files(prepared)
    done = prepared.run(f"{case.line} --dry-run --json", stdin=case.stdin)
    assert (done.code, done.err) == (0, "")
    assert done.json["dry_run"] is True
    assert done.json["enough"] is True
    assert done.json["gas"] > 21_000
    assert (prepared.chain.rpc("eth_blockNumber"), _files(prepared)) == before


def _files(counter: Counter) -> list[Path]:
    return sorted(path for path in counter.folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", ["", *(name for name in ALL if name not in LEAVES)])
def test_a_group_alone_shows_its_help(counter: Counter, name: str) -> None:
    done = counter.run(name)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Usage: proofdesk")
    # Every command's purpose fits its line.
    assert "..." not in done.err.replace("[ARGS]...", "")


def test_a_dry_run_counts_what_a_layer_2_takes_for_data(counter: Counter) -> None:
    line = "ticket open cards --text Help --account {customer} --dry-run --json"
    plain = counter.run(line).json
    # Answers getL1FeeUpperBound(n) with 1000 n, as the predeploy of the OP Stack does in its own way.
    code = "0x60003560e01c63f1c7a58b14600435026103e80260005260206000f3"
    counter.chain.rpc("anvil_setCode", "0x420000000000000000000000000000000000000F", code)
    dearer = counter.run(line).json
    fee = int(dearer["cost"]) - dearer["gas"] * int(dearer["transactions"][0]["gas_price"])
    assert 200_000 < fee < 300_000
    # A record's salt is random, and a byte of zero costs 12 gas less than others.
    assert abs(dearer["gas"] - plain["gas"]) < 120
