"""Steps at ClaimDesk and CompensationDesk, which say what the vault pays."""

from __future__ import annotations

from tests.helpers.claim_items import ClaimState, Reason, Receipt
from tests.helpers.contract import RefusedError
from tests.helpers.desk import Lane
from tests.helpers.money import Till
from tests.helpers.table import Status
from tests.stateful.money.claims import Claim, Order, rules
from tests.stateful.money.ledger import RefusedError as Refused
from tests.stateful.money.vault_steps import VaultSteps
from tests.stateful.money.world import World

PRICE, OFFER, CAP = 100_000, 700, 2_000
DAY, TWO_DAYS = 86_400, 2 * 86_400
LATE = (Status.NEW, Status.OPEN, Status.ON_HOLD, Status.ESCALATED)
WORKED_ON = (Status.OPEN, Status.ESCALATED)


class ClaimSteps(VaultSteps):
    """Makes one at a time, chosen by chance."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.orders: list[tuple[Order, Receipt]] = []
        self.claims: list[Claim] = []
        self.paid_on: dict[tuple[int, int], int] = {}
        self.lanes = {till.token: self._lane(till) for till in world.tills}
        self.policies = {
            token: self.office.published(*rules(lane), token=token) for token, lane in self.lanes.items()
        }

    def _lane(self, till: Till) -> int:
        """A claims lane whose breaches pay."""
        people = self.office.people
        lane = people.lane_editor.create_lane(Lane(claims=True))
        offer = lane, till.token, OFFER, CAP
        self.office.compensation.send(people.claims_editor.address, "offer", *offer)
        return lane

    def _file(self) -> None:
        order, receipt = self._order()
        reason = self.rng.choice((Reason.RETURN, Reason.DEFECT, Reason.OVERCHARGED))
        most = max(0, order.refundable(reason))
        amount = self.rng.choice((self._amount(30_000), self._amount(90_000), most, most + 1, 0))
        filing = self.office.filing(reason, receipt=receipt, evidence=(), amount=amount)
        state = order.judged(reason, amount)
        claim = Claim(filing, order, reason, amount, state, paid_at_once=state is ClaimState.PAID)

        def in_ledger() -> None:
            order.claims = min(order.claims + 1, 8)
            if state is ClaimState.PAID:
                order.book(reason, amount)
                claim.remaining = 0
                self.ledger.pay(filing.ticket_id, order.token, order.customer, amount)
            elif state is ClaimState.REVIEW:
                order.live.add(reason)
                self.ledger.reserve(self.office.claims.address, filing.ticket_id, order.token, amount)

        self.world.step(
            f"file {state.name} {reason.name} {amount}",
            in_ledger,
            lambda: self.world.as_account(order.customer, self.office.claims, "fileClaim", *filing.arguments),
        )
        self.claims.append(claim)
        assert self.office.order(filing)[0] == order.all_paid

    def _decide(self) -> None:
        claim = self._claim()
        if claim is None:
            return
        people, status = self.office.people, self._status(claim)
        if status in (Status.NEW, Status.ESCALATED) and self.rng.random() < 0.8:
            people.supervisor.assign(claim.ticket_id, people.agent)
            status = self._status(claim)
        if status not in WORKED_ON:
            return
        actor = people.agent if status is Status.OPEN else people.supervisor
        amount = self.rng.choice((claim.bound, self._amount(max(1, claim.bound)), claim.bound + 1, 0))

        def in_ledger() -> None:
            if amount > claim.bound:
                raise Refused("OverBound", amount, claim.bound)
            module = self.office.claims.address
            if claim.state is ClaimState.REVIEW:
                claim.state = ClaimState.REFUSED
                claim.order.live.discard(claim.reason)
            if not amount:
                self.ledger.release(module, claim.ticket_id)
                return
            claim.state = ClaimState.PAID
            claim.remaining -= amount
            claim.order.book(claim.reason, amount)
            where = claim.order.token, claim.order.customer
            self.ledger.pay_reserved(module, claim.ticket_id, *where, amount)

        self.world.step(f"decide {amount}", in_ledger, lambda: claim.filing.decide(actor, amount))

    def _object(self) -> None:
        """A customer is not content; his ticket is worked on again, or a supervisor has it."""
        claim = self._claim()
        if claim is not None and self._status(claim) in (Status.RESOLVED, Status.REJECTED):
            status = self._status(claim)
            to = Status.OPEN if status is Status.RESOLVED else Status.ESCALATED
            self._move(claim, to)

    def _give_up(self) -> None:
        """A customer closes his ticket before it was decided; anybody releases what was kept for it."""
        claim = self._claim()
        if claim is None or claim.state is not ClaimState.REVIEW:
            return
        if self._status(claim) is not Status.CLOSED:
            self._close(claim)
        self._release_claim(claim)

    def _release_claim(self, claim: Claim) -> None:
        def in_ledger() -> None:
            claim.state = ClaimState.REFUSED
            claim.order.live.discard(claim.reason)
            self.ledger.release(self.office.claims.address, claim.ticket_id)

        stranger = self.office.people.stranger.address
        self.world.step(
            "releaseClaim",
            in_ledger,
            lambda: self.office.claims.send(stranger, "release", claim.ticket_id),
        )

    def _close(self, claim: Claim) -> None:
        status = self._status(claim)
        if status is Status.CLOSED:
            return
        if status is Status.ESCALATED:
            self.office.people.supervisor.assign(claim.ticket_id, self.office.people.agent)
        self._move(claim, Status.CLOSED)

    # -------------------------------------------------------------------------------------- compensation

    def _wait(self) -> None:
        minutes = self.rng.choice((10, 61, 600, 1_441, 2_881))
        self.world.told(f"{minutes} minutes pass", lambda: self.desk.wait(minutes))
        self._mine()

    def _note(self) -> None:
        claim = self._claim()
        if claim is None:
            return
        ticket, now = self.desk.ticket(claim.ticket_id), self.desk.node.next
        is_late = ticket.status in LATE and ticket.due_at != 0 and now > 60 * ticket.due_at

        def in_ledger() -> None:
            if claim.noted or not (is_late or ticket.breached):
                raise Refused("NothingToNote")
            claim.noted = 60 * ticket.due_at if is_late and not ticket.breached else now

        self.world.step("note", in_ledger, lambda: self._stranger("note", [claim.ticket_id]))

    def _compensate(self) -> None:
        noted = [each for each in self.claims if each.noted and not each.compensated]
        claim = self.rng.choice(noted) if noted and self.rng.random() < 0.9 else self._claim()
        if claim is None:
            return
        now, order = self.desk.node.next, claim.order
        today = order.lane, now // DAY

        def in_ledger() -> None:
            if not claim.noted or claim.compensated:
                raise Refused("NothingDue", claim.ticket_id)
            if now < claim.noted + TWO_DAYS:
                raise Refused("NotYetDue", claim.ticket_id, claim.noted + TWO_DAYS)
            if order.compensated or claim.paid_at_once:
                raise Refused("OrderNotEligible", claim.ticket_id)
            if self.paid_on.get(today, 0) + OFFER > CAP:
                raise Refused("DailyCapReached", *today)
            claim.compensated = order.compensated = True
            self.paid_on[today] = self.paid_on.get(today, 0) + OFFER
            self.ledger.pay(claim.ticket_id, order.token, order.customer, OFFER)

        self.world.step("compensate", in_ledger, lambda: self._stranger("compensate", claim.ticket_id))

    # ------------------------------------------------------------------------------------------- choosing

    def _order(self) -> tuple[Order, Receipt]:
        if self.orders and self.rng.random() < 0.75:
            return self.rng.choice(self.orders[-6:])
        till, customer = self._till(), self._account()
        receipt = self.office.receipt(customer, policy_id=self.policies[till.token], price=PRICE)
        found = Order(till.token, customer, self.lanes[till.token], PRICE), receipt
        self.orders.append(found)
        return found

    def _claim(self) -> Claim | None:
        """One that is not over, rather than another."""
        if not self.claims:
            return None
        live = [each for each in self.claims[-40:] if each.state is not ClaimState.DENIED]
        return self.rng.choice(live or self.claims)

    def _status(self, claim: Claim) -> Status:
        return self.desk.ticket(claim.ticket_id).status

    def _move(self, claim: Claim, to: Status) -> None:
        seen = self.desk.ticket(claim.ticket_id).acts
        tickets = self.desk.tickets
        try:
            self.world.as_account(
                claim.order.customer, tickets, "move", claim.ticket_id, to, self.desk.entry(), seen
            )
        except RefusedError as refusal:
            if refusal.name != "ObjectionWindowOver":
                raise

    def _stranger(self, function: str, *args: object) -> object:
        return self.office.compensation.send(self.office.people.stranger.address, function, *args)

    def _mine(self) -> None:
        node = self.desk.node
        node.send(self.office.people.stranger.address, self.office.people.stranger.address, b"")
