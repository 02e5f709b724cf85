"""A claims counter in an office: who sells, who attests, who keeps the money, and what they sign."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from typing import Any

from eth_account.signers.local import LocalAccount

from proofdesk import Creation, Desk, Sender, Ticket
from proofdesk._abi import encode_call
from proofdesk.claims import (
    ETH,
    EvidenceKind,
    Policy,
    Reason,
    Rule,
    SignedClaim,
    SignedEvidence,
    SignedReceipt,
)
from proofdesk.claims.signing import Filed
from proofdesk.ops.config import load
from tests.client.office import CONFIG_FOLDER, Office, account
from tools.chain import Kind

DAY = timedelta(days=1)
ETHER = 10**18
PRICE = ETHER // 10

TREASURER = 8
CHAINS: dict[Kind, int] = {"anvil": 31337, "ganache": 1337}


@dataclass
class Counter:
    """The office, and the people who only deal with claims; the vault holds ten ether.

    By the policy returns are paid up to half the price at once, defects half the price with a laboratory's
    word, and all else waits for an agent.
    """

    office: Office
    customer: Desk
    merchant: LocalAccount
    laboratory: LocalAccount
    editor: Desk
    treasurer: Desk
    slow_treasurer: Desk
    policy: Policy

    def __post_init__(self) -> None:
        self._orders = count(1001)
        self.last: SignedReceipt

    @classmethod
    @contextmanager
    def opened(cls, kind: Kind) -> Iterator[Counter]:
        """A counter as long as the `with` block lasts."""
        # One desk for both chains: the config of Ganache's has no claims.
        config = replace(load(CONFIG_FOLDER / "development.toml"), chain_id=CHAINS[kind])
        with Office.started(kind, config) as office:
            admin = Sender(office.w3, account(0))
            access = office.deployment.contract("DeskAccess").address
            for who, delay in ((18, 0), (19, 86_400)):
                grant = encode_call("DeskAccess", "grantRole", TREASURER, account(who).address, delay)
                admin.send(access, grant)
            editor = office.supervisor
            lane = office.deployment.lane("refunds")
            rules = (
                Rule(Reason.RETURN, 30 * DAY, 10_000, (), PRICE // 2, lane=lane),
                Rule(Reason.DEFECT, 730 * DAY, 5_000, (EvidenceKind.DEFECT,), PRICE, lane=lane),
                Rule(Reason.OTHER, 30 * DAY, 10_000, (EvidenceKind.PHOTO,), 0, lane=lane, review=True),
            )
            counter = cls(
                office,
                office.customer,
                account(22),
                account(23),
                editor,
                office.desk.using(account(18)),
                office.desk.using(account(19)),
                Policy(ETH, rules),
            )
            editor.claims.publish_policy(counter.policy)
            editor.claims.appoint_merchant(counter.merchant.address)
            editor.claims.accredit(counter.laboratory.address, EvidenceKind.DEFECT)
            counter.treasurer.vault.deposit(10 * ETHER)
            for agent in (office.agent, office.second_agent):
                certify(office, agent)
            yield counter

    def receipt(self, **given: Any) -> SignedReceipt:
        """A receipt of a new order, for the customer; given fields take the place of the usual ones."""
        usual: dict[str, Any] = {
            "order": f"A-{next(self._orders)}",
            "product": "Kettle",
            "price": PRICE,
            "customer": self.customer.sender.address,
            "policy": self.policy,
            "signer": self.merchant,
        }
        self.last = self.office.desk.claims.sign_receipt(**usual | given)
        return self.last

    def finding(self, receipt: SignedReceipt) -> SignedEvidence:
        """The laboratory's word about a defect."""
        sign = self.office.desk.claims.sign_evidence
        return sign(receipt, EvidenceKind.DEFECT, "cracked lid", signer=self.laboratory)

    def filed(self, receipt: SignedReceipt | None = None, **given: Any) -> Filed:
        """A return of a tenth of the price, which is paid at once."""
        usual: dict[str, Any] = {"reason": Reason.RETURN, "amount": PRICE // 10, "content": "It leaks."}
        return self.customer.claims.file(receipt or self.receipt(), **usual | given)

    def for_review(self, receipt: SignedReceipt | None = None) -> Ticket:
        """A return of the whole price, taken by the agent."""
        ticket = self.filed(receipt, amount=PRICE).ticket
        self.office.agent.tickets.take(ticket)
        return self.office.desk.tickets.get(ticket)

    def carried_by_a_contract(self, signed: SignedClaim) -> str:
        """File a signed claim by a call inside another contract's; its ticket's id."""
        office, sender = self.office, self.office.stranger.sender
        desk = office.deployment.contract("ClaimDesk").address
        call = encode_call("ClaimDesk", "fileClaimFor", *signed.arguments_for)
        made = sender.send(None, _caller(desk, call))
        assert isinstance(made, Creation)
        sender.send(made.contract, b"")
        return signed.ticket_id


def _caller(to: str, data: bytes) -> bytes:
    """The code that creates a contract which makes this call whenever it is called."""
    size, address = f"{len(data):04x}", to[2:]
    code = (
        f"61{size}61002f5f39"  # copies the data, which stands behind this code
        f"5f5f61{size}5f5f73{address}5af1"  # calls with it
        "61002d575f5ffd5b00"  # reverts if that did
    )
    run = bytes.fromhex(code) + data
    return bytes.fromhex(f"61{len(run):04x}80600a5f395ff3") + run


def certify(office: Office, agent: Desk) -> None:
    """Pass an agent in the exam that the claims lane asks for."""
    lane = office.desk.lanes.get("refunds")
    office.certifier.certification.record_exam(
        agent.sender.address,
        program=lane.program,
        level=lane.level,
        score=9500,
        taken_at=office.desk.now() - timedelta(seconds=1),
        evidence={"body": "passed"},
    )
