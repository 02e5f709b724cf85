"""`make up`: leaves a seeded desk running on a local chain and says how to reach it; `make down` ends it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from secrets import token_bytes

from demo.exams import PASSES, certify
from demo.readers import AUDITOR, PASSWORD, RELAYER, SUPERVISOR, keep_keys, open_to_relayer
from demo.show import console, held, say, table
from demo.stage import (
    ABOUT_CLAIMS,
    ACCOUNTS,
    AGENTS,
    CONFIG,
    FIRST_ABOUT_CLAIMS,
    STAFF,
    Conversation,
    Stage,
    conversations,
)
from proofdesk import ProofdeskError, Status
from proofdesk.claims import EvidenceKind, Reason
from tools.chain import ChainError, is_free, start_detached, stop_detached

NAME = "desk"
USUAL_PORT = 8545
CUSTOMERS = 5
# Of those about claims, the config names so many.
NAMED = 4
FUNDS, PRICE = 5 * 10**18, 10**17
# Why, for what, and with which evidence: approved, denied, and left for an agent.
CLAIMED = (
    (Reason.RETURN, "Kettle", EvidenceKind.RETURN),
    (Reason.DEFECT, "Desk lamp", None),
    (Reason.NOT_DELIVERED, "Headphones", EvidenceKind.STATEMENT),
)
# Where the client looks by itself in a working folder.
DEPLOYMENTS, RECORDS, QUEUES = Path("deployments"), Path("records"), Path("relay")
KEYS = Path("keys/demo")


def leave_keys() -> None:
    """Leave the seeds of those who read on this desk in the working folder."""
    customers = [f"customer {number}" for number in range(CUSTOMERS)]
    keep_keys(KEYS, (SUPERVISOR, RELAYER, AUDITOR, *AGENTS, *ABOUT_CLAIMS[:NAMED], *customers))


def seed(stage: Stage) -> None:
    """Certify agents, let the relayer read openings, open a ticket of every conversation, and serve some."""
    open_to_relayer(stage)
    certify(stage)
    talks: list[Conversation] = [talk for some in conversations().values() for talk in some]
    for number, talk in enumerate(talks):
        customer, content = stage[f"customer {number % CUSTOMERS}"].tickets, talk.words("customer", number)
        if talk.lane == "vip":
            # A gated lane: the customer signs, and who knows him carries it.
            stage["relayer"].tickets.carry(customer.sign_open(lane=talk.lane, content=content))
        else:
            customer.open(lane=talk.lane, content=content)
    ada = stage["Ada"].tickets
    for words in ("Which card was it?", "Please send us the receipt."):
        ticket = stage.desk.lanes.next_in_line("payments")
        assert ticket is not None
        ada.take(ticket, "I am reading it.")
        ada.reply(ticket.id, words)
    ticket = stage.desk.lanes.next_in_line("orders")
    assert ticket is not None
    stage["Dana"].tickets.take(ticket, "I am reading it.")
    stage["Dana"].tickets.move(ticket.id, Status.RESOLVED, "A new one is on its way.")
    held(f"{len(talks)} tickets opened, 3 of them served")
    _claim(stage)


def _claim(stage: Stage) -> None:
    """Fund the vault, and file a claim of each verdict."""
    stage["treasurer"].vault.deposit(FUNDS)
    # The shop's: nobody signs these orders again, so it need not outlive this.
    secret, verdicts = token_bytes(32), []
    for number, (reason, product, kind) in enumerate(CLAIMED):
        buyer = stage[f"customer {number}"]
        receipt = stage["shop"].claims.sign_receipt(
            order=f"R-{4100 + number}", product=product, price=PRICE, customer=buyer.sender.address,
            policy="standard", secret=secret,
        )  # fmt: skip
        if kind is None:
            evidence = []
        elif kind.is_declarable:
            evidence = [buyer.claims.declare_evidence(receipt, kind, "Nothing has arrived.")]
        else:
            evidence = [stage["carrier"].claims.sign_evidence(receipt, kind, "Parcel back.")]
        filed = buyer.claims.file(receipt, reason=reason, amount=PRICE, evidence=evidence)
        verdicts.append(filed.judgement.verdict.name.lower())
    held(f"the vault holds {stage.desk.vault.books().balance / 10**18:g} ETH; claims: {', '.join(verdicts)}")


def _numbered(names: Sequence[str], first: int) -> str:
    """Names with the numbers of their accounts."""
    return ", ".join(f"{number} {who}" for number, who in enumerate(names, first))


def _certified(agent: str) -> str:
    return agent if any(agent == one for one, *_ in PASSES) else f"{agent} (not certified)"


def main() -> int:
    """Run it; 0 if the desk is up, 1 if not."""
    try:
        chain = start_detached(NAME, accounts=ACCOUNTS, port=USUAL_PORT if is_free(USUAL_PORT) else 0)
    except ChainError as error:
        say(f"[bold red]The desk was not brought up:[/bold red] {error} (make down ends what make up left)")
        return 1
    try:
        records = RECORDS / str(chain.chain_id) / "demo"
        # What an earlier desk of this name left describes a chain that has ended.
        if records.exists():
            shutil.rmtree(records, ignore_errors=True)
            say(f"{records} is emptied: the chain of the desk that it belonged to has ended")
        for left in (
            DEPLOYMENTS / str(chain.chain_id) / "demo.json",
            *QUEUES.glob(f"{chain.chain_id}/demo.db*"),
        ):
            left.unlink(missing_ok=True)
        stage = Stage(chain, records)
        stage.deploy(folder=DEPLOYMENTS)
        held(f"deployed as {CONFIG.name} says")
        seed(stage)
        leave_keys()
    except (AssertionError, ProofdeskError, ChainError, KeyboardInterrupt) as error:
        stop_detached(NAME)
        console.print(f"[bold red]The desk was not brought up:[/bold red] {error}")
        return 1
    taken = len(STAFF) + len(AGENTS) + CUSTOMERS
    if not chain.url.endswith(f":{USUAL_PORT}"):
        say(f"port {USUAL_PORT} is taken by another program: the address below goes into README's program,")
        say(f"and in a shell first: export PROOFDESK_NODE={chain.url}")
    table(
        "A desk is running",
        [
            ("node", chain.url),
            ("chain id", chain.chain_id),
            ("manifest", DEPLOYMENTS / str(chain.chain_id) / "demo.json"),
            ("records, sealed", records),
            ("keys of who reads", f"{KEYS}, their password is {PASSWORD}: worth nothing, everybody has them"),
            ("lanes", ", ".join(stage.deployment.lanes)),
            ("accounts of the mnemonic", _numbered(STAFF, 0)),
            ("agents", _numbered([_certified(who) for who in AGENTS], len(STAFF))),
            (
                "customers",
                f"{taken - CUSTOMERS} to {taken - 1}; {taken} to {FIRST_ABOUT_CLAIMS - 1} nobody's",
            ),
            ("about claims", _numbered(ABOUT_CLAIMS[:NAMED], FIRST_ABOUT_CLAIMS)),
            ("mnemonic, known to everybody", chain.mnemonic),
        ],
    )
    say(f'in this folder: Desk.connect("{chain.url}", account=…, keyring=…); README.md has a first program')
    say(
        f"in a shell: export PROOFDESK_KEYS={KEYS}/{AUDITOR}.keys PROOFDESK_KEYS_PASSWORD={PASSWORD}; "
        "proofdesk ticket list"
    )
    say(
        f"a relayer: proofdesk relay run --account {stage.address(RELAYER)} --keys {KEYS}/{RELAYER}.keys, "
        "with the same password"
    )
    say("make down ends it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
