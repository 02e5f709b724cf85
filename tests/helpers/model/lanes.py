"""The desk's lanes: who may open where, the line of each, and what their editors do."""

from __future__ import annotations

from tests.helpers.model.certificates import Certificates
from tests.helpers.model.clocks import TURNS_IN_A_WORD
from tests.helpers.model.things import Address, Entry, ForbiddenError, Lane, LaneTerms, Refusal, Role, Skipped

LONGEST_WINDOW = 64_800
MOST_LANES = 1023


class Lanes:
    """Lanes by number, the roles' members, and whether tickets can be opened."""

    def __init__(self, certificates: Certificates) -> None:
        self.certificates = certificates
        self.lanes: dict[int, Lane] = {}
        # Members without an execution delay; one with a delay counts as none (3, 4).
        self.members: dict[Role, set[Address]] = {role: set() for role in Role}
        self.paused = False
        self.successor: Address | None = None

    def holds(self, role: Role, account: Address) -> bool:
        """Whether the account is a member without delay."""
        return account in self.members[role]

    def create_lane(self, caller: Address, terms: LaneTerms) -> None:
        """A lane editor creates a lane."""
        reasons = self._unauthorized(Role.LANE_EDITOR, caller)
        for window in (terms.respond, terms.resolve, terms.confirm):
            if not 1 <= window <= LONGEST_WINDOW:
                reasons.append(Refusal("InvalidWindow", (window,)))
        if not 1 <= terms.program <= len(self.certificates.validities):
            reasons.append(Refusal("UnknownProgram", (terms.program,)))
        if len(self.lanes) == MOST_LANES:
            reasons.append(Refusal("TooManyLanes"))
        self._unless(reasons)
        self.lanes[len(self.lanes) + 1] = Lane(terms)

    def set_article(self, caller: Address, lane: int, article: int) -> None:
        """A lane editor sets the article that answers new tickets."""
        self._unless(self._unauthorized(Role.LANE_EDITOR, caller) + self._unknown(lane))
        self.lanes[lane].article = article

    def close_lane(self, caller: Address, lane: int) -> None:
        """A lane editor ends opening in a lane; all else goes on (22)."""
        self._unless(self._unauthorized(Role.LANE_EDITOR, caller) + self._unknown(lane))
        self.lanes[lane].closed = True

    def retire(self, caller: Address, successor: Address) -> None:
        """An admin ends opening on the whole desk."""
        self._unless(self._unauthorized(Role.ADMIN, caller))
        self.successor = successor

    def pause_opening(self, caller: Address) -> None:
        """A guardian stops opening."""
        self._unless(self._unauthorized(Role.GUARDIAN, caller))
        self.paused = True

    def unpause_opening(self, caller: Address) -> None:
        """An unpauser lets opening go on."""
        self._unless(self._unauthorized(Role.UNPAUSER, caller))
        self.paused = False

    # ------------------------------------------------------------------------------------------- the line

    def queue_up(self, lane: int) -> int:
        """Hands out the next turn, counted from 1."""
        known = self.lanes[lane]
        known.turns += 1
        known.waiting.add(known.turns)
        return known.turns

    def words_before_next(self, lane: int) -> int:
        """Words of the departures bitmap to be read until the next turn is found; 0 if none departed."""
        known = self.lanes[lane]
        if not known.departed() or not known.waiting:
            return 0
        first = known.served + 1
        return known.next_in_line() // TURNS_IN_A_WORD - first // TURNS_IN_A_WORD + 1

    def skip(self, lane: int, words: int) -> Skipped:
        """Anyone moves a line's head past departures; says how far it must and how far it may come."""
        self._unless(self._unknown(lane))
        known = self.lanes[lane]
        most = (known.next_in_line() or known.turns + 1) - 1
        # The first word read need not be read from its beginning.
        least = min(most, known.served + TURNS_IN_A_WORD * (words - 1)) if words else known.served
        return Skipped(lane, max(least, known.served), most)

    # ------------------------------------------------------------------------------------------- reasons

    def _not_opening(self, lane: int, entry: Entry) -> list[Refusal]:
        reasons = self._unknown(lane) + self._empty(entry)
        if self.paused:
            reasons.append(Refusal("OpeningPaused"))
        if self.successor is not None:
            reasons.append(Refusal("DeskRetired", (self.successor,)))
        if lane in self.lanes and self.lanes[lane].closed:
            reasons.append(Refusal("LaneClosed", (lane,)))
        return reasons

    def _unknown(self, lane: int) -> list[Refusal]:
        return [] if lane in self.lanes else [Refusal("UnknownLane", (lane,))]

    def _empty(self, entry: Entry) -> list[Refusal]:
        return [] if any(entry) else [Refusal("EmptyEntry")]

    def _without(self, role: Role, caller: Address) -> list[Refusal]:
        return [] if self.holds(role, caller) else [Refusal("MissingRole", (caller, role))]

    def _unauthorized(self, role: Role, caller: Address) -> list[Refusal]:
        return [] if self.holds(role, caller) else [Refusal("AccessManagedUnauthorized", (caller,))]

    def _unless(self, reasons: list[Refusal]) -> None:
        if reasons:
            raise ForbiddenError(*reasons)
