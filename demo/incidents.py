"""What happens beside the ordinary claims: strangers, splits, receivers that refuse, an empty vault."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from demo.office import Office
from demo.purchases import Plan, Purchase, evidence, purchase
from demo.refusals import Refusals
from demo.show import held
from demo.stage import Stage
from proofdesk import Sender, SmartAccount
from proofdesk.anchors import MerkleTree
from proofdesk.claims import EvidenceKind, FailedRule, Policy, Reason, SignedReceipt, Verdict, sign_receipt
from proofdesk.ops.keeper import Keeper
from tools.build import artifact

_FIRST = 1000
_RETURN, _DENIED = (EvidenceKind.RETURN,), Verdict.DENIED
# So many customers come when the vault is empty.
_WAITING = 3


class Incidents:
    """One after the other; those who are in them have numbers of their own."""

    def __init__(self, stage: Stage, office: Office, refusals: Refusals, keeper: Keeper) -> None:
        self._stage = stage
        self._office = office
        self._refusals = refusals
        self._keeper = keeper
        self._number = _FIRST

    # ------------------------------------------------------------------------------------------- the rules

    def fail_every_rule(self) -> None:
        """Claims that fail the rules which ordinary customers meet."""
        file, order_of = self._office.file, self._stage.desk.claims.order
        bought = self._buy("shop", "0.4")
        all_of_it, stranger = bought.receipt.price, self._stage.account(f"buyer {_FIRST + 999}")
        file(
            bought, Reason.RETURN, all_of_it, _RETURN, _DENIED, FailedRule.NOT_THE_CUSTOMER, signer=stranger
        )  # fmt: skip
        assert order_of(bought.receipt).claims == 0
        file(bought, Reason.RETURN, all_of_it, _RETURN)
        held("a stranger who claims with another's receipt gets nothing, and its customer loses nothing")
        twice = FailedRule.OVER_PRICE | FailedRule.OVER_REFUND
        file(bought, Reason.RETURN, all_of_it, _RETURN, _DENIED, twice)

        bought = self._buy("shop", "0.9")
        third = bought.receipt.price // 3
        file(bought, Reason.RETURN, third, _RETURN)
        file(bought, Reason.RETURN, third, _RETURN, Verdict.REVIEW)
        file(bought, Reason.RETURN, third, _RETURN, _DENIED, FailedRule.CLAIM_UNDER_REVIEW)
        held("a claim is split in three, to stay below the automatic limit: an agent sees the second part")

        bought = self._buy("shop", "0.1", age=-1)
        file(bought, Reason.SERVICE_FAILURE, 10, (), _DENIED, FailedRule.DATE_IN_FUTURE)
        bought = self._buy("shop", "0.1")
        file(bought, Reason.SERVICE_FAILURE, 0, (), _DENIED, FailedRule.NOTHING_ASKED)
        for _ in range(7):
            file(bought, Reason.OTHER, 10, (), _DENIED, FailedRule.REASON_NOT_COVERED)
        file(bought, Reason.SERVICE_FAILURE, 10, (), _DENIED, FailedRule.TOO_MANY_CLAIMS)

    def be_refused(self) -> None:
        """What the contract does not take at all: it costs no gas, and opens no ticket."""
        stage, bought = self._stage, self._buy("shop", "0.4")
        receipt, price = bought.receipt, bought.receipt.price
        pieces = evidence(stage, bought, EvidenceKind.RETURN)
        self._office.file(bought, Reason.RETURN, price, _RETURN, pieces=pieces)
        own = stage[bought.buyer].claims.sign_evidence(receipt, EvidenceKind.RETURN, "I have sent it back.")
        again = self._signed_again(receipt, price=2 * price, policy=receipt.policy_id)
        unknown = self._signed_again(receipt, price=price, policy="0x" + 32 * "11")
        preview = partial(stage[bought.buyer].claims.preview, reason=Reason.RETURN, amount=price)
        for error, attempt, act in (
            (
                "InvalidSignature", "a customer writes a higher price into his receipt",
                partial(preview, replace(receipt, price=10 * price), evidence=pieces),
            ),
            (
                "OtherReceipt", "he brings another receipt of the same order, which the shop did sign",
                partial(preview, again, evidence=pieces),
            ),
            ("UnknownPolicy", "he brings one of rules that this desk never had", partial(preview, unknown)),
            (
                "SignerNotInOffice", "he says himself that the parcel is back",
                partial(preview, receipt, evidence=[own]),
            ),
        ):  # fmt: skip
            self._refusals.expect(error, attempt, act)
        rules = stage.desk.claims.policy("market").rules
        self._refusals.expect(
            "TokenNotListed", "rules are published in a token that the vault does not take",
            partial(stage["supervisor"].claims.publish_policy, Policy(stage.address("owner"), rules)),
        )  # fmt: skip

    def _signed_again(self, receipt: SignedReceipt, *, price: int, policy: str) -> SignedReceipt:
        return sign_receipt(
            self._stage.deployment, self._stage.account("shop"), order=receipt.order,
            product=receipt.product, price=price, customer=receipt.customer, policy=policy,
            purchased_at=receipt.purchased_at, salt=receipt.salt,
        )  # fmt: skip

    # ------------------------------------------------------------------------------------------- the money

    def refuse_the_money(self) -> None:
        """A smart account that takes no ether cannot hold anybody up: it is owed it, and has it sent on."""
        stage, office = self._stage, self._office
        owner = stage.account("customer 18")
        code = bytes.fromhex(artifact("SmartAccount")["bytecode"][2:] + owner.address[2:].rjust(64, "0"))
        account = SmartAccount(Sender(stage.w3, owner).send(None, code).contract, owner)
        bought = self._buy("shop", "0.4", customer=account.address)
        office.ledgers["shop"].refusing.add(account.address)
        price = bought.receipt.price
        office.file(bought, Reason.RETURN, price, _RETURN, signer=account)
        assert stage.desk.vault.owed(account.address) == price
        elsewhere = stage.account(bought.buyer).address
        order = stage["relayer"].vault.sign_withdrawal(to=elsewhere, signer=account)
        stage["relayer"].vault.carry_withdrawal(order)
        assert office.ledgers["shop"].withdraw(account.address, elsewhere) == price
        held("an account that refuses ether is owed it, and had it sent elsewhere by a signature alone")
        again = self._buy("shop", "0.08", customer=account.address)
        office.file(again, Reason.SERVICE_FAILURE, again.receipt.price // 5, signer=account)

    def empty_the_vault(self) -> None:
        """Customers of the second shop come when its money is gone: each is paid in turn, as some arrives."""
        stage, office, ledger = self._stage, self._office, self._office.ledgers["market"]
        waiting = [self._buy("market", "150") for _ in range(_WAITING)]
        asked = [bought.receipt.price * 9_000 // 10_000 for bought in waiting]
        for bought, amount in zip(waiting, asked, strict=True):
            office.file(bought, Reason.RETURN, amount, _RETURN)
        assert [each.amount for each in stage.desk.vault.pending(ledger.token)] == asked
        # One unit less than two of them need, then the rest.
        for amount, paid in ((asked[0] + asked[1] - 1, 1), (1 + asked[2], 2)):
            office.fund("market", "market", amount)
            self._keeper.step()
            assert ledger.settle() == paid
            office.balance()
        held(f"{_WAITING} approved claims found the vault empty; as money came, each was paid in its turn")

    # ---------------------------------------------------------------------------------------------- offices

    def dismiss(self, sold: Sequence[Purchase], tree: MerkleTree) -> None:
        """The second shop and the bank leave; what they signed and was anchored goes on."""
        stage, office, claims = self._stage, self._office, self._stage.desk.claims
        forgotten = self._buy("market", "100")
        anchored = next(one for one in sold if one.shop == "market" and one.plan is None)
        booked = self._buy("shop", "0.08")
        pieces = evidence(stage, booked, EvidenceKind.PAYMENT)
        of_bank = MerkleTree.of_signed(pieces)
        stage["relayer"].anchors.anchor(of_bank)
        # What is dated in the second of a dismissal is dated too late.
        stage.pass_time(timedelta(minutes=1))
        stage["supervisor"].claims.dismiss_merchant(stage.address("market"))
        stage["supervisor"].claims.discredit(stage.address("bank"), EvidenceKind.PAYMENT)
        for attempt, bought, reason, unproven in (
            (
                "the second shop is dismissed; a receipt comes that nobody anchored",
                forgotten,
                Reason.OTHER,
                [],
            ),
            ("the bank too; its word comes without its proof", booked, Reason.OVERCHARGED, pieces),
        ):
            act = partial(
                stage[bought.buyer].claims.preview, bought.receipt, reason=reason, amount=1, evidence=unproven
            )
            self._refusals.expect("SignerNotInOffice", attempt, act)

        proven = replace(anchored, receipt=claims.attest(anchored.receipt, tree))
        amount = proven.receipt.price // 2
        office.fund("market", "market", amount)
        office.file(proven, Reason.RETURN, amount, _RETURN)
        office.file(
            booked, Reason.OVERCHARGED, booked.receipt.price // 2, (EvidenceKind.PAYMENT,),
            pieces=[claims.attest(piece, of_bank) for piece in pieces],
        )  # fmt: skip
        held("the same with their anchors' proofs are paid: a signature outlives its signer's office")

    # --------------------------------------------------------------------------------------------- internal

    def _buy(self, shop: str, price: str, *, age: int = 3, customer: str | None = None) -> Purchase:
        self._number += 1
        plan = Plan(Reason.RETURN, price, 0, age=age)
        now = self._stage.desk.now()
        return purchase(self._stage, self._number, shop, plan, now, customer)
