"""Keepers as an operator runs them: processes of the command, each with a key, a line and an agenda."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_account.signers.local import LocalAccount


@dataclass
class Process:
    """One keeper; started again it goes on with its agenda and journal."""

    account: LocalAccount
    url: str
    manifest: Path
    folder: Path
    options: tuple[str, ...] = ()
    running: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        return self.account.address[:8]

    def start(self) -> None:
        """Run it; what it prints is kept beside its agenda."""
        environment = {**os.environ, "PROOFDESK_KEY": "0x" + bytes(self.account.key).hex()}
        environment.pop("PROOFDESK_DEPLOYMENT", None)
        command = [sys.executable, "-m", "proofdesk", "keeper", "run", "--json", "--poll", "0.05"]
        place = ["--node", self.url, "--deployment", str(self.manifest)]
        agenda = ["--agenda", str(self.folder / f"{self.name}.db")]
        with (self.folder / f"{self.name}.out").open("ab") as out, self.errors.open("ab") as errors:
            self.running = subprocess.Popen(
                [*command, *place, *agenda, *self.options], env=environment, stdout=out, stderr=errors
            )

    @property
    def errors(self) -> Path:
        """What it says beside its results."""
        return self.folder / f"{self.name}.err"

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self.running is not None
        self.running.kill()
        assert self.running.wait(30) == -signal.SIGKILL

    def interrupt(self) -> list[dict[str, Any]]:
        """End it as Ctrl-C does; what it printed of its rounds, all its lives together."""
        assert self.running is not None
        self.running.send_signal(signal.SIGINT)
        self.running.wait(60)
        text = (self.folder / f"{self.name}.out").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines() if '"transactions"' in line]
