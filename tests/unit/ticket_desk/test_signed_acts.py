"""`openFor`, `takeFor`, `moveFor` and `rateFor`: what the signer could do himself, carried by anyone."""

from __future__ import annotations

import pytest
from eth_utils.crypto import keccak

from tests.helpers.contract import refused
from tests.helpers.desk import GATED, MODULE, NOBODY, SEEN_ANY, SUPERVISOR, Desk, ticket_id
from tests.helpers.node import RevertedError
from tests.helpers.people import People, Person
from tests.helpers.signed import DAY, Signed, chain_id, pen
from tests.helpers.table import Kind, Status


def one_of_each(people: People) -> dict[str, Signed]:
    """A valid signed act of every kind, each about a ticket of its own."""
    rated, moved, taken = people.ticket_in(Status.RESOLVED), people.taken(), people.opened()
    return {
        "open": pen(people.customer).open(),
        "take": pen(people.agent).take(taken, people.agent.certificate),
        "move": pen(people.customer).move(moved, Status.CLOSED),
        "rate": pen(people.customer).rate(rated, 4),
    }


every_act = pytest.mark.parametrize("act", ["open", "take", "move", "rate"])


def test_the_domain_is_told(desk: Desk) -> None:
    """ERC-5267: name, version, chain and contract; no salt, no extensions."""
    fields, name, version, chain, contract, salt, extensions = desk.view("eip712Domain")
    assert (fields, name, version) == (b"\x0f", "proofdesk", "1")
    assert (chain, contract) == (chain_id(desk), desk.tickets.address)
    assert (salt, extensions) == (bytes(32), ())


@every_act
def test_a_signed_act_leaves_what_the_act_itself_leaves(people: People, act: str) -> None:
    """The same word and the same leaf, so that nobody can tell who paid."""
    signed = one_of_each(people)[act]
    _, *rest, _ = signed.values
    signer = next(each for each in people.everybody if each.address == signed.values[0])
    direct = {"open": rest, "take": rest, "rate": rest}.get(act) or [rest[0], *rest[2:]]
    time = people.desk.now + 5
    with people.isolated():
        people.desk.at(time)
        people.desk.send(signer.address, act, *direct)
        expected = people.desk.acts[-1]
    people.desk.at(time)
    assert signed.carried(people.stranger) == expected


@every_act
def test_anyone_carries_it_the_signer_too(people: People, act: str) -> None:
    signed = one_of_each(people)[act]
    for carrier in people.everybody:
        with people.isolated():
            assert signed.carried(carrier).actor == signed.values[0]


@every_act
def test_the_deadline_is_its_last_second(people: People, act: str) -> None:
    signer = {"take": people.agent}.get(act, people.customer)
    rest = list(one_of_each(people)[act].values[1:-1])
    deadline = people.desk.now + 100
    signed = pen(signer).signs(act, *rest, deadline)
    with people.isolated():
        people.desk.at(deadline)
        assert signed.carried(people.stranger)
    people.desk.at(deadline + 1)
    with refused("SignatureExpired", deadline):
        signed.carried(people.stranger)
    forever = pen(signer).signs(act, *rest, 2**64 - 1)
    assert forever.carried(people.stranger)


@every_act
def test_a_deadline_of_zero_has_passed(people: People, act: str) -> None:
    signer = {"take": people.agent}.get(act, people.customer)
    rest = one_of_each(people)[act].values[1:-1]
    with refused("SignatureExpired", 0):
        pen(signer).signs(act, *rest, 0).carried(people.stranger)


@every_act
def test_an_entry_is_never_zero(people: People, act: str) -> None:
    signer = {"take": people.agent}.get(act, people.customer)
    values = list(one_of_each(people)[act].values[1:])
    values[{"open": 1, "take": 2, "move": 3, "rate": 2}[act]] = bytes(32)
    with refused("EmptyEntry"):
        pen(signer).signs(act, *values).carried(people.stranger)


