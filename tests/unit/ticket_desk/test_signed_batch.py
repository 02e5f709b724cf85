"""`batch`: signed acts in one transaction, in order, each done or refused for its own reason."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.helpers.contract import Contract, RefusedError, refused, same
from tests.helpers.desk import GATED, GATED_CLAIMS, INTAKE, NOBODY, PUBLIC, SECOND_GATED
from tests.helpers.node import RevertedError
from tests.helpers.people import People, Person
from tests.helpers.signed import TYPES, Signed, assert_same, carry, chain_id, pen, seal, separator
from tests.helpers.table import Kind, Status
from tests.unit.ticket_desk.test_signed_acts import one_of_each


def done(count: int) -> list[RefusedError | None]:
    return [None] * count


def gated(lane: int = GATED) -> RefusedError:
    return RefusedError("LaneGated", lane)


# ------------------------------------------------------------------------------------------ one after another


def test_nothing_at_all(people: People) -> None:
    assert carry(people.desk, people.stranger, []) == []


def test_a_whole_life_in_one_transaction(people: People) -> None:
    """Each act sees what those before it left."""
    customer, agent, desk = pen(people.customer), pen(people.agent), people.desk
    opened = customer.open()
    ticket = opened.ticket_id
    life = [
        opened,
        agent.take(ticket, people.agent.certificate),
        agent.move(ticket, Status.WAITING, was=Status.OPEN, seen=2),
        customer.move(ticket, Status.OPEN, was=Status.WAITING, seen=3),
        agent.move(ticket, Status.OPEN, was=Status.OPEN, seen=4),
        agent.move(ticket, Status.RESOLVED, was=Status.OPEN, seen=5),
        customer.rate(ticket, 5),
    ]
    assert carry(desk, people.stranger, life) == done(7)
    now = desk.ticket(ticket)
    assert (now.status, now.acts, now.rating) == (Status.RESOLVED, 7, 5)
    assert [act.kind for act in desk.acts] == [Kind.CUSTOMER, 2, 2, 1, 2, 2, 1]
    assert [act.position for act in desk.acts] == list(range(7))


def test_in_another_order_each_act_waits_for_its_turn(people: People) -> None:
    """What a reorganisation may do: nothing is done before its time, nothing twice, nothing is lost."""
    customer, agent, desk = pen(people.customer), pen(people.agent), people.desk
    opened = customer.open()
    ticket = opened.ticket_id
    life = [
        opened,
        agent.take(ticket, people.agent.certificate),
        agent.move(ticket, Status.RESOLVED, was=Status.OPEN, seen=2),
        customer.rate(ticket),
    ]
    unknown = RefusedError("UnknownTicket", ticket)
    assert_same(carry(desk, people.stranger, life[::-1]), [unknown, unknown, unknown, None])
    early = [RefusedError("NotRateable", ticket), RefusedError("StaleTicket", 2, 1), None]
    assert_same(carry(desk, people.stranger, life[:0:-1]), early)
    assert_same(carry(desk, people.stranger, life[3:1:-1]), [RefusedError("NotRateable", ticket), None])
    assert carry(desk, people.stranger, life[3:]) == [None]
    assert all(carry(desk, people.stranger, life))
    assert desk.ticket(ticket).acts == len(desk.acts) == 4


def test_the_same_act_twice_in_a_batch(people: People) -> None:
    acts = list(one_of_each(people).values())
    again = [
        RefusedError("TicketExists", acts[0].ticket_id),
        RefusedError("IllegalMove", Status.OPEN, Status.OPEN, Kind.AGENT),
        RefusedError("StaleTicket", 2, 3),
        RefusedError("NotRateable", acts[3].ticket_id),
    ]
    with people.isolated():
        assert_same(carry(people.desk, people.stranger, acts + acts), done(4) + again)
    pairs = [each for act in acts for each in (act, act)]
    expected = [each for refusal in again for each in (None, refusal)]
    assert_same(carry(people.desk, people.stranger, pairs), expected)


def test_a_refused_act_leaves_nothing_behind(people: People) -> None:
    """Also where it is refused late: the last thing that is looked at is its entry."""
    desk = people.desk
    ticket = people.opened()
    word, lane, root = desk.ticket(ticket), desk.lane(PUBLIC), desk.view("root", PUBLIC)
    empty = bytes(32)
    acts = [
        pen(people.agent).take(ticket, people.agent.certificate, entry=empty),
        pen(people.customer).move(ticket, Status.CLOSED, entry=empty),
        pen(people.customer).open(entry=empty),
    ]
    assert_same(carry(desk, people.stranger, acts), [RefusedError("EmptyEntry")] * 3)
    assert (desk.ticket(ticket), desk.lane(PUBLIC), desk.view("root", PUBLIC)) == (word, lane, root)


def test_two_turns_in_one_batch(people: People) -> None:
    """The line is served as it stands when each act's turn comes."""
    first, second = people.opened(), people.opened(customer=people.other_customer)
    agent, certificate = pen(people.agent), people.agent.certificate
    acts = [agent.take(second, certificate), agent.take(first, certificate), agent.take(second, certificate)]
    expected = [RefusedError("OutOfTurn", 2, 1), None, None]
    assert_same(carry(people.desk, people.stranger, acts), expected)


