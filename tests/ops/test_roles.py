"""The role table is complete: what the contracts restrict and read, and nothing else."""

from __future__ import annotations

import re

from proofdesk.ops._contracts import MANAGED
from proofdesk.ops.roles import TABLE, Role, markdown, opened
from tools.chain import ROOT

SOURCES = {path: path.read_text(encoding="utf-8") for path in (ROOT / "contracts").glob("[!t]*/**/*.sol")}
SOURCES |= {path: path.read_text(encoding="utf-8") for path in (ROOT / "contracts").glob("*.sol")}


def test_every_restricted_function_has_one_role() -> None:
    restricted = re.compile(r"function (\w+)\([^)]*\)[^{;]*\brestricted\b")
    found = [name for text in SOURCES.values() for name in restricted.findall(text)]
    assert len(found) > 10
    assert sorted(found) == sorted(name for contract in MANAGED for name, _ in opened(contract))


def test_role_ids_are_the_contracts() -> None:
    text = (ROOT / "contracts/types/Roles.sol").read_text(encoding="utf-8")
    ids = {name: int(number) for name, number in re.findall(r"constant (\w+)_ROLE = (\d+);", text)}
    # Of those that no contract reads later ones are not added there: contracts' bytecode names that file.
    assert ids | {"ADMIN": 0, "KEYS_EDITOR": 10} == {role.name: int(role) for role in Role}


def test_roles_that_contracts_read_are_marked() -> None:
    read = {name for text in SOURCES.values() for name in re.findall(r"[rR]ole\((\w+)_ROLE", text)}
    assert read == {terms.role.name for terms in TABLE if terms.direct}


def test_table_shows_every_role() -> None:
    rows = markdown().splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == [role.name for role in Role]
    assert {row.count("|") for row in rows} == {6}
