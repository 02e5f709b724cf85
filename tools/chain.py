"""Local chains for tests, the demonstration and benchmarks, each on a port and in a folder of its own.

    with Chain.anvil() as chain:
        Web3(HTTPProvider(chain.url))

A chain ends with the `with` block, and also when the process that started it dies, however it dies:
a watcher holds a pipe to that process and ends the node when the pipe closes.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "chains"
HOST = "127.0.0.1"
MNEMONIC = "test test test test test test test test test test test junk"
ACCOUNTS = 20
CHAIN_ID = 31337
GAS_LIMIT = 30_000_000

Kind = Literal["anvil", "ganache"]

# Ganache is JavaScript: a second on an idle machine, many on a busy one.
_START_SECONDS: dict[Kind, float] = {"anvil": 30.0, "ganache": 90.0}
_POLL_SECONDS = 0.02
_STARTS = 3

_LISTENING = re.compile(rf"[Ll]istening on ({re.escape(HOST)}:\d+)\s")

# $1 is the node and $2 its folder. A line on the pipe means that its starter has ended it himself.
_WATCHER = 'read -r _ && exit 0; kill -KILL "-$1" 2>/dev/null; rm -rf "$2"'

# A proxy set for the outside world has no business with this machine's own ports.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class ChainError(Exception):
    """A local chain could not be started, reached or stopped."""


def rpc(url: str, method: str, *params: Any, timeout: float = 10.0) -> Any:
    """One JSON-RPC call; `timeout` in seconds. Raises ChainError with the node's own message.

    >>> with Chain.anvil() as chain:
    ...     rpc(chain.url, "eth_chainId")
    '0x7a69'
    """
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    try:
        with _opener.open(request, timeout=timeout) as response:
            answer = json.load(response)
    except (OSError, ValueError) as error:
        raise ChainError(f"{method} at {url}: {error}") from error
    if "error" in answer:
        raise ChainError(f"{method} at {url}: {answer['error'].get('message', answer['error'])}")
    return answer["result"]


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Whether nobody listens on a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) != 0


def executable(kind: Kind) -> str:
    """The node's program: the project's own, else the machine's. Raises ChainError when there is none."""
    own = ROOT / "node_modules" / ".bin" / kind
    found = str(own) if own.exists() else shutil.which(kind)
    if found is None:
        advice = "run make setup"
        if kind == "anvil":
            advice += ", or install anvil 1.7 from Foundry: npm has it for Linux on x86-64 only"
        raise ChainError(f"{kind} is not installed: {advice}")
    return found


@dataclass(frozen=True, slots=True)
class _Options:
    """What a chain is started with; `block_time` in seconds, None for a block per transaction."""

    mnemonic: str
    accounts: int
    block_time: float | None
    chain_id: int
    extra: Sequence[str]
    port: int = 0  # any that is free

    def flags(self, kind: Kind, folder: Path) -> list[str]:
        """The node's command line, after its name."""
        given: dict[str, object]
        if kind == "anvil":
            given = {
                "host": HOST,
                "port": self.port,
                "chain-id": self.chain_id,
                "mnemonic": self.mnemonic,
                "accounts": self.accounts,
                "gas-limit": GAS_LIMIT,
                "cache-path": folder,
                "block-time": self.block_time,
            }
        else:
            given = {
                "server.host": HOST,
                "server.port": free_port(),
                "chain.chainId": self.chain_id,
                "chain.hardfork": "shanghai",  # its newest; its default knows no PUSH0
                "wallet.mnemonic": self.mnemonic,
                "wallet.totalAccounts": self.accounts,
                "wallet.defaultBalance": 10_000,
                "miner.blockGasLimit": GAS_LIMIT,
                "miner.blockTime": self.block_time,
                "database.dbPath": folder / "db",
            }
        flags = [
            word for name, value in given.items() if value is not None for word in (f"--{name}", str(value))
        ]
        return [*flags, *self.extra]


def _wait(kind: Kind, process: subprocess.Popen[bytes], folder: Path) -> str:
    """The node's URL, once its log says where it listens: a port that answers might be another's node.

    Raises ChainError with the log's end when the node ends or stays silent.
    """
    deadline = time.monotonic() + _START_SECONDS[kind]
    while True:
        ended = process.poll()
        log = (folder / "log").read_text(encoding="utf-8", errors="replace")
        if listening := _LISTENING.search(log):
            return f"http://{listening[1]}"
        if ended is not None or time.monotonic() > deadline:
            what = "did not start" if ended is None else f"ended with code {ended}"
            raise ChainError(f"{kind} {what}. Its log: {log.strip()[-2000:] or '(empty)'}")
        time.sleep(_POLL_SECONDS)


def _end(pid: int) -> None:
    """Ends a node and what it started: some installations of Node run it as the child of a launcher.

    Nothing of a chain is kept, so there is nothing to wait for.
    """
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


