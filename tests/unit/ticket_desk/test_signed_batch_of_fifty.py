"""Fifty acts in one transaction: every way in which a signed act is refused, between acts that are done."""

from __future__ import annotations

from typing import NamedTuple

from tests.helpers.contract import Contract, RefusedError
from tests.helpers.desk import CLAIMS, GATED, PUBLIC, SECOND_PUBLIC, Lane
from tests.helpers.people import People
from tests.helpers.signed import Signed, assert_same, carry, pen
from tests.helpers.table import Kind, Status
from tests.unit.ticket_desk.test_queue import WORDS_A_TAKE, depart

# What a signed act cannot meet: others' functions, a pause and a retirement (which stop every opening and
# have a test of their own), and a customer who is nobody (who signs nothing).
OF_OTHERS = {
    "AccessManagedInvalidAuthority",
    "AccessManagedRequiredDelay",
    "AccessManagedUnauthorized",
    "DeskRetired",
    "EmptyCustomer",
    "InvalidShortString",
    "InvalidWindow",
    "LengthMismatch",
    "MissingRole",
    "NoContract",
    "NoTransfer",
    "NotEnoughGas",
    "NothingOverdue",
    "OpeningPaused",
    "StringTooLong",
    "TooManyLanes",
    "UnknownProgram",
}

Trial = tuple[Signed | bytes, RefusedError | None]


class Stage(NamedTuple):
    """Tickets in the states that the trials need, made before the batch."""

    people: People
    wallet: Contract
    high_lane: int
    full_lane: int
    opened: bytes
    late: bytes
    full: bytes
    held: bytes
    moved: bytes
    claimed: bytes
    closed: bytes
    waiting: bytes
    second: bytes
    own: bytes
    rated: bytes


def staged(people: People) -> Stage:
    """Everything that happens before the batch."""
    desk = people.desk
    wallet = Contract.deployed(desk.node, people.admin.address, "SmartAccount", people.stranger.address)
    wallet.send(people.admin.address, "setAnswer", 7, 0)  # burns all gas
    late = people.ticket_in(Status.RESOLVED)
    desk.overdue(late)
    full, held, moved = people.taken(), people.taken(), people.taken()
    desk.write_ticket(full, acts=900)
    claimed, closed = people.taken(CLAIMS), people.ticket_in(Status.CLOSED)
    rated = people.ticket_in(Status.RESOLVED)
    high_lane, full_lane = (people.lane_editor.create_lane(Lane(level=9)) for _ in range(2))
    desk.write_lane(full_lane, turns=2**26 - 1)
    opened = people.opened(high_lane)
    people.lane_editor.does("closeLane", SECOND_PUBLIC)
    # The public line's head is the agent's own; so many left before it that no single take gets there.
    depart(desk, desk.lane(PUBLIC).turns + 1, 256 * WORDS_A_TAKE + 256)
    own, waiting = people.opened(customer=people.agent), people.opened()
    second_lane = people.lane_editor.create_lane(Lane())
    people.opened(second_lane)
    second = people.opened(second_lane)
    return Stage(
        people,
        wallet,
        high_lane,
        full_lane,
        opened=opened,
        late=late,
        full=full,
        held=held,
        moved=moved,
        claimed=claimed,
        closed=closed,
        waiting=waiting,
        second=second,
        own=own,
        rated=rated,
    )