# ----------------------------------------------------------------------------------------- what it may carry


def test_nothing_but_the_four(people: People) -> None:
    """Not what the desk itself might be allowed by its own address, whoever carries it."""
    desk = people.desk
    people.admin.grant(INTAKE, people.guardian)
    ticket = people.opened()
    inner = pen(people.customer).open().data
    calls = {
        "open": (PUBLIC, desk.entry()),
        "take": (ticket, 1, desk.entry()),
        "move": (ticket, 9, desk.entry(), 1),
        "rate": (ticket, 5, desk.entry()),
        "assign": ([ticket], [1], [desk.entry()]),
        "transfer": (ticket, 2, desk.entry()),
        "expire": ([ticket],),
        "skip": (1, 1),
        "openAsModule": (1, people.customer.address, desk.entry()),
        "moveAsModule": (ticket, 9, desk.entry()),
        "pauseOpening": (),
        "retire": (NOBODY,),
        "closeLane": (1,),
        "batch": ([inner],),
        "ticket": (ticket,),
        "eip712Domain": (),
    }
    acts = [desk.tickets.encoded(name, *args) for name, args in calls.items()]
    expected = [RefusedError("NotASignedAct", desk.tickets.selector(name)) for name in calls]
    for carrier in (people.guardian, people.supervisor, people.module, people.admin):
        assert_same(carry(desk, carrier, acts), expected)
    assert len(desk.acts) == 1


@pytest.mark.parametrize("length", range(5))
def test_data_too_short_to_be_an_act(people: People, length: int) -> None:
    data = people.desk.tickets.selector("openFor")[:length]
    expected = (
        RefusedError("NotASignedAct", data.ljust(4, b"\0")) if length < 4 else RefusedError("ActFailed")
    )
    act = pen(people.customer).open()
    assert_same(carry(people.desk, people.stranger, [data, act]), [expected, None])


def test_what_opens_nothing_is_no_matter_of_a_gate(people: People) -> None:
    """Whatever stands where an opening has its lane."""
    selector = keccak(b"no act")[:4]
    data = selector + encode(["address", "uint256"], [people.customer.address, GATED])
    expected = RefusedError("NotASignedAct", selector)
    assert_same(carry(people.desk, people.stranger, [data]), [expected])


