"""The claims office of the play: files, decides and settles, and writes down what that was meant to do.

Each claim is judged three times, and three times alike: by the contract's preview, by the contract when it is
filed, and by the judgement in Python, which a merchant would replay his claims with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from demo.ledger import Ledger
from demo.purchases import NO_RULE, SHOPS, Purchase, evidence, policies
from demo.stage import Stage
from proofdesk.claims import (
    EvidenceKind,
    FailedRule,
    Filing,
    History,
    Reason,
    SignedEvidence,
    SignedReceipt,
    Verdict,
)
from proofdesk.claims.signing import Filed
from proofdesk.claims.words import whole
from proofdesk.signed.signers import Signer

_BALANCE_OF = "0x70a08231"


class _Asked(TypedDict):
    reason: Reason
    amount: int
    evidence: Sequence[SignedEvidence]


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A claim that waits for an agent: at most `asked` can be decided."""

    receipt: SignedReceipt
    shop: str
    reason: Reason
    asked: int
    customer: str


class Office:
    """Claims as they are filed and decided, and what they should have done to the vault."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        found = policies(stage.config)
        self.ledgers = {shop: Ledger(found[shop].token) for shop in SHOPS}
        self.history = History(found.values())
        self.counts: Counter[tuple[Reason, Verdict]] = Counter()
        # By the failed rule's bit: how many claims it denied, and what the first customer read.
        self.denials: Counter[int] = Counter()
        self.failing_several = 0
        self.sentences: dict[int, str] = {}
        self.in_chinese = ""
        self.reviews: dict[str, Reviewed] = {}
        self.tickets: list[str] = []
        self.outcomes: Counter[str] = Counter()

    # ---------------------------------------------------------------------------------------------- claims

    def file(
        self,
        bought: Purchase,
        reason: Reason,
        amount: int,
        kinds: Sequence[EvidenceKind] = (),
        verdict: Verdict = Verdict.APPROVED,
        failed: FailedRule = NO_RULE,
        *,
        pieces: Sequence[SignedEvidence] | None = None,
        signer: Signer | None = None,
    ) -> Filed:
        """A customer, who has no ether, signs a claim, and the desk's relayer carries it.

        `verdict` and `failed` are what it is meant to come to; `pieces` are its evidence, made of `kinds`
        unless given; `signer` is who claims, by default who bought.
        """
        stage, receipt, shop = self._stage, bought.receipt, bought.shop
        who = stage.account(bought.buyer) if signer is None else signer
        pieces = evidence(stage, bought, *kinds) if pieces is None else pieces
        desk = stage["relayer"].claims
        # Who signs for himself, without a keyring of the play's, reads no answer.
        nobody = {} if signer is None else {"reply_key": None}
        words = {"body": "This is what I ask for, and why.", **nobody}
        asked = _Asked(reason=reason, amount=amount, evidence=pieces)
        seen = desk.preview(receipt, customer=who.address, **asked)
        assert (seen.verdict, seen.judgement.failed) == (verdict, failed), f"{bought}: {seen}"
        signed = stage[bought.buyer].claims.sign(receipt, content=words, signer=who, **asked)
        filed = desk.carry(signed)
        assert filed.judgement == seen.judgement, f"{bought}: {filed.judgement} is not {seen.judgement}"
        filing = Filing(
            receipt.receipt, reason, amount,
            stage.desk.now(filed.result.block), tuple(kinds), who.address,
        )  # fmt: skip
        assert self.history.file(filing) == filed.judgement, f"{bought}: Python judges otherwise"
        self.counts[reason, verdict] += 1
        self.tickets.append(filed.ticket.id)
        unit, decimals = SHOPS[shop]
        bits = [bit for bit in range(32) if failed >> bit & 1]
        self.failing_several += len(bits) > 1
        for bit, sentence in zip(bits, seen.explain(unit=unit, decimals=decimals), strict=True):
            self.denials[bit] += 1
            self.sentences.setdefault(bit, sentence)
        self.in_chinese = self.in_chinese or " ".join(seen.explain("zh", unit=unit, decimals=decimals))
        self._book(filed, Reviewed(receipt, shop, reason, amount, who.address))
        return filed

    def _book(self, filed: Filed, claim: Reviewed) -> None:
        ledger = self.ledgers[claim.shop]
        if filed.judgement.verdict is Verdict.APPROVED:
            self.outcomes[ledger.pay(claim.customer, claim.asked)] += 1
        elif filed.judgement.verdict is Verdict.REVIEW:
            ledger.reserve(filed.ticket.id, claim.asked)
            self.reviews[filed.ticket.id] = claim

    def decide(self, by: str, ticket: str, amount: int, words: str) -> None:
        """An agent, or a supervisor, decides a claim under review."""
        claim = self.reviews.pop(ticket)
        self._stage[by].claims.decide(ticket, amount, words)
        self.history.decide(claim.receipt.receipt, claim.reason, amount)
        ledger = self.ledgers[claim.shop]
        if amount:
            self.outcomes[ledger.pay(claim.customer, amount, kept_for=ticket)] += 1
        else:
            ledger.release(ticket)

    def give_up(self, ticket: str) -> Reviewed:
        """A claim ended with its ticket before anybody decided it."""
        claim = self.reviews.pop(ticket)
        self.history.release(claim.receipt.receipt, claim.reason)
        self.ledgers[claim.shop].release(ticket)
        return claim

    # ---------------------------------------------------------------------------------------------- the vault

    def fund(self, by: str, shop: str, amount: int) -> None:
        """Somebody puts money into the vault."""
        ledger = self.ledgers[shop]
        self._stage[by].vault.deposit(amount, ledger.token)
        ledger.deposit(amount)

    def balance(self) -> int:
        """Compare the vault's books, and what every customer has, with the ledgers; returns how many have."""
        count = 0
        for shop, ledger in self.ledgers.items():
            found, wanted = self._stage.desk.vault.books(ledger.token), ledger.books()
            assert found == wanted, f"{shop}: the vault's books are {found}, the ledger's {wanted}"
            accounts = list(ledger.got)
            for account, has in zip(accounts, self._balances(shop, accounts), strict=True):
                assert has == ledger.got[account], f"{account} has {has}, and got {ledger.got[account]}"
            count += len(accounts)
        return count

    def _balances(self, shop: str, accounts: list[str]) -> list[int]:
        asked: list[tuple[str, list[Any]]]
        if shop == "shop":
            asked = [("eth_getBalance", [account, "latest"]) for account in accounts]
        else:
            token = self.ledgers[shop].token
            asked = [
                ("eth_call", [{"to": token, "data": _BALANCE_OF + account[2:].rjust(64, "0")}, "latest"])
                for account in accounts
            ]
        return [int(answer, 16) for answer in self._stage.desk.node.batch(asked)]

    def told(self, shop: str, amount: int) -> str:
        """An amount in words."""
        unit, decimals = SHOPS[shop]
        return f"{whole(amount, decimals)} {unit}"