def trials(stage: Stage) -> list[Trial]:
    """Each act with what must come of it."""
    people, desk = stage.people, stage.people.desk
    customer, agent, stranger = pen(people.customer), pen(people.agent), pen(people.stranger)
    certificate = people.agent.certificate
    known = desk.entry()
    existing = people.customer.open(stage.high_lane, known)
    nowhere = customer.open().ticket_id
    no_entry = customer.open(entry=bytes(32))
    expired = customer.open(deadline=desk.now)
    return [
        (customer.open().with_signature(b""), RefusedError("InvalidSignature", people.customer.address)),
        (
            pen(people.stranger, stage.wallet.address).open(),
            RefusedError("InvalidSignature", stage.wallet.address),
        ),
        (expired, RefusedError("SignatureExpired", desk.now)),
        (customer.open(99), RefusedError("UnknownLane", 99)),
        (customer.open(GATED), RefusedError("LaneGated", GATED)),
        (customer.open(SECOND_PUBLIC), RefusedError("LaneClosed", SECOND_PUBLIC)),
        (customer.open(stage.high_lane, known), RefusedError("TicketExists", existing)),
        (customer.open(stage.full_lane), RefusedError("FieldOverflow", 2**26, 26)),
        (no_entry, RefusedError("EmptyEntry")),
        (agent.take(nowhere, certificate), RefusedError("UnknownTicket", nowhere)),
        (agent.take(stage.opened, certificate), RefusedError("NotQualified", certificate, 1, 2)),
        (agent.take(stage.own, certificate), RefusedError("OwnTicket", stage.own)),
        (agent.take(stage.waiting, certificate), RefusedError("SkipFirst", PUBLIC)),
        (agent.take(stage.second, certificate), RefusedError("OutOfTurn", 2, 1)),
        (agent.take(stage.second, 2), RefusedError("CertificateNotValid", 2)),
        (
            agent.take(stage.held, certificate),
            RefusedError("IllegalMove", Status.OPEN, Status.OPEN, Kind.AGENT),
        ),
        (
            stranger.move(stage.held, Status.CLOSED),
            RefusedError("IllegalMove", Status.OPEN, Status.CLOSED, Kind.ANYONE),
        ),
        (agent.move(stage.held, Status.RESOLVED, seen=1), RefusedError("StaleTicket", 1, 2)),
        (
            agent.move(stage.held, Status.RESOLVED, was=Status.WAITING),
            RefusedError("StatusChanged", Status.WAITING, Status.OPEN),
        ),
        (
            agent.move(stage.held, Status.RESOLVED, was=Status.NONE),
            RefusedError("IllegalMove", Status.NONE, Status.RESOLVED, Kind.ANYONE),
        ),
        (
            customer.move(stage.late, Status.OPEN),
            RefusedError("ObjectionWindowOver", desk.ticket(stage.late).due_at),
        ),
        (customer.move(stage.full, Status.OPEN), RefusedError("TooManyActs", 900)),
        (agent.move(stage.claimed, Status.RESOLVED), RefusedError("ClaimsLane", CLAIMS)),
        (agent.rate(stage.closed), RefusedError("NotCustomer", stage.closed, people.agent.address)),
        (customer.rate(stage.closed, 6), RefusedError("InvalidScore", 6)),
        (customer.rate(stage.held), RefusedError("NotRateable", stage.held)),
        (
            desk.tickets.encoded("pauseOpening"),
            RefusedError("NotASignedAct", desk.tickets.selector("pauseOpening")),
        ),
        (customer.open().data[:99], RefusedError("ActFailed")),
    ]


def acts_that_are_done(stage: Stage) -> list[Signed]:
    """Moves of one ticket, one after another, a rating, and openings."""
    people = stage.people
    customer, agent = pen(people.customer), pen(people.agent)
    moves = [
        agent.move(stage.moved, Status.WAITING),
        customer.move(stage.moved, Status.OPEN, was=Status.WAITING, seen=3),
        agent.move(stage.moved, Status.ON_HOLD, was=Status.OPEN, seen=4),
        customer.move(stage.moved, Status.ON_HOLD, was=Status.ON_HOLD, seen=5),
        agent.move(stage.moved, Status.RESOLVED, was=Status.ON_HOLD, seen=6),
    ]
    return [*moves, customer.rate(stage.rated, 4), *(customer.open(stage.high_lane) for _ in range(16))]


def test_every_failure_is_told_apart_and_nobody_sinks_another(people: People) -> None:
    stage = staged(people)
    desk = people.desk
    refusals, good = trials(stage), acts_that_are_done(stage)
    pairs = [each for pair in zip(refusals, [(act, None) for act in good], strict=False) for each in pair]
    batch: list[Trial] = [*pairs, *refusals[len(good) :]]
    assert len(batch) == 50
    count = len(desk.acts)
    assert_same(carry(desk, people.stranger, [act for act, _ in batch]), [expected for _, expected in batch])
    entries = [act.values[{"open": 2, "move": 4, "rate": 3}[act.act]] for act in good]
    assert [act.entry for act in desk.acts[count:]] == entries


def test_no_failure_is_left_out(people: People) -> None:
    tried = {refusal.name for _, refusal in trials(staged(people)) if refusal}
    assert tried == people.desk.tickets.errors - OF_OTHERS
    assert people.desk.tickets.errors >= OF_OTHERS