def test_data_that_cannot_be_read(people: People) -> None:
    """Cut anywhere, or with lengths and places that point anywhere."""
    act = pen(people.customer).open()
    good = pen(people.agent).open()
    whole = act.data
    cut = [whole[:length] for length in (5, 36, 67, 68, 100, 132, 163, 164, 195, 200, 260)]
    far = whole[: 4 + 128] + (2**255).to_bytes(32, "big") + whole[4 + 160 :]
    long = whole[: 4 + 160] + (2**64).to_bytes(32, "big") + whole[4 + 192 :]
    found = carry(people.desk, people.stranger, [*cut, far, long, good])
    assert_same(found, [RefusedError("ActFailed")] * (len(cut) + 2) + done(1))


def test_a_gate_is_seen_as_soon_as_a_lane_can_be_read(people: People) -> None:
    """By who may not pass it; who may is told that there is no act."""
    whole = pen(people.customer).open(GATED).data
    cut = [whole[: 4 + 64 - 1], whole[: 4 + 64]]
    assert_same(carry(people.desk, people.stranger, cut), [RefusedError("ActFailed"), gated()])
    assert_same(carry(people.desk, people.intake, cut), [RefusedError("ActFailed")] * 2)


def test_trailing_bytes_change_nothing(people: People) -> None:
    """They are nobody's words: the same act with them and without is one act."""
    act = pen(people.customer).open()
    found = carry(people.desk, people.stranger, [act.data + b"\xff" * 77, act])
    assert_same(found, [None, RefusedError("TicketExists", act.ticket_id)])


def test_a_lane_with_bits_above_its_type_passes_no_gate(people: People) -> None:
    """It names no gate, and, signed as it stands, no lane either."""
    desk, key = people.desk, pen(people.customer).key
    data = bytearray(pen(people.customer).open(GATED).data)
    data[4 + 32] = 1
    struct = keccak(keccak(TYPES["open"].encode()) + data[4 : 4 + 128])
    what = keccak(b"\x19\x01" + separator(chain_id(desk), desk.tickets.address) + struct)
    signed = data[:-96] + seal(key, what) + bytes(31)
    expected = [RefusedError("InvalidSignature", people.customer.address), RefusedError("ActFailed")]
    for carrier in (people.stranger, people.intake):
        assert_same(carry(desk, carrier, [bytes(data), bytes(signed)]), expected)


def test_a_list_that_cannot_be_read_is_no_batch(people: People) -> None:
    desk = people.desk
    good = pen(people.customer).open().data
    whole = desk.tickets.selector("batch") + encode(["bytes[]"], [[good, good]])
    for broken in (whole[:-64], whole[:60], whole[:4]):
        with pytest.raises(RevertedError, match=r"^0x$"):
            desk.node.send(people.stranger.address, desk.tickets.address, broken)
    assert desk.acts == []


def test_the_desk_is_nobody_to_itself(people: People) -> None:
    """A batch calls its own contract; what is done is done in the signers' names alone."""
    desk = people.desk
    acts = list(one_of_each(people).values())
    carry(desk, people.stranger, acts)
    assert desk.tickets.address not in {act.actor for act in desk.acts}
    customer = encode(["address"], [desk.tickets.address])
    forged = bytearray(acts[0].data)
    forged[4:36] = customer
    assert_same(
        carry(desk, people.stranger, [bytes(forged)]),
        [RefusedError("InvalidSignature", desk.tickets.address)],
    )


# -------------------------------------------------------------------------------------------------- the gate


def gated_acts(people: People) -> list[Signed]:
    customers = (people.customer, people.agent, people.other_customer, people.stranger)
    return [pen(each).open(lane) for each in customers for lane in (GATED, PUBLIC, SECOND_GATED)]


def by_gate(acts: Sequence[Signed]) -> list[RefusedError | None]:
    """Refused exactly where a gate stands."""
    return [None if act.values[1] == PUBLIC else gated(act.values[1]) for act in acts]


def test_the_carrier_passes_the_gate_not_the_signer(people: People) -> None:
    acts = gated_acts(people)
    assert carry(people.desk, people.intake, acts) == done(12)