@every_act
def test_an_act_is_done_once(people: People, act: str) -> None:
    """No nonces: ids, states and counts admit each act once."""
    signed = one_of_each(people)[act]
    signed.carried(people.stranger)
    ticket = signed.ticket_id
    again = {
        "open": ("TicketExists", ticket),
        "take": ("IllegalMove", Status.OPEN, Status.OPEN, Kind.AGENT),
        "move": ("StaleTicket", 2, 3),
        "rate": ("NotRateable", ticket),
    }
    with refused(*again[act]):
        signed.carried(people.agent)
    people.desk.at(people.desk.now + DAY // 2)
    with refused(*again[act]):
        signed.carried(people.stranger)


# ------------------------------------------------------------------------------------------------------ open


def test_open_answers_the_tickets_id(people: People) -> None:
    signed = pen(people.customer).open()
    answered = people.desk.view("openFor", signed.values, signed.signature)
    assert answered == signed.ticket_id == ticket_id(people.customer.address, signed.values[2])
    act = signed.carried(people.stranger)
    assert (act.ticket_id, act.actor, act.kind) == (answered, people.customer.address, Kind.CUSTOMER)
    assert act.after.status == Status.NEW


def test_open_in_no_lane(people: People) -> None:
    for lane in (0, 7, 1023, 65_535):
        with refused("UnknownLane", lane):
            pen(people.customer).open(lane).carried(people.stranger)


def test_open_in_a_closed_lane_a_paused_and_a_retired_desk(people: People) -> None:
    signed = pen(people.customer).open()
    with people.isolated():
        people.guardian.does("pauseOpening")
        with refused("OpeningPaused"):
            signed.carried(people.stranger)
    with people.isolated():
        people.lane_editor.does("closeLane", 1)
        with refused("LaneClosed", 1):
            signed.carried(people.stranger)
    people.admin.does("retire", NOBODY)
    with refused("DeskRetired", NOBODY):
        signed.carried(people.stranger)


def test_the_entry_is_bound_to_its_customer(people: People) -> None:
    """Whoever sees a signed opening on its way cannot take its place: the id is the customer's."""
    signed = pen(people.customer).open()
    people.stranger.open(entry=signed.values[2])
    assert signed.carried(people.stranger)


# ------------------------------------------------------------------------------------------------------ take


def test_take_by_another_ones_certificate(people: People) -> None:
    ticket = people.opened()
    for signer, certificate in ((people.agent, 2), (people.customer, 1), (people.stranger, 1)):
        with refused("CertificateNotValid", certificate):
            pen(signer).take(ticket, certificate).carried(people.stranger)
    with refused("CertificateNotValid", 0):
        pen(people.agent).take(ticket, 0).carried(people.stranger)
    with refused("CertificateNotValid", 2**32 - 1):
        pen(people.agent).take(ticket, 2**32 - 1).carried(people.stranger)


def test_take_out_of_turn_and_ones_own(people: People) -> None:
    first = people.opened()
    second = people.opened()
    with refused("OutOfTurn", 2, 1):
        pen(people.agent).take(second, people.agent.certificate).carried(people.stranger)
    assert pen(people.agent).take(first, people.agent.certificate).carried(people.stranger)
    people.second_agent.take(second)
    own = people.opened(customer=people.agent)
    with refused("OwnTicket", own):
        pen(people.agent).take(own, people.agent.certificate).carried(people.stranger)


def test_a_suspension_acts_on_what_was_signed_before_it(people: People) -> None:
    ticket = people.opened()
    held = people.opened()
    people.agent.take(ticket)
    take = pen(people.agent).take(held, people.agent.certificate)
    move = pen(people.agent).move(ticket, Status.RESOLVED)
    people.certifier.suspend(people.agent)
    for signed in (take, move):
        with refused("CertificateNotValid", people.agent.certificate):
            signed.carried(people.stranger)


# ------------------------------------------------------------------------------------------------------ move


def test_a_signed_move_names_the_exact_count(people: People) -> None:
    """1,023 is for who can look again; to a signature it would be a blank."""
    ticket = people.taken()
    for seen in (0, 1, 3, SEEN_ANY):
        with refused("StaleTicket", seen, 2):
            pen(people.agent).move(ticket, Status.RESOLVED, seen=seen).carried(people.stranger)
    assert pen(people.agent).move(ticket, Status.RESOLVED, seen=2).carried(people.stranger)


def test_a_ticket_with_1023_acts_is_moved_no_more(people: People) -> None:
    """There the count itself is 1,023, and nothing is left that could be signed."""
    ticket = people.ticket_in(Status.CLOSED)
    people.desk.write_ticket(ticket, acts=SEEN_ANY)
    for signer, to in ((people.supervisor, Status.CLOSED), (people.customer, Status.OPEN)):
        found = pen(signer).move(ticket, to).attempt(people.stranger)
        assert found is not None and found.name in ("TooManyActs", "IllegalMove")


def test_a_move_from_another_status(people: People) -> None:
    ticket = people.taken()
    for was in Status:
        signed = pen(people.agent).move(ticket, Status.RESOLVED, was=was)
        if was == Status.NONE:
            with refused("IllegalMove", Status.NONE, Status.RESOLVED, Kind.ANYONE):
                signed.carried(people.stranger)
        elif was != Status.OPEN:
            with refused("StatusChanged", was, Status.OPEN):
                signed.carried(people.stranger)


def test_a_move_from_none_is_no_blank(people: People) -> None:
    """Inside, None stands for "need not say": nobody can sign that, not with any count."""
    ticket = people.taken()
    for seen in (0, 2, SEEN_ANY):
        signed = pen(people.agent).move(ticket, Status.OPEN, was=Status.NONE, seen=seen)
        with refused("IllegalMove", Status.NONE, Status.OPEN, Kind.ANYONE):
            signed.carried(people.stranger)


def test_a_move_to_none_or_beyond(people: People) -> None:
    ticket = people.taken()
    with refused("IllegalMove", Status.OPEN, Status.NONE, Kind.AGENT):
        pen(people.agent).move(ticket, Status.NONE).carried(people.stranger)
    for number in (10, 15, 16, 255):
        with refused(""):
            pen(people.agent).move(ticket, number).carried(people.stranger)
        with refused(""):
            pen(people.agent).move(ticket, Status.CLOSED, was=number).carried(people.stranger)


def test_a_stale_move_is_told_before_a_changed_status(people: People) -> None:
    ticket = people.taken()
    signed = pen(people.customer).move(ticket, Status.CLOSED)
    people.agent.move(ticket, Status.RESOLVED)
    with refused("StaleTicket", 2, 3):
        signed.carried(people.stranger)


def test_the_actor_is_judged_when_it_is_carried(people: People) -> None:
    """As whom he acts is his standing then, not when he signed."""
    ticket = people.taken()
    signed = pen(people.stranger).move(ticket, Status.ESCALATED)
    with refused("IllegalMove", Status.OPEN, Status.ESCALATED, Kind.ANYONE):
        signed.carried(people.stranger)
    with people.isolated():
        people.admin.grant(SUPERVISOR, people.stranger, delay=1)
        with refused("IllegalMove", Status.OPEN, Status.ESCALATED, Kind.ANYONE):
            signed.carried(people.customer)
    people.admin.grant(SUPERVISOR, people.stranger)
    assert signed.carried(people.customer).kind == Kind.SUPERVISOR


def test_what_the_carrier_may_do_does_not_matter(people: People) -> None:
    """A supervisor, a module or the ticket's agent lends nothing to what he carries."""
    ticket = people.taken()
    signed = pen(people.stranger).move(ticket, Status.RESOLVED)
    for carrier in (people.supervisor, people.module, people.agent, people.customer, people.admin):
        with refused("IllegalMove", Status.OPEN, Status.RESOLVED, Kind.ANYONE):
            signed.carried(carrier)


def test_a_module_signs_no_move_of_its_own(people: People) -> None:
    """Its moves are `moveAsModule`'s; by signature it is nobody."""
    assert people.desk.access.view("hasRole", MODULE, people.module.address) == (True, 0)
    ticket = people.taken()
    with refused("IllegalMove", Status.OPEN, Status.RESOLVED, Kind.ANYONE):
        pen(people.module).move(ticket, Status.RESOLVED).carried(people.module)


# ------------------------------------------------------------------------------------------------------ rate


def test_a_rating_counts_in_a_gated_lane(people: People) -> None:
    ticket = people.ticket_in(Status.RESOLVED, GATED)
    act = pen(people.customer).rate(ticket, 3).carried(people.agent)
    assert (act.kind, act.after.rating) == (Kind.CUSTOMER, 3)
    assert people.desk.view("scoreOf", people.agent.certificate) == (3, 1)


def test_a_rating_is_the_customers_alone(people: People) -> None:
    ticket = people.ticket_in(Status.RESOLVED)
    for signer in (people.agent, people.supervisor, people.other_customer, people.stranger):
        with refused("NotCustomer", ticket, signer.address):
            pen(signer).rate(ticket).carried(people.customer)


@pytest.mark.parametrize("score", [0, 6, 255])
def test_no_such_score(people: People, score: int) -> None:
    with refused("InvalidScore", score):
        ticket = people.ticket_in(Status.RESOLVED)
        pen(people.customer).rate(ticket, score).carried(people.stranger)


# ------------------------------------------------------------------------------------------------ all of them


def test_no_act_is_about_a_ticket_that_is_not_there(people: People) -> None:
    nowhere = keccak(b"nowhere")
    customer, agent = pen(people.customer), pen(people.agent)
    acts = [
        agent.take(nowhere, people.agent.certificate),
        customer.move(nowhere, Status.CLOSED, was=Status.NEW, seen=1),
        customer.rate(nowhere),
    ]
    for signed in acts:
        with refused("UnknownTicket", nowhere):
            signed.carried(people.stranger)


@every_act
def test_no_act_takes_ether(people: People, act: str) -> None:
    signed = one_of_each(people)[act]
    call = {"from": people.stranger.address, "to": people.desk.tickets.address, "value": "0x1"}
    with pytest.raises(RevertedError, match=r"^0x$"):
        people.desk.node.rpc("eth_call", call | {"data": "0x" + signed.data.hex()}, "latest")


def test_a_person_can_be_given_a_pen(people: People) -> None:
    """The keys of these tests are those of the node's accounts."""
    for person in people.everybody:
        assert isinstance(person, Person)
        assert pen(person).key.public_key.to_address() == person.address
