"""A config file is read as it stands, or refused naming file, key, value and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from proofdesk._deployments import CLEAR, SEALED
from proofdesk._errors import ConfigurationError
from proofdesk._words import keccak
from proofdesk.ops.config import DEPLOYER, Config, Grant, load
from proofdesk.ops.roles import DAY, Role
from tests.ops.conftest import CONFIG

OWNER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
OTHER = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
VALID = f"""
[desk]
name = "acme"
chain_id = 31337
owner = "{OWNER}"
[accounts]
boss = "{OTHER}"
[roles]
supervisor = ["boss", "deployer"]
lane_editor = [{{ account = "boss", delay = "2d" }}]
guardian = ["deployer"]
[[programs]]
name = "cards"
syllabus = "syllabus.md"
pass_mark = 7000
validity = "365d"
retake_delay = "1d"
[[lanes]]
name = "refunds"
respond_within = "4h"
resolve_within = 600
confirm_within = "45d"
program = "cards"
level = 2
gated = true
article = 7
"""


def read(folder: Path, text: str = VALID, **environment: str) -> Config:
    (folder / "syllabus.md").write_text("what an agent must know", encoding="utf-8")
    (folder / "acme.toml").write_text(text, encoding="utf-8")
    return load(folder / "acme.toml", environment)


def test_reads_what_the_file_says(tmp_path: Path) -> None:
    config = read(tmp_path)
    assert (config.desk, config.chain_id, config.owner) == ("acme", 31337, OWNER)
    assert set(config.grants) == {
        Grant(Role.SUPERVISOR, OTHER),
        Grant(Role.SUPERVISOR, DEPLOYER),
        Grant(Role.LANE_EDITOR, OTHER, 2 * DAY),
        Grant(Role.GUARDIAN, DEPLOYER),
    }
    (program,) = config.programs
    assert program.syllabus == keccak(b"what an agent must know")
    assert (program.pass_mark, program.validity, program.retake_delay) == (7000, 365 * DAY, DAY)
    (lane,) = config.lanes
    assert lane.struct(1) == (240, 600, 64_800, 1, 2, True, False)
    assert lane.article == 7


def test_records_are_sealed_where_nothing_else_is_said(tmp_path: Path) -> None:
    assert read(tmp_path).records == SEALED
    for form in (SEALED, CLEAR):
        assert read(tmp_path, VALID + f"[records]\nform = '{form}'\n").records == form


def test_deployer_is_whoever_deploys(tmp_path: Path) -> None:
    holders = {grant.account for grant in read(tmp_path).holders(OWNER) if grant.role is Role.GUARDIAN}
    assert holders == {OWNER}


def test_addresses_come_from_the_environment(tmp_path: Path) -> None:
    text = VALID.replace(f'boss = "{OTHER}"', 'boss = "${BOSS}"')
    assert read(tmp_path, text, BOSS=OTHER.lower()) == read(tmp_path)
    with pytest.raises(
        ConfigurationError, match=r"accounts\.boss is \$\{BOSS\}, which is not set: export BOSS="
    ):
        read(tmp_path, text)


@pytest.mark.parametrize("name", ["demo", "development", "ganache"])
def test_shipped_configs_are_valid(name: str) -> None:
    """Those of testnets are in test_network."""
    config = load(CONFIG.parent / f"{name}.toml")
    assert config.desk == name
    assert config.deterministic is None


@pytest.mark.parametrize(
    ("valid", "wrong", "message"),
    [
        ("[desk]", "[desk", r"is no TOML: .*line 2"),
        ('name = "acme"', 'name = "Acme Inc"', r"desk\.name is 'Acme Inc': write lower-case letters"),
        ('name = "acme"\n', "", r"desk\.name is missing"),
        ("pass_mark =", "pas_mark =", r"programs\[1\]\.pas_mark is not known here: is it pass_mark\?"),
        ('respond_within = "4h"\n', "", r"lanes\[1\]\.respond_within is missing"),
        ("chain_id = 31337", "chain_id = 0", r"desk\.chain_id is 0: write a whole number from 1"),
        ("chain_id = 31337", 'chain_id = "31337"', r"desk\.chain_id is '31337': write a whole number"),
        ("chain_id = 31337", "chain = 31337", r"desk\.chain_id is missing"),
        ("chain_id = 31337", "chain_id = 31337\ncolour = 1", r"colour is not known here: chain_id, det"),
        ("chain_id = 31337", "chain_id = 31337\ndeterministic = 1", r"desk\.deterministic is 1: write true"),
        ("chain_id = 31337", "chain_id = 1", r"supervisor\[2\] is the deployer: on chain 1 he keeps"),
        (OWNER, OWNER.replace("C51", "c51"), r"desk\.owner is .* capitals .*" + OWNER),
        (OWNER, "0x" + 40 * "0", r"desk\.owner is the zero address"),
        (OWNER, "somebody", r"desk\.owner is 'somebody': write an address .* \[accounts\]: boss"),
        ("boss =", "deployer =", r"accounts\.deployer is the account that deploys"),
        ("supervisor =", "supervisors =", r"roles\.supervisors is not known here: .*supervisor"),
        ('"boss", "deployer"', '"boss", "boss"', r"roles\.supervisor\[2\] is .*, named twice"),
        ('"boss", "deployer"', "7", r"roles\.supervisor\[1\] is 7: write an address"),
        ('supervisor = ["boss", "deployer"]', 'supervisor = "boss"', r"supervisor is 'boss': write a list"),
        ("guardian =", 'unpauser = ["deployer"]\nguardian =', r"unpauser\[1\] is .*, the guardian too"),
        ("guardian =", 'admin = ["boss"]\nguardian =', r"roles\.admin is not granted here: desk\.owner"),
        ("guardian =", 'module = ["deployer"]\nguardian =', r"module\[1\] is the deployer: a module is"),
        ("lane_editor =", "keys_editor =", r"keys_editor\[1\]\.delay is set: a key that leaked is replaced"),
        ("lane_editor =", "intake =", r"roles\.intake\[1\]\.delay is set: the contracts refuse"),
        ('delay = "2d"', 'delay = "46d"', r"roles\.lane_editor\[1\]\.delay is '46d': .* from 0d to 45d"),
        ('delay = "2d"', 'since = "2d"', r"roles\.lane_editor\[1\]\.since is not known here: account, delay"),
        ("pass_mark = 7000", "pass_mark = 10001", r"programs\[1\]\.pass_mark is 10001: .* from 1 to 10,000"),
        ("pass_mark = 7000", "pass_mark = true", r"programs\[1\]\.pass_mark is True: write a whole number"),
        ('"365d"', "365", r"programs\[1\]\.validity is 365: write a span such as '30m'"),
        ('"365d"', '"0d"', r"programs\[1\]\.validity is '0d'"),
        ("syllabus.md", "nowhere.md", r"programs\[1\]\.syllabus is .*nowhere\.md, which cannot be read"),
        ('syllabus = "syllabus.md"\n', "", r"programs\[1\]\.syllabus or syllabus_hash: write one"),
        ('syllabus = "syllabus.md"', 'syllabus_hash = "0x12"', r"programs\[1\]\.syllabus_hash is '0x12'"),
        ('"4h"', '"4 hours"', r"lanes\[1\]\.respond_within is '4 hours': write a span"),
        ('"4h"', '"90s"', r"lanes\[1\]\.respond_within is '90s': windows are whole minutes"),
        ("= 600", "= 64801", r"lanes\[1\]\.resolve_within is 64801: .* from 1 to 64,800"),
        ('"45d"', '"46d"', r"lanes\[1\]\.confirm_within is '46d': .* from 1m to 45d"),
        ('program = "cards"', 'program = "card"', r"lanes\[1\]\.program is 'card', no program of this"),
        ("gated = true", "gated = 1", r"lanes\[1\]\.gated is 1: write true or false"),
        ("level = 2", "level = 256", r"lanes\[1\]\.level is 256"),
        ("article = 7", "articles = 7", r"lanes\[1\]\.articles is not known here: article,"),
        ("[[lanes]]", "[lanes]", r"lanes is a value of type dict: write tables, each headed \[\[lanes\]\]"),
        ("[roles]", "[records]\nform = 'open'\n[roles]", r"records\.form is 'open': write sealed or clear"),
        ("[roles]", "[records]\nform = true\n[roles]", r"records\.form is True: write "),
        ("[roles]", "[records]\nsealed = true\n[roles]", r"records\.sealed is not known here: form"),
        ("[roles]", "[[records]]\n[roles]", r"records is a value of type list: write a table"),
        ("[[lanes]]", "[[queues]]", r"queues is not known here: accounts, claims, desk, lanes, network,"),
    ],
)  # fmt: skip
def test_refuses(tmp_path: Path, valid: str, wrong: str, message: str) -> None:
    assert valid in VALID
    with pytest.raises(ConfigurationError, match=message) as caught:
        read(tmp_path, VALID.replace(valid, wrong))
    assert str(caught.value).startswith(str(tmp_path / "acme.toml"))


def test_refuses_two_lanes_of_one_name(tmp_path: Path) -> None:
    lane = VALID[VALID.index("[[lanes]]") :]
    with pytest.raises(ConfigurationError, match="lanes hold 'refunds' twice"):
        read(tmp_path, VALID + lane)


def test_says_when_there_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"there is no file .*nowhere\.toml"):
        load(tmp_path / "nowhere.toml")