@dataclass(slots=True)
class Chain:
    """A running local chain."""

    kind: Kind
    url: str
    chain_id: int
    pid: int
    folder: Path
    mnemonic: str
    _process: subprocess.Popen[bytes] | None = None
    _watcher: subprocess.Popen[bytes] | None = None

    @classmethod
    def anvil(
        cls,
        *,
        mnemonic: str = MNEMONIC,
        accounts: int = ACCOUNTS,
        block_time: float | None = None,
        chain_id: int = CHAIN_ID,
        extra: Sequence[str] = (),
    ) -> Chain:
        """Starts anvil; `block_time` in seconds, None for a block per transaction; raises ChainError.

        >>> with Chain.anvil(accounts=3) as chain:
        ...     len(chain.rpc("eth_accounts"))
        3
        """
        return cls._start("anvil", _Options(mnemonic, accounts, block_time, chain_id, extra))._watched()

    @classmethod
    def ganache(
        cls,
        *,
        mnemonic: str = MNEMONIC,
        accounts: int = ACCOUNTS,
        block_time: float | None = None,
        chain_id: int = 1337,
        extra: Sequence[str] = (),
    ) -> Chain:
        """Starts Ganache; as `anvil` otherwise."""
        return cls._start("ganache", _Options(mnemonic, accounts, block_time, chain_id, extra))._watched()

    @classmethod
    def _start(cls, kind: Kind, options: _Options, folder: Path | None = None) -> Chain:
        program = executable(kind)
        FOLDER.mkdir(parents=True, exist_ok=True)
        folder = folder or Path(tempfile.mkdtemp(prefix=f"{kind}-", dir=FOLDER))
        # A port that was free a moment ago can be taken by the time Ganache asks for it.
        for attempt in range(1, _STARTS + 1):
            with (folder / "log").open("wb") as log:
                process = subprocess.Popen(
                    [program, *options.flags(kind, folder)],
                    cwd=folder,
                    # Both keep files of their own in the home or the temporary folder.
                    env=os.environ | {"HOME": str(folder), "TMPDIR": str(folder)},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            try:
                url = _wait(kind, process, folder)
                if kind == "anvil":
                    rpc(url, "anvil_setLoggingEnabled", False)
            except BaseException as error:
                _end(process.pid)
                process.wait()
                if isinstance(error, ChainError) and "EADDRINUSE" in str(error) and attempt < _STARTS:
                    continue
                shutil.rmtree(folder, ignore_errors=True)
                raise
            return cls(kind, url, options.chain_id, process.pid, folder, options.mnemonic, process)
        raise AssertionError("the last attempt returns or raises")

    def _watched(self) -> Chain:
        self._watcher = subprocess.Popen(
            ["sh", "-c", _WATCHER, "watcher", str(self.pid), str(self.folder)],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        return self

    def rpc(self, method: str, *params: Any) -> Any:
        """One JSON-RPC call to this chain; raises ChainError with the node's own message."""
        return rpc(self.url, method, *params)

    def stop(self) -> None:
        """Ends the node and removes its files; a second call does nothing."""
        if self._process is not None:
            _end(self.pid)
            self._process.wait()
            self._process = None
        if self._watcher is not None:
            self._watcher.communicate(b"ended\n")
            self._watcher = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Chain:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start_detached(
    name: str,
    *,
    mnemonic: str = MNEMONIC,
    accounts: int = ACCOUNTS,
    block_time: float | None = None,
    chain_id: int = CHAIN_ID,
    extra: Sequence[str] = (),
    port: int = 0,
) -> Chain:
    """Starts an anvil that outlives this process, to be ended by `stop_detached(name)`; port 0: any free one.

    Raises ChainError when one of that name is running already, or the port is taken.
    """
    folder = FOLDER / name
    if (running := find_detached(name)) is not None:
        raise ChainError(f"a chain named {name} is running already at {running.url}: end it first")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    options = _Options(mnemonic, accounts, block_time, chain_id, extra, port)
    chain = Chain._start("anvil", options, folder)
    described = {"pid": chain.pid, "url": chain.url, "chain_id": chain_id, "mnemonic": mnemonic}
    (folder / "chain.json").write_text(json.dumps(described), encoding="utf-8")
    return chain


def find_detached(name: str) -> Chain | None:
    """The detached chain of that name, None when there is none or it runs no more."""
    try:
        known = json.loads((FOLDER / name / "chain.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    # A process id and a port are each given again after a while, hardly both at once.
    try:
        os.kill(known["pid"], 0)
        if int(rpc(known["url"], "eth_chainId"), 16) != known["chain_id"]:
            return None
    except (ProcessLookupError, PermissionError, ChainError):
        return None
    return Chain("anvil", known["url"], known["chain_id"], known["pid"], FOLDER / name, known["mnemonic"])


def stop_detached(name: str) -> bool:
    """Ends the detached chain of that name and removes its files; False when none was running."""
    chain = find_detached(name)
    if chain is not None:
        _end(chain.pid)
        while find_detached(name) is not None:
            time.sleep(_POLL_SECONDS)
    shutil.rmtree(FOLDER / name, ignore_errors=True)
    return chain is not None
