"""The stage: a local chain with a desk on it, the people of the play, and the clock."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3 import HTTPProvider, Web3

from demo.readers import AUDITOR, keyring, open_to_readers
from proofdesk import Desk, FolderStore, Sender
from proofdesk.ops.config import Config, load
from proofdesk.ops.deploy import Progress, deploy
from tools.chain import Chain

HERE = Path(__file__).resolve().parent
CONFIG = HERE.parent / "config" / "demo.toml"
ACCOUNTS = 40
# The chain gives ether to its first accounts, so from here on nobody has any.
PENNILESS = 1000
BUYERS = 2000

# Whose account of the mnemonic is whose; the first six are those of config/demo.toml.
STAFF = ("deployer", "owner", "certifier", "supervisor", "relayer", "guardian")
AGENTS = ("Ada", "Bo", "Chen", "Dana", "Emil")
# From account 30 on, those about claims; config/demo.toml names the first four.
ABOUT_CLAIMS = ("shop", "carrier", "laboratory", "treasurer", "market", "bank", "keeper")
FIRST_ABOUT_CLAIMS = 30
_NUMBERS = {name: number for number, name in enumerate((*STAFF, *AGENTS))} | {
    name: number for number, name in enumerate((*ABOUT_CLAIMS, AUDITOR), FIRST_ABOUT_CLAIMS)
}


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a customer asks, what an agent answers, what the customer says then."""

    lane: str
    lang: str
    channel: str
    subject: str
    customer: str
    agent: str
    reply: str

    def words(self, who: str, number: int) -> dict[str, Any]:
        """The content of a record, with the order and the amount of the `number`-th customer."""
        text = getattr(self, who).format(order=f"R-{4000 + number}", amount=20 + 7 * number % 900)
        content = {"channel": self.channel, "lang": self.lang, "body": text}
        return content | {"subject": self.subject} if who == "customer" else content


def conversations() -> dict[str, list[Conversation]]:
    """The sample conversations, by lane."""
    every = [Conversation(**item) for item in json.loads((HERE / "conversations.json").read_text("utf-8"))]
    return {lane: [one for one in every if one.lane == lane] for lane in {one.lane for one in every}}


class Stage:
    """A desk on a local chain, with everybody's view of it."""

    def __init__(self, chain: Chain, records: Path) -> None:
        self.chain = chain
        self.w3 = Web3(HTTPProvider(chain.url))
        self.folder = records
        self.manifests = records.parent / "deployments"
        self._people: dict[str, Desk] = {}

    def account(self, name: str) -> LocalAccount:
        """The account of somebody by name, of `customer N`; `newcomer N` and `buyer N` have no ether."""
        what, _space, count = name.partition(" ")
        firsts = {"customer": len(STAFF) + len(AGENTS), "newcomer": PENNILESS, "buyer": BUYERS}
        number = firsts[what] + int(count) if count else _NUMBERS[name]
        Account.enable_unaudited_hdwallet_features()
        account: LocalAccount = Account.from_mnemonic(
            self.chain.mnemonic, account_path=f"m/44'/60'/0'/0/{number}"
        )
        return account

    @cached_property
    def config(self) -> Config:
        """What config/demo.toml says."""
        return load(CONFIG)

    def deploy(self, progress: Progress | None = None, *, folder: Path) -> None:
        """Deploy the desk with the function that the operator's script uses."""
        sender = Sender(self.w3, self.account("deployer"))
        self.deployment = deploy(sender, self.config, path=folder, progress=progress)
        ticket_desk = self.deployment.contract("TicketDesk").address
        # A demonstration need not survive a power cut, so it does not wait for the disk.
        self.store = FolderStore(self.folder, chain_id=self.chain.chain_id, desk=ticket_desk, durable=False)
        self.desk = Desk.connect(
            self.w3, deployment=self.deployment, store=self.store, keyring=keyring(AUDITOR)
        )
        open_to_readers(self, AGENTS)

    def __getitem__(self, name: str) -> Desk:
        """The desk as this person sees it."""
        if name not in self._people:
            self._people[name] = self.desk.using(self.account(name), keyring=keyring(name))
        return self._people[name]

    def address(self, name: str) -> str:
        """A person's address."""
        return str(self[name].sender.address)

    def certificate(self, agent: str, program: str) -> int:
        """The number of an agent's certificate in a program."""
        found = self.desk.certification.of(self.address(agent), program)
        assert found is not None, f"{agent} has no certificate in {program}"
        return found.id

    def pass_time(self, span: timedelta) -> None:
        """Let time go by on the chain."""
        self.chain.rpc("evm_increaseTime", int(span.total_seconds()))
        self.chain.rpc("evm_mine")


@contextmanager
def local_stage() -> Iterator[Stage]:
    """A stage on a chain of its own, which ends with the block; its files are gone then too."""
    with Chain.anvil(accounts=ACCOUNTS) as chain:
        yield Stage(chain, chain.folder / "records")
