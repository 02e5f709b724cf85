"""A claims day: what three hundred customers bought, what they claim, and where every unit of money went."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial
from itertools import cycle

from demo.gasless import Gasless
from demo.incidents import Incidents
from demo.office import Office
from demo.purchases import PURCHASES, Purchase, sell, units
from demo.refusals import Refusals
from demo.show import bar, held, say, table
from demo.stage import Stage
from proofdesk import Status
from proofdesk.anchors import MerkleTree
from proofdesk.claims import Reason, Verdict
from proofdesk.claims.errors import OverBound
from proofdesk.claims.words import reason_in_words
from proofdesk.ops.keeper import Keeper

LANE = "refunds"
# Funds of the vault in ETH; of the other token it gets what its customers are to get, and no unit more.
ETHER = "30"
# What the treasurer takes out again, a day after he said so.
TAKEN = "2"
# Bytes that a receipt has at most.
QR_CODE = 700
# Claims under review that the agents leave to be late.
FORGOTTEN = 2


class ClaimsDay:
    """The day, act by act; each raises AssertionError where something was not as promised."""

    def __init__(self, stage: Stage, gasless: Gasless, refusals: Refusals) -> None:
        self.stage = stage
        self.gasless = gasless
        self.office = Office(stage)
        self.refusals = refusals
        self.keeper = Keeper(stage["keeper"])
        self.incidents = Incidents(stage, self.office, refusals, self.keeper)
        self.sold: list[Purchase] = []
        self.late: list[str] = []
        self.withdrawal = 0

    # ------------------------------------------------------------------------------------------- purchases

    def sell(self) -> None:
        """Three hundred customers buy, each from a fresh address; the receipts of one shop are anchored."""
        stage = self.stage
        self.sold = list(sell(stage, stage.desk.now()))
        size = max(len(bought.receipt.to_json().encode()) for bought in self.sold)
        assert size <= QR_CODE, f"a receipt has {size} bytes"
        held(f"{PURCHASES} receipts signed, the largest of {size} bytes: it fits a QR code")
        of_market = [bought.receipt for bought in self.sold if bought.shop == "market"]
        self.tree = MerkleTree.of_signed(of_market)
        result = stage["market"].anchors.anchor(self.tree)
        each = result.gas_used / len(of_market)
        held(f"the second shop's {len(of_market)} are anchored in one transaction, {each:,.0f} gas a receipt")

    def fund(self) -> None:
        """The treasurer fills the vault, and announces what he will take out again."""
        needed = sum(
            bought.asked
            for bought in self.sold
            if bought.shop == "market" and bought.plan and bought.plan.verdict is not Verdict.DENIED
        )
        # He has none of the second shop's token: that shop brings it.
        self.office.fund("treasurer", "shop", units(ETHER, "shop"))
        self.office.fund("market", "market", needed)
        self.withdrawal = units(TAKEN, "shop")
        scheduled = self.stage["treasurer"].vault.schedule_withdrawal(self.withdrawal)
        assert scheduled.at > self.stage.desk.now() + timedelta(hours=23)
        in_words = ", ".join(
            self.office.told(shop, each.deposited) for shop, each in self.office.ledgers.items()
        )
        held(f"the vault holds {in_words}; what the treasurer takes out he announces a day before")

    # ---------------------------------------------------------------------------------------------- claims

    def claim(self) -> None:
        """Everybody who has a plan claims, and it comes to what it was meant to."""
        planned = [bought for bought in self.sold if bought.plan]
        for bought in bar(planned, "claims signed without gas, and carried"):
            plan = bought.plan
            assert plan is not None
            self.office.file(bought, plan.reason, bought.asked, plan.evidence, plan.verdict, plan.failed)
        held("each came to what its preview said, and Python judges all of them alike")
        books = self.office.ledgers["market"].books()
        assert books.free == 0 and not books.pending
        self.office.balance()

    def happen(self) -> None:
        """What else comes up: what is tried, what is refused, and what goes on all the same."""
        self.incidents.fail_every_rule()
        self.incidents.be_refused()
        self.incidents.refuse_the_money()
        self.incidents.empty_the_vault()
        self.incidents.dismiss(self.sold, self.tree)

    def show(self) -> None:
        """The claims in figures, and the denials in words."""
        counts, outcomes = self.office.counts, self.office.outcomes
        verdicts = (Verdict.APPROVED, Verdict.DENIED, Verdict.REVIEW)
        table(
            "Claims",
            [
                (reason_in_words(reason), *(counts[reason, verdict] for verdict in verdicts))
                for reason in Reason
                if reason
            ],
            ("reason", "approved", "denied", "for review"),
        )
        say(
            f"{counts.total()} claims, each as it was judged when it was filed. Of those approved "
            f"{outcomes['paid']} were paid at once, {outcomes['pending']} when there was money again, and "
            f"{outcomes['owed']} were owed to an account that refuses ether"
        )
        denied = sum(count for (_reason, verdict), count in counts.items() if verdict is Verdict.DENIED)
        table(
            "Why claims were denied, as the first of each read it before he filed",
            [(self.office.denials[bit], sentence) for bit, sentence in sorted(self.office.sentences.items())],
            ("claims", "failed rule"),
        )
        say(
            f"{self.office.denials.total()} times a rule failed, in {denied} claims: each is told every rule "
            f"that it fails, and {self.office.failing_several} failed more than one"
        )
        say(f"or in Chinese: {self.office.in_chinese}")
        assert len(self.office.sentences) == 11, "not every rule failed"

    # --------------------------------------------------------------------------------------------- reviews

    def review(self) -> None:
        """Certified agents decide what is for review, within the rule; they forget the last two."""
        stage, office = self.stage, self.office
        agents, shares = cycle(("Chen", "Dana")), cycle((10_000, 5_000, 0))
        self._close_one()
        self.late = list(office.reviews)[-FORGOTTEN:]
        decided: Counter[str] = Counter()
        while (ticket := stage.desk.lanes.next_in_line(LANE)) and ticket.id not in self.late:
            agent, share, asked = next(agents), next(shares), office.reviews[ticket.id].asked
            stage[agent].tickets.take(ticket, "I am reading it.")
            if not decided:
                self._refuse(agent, ticket.id, asked)
            amount = asked * share // 10_000
            office.decide(agent, ticket.id, amount, "I have looked at what you sent us.")
            decided["all" if share == 10_000 else "half" if share else "nothing"] += 1
        told = ", ".join(f"{count} got {what}" for what, count in decided.items())
        held(f"{decided.total()} claims decided by certified agents: {told}")
        office.balance()

    def _refuse(self, agent: str, ticket: str, asked: int) -> None:
        other = {"Chen": "Dana", "Dana": "Chen"}[agent]
        more = partial(self.stage[agent].claims.decide, ticket, asked + 1)
        self.refusals.expect(
            "OverBound",
            f"{agent} pays one unit more than the claim asks for",
            more,
            partial(self._over_bound, self.office.reviews[ticket].shop),
        )
        decide = partial(self.stage[other].claims.decide, ticket, asked)
        self.refusals.expect("NotDecider", f"{other} decides {agent}'s claim", decide)

    def _over_bound(self, shop: str, refusal: OverBound) -> str:
        amount, bound = self._told(shop, refusal.amount), self._told(shop, refusal.bound)
        return f"OverBound: {amount} is more than the rule still admits for the claim: {bound}"

    def _close_one(self) -> None:
        """A customer closes her ticket while it waits: what was kept for her is given up, by the keeper."""
        ticket, claim = next(iter(self.office.reviews.items()))
        buyer = next(one.buyer for one in self.sold if one.receipt is claim.receipt)
        signed = self.stage[buyer].tickets.sign_move(ticket, Status.CLOSED, "It has turned up.")
        self.gasless.carry([signed])
        assert self.keeper.step().done["release"] == 1
        given_up = self.office.give_up(ticket)
        held(f"a customer closed her claim: the keeper freed the {self._told(given_up.shop, given_up.asked)}")

    # --------------------------------------------------------------------------------------------- lateness

    def be_late(self) -> None:
        """Nobody takes the last two in time: the keeper notes it, and 48 hours later the desk pays for it."""
        stage, office = self.stage, self.office
        terms = stage.desk.compensation.offer_of(LANE)
        assert terms is not None
        stage.pass_time(timedelta(hours=9))
        noted = self.keeper.step().done
        assert noted["note"] == FORGOTTEN, noted
        stage.pass_time(timedelta(hours=40))
        assert not self.keeper.step().done["compensate"], "a compensation was paid too early"
        stage.pass_time(timedelta(hours=8))
        # The keeper pays from the first second on; here an hour has gone by as one.
        paid = self.keeper.step().done
        assert paid["compensate"] == FORGOTTEN, paid
        for ticket in self.late:
            office.outcomes[office.ledgers["shop"].pay(office.reviews[ticket].customer, terms.amount)] += 1
            assert stage.desk.tickets.get(ticket).breached
        held(
            f"{FORGOTTEN} claims were not taken within 8 hours: the keeper noted it, and 48 hours later each "
            f"customer got {self._told('shop', terms.amount)}, unasked"
        )
        first = self.late[0]
        office.decide("supervisor", first, office.reviews[first].asked, "This took us too long.")
        say("a supervisor decides one of them, and is still at the other")
        stage["treasurer"].vault.withdraw_free(self.withdrawal)
        office.ledgers["shop"].take_out(self.withdrawal)
        taken = self._told("shop", self.withdrawal)
        held(f"the treasurer took out {taken} of what was free, as he had announced")

    # ------------------------------------------------------------------------------------------------ books

    def balance(self) -> None:
        """Hold the vault's books, and what every customer has, against what the play meant to do."""
        accounts = self.office.balance()
        names = ("deposited", "paid to customers", "taken out", "reserved", "owed", "pending", "free")
        columns = []
        for shop, ledger in self.office.ledgers.items():
            books = ledger.books()
            paid = ledger.got.total()
            rest = ledger.deposited - paid - ledger.taken
            assert rest == books.balance == books.reserved + books.owed + books.free
            amounts = (
                ledger.deposited,
                paid,
                ledger.taken,
                books.reserved,
                books.owed,
                books.pending,
                books.free,
            )
            columns.append([self._told(shop, amount) for amount in amounts])
        table("The vault's books", zip(names, *columns, strict=True))
        say("what was deposited is paid (claims and compensations), taken out, reserved, owed or free")
        runway = self.stage.desk.vault.runway()
        assert runway is not None
        held(f"{accounts} accounts have what the ledger says, to the last unit; so has the vault")
        say(f"at this rate its ETH lasts {runway.days} days")
        self.keeper.close()

    def _told(self, shop: str, amount: int) -> str:
        return self.office.told(shop, amount)
