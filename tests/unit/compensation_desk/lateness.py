"""What tests of compensations do: offer, be late, note, wait, compensate. Times are seconds."""

from __future__ import annotations

from tests.helpers.claims import Filing, Office
from tests.helpers.contract import Event
from tests.helpers.desk import Lane
from tests.helpers.money import ETHER
from tests.helpers.people import Person

OFFER, CAP = 700, 2_000
HOUR, DAY = 3_600, 86_400
DELAY, PERIOD = 48 * HOUR, 30 * DAY


class Lateness:
    """A desk with an offer; `lane` is gated, `claims_lane` a claims lane, both offer the same."""

    def __init__(self, office: Office) -> None:
        self.office, self.desk, self.people = office, office.desk, office.people
        editor = self.people.lane_editor
        self.lane = editor.create_lane(Lane(gated=True))
        self.claims_lane = editor.create_lane(Lane(claims=True))
        for lane in (self.lane, self.claims_lane):
            self.offer(lane)

    def offer(
        self, lane: int, token: str = ETHER, amount: int = OFFER, cap: int = CAP, by: Person | None = None
    ) -> list[Event]:
        """Offers a compensation."""
        sender = (by or self.people.claims_editor).address
        return self.office.compensation.send(sender, "offer", lane, token, amount, cap)

    def ticket(self, lane: int | None = None, customer: Person | None = None) -> bytes:
        """A New ticket in a lane that offers."""
        return self.people.opened(lane or self.lane, customer)

    def claim(self, **changes: object) -> Filing:
        """A claim under review in the claims lane."""
        from tests.helpers.claim_items import Reason, Rule

        rule = Rule(Reason.OTHER, lane=self.claims_lane, review=True, window=2**32 - 1)
        policy = self.office.published(rule) if not hasattr(self, "_policy") else self._policy
        self._policy = policy
        receipt = changes.pop("receipt", None) or self.office.receipt(policy_id=policy)
        # What a test changes may be any field of the filing.
        filing = self.office.filing(Reason.OTHER, receipt=receipt, **changes)  # type: ignore[arg-type]
        filing.file()
        return filing

    def end(self, ticket: bytes) -> int:
        """The last second of a ticket's clock."""
        return 60 * self.desk.ticket(ticket).due_at

    def note(self, *tickets: bytes) -> list[Event]:
        """Anybody notes breaches."""
        return self.office.compensation.send(self.people.stranger.address, "note", tickets)

    def noted(self, ticket: bytes | None = None) -> bytes:
        """A ticket whose breach is noted in its first second."""
        ticket = ticket or self.ticket()
        self.desk.overdue(ticket)
        self.note(ticket)
        return ticket

    def compensate(self, ticket: bytes, at: int | None = None) -> list[Event]:
        """Anybody has its customer paid, 48 hours after the breach unless told otherwise."""
        self.desk.at(max(self.desk.now + 1, self.breach(ticket)[0] + DELAY) if at is None else at)
        return self.office.compensation.send(self.people.stranger.address, "compensate", ticket)

    def exclude(self, start: int, end: int, by: Person | None = None) -> list[Event]:
        """The guardian excludes an outage."""
        sender = (by or self.people.guardian).address
        return self.office.compensation.send(sender, "excludeOutage", start, end)

    def breach(self, ticket: bytes) -> tuple[int, bool]:
        """When it was breached, and whether it was paid."""
        found: tuple[int, bool] = self.office.compensation.view("breachOf", ticket)
        return found

    def is_due(self, ticket: bytes, at: int) -> bool:
        """Whether it would be paid then."""
        return bool(self.office.compensation.view("isDue", ticket, at=at))
