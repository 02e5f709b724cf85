"""The build reads what it should, and says what is wrong instead of writing something else."""

from __future__ import annotations

import doctest
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tools import build, compiler, generate_errors, generate_moves, install_solc
from tools.artifacts import artifacts, shipped
from tools.compiler import ROOT, BuildError, Settings, collect, compile_standard, source_hash

OUTPUTS = build.OUTPUTS


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An empty project with our settings and libraries."""
    for folder in ("contracts", "interfaces"):
        (tmp_path / folder).mkdir()
    (tmp_path / "brownie-config.yaml").write_text((ROOT / "brownie-config.yaml").read_text())
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    return tmp_path


def source(project: Path, path: str, text: str) -> None:
    target = project / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(f"// SPDX-License-Identifier: MIT\npragma solidity 0.8.37;\n{text}\n")


def compile_project(project: Path) -> dict[str, Any]:
    settings = Settings.load(project)
    return compile_standard(collect(settings, project), settings, OUTPUTS)


def test_imports_of_every_form_are_followed(project: Path) -> None:
    source(project, "contracts/A.sol", 'import { B } from "./types/B.sol";\nimport "../interfaces/I.sol";')
    source(
        project,
        "contracts/types/B.sol",
        'import {\n  Math\n} from "@openzeppelin/contracts/utils/math/Math.sol";',
    )
    source(project, "interfaces/I.sol", "interface I {}")
    found = collect(Settings.load(project), project)
    assert {"contracts/A.sol", "contracts/types/B.sol", "interfaces/I.sol"} < found.keys()
    assert "node_modules/@openzeppelin/contracts/utils/math/Math.sol" in found


def test_a_missing_import_names_file_and_import(project: Path) -> None:
    source(project, "contracts/A.sol", 'import { B } from "./B.sol";')
    with pytest.raises(BuildError, match=r"contracts/A\.sol imports \./B\.sol: there is no contracts/B\.sol"):
        collect(Settings.load(project), project)


def test_a_missing_library_says_how_to_get_it(project: Path) -> None:
    source(project, "contracts/A.sol", 'import { B } from "@openzeppelin/B.sol";')
    with pytest.raises(BuildError, match="run make setup"):
        collect(Settings.load(project), project)


def test_a_compiler_error_is_shown_in_its_own_words(project: Path) -> None:
    source(project, "contracts/A.sol", "contract A { uint256 public a = true; }")
    with pytest.raises(BuildError, match=r"TypeError: (?s:.*)contracts/A\.sol:3"):
        compile_project(project)


def test_warnings_are_those_of_our_own_sources(project: Path) -> None:
    source(
        project,
        "contracts/A.sol",
        'import { ECDSA } from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";\n'
        "contract A { function unused() external { uint256 a; } }",
    )
    warnings = compile_project(project)["warnings"]
    assert warnings
    assert all("contracts/A.sol" in warning for warning in warnings)


def test_the_cache_key_depends_on_sources_and_settings() -> None:
    settings = Settings.load()
    other = Settings(settings.version, "paris", settings.optimizer, settings.via_ir, settings.remappings)
    keys = [
        source_hash({"a": "1"}, settings),
        source_hash({"a": "2"}, settings),
        source_hash({"b": "1"}, settings),
    ]
    assert len({*keys, source_hash({"a": "1"}, other)}) == 4


def test_only_deployable_contracts_are_shipped(project: Path) -> None:
    source(
        project,
        "contracts/A.sol",
        "abstract contract Base {}\ncontract A is Base { uint256 immutable x = 1; }",
    )
    source(project, "contracts/test/Harness.sol", "contract Harness {}")
    source(project, "contracts/libraries/L.sol", "library L {}")
    source(project, "contracts/arbitration/P.sol", "contract P {}")
    source(project, "interfaces/I.sol", "interface I {}")
    everything = artifacts(compile_project(project), Settings.load())
    assert everything.keys() == {"A", "Base", "Harness", "I", "L", "P"}
    assert list(shipped(everything)) == ["A", "P"]


def test_immutables_are_pointed_at(project: Path) -> None:
    source(
        project,
        "contracts/A.sol",
        "contract A { address public immutable owner = msg.sender; }",
    )
    artifact = artifacts(compile_project(project), Settings.load())["A"]
    assert artifact["immutableReferences"]
    for place in artifact["immutableReferences"]:
        start = 2 + 2 * place["start"]
        assert set(artifact["deployedBytecode"][start : start + 2 * place["length"]]) == {"0"}


def test_two_contracts_of_one_name_are_refused(project: Path) -> None:
    source(project, "contracts/A.sol", "contract A {}")
    source(project, "contracts/test/B.sol", "contract A {}")
    with pytest.raises(BuildError, match="both define A"):
        artifacts(compile_project(project), Settings.load())


ERROR = {
    "type": "error",
    "name": "Sample",
    "inputs": [
        {"name": "from", "type": "uint8", "internalType": "enum Status"},
        {"name": "ticketId", "type": "bytes32", "internalType": "bytes32"},
        {"name": "selector", "type": "bytes4", "internalType": "bytes4"},
        {"name": "_holder", "type": "address", "internalType": "address"},
        {"name": "", "type": "uint256[]", "internalType": "uint256[]"},
    ],
}


def test_a_generated_error_carries_its_arguments() -> None:
    text = generate_errors.render([{"contractName": "A", "abi": [ERROR]}])
    namespace: dict[str, Any] = {"__name__": "generated"}
    exec(compile(text, "generated", "exec"), namespace)
    sample = namespace["Sample"]
    assert sample.signature == "Sample(uint8,bytes32,bytes4,address,uint256[])"
    assert namespace["BY_SELECTOR"] == {sample.selector: sample}
    error = sample(2, "0xab", "0x01020304", "0xcd", (1, 2), tx_hash="0xef")
    assert error.from_.name == "OPEN"
    assert (error.ticket_id, error.selector_, error.holder) == ("0xab", "0x01020304", "0xcd")
    assert (error.argument_4, error.tx_hash) == ((1, 2), "0xef")
    assert "OPEN" in str(error)


def test_one_error_name_with_two_meanings_is_refused() -> None:
    other = {**ERROR, "inputs": ERROR["inputs"][:1]}
    with pytest.raises(BuildError, match="B declares error Sample with other arguments"):
        generate_errors.render([{"contractName": "A", "abi": [ERROR]}, {"contractName": "B", "abi": [other]}])


def moves_of(project: Path, constants: str) -> dict[str, dict[str, list[str]]]:
    source(
        project,
        "contracts/types/DeskTypes.sol",
        "enum Status { None, New, OnHold }\nenum Actor { None, Agent }",
    )
    source(project, "contracts/libraries/TicketMoves.sol", f"library TicketMoves {{ {constants} }}")
    return generate_moves.table(compile_project(project))


def test_the_table_is_read_from_constants_of_constants(project: Path) -> None:
    table = moves_of(
        project,
        "uint256 private constant _HOLD = 1 << 2;"
        "uint256 internal constant AGENT = ((_HOLD | 2) << 16) | 0x1 << 32;",
    )
    assert table == {"AGENT": {"NEW": ["NEW", "ON_HOLD"], "ON_HOLD": ["NONE"]}}


@pytest.mark.parametrize(
    ("constants", "message"),
    [
        ("", "has no constant AGENT"),
        ("uint256 internal constant AGENT = 1 << 48;", "bits beyond the last status"),
        ("uint256 internal constant AGENT = 1 << 3;", "bits beyond the last status"),
        ("uint256 internal constant AGENT = ~uint256(0);", "which is not understood here"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused(project: Path, constants: str, message: str) -> None:
    with pytest.raises(BuildError, match=message):
        moves_of(project, constants)


def test_generated_files_are_those_of_the_sources() -> None:
    build.check(build.compiled())


def test_a_changed_a_missing_and_a_stale_file_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    output = build.compiled()
    package = tmp_path / "proofdesk"
    monkeypatch.setattr(build, "PACKAGE", package)
    monkeypatch.setattr(build, "ARTIFACTS", tmp_path / "artifacts")
    build.write(output)
    build.check(output)
    (package / "abi" / "Gone.json").write_text("{}")
    (package / "_transitions.py").unlink()
    changed = package / "abi" / "TicketDesk.json"
    changed.write_text(json.dumps(json.loads(changed.read_text()) | {"bytecode": "0x"}))
    with pytest.raises(BuildError) as error:
        build.check(output)
    for name in ("proofdesk/abi/Gone.json", "proofdesk/_transitions.py", "proofdesk/abi/TicketDesk.json"):
        assert name in str(error.value)
    build.write(output)
    build.check(output)


def test_artifacts_of_other_sources_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A change of a contract that was not compiled is no change that tests could have seen."""
    output = build.compiled()
    monkeypatch.setattr(build, "PACKAGE", tmp_path / "proofdesk")
    monkeypatch.setattr(build, "ARTIFACTS", tmp_path)
    build.write(output | {"key": "0" * 64})
    made_of = tmp_path / "sources.sha256"
    with pytest.raises(BuildError, match="run make compile"):
        build.artifact("TicketDesk")
    made_of.unlink()
    with pytest.raises(BuildError, match="run make compile"):
        build.artifact("TicketDesk")
    made_of.write_text(output["key"])
    assert build.artifact("TicketDesk")["contractName"] == "TicketDesk"


