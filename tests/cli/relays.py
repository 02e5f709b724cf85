"""A relayer as a shell runs it, in a process of its own, and what is asked of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.cli.counter import SECONDS, Counter
from tools.chain import ROOT


@dataclass(frozen=True)
class Running:
    """A relayer that runs: what it said at first, and its process."""

    told: dict[str, Any]
    process: subprocess.Popen[str]

    @property
    def url(self) -> str:
        """Where it listens."""
        return str(self.told["listening"])

    def end(self, how: signal.Signals = signal.SIGINT) -> tuple[int, str]:
        """Interrupt it; its exit code and what it said."""
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=SECONDS)
        return self.process.returncode, out + err


@contextmanager
def running(
    counter: Counter,
    options: str = "",
    who: str | None = "newcomer",
    *,
    as_json: bool = True,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Running]:
    """A relayer at a free port, with the account of somebody who has ether, or what the environment says."""
    account = f"--account {counter.names[who]}" if who else ""
    # A batch of one is full at once.
    batch = "" if "--batch" in options else "--batch 1"
    line = f"relay run --listen 127.0.0.1:0 {'--json' if as_json else ''} {account} {batch} {options}"
    process = subprocess.Popen(
        [sys.executable, "-m", "proofdesk.cli", *line.split()],
        cwd=counter.folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | dict(environment or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        begun = [process.stdout.readline() for _ in range(1 if as_json else 5)]
        assert all(begun), "".join(begun) + process.communicate(timeout=SECONDS)[1]
        assert not as_json or begun[0] != "{\n", "".join(begun) + process.stdout.read()
        told = json.loads(begun[0]) if as_json else dict(line.strip().split("\t") for line in begun)
        yield Running(told, process)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def signed(counter: Counter, line: str, name: str = "act.json") -> str:
    """The file of an act that somebody signed by a command line; its record stands beside it."""
    done = counter.run(f"ticket {line} --sign {name}")
    assert done.code == 0, done
    return name