def test_a_carrier_without_intake(people: People) -> None:
    """A batch says of each what it would have been told alone."""
    acts = gated_acts(people)
    assert_same([act.attempt(people.stranger) for act in acts], by_gate(acts))
    assert_same(carry(people.desk, people.stranger, acts), by_gate(acts))


def test_the_signers_own_intake_opens_no_gate(people: People) -> None:
    """He holds the role; who carries it for him does not."""
    signed = pen(people.intake).open(GATED)
    with refused("LaneGated", GATED):
        signed.carried(people.stranger)
    assert_same(carry(people.desk, people.stranger, [signed]), [gated()])
    assert carry(people.desk, people.intake, [signed]) == [None]


def test_intake_lost_and_intake_with_a_delay(people: People) -> None:
    desk, access = people.desk, people.desk.access
    acts = gated_acts(people)
    with people.isolated():
        access.send(people.admin.address, "revokeRole", INTAKE, people.intake.address)
        with refused("LaneGated", GATED):
            acts[0].carried(people.intake)
        assert_same(carry(desk, people.intake, acts), by_gate(acts))
    people.admin.grant(INTAKE, people.stranger, delay=1)
    with refused("LaneGated", GATED):
        acts[0].carried(people.stranger)
    assert_same(carry(desk, people.stranger, acts), by_gate(acts))


def test_nobody_opens_a_claims_lane_by_signature(people: People) -> None:
    for carrier in (people.intake, people.module, people.stranger):
        for lane in (5, GATED_CLAIMS):
            signed = pen(people.customer).open(lane)
            with refused("LaneGated", lane):
                signed.carried(carrier)
            assert_same(carry(people.desk, carrier, [signed]), [gated(lane)])


@pytest.mark.parametrize("carrier", ["intake", "stranger"])
def test_the_role_is_read_once(people: People, carrier: str) -> None:
    acts = gated_acts(people)
    assert roles_read(people, getattr(people, carrier), acts) == 1


def test_the_role_is_not_read_where_no_gate_stands(people: People) -> None:
    acts = [pen(each).open() for each in (people.customer, people.agent)]
    assert roles_read(people, people.intake, acts) == 0


def roles_read(people: People, carrier: Person, acts: Sequence[Signed]) -> int:
    """Calls of the access manager in a batch."""
    desk = people.desk
    call = {
        "from": carrier.address,
        "to": desk.tickets.address,
        "gas": hex(20_000_000),
        "data": "0x" + desk.tickets.encoded("batch", [act.data for act in acts]).hex(),
    }
    trace = desk.node.rpc("debug_traceCall", call, "latest", {"tracer": "callTracer"})
    return _calls_to(desk.access, trace)


def _calls_to(contract: Contract, trace: dict[str, object]) -> int:
    inner = trace.get("calls", [])
    assert isinstance(inner, list)
    return sum((each["to"] == contract.address) + _calls_to(contract, each) for each in inner)


def test_a_pause_stops_openings_alone(people: People) -> None:
    acts = list(one_of_each(people).values())
    for stop, expected in (
        (lambda: people.guardian.does("pauseOpening"), RefusedError("OpeningPaused")),
        (lambda: people.admin.does("retire", people.admin.address), None),
    ):
        with people.isolated():
            stop()
            reason = expected or RefusedError("DeskRetired", people.admin.address)
            assert_same(carry(people.desk, people.stranger, acts), [reason, *done(3)])


def test_what_is_told_of_an_act_is_what_it_would_be_told_alone(people: People) -> None:
    """But for the gate, which a batch looks at before the signature."""
    wrong = [each.with_signature(b"") for each in one_of_each(people).values()]
    alone = [each.attempt(people.stranger) for each in wrong]
    assert_same(carry(people.desk, people.stranger, wrong), alone)
    forged = pen(people.customer).open(GATED).with_signature(b"")
    assert same(forged.attempt(people.stranger), RefusedError("InvalidSignature", people.customer.address))
    assert_same(carry(people.desk, people.stranger, [forged]), [gated()])