def test_a_network_that_hangs_does_not_hold_up_the_setup() -> None:
    assert not install_solc._solcx("import time; time.sleep(60)", seconds=1)


def test_the_npm_build_stands_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(install_solc, "SOLC_FOLDER", tmp_path)
    monkeypatch.setattr(install_solc, "_solcx", lambda *_given, **_named: False)
    assert install_solc.install("0.8.37", native=True) == "npm"
    shown = subprocess.run(
        [tmp_path / "solc-v0.8.37", "--version"], capture_output=True, text=True, check=True
    )
    assert "0.8.37" in shown.stdout


def test_a_native_build_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(install_solc, "SOLC_FOLDER", tmp_path)
    (tmp_path / "solc-v0.8.37").write_text("native")
    assert install_solc.install("0.8.37", native=False) == "native"
    assert (tmp_path / "solc-v0.8.37").read_text() == "native"


def test_brownie_finds_every_contract() -> None:
    """Brownie reads sources by regular expression and drops a contract before a file-level error."""
    code = (
        "from tools.brownie_command import prepare; prepare()\n"
        "import json, pathlib\n"
        "from brownie.project.main import _load_sources\n"
        "from brownie.project.sources import Sources\n"
        "root = pathlib.Path('.')\n"
        "found = Sources(_load_sources(root, 'contracts', False), _load_sources(root, 'interfaces', True))\n"
        "print(json.dumps(found.get_contract_list() + found.get_interface_list()))"
    )
    home = ROOT / ".home"
    home.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | {"HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    ours = artifacts(build.compiled(), Settings.load())
    assert sorted(json.loads(done.stdout.splitlines()[-1])) == sorted(ours)


@pytest.mark.parametrize(
    "name", ["chain", "compiler", "generate_errors", "generate_moves", "build", "snapshot"]
)
def test_examples_in_docstrings_run(name: str) -> None:
    build.write(build.compiled())
    assert compiler.SOLC_FOLDER.is_dir()
    module = importlib.import_module(f"tools.{name}")
    assert doctest.testmod(module).failed == 0
