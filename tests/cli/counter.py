"""A desk on an anvil whose keys the node has, and an operator in a folder of his own who types commands."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from proofdesk import Deployment, Desk, MemoryStore, Sender, Status
from proofdesk.cli import main
from proofdesk.ops.config import load
from proofdesk.ops.deploy import deploy
from tests.cli.claims.till import STATES
from tests.helpers.isolation import isolated
from tools.chain import ROOT, Chain

SECONDS = 60
CONFIG = ROOT / "config" / "development.toml"
# As development.toml has the test mnemonic's accounts; customer and agent are none of its holders.
PEOPLE = {
    "deployer": 0,
    "owner": 1,
    "certifier": 2,
    "supervisor": 3,
    "guardian": 5,
    "treasurer": 6,
    "shop": 8,
    "customer": 10,
    "agent": 12,
    "newcomer": 14,
    "carrier": 14,
    "laboratory": 15,
}


@dataclass(frozen=True)
class Done:
    """A command that has ended: its exit code, what it printed and what it said beside that."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The document it printed."""
        return json.loads(self.out)


@dataclass
class Counter:
    """Where commands are typed: `names` are what a command line may say in braces."""

    chain: Chain
    folder: Path
    deployment: Deployment
    patch: pytest.MonkeyPatch
    names: dict[str, str] = field(default_factory=dict)

    def run(self, line: str, *, stdin: str = "", **more: str) -> Done:
        """Run a command line in this process; words in braces stand for people, tickets and files."""
        arguments = [word.format(**self.names, **more) for word in line.split()]
        out, err = io.StringIO(), io.StringIO()
        self.patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        with redirect_stdout(out), redirect_stderr(err):
            code = main(arguments)
        return Done(code, out.getvalue(), err.getvalue())

    def process(self, line: str, environment: Mapping[str, str] | None = None) -> Done:
        """Run a command line as a shell does."""
        done = subprocess.run(
            [sys.executable, "-m", "proofdesk.cli", *line.format(**self.names).split()],
            cwd=self.folder,
            env=os.environ | (environment or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def desk(self, person: str | None = None) -> Desk:
        """The desk as a person sees it, with the records of this folder."""
        return Desk.connect(
            self.chain.url,
            account=None if person is None else self.names[person],
            deployment=self.deployment,
            store=self.folder / "records" / "31337" / "development",
        )

    def ticket(self, status: str = "new") -> str:
        """A customer's ticket in lane cards that has come to a status; `ticket` names it from now on."""
        opened = self.desk("customer").tickets.open(lane="cards", content="Where is my card?")
        agent = self.desk("agent")
        if status != "new":
            agent.tickets.take(opened)
        if status not in ("new", "open"):
            agent.tickets.move(opened.id, Status[status.upper()], "So it is.")
        self.names["ticket"] = opened.id
        return opened.id

    def pass_time(self, span: timedelta) -> None:
        """Let the chain's clock run on."""
        self.chain.rpc("evm_increaseTime", int(span.total_seconds()))
        self.chain.rpc("evm_mine")

    def given(self, state: str) -> None:
        """Bring about what a command needs: a ticket's status, or one of the words below."""
        if state == "overdue":
            self.ticket()
            self.pass_time(timedelta(days=1))
        elif state == "suspended":
            self.desk("certifier").certification.suspend(1)
        elif state == "signed":
            self.run("ticket open cards --text Help --sign signed.json --account {customer}")
        elif state == "another lane":
            text = CONFIG.read_text(encoding="utf-8")
            (lane,) = re.findall(r'^\[\[lanes\]\]\nname = "orders-vip"\n(?:.+\n)+', text, re.M)
            lane = lane.replace("orders-vip", "new")
            (self.folder / "config" / "development.toml").write_text(f"{text}\n{lane}", encoding="utf-8")
        elif state in STATES:
            STATES[state](self)
        elif state:
            self.ticket(state)


@contextmanager
def opened_chain() -> Iterator[tuple[Chain, Deployment]]:
    """An anvil with development.toml's desk on it, and an agent certified for its first program."""
    with Chain.anvil() as chain, TemporaryDirectory() as folder:
        accounts = chain.rpc("eth_accounts")
        deployment = deploy(Sender(chain.url, accounts[0]), load(CONFIG), path=folder)
        certifier = Desk.connect(
            chain.url, account=accounts[PEOPLE["certifier"]], deployment=deployment, store=MemoryStore()
        )
        certifier.certification.record_exam(
            accounts[PEOPLE["agent"]], program="cards", level=1, score=9000, taken_at=certifier.now()
        )
        yield chain, deployment


@contextmanager
def at_work(
    chain: Chain, deployment: Deployment, folder: Path, patch: pytest.MonkeyPatch
) -> Iterator[Counter]:
    """A counter in a folder with configs and the manifest; what happens leaves no trace on the chain."""
    shutil.copytree(CONFIG.parent, folder / "config")
    deployment.save(folder / "deployments")
    patch.chdir(folder)
    for name in list(os.environ):
        if name.startswith("PROOFDESK_"):
            patch.delenv(name)
    patch.setenv("PROOFDESK_NODE", chain.url)
    patch.setenv("NO_COLOR", "1")
    accounts = chain.rpc("eth_accounts")
    # EIP-55, as the command shows them.
    names = {who: Sender(chain.url, accounts[index]).address for who, index in PEOPLE.items()}
    names |= {"ticket": "0x" + 64 * "7", "url": chain.url, "nobody": "0x" + 64 * "7"}
    now = int(chain.rpc("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
    names["contract"] = deployment.contract("TicketDesk").address
    names |= {"now": _written(now), "an_hour_ago": _written(now - 3600)}
    with isolated(chain):
        yield Counter(chain, folder, deployment, patch, names)


def _written(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%dT%H:%M:%SZ}"
