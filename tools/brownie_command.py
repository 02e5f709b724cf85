"""What `brownie` means in this project's environment: Brownie itself, with our compiler and chains.

`make setup` puts this in place of .venv/bin/brownie, so that `brownie compile`, `brownie test` and
`brownie run` do what they say as they are typed. It changes four things, all in memory:

- compiler and nodes are the ones installed inside the project;
- the networks `development`, `anvil`, `ganache` and `ganache-cli` are nodes of our own on a free port, since
  Brownie otherwise attaches to whatever answers on the usual one;
- every other config/<network>.toml with a [network] table is a live network of that name;
- Brownie's own .py files are imported instead of their mypyc builds, which in 1.22.2 raise TypeError on live
  deployments, stateful tests and some settings.

Keystores stay where Brownie users have them, in ~/.brownie; the Makefile moves that into the project.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from proofdesk import ConfigurationError
from proofdesk.ops.network import Network, read_network
from tools.chain import ACCOUNTS, GAS_LIMIT, HOST, MNEMONIC, ROOT, free_port
from tools.compiler import SOLC_FOLDER

# Configs whose chain a command begins and ends itself.
_OURS = ("demo", "development", "ganache")


class _SourceFinder:
    """Finds a Brownie module's .py file where the usual finder prefers its compiled build."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if not name.startswith("brownie."):
            return None
        leaf = name.rpartition(".")[2]
        for entry in path or ():
            folder = Path(entry) / leaf
            if (package := folder / "__init__.py").is_file():
                return importlib.util.spec_from_file_location(
                    name, package, submodule_search_locations=[str(folder)]
                )
            if (module := folder.with_suffix(".py")).is_file():
                return importlib.util.spec_from_file_location(name, module)
        return None


def live_networks(folder: Path = ROOT / "config") -> Iterator[Network]:
    """The chains of the configs that Brownie does not start itself.

    >>> [network.name for network in live_networks()]
    ['arbitrum-sepolia', 'base-sepolia', 'sepolia']
    """
    for path in sorted(folder.glob("*.toml")):
        # A config that cannot be read is the trouble of who chooses it.
        with suppress(ConfigurationError):
            if path.stem not in _OURS and (network := read_network(path)) is not None and network.rpc:
                yield network


def definition(network: Network) -> dict[str, Any]:
    """Brownie's definition of a live network; its variables stay unread until it is chosen.

    >>> definition(Network("mine", 7, "http://127.0.0.1:8545"))["host"]
    'http://127.0.0.1:8545'
    """
    found: dict[str, Any] = {
        "name": f"{network.name} (project)",
        "id": network.name,
        "host": network.rpc,
        "chainid": str(network.chain_id),
    }
    return found | ({"explorer": network.explorer} if network.explorer else {})


def chosen(arguments: Sequence[str]) -> str | None:
    """The network that a command line names.

    >>> chosen(["run", "deploy", "--network", "sepolia"])
    'sepolia'
    """
    for word, value in zip(arguments, [*arguments[1:], ""], strict=True):
        if word == "--network":
            return value
        if word.startswith("--network="):
            return word.partition("=")[2]
    return None


def networks() -> list[dict[str, Any]]:
    """Brownie's definitions of the local chains.

    >>> [network["id"] for network in networks()]
    ['development', 'anvil', 'ganache', 'ganache-cli']
    """
    common: dict[str, Any] = {"gas_limit": GAS_LIMIT, "accounts": ACCOUNTS, "mnemonic": MNEMONIC}
    anvil: dict[str, Any] = {"cmd": "anvil", "cmd_settings": common | {"base_fee": 0, "chain_id": 31337}}
    # Brownie reads nothing of what a node prints: after 64 KiB of log Ganache would wait for ever.
    # Its default fork knows no PUSH0.
    ganache: dict[str, Any] = {
        "cmd": "ganache --logging.quiet",
        "cmd_settings": common | {"evm_version": "shanghai", "chain_id": 1337},
    }
    named = {"development": anvil, "anvil": anvil, "ganache": ganache, "ganache-cli": ganache}
    return [
        {
            "name": f"{name} (project)",
            "id": name,
            "host": f"http://{HOST}",
            "timeout": 60,
            "cmd": node["cmd"],
            "cmd_settings": node["cmd_settings"] | {"port": free_port()},
        }
        for name, node in named.items()
    ]


def prepare() -> None:
    """Makes `import brownie` in this process ours; idempotent."""
    os.environ.setdefault("SOLCX_BINARY_PATH", str(SOLC_FOLDER))
    folders = [str(ROOT / ".venv" / "bin"), str(ROOT / "node_modules" / ".bin")]
    os.environ["PATH"] = os.pathsep.join([*folders, os.environ.get("PATH", "")])
    if not any(isinstance(finder, _SourceFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _SourceFinder())
    from brownie._config import CONFIG

    for network in [*networks(), *map(definition, live_networks())]:
        CONFIG.networks[network["id"]] = network


def main() -> None:
    """Runs Brownie's own command line."""
    prepare()
    path = ROOT / "config" / f"{chosen(sys.argv)}.toml"
    try:
        if path.stem not in _OURS and path.exists() and (network := read_network(path)) is not None:
            network.url()  # Brownie would name a variable that is not set, and nothing that helps
    except ConfigurationError as error:
        raise SystemExit(f"{type(error).__name__}: {error}") from None
    from brownie._cli.__main__ import main as brownie

    sys.argv[0] = "brownie"
    brownie()
