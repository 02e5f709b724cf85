"""Claims, 64 times in a row: filed, judged and paid in ETH; denied, reviewed, decided; late ones compensated.

Each is of an order of its own and of another customer, whose account has ether. Customers file themselves
but where a claim is carried for them. Lane, log and vault are in use.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from eth_account.signers.local import LocalAccount

from benchmarks import policy
from benchmarks.accounts import account
from benchmarks.bench import REPEATS, Call, Row
from benchmarks.desk import CLAIMS, Rows, Scene
from benchmarks.policy import MERCHANT, PARTY, PRICE
from proofdesk._abi import encode_call
from proofdesk._words import keccak
from proofdesk.claims import (
    ETH,
    EvidenceKind,
    Reason,
    SignedEvidence,
    SignedReceipt,
    TypedClaim,
    sign_claim,
    sign_evidence,
    sign_receipt,
    typed_claim,
)

RECORDS = 1_000
"""That one anchor holds."""

# With the 64 that wait for money and the one that stays under review, the log's size is past a power of two,
# and what is measured reaches no other one.
_DENIED_BEFORE = 448
_DAY, _WEEK = 86_400, 7 * 86_400  # seconds
# Signing looks at the machine's clock too.
_DEADLINE = 0x7AF08300  # in 2035: no farther than people may sign for
_FUNDS = 1_000 * PRICE


def measure(scene: Scene) -> Rows:
    """Everything about claims, and anchors of records."""
    return _Claims(scene).measure() | {"anchor": _anchors(scene)}


@dataclass(frozen=True, slots=True)
class _Claims:
    scene: Scene

    def measure(self) -> Rows:
        bench = self.scene.bench
        settled = self._settled()
        rows = {
            "claim": self._filed(self._claims(Reason.RETURN, attested=True)),
            "claim_plain": self._filed(self._claims(Reason.NOT_DELIVERED)),
            "claim_for": self._carried(),
            "claim_denied": self._filed(self._claims(Reason.RETURN, amount=PRICE + 1, attested=True)),
        }
        reviewed = self._claims(Reason.DEFECT)
        rows["claim_review"] = self._filed(reviewed)
        rows["decide"] = self._decided(reviewed)
        late = self._claims(Reason.DEFECT)
        bench.block(self._calls(late))
        bench.wait(_WEEK + 60)
        rows["note"] = self._row("CompensationDesk", "note", [([each.ticket_id],) for each in late])
        bench.wait(2 * _DAY)
        rows["compensate"] = self._row("CompensationDesk", "compensate", [(each.ticket_id,) for each in late])
        return rows | {"settle": settled}

    def _settled(self) -> Row:
        """Payments that waited in an empty vault; before and beside them what makes the lane used."""
        bench = self.scene.bench
        for _ in range(_DENIED_BEFORE // REPEATS):
            bench.block(self._calls(self._claims(Reason.RETURN, amount=0)))
        bench.block(self._calls(self._claims(Reason.NOT_DELIVERED)))
        deposit = encode_call("RefundVault", "deposit", ETH, _FUNDS)
        bench.row([Call(bench.deployer, self._address("RefundVault"), deposit, _FUNDS)])
        row = self._row("RefundVault", "settle", [(ETH, 1)] * REPEATS)
        # One stays with the agent, so that something is always kept.
        kept = self._claims(Reason.DEFECT)[:1]
        bench.block(self._calls(kept))
        self._taken(kept)
        return row

    def _claims(self, reason: Reason, amount: int = PRICE, *, attested: bool = False) -> Sequence[TypedClaim]:
        return [
            typed_claim(
                self.scene.deployment,
                customer,
                receipt=(receipt := self._receipt(customer)),
                reason=reason,
                amount=amount,
                entry=self.scene.bench.entry(),
                evidence=[self._evidence(receipt)] if attested else (),
                deadline=_DEADLINE,
            )
            for customer in self.scene.bench.newcomers
        ]

    def _receipt(self, customer: str) -> SignedReceipt:
        return sign_receipt(
            self.scene.deployment,
            MERCHANT,
            order="A-1001",
            product="Kettle",
            price=PRICE,
            customer=customer,
            policy=policy.policy(CLAIMS),
            purchased_at=self._now,
            salt=self.scene.bench.entry(),
        )

    def _evidence(self, receipt: SignedReceipt) -> SignedEvidence:
        return sign_evidence(
            self.scene.deployment,
            PARTY,
            order=receipt,
            kind=EvidenceKind.RETURN,
            content="back at the shop",
            issued_at=self._now,
            salt=self.scene.bench.entry(),
        )

    @property
    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.scene.bench.now(), timezone.utc)

    def _calls(self, claims: Sequence[TypedClaim]) -> Iterator[Call]:
        for claim in claims:
            data = encode_call("ClaimDesk", "fileClaim", *claim.arguments)
            yield Call(claim.customer, claim.desk, data)

    def _filed(self, claims: Sequence[TypedClaim]) -> Row:
        return self.scene.bench.row(self._calls(claims))

    def _carried(self) -> Row:
        """Returns, signed by customers who have a little ether and send nothing."""
        bench = self.scene.bench
        return bench.row([self._signed(account("claimant", number)) for number in range(REPEATS)])

    def _signed(self, customer: LocalAccount) -> Call:
        self.scene.bench.node.request("anvil_setBalance", customer.address, "0x1")
        receipt = self._receipt(customer.address)
        signed = sign_claim(
            self.scene.deployment,
            customer,
            receipt=receipt,
            reason=Reason.RETURN,
            amount=PRICE,
            entry=self.scene.bench.entry(),
            evidence=[self._evidence(receipt)],
            deadline=_DEADLINE,
        )
        data = encode_call("ClaimDesk", "fileClaimFor", *signed.arguments_for)
        return Call(self.scene.bench.intake, signed.desk, data)

    def _taken(self, claims: Sequence[TypedClaim]) -> None:
        bench = self.scene.bench
        seat = self.scene.certificates[bench.agent]
        taking = [("take", each.ticket_id, seat, bench.entry()) for each in claims]
        bench.block(Call(bench.agent, self.scene.desk, encode_call("TicketDesk", *each)) for each in taking)

    def _decided(self, claims: Sequence[TypedClaim]) -> Row:
        """Paid in full by the agent who took them."""
        bench = self.scene.bench
        self._taken(claims)
        rest = [(each.ticket_id, each.receipt.abi, PRICE, bench.entry(), 2) for each in claims]
        return self._row("ClaimDesk", "decide", rest, bench.agent)

    def _row(
        self, contract: str, function: str, arguments: Sequence[Sequence[object]], sender: str = ""
    ) -> Row:
        address, by = self._address(contract), sender or self.scene.bench.intake
        return self.scene.bench.row(
            Call(by, address, encode_call(contract, function, *each)) for each in arguments
        )

    def _address(self, contract: str) -> str:
        return self.scene.deployment.contract(contract).address


def _anchors(scene: Scene) -> Row:
    """Roots of a thousand records each."""
    anchor = scene.deployment.contract("RecordAnchor").address
    roots = [keccak(scene.bench.entry()) for _ in range(REPEATS)]
    data = [encode_call("RecordAnchor", "anchor", root, RECORDS) for root in roots]
    return scene.bench.row(Call(scene.bench.deployer, anchor, each) for each in data)
