"""What an index answers, of a made-up chain and of a real desk."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, cast

import pytest
from sqlalchemy import Table, update

from proofdesk import (
    Act,
    ConfigurationError,
    Event,
    ForkTooDeep,
    InvalidArgument,
    LogMismatch,
    NodeContradicts,
    NodeError,
    Status,
    Ticket,
)
from proofdesk.ops.index import Index, Progress
from proofdesk.ops.index._schema import CERTIFICATES, EVENTS, LANES, TICKETS
from tests.client.office import Office
from tests.index.compare import assert_equal, deployment_of, line_to, rows
from tests.index.simulated import ACT, CERTIFICATE, Block, SimulatedNode, Tree


@pytest.fixture
def node(seed: int) -> SimulatedNode:
    """A chain of 200 blocks, the last 20 not final."""
    tree = Tree(Random(seed))
    return SimulatedNode(tree, tree.grow(tree.genesis, 200), finality=20)


@pytest.fixture
def index(node: SimulatedNode) -> Iterator[Index]:
    """An index of it, brought up to its head."""
    with Index.open(":memory:", deployment_of(node)) as index:
        index.update(line_to(node))
        yield index


def last_words(chain: list[Block], kind: str, word: int) -> dict[str, str]:
    """Each subject's last word, by the events' data alone."""
    found = {}
    for block in chain:
        for log in block.logs:
            if log["topics"][0] == kind and log["data"] != "0x":
                found[log["topics"][1]] = log["data"][2 + 64 * word :][:64]
    return found


@pytest.mark.parametrize(("at", "block"), [("latest", 200), ("finalized", 180), (200, 200), (77, 77), (0, 0)])
def test_every_answer_is_as_of_one_block(index: Index, node: SimulatedNode, at: int, block: int) -> None:
    chain = node.chain[: block + 1]
    tickets, certificates, acts, events = (
        getattr(index, what)(at=at) for what in ("tickets", "certificates", "acts", "events")
    )
    assert {answer.block for answer in (tickets, certificates, acts, events)} == {block}
    logs = [log for each in chain for log in each.logs if log["address"] != "0x" + 20 * "ee"]
    assert [logged.tx_hash for logged in events] == [log["transactionHash"] for log in logs]
    words = last_words(chain, ACT, 1)
    assert {ticket.id: ticket for ticket in tickets}.keys() == words.keys()
    assert [act.tx_hash for act in acts] == [
        log["transactionHash"] for log in logs if log["topics"][0] == ACT
    ]
    assert len(list(certificates)) == len(last_words(chain, CERTIFICATE, 0))


def test_answers_are_narrowed(index: Index) -> None:
    acts, tickets = list(index.acts()), list(index.tickets())
    for number in (1, 2):
        own = [act for act in acts if act.lane == number]
        assert list(index.acts(lane=number)) == own
        assert [act.position for act in own] == list(range(len(own)))
    ticket = tickets[0]
    assert list(index.acts(ticket=ticket)) == list(index.acts(ticket=ticket.id))
    assert len(list(index.acts(ticket=ticket))) == ticket.acts
    for at in ("latest", "finalized"):
        every = list(index.tickets(at=at))
        for status in Status:
            assert set(index.tickets(status=status, at=at)) == {t for t in every if t.status is status}
        assert set(index.tickets(customer=ticket.customer, lane=ticket.lane, at=at)) == {
            t for t in every if (t.customer, t.lane) == (ticket.customer, ticket.lane)
        }
    certificate = next(index.certificates())
    assert certificate in set(index.certificates(agent=certificate.agent))
    assert {getattr(logged.event, "name", "") for logged in index.events("LaneCreated")} == {"LaneCreated"}
    assert all(isinstance(logged.event, Act) for logged in index.events("ActLogged"))


def test_bad_questions_are_refused(index: Index) -> None:
    for at in (201, -1, "soon", True, 1.5):
        with pytest.raises(InvalidArgument, match="is no block of this index"):
            index.acts(at=at)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match=r"no event 'Acts'.*ActLogged"):
        index.events("Acts")
    with pytest.raises(InvalidArgument, match="ticket '0x12'"):
        index.acts(ticket="0x12")
    with pytest.raises(ConfigurationError, match="no lane 'cards'"):
        index.tickets(lane="cards")


def test_an_empty_index_answers_with_nothing(node: SimulatedNode) -> None:
    with Index.open(":memory:", deployment_of(node)) as empty:
        assert empty.state().block == -1
        assert (list(empty.acts()), list(empty.tickets(at="finalized")), empty.counts()) == ([], [], (0, 0))
        with pytest.raises(ConfigurationError, match="update it first"):
            empty.check(line_to(node))


def test_progress_tells_every_batch(node: SimulatedNode) -> None:
    told: list[Progress] = []
    with Index.open(":memory:", deployment_of(node)) as index:
        index.update(line_to(node), progress=told.append)
        assert sum(batch.events for batch in told) == index.counts()[0]
    assert [batch.block for batch in told] == sorted(batch.block for batch in told)
    assert (told[-1].block, told[-1].head, told[-1].finalized) == (200, 200, 180)


def test_following_yields_what_is_new_and_survives_a_silent_node(node: SimulatedNode) -> None:
    lost: list[object] = []
    with Index.open(":memory:", deployment_of(node)) as index:
        following = index.follow(line_to(node), interval=0, lost=lost.append)
        while next(following).block < 200:
            pass
        node.show(node.tree.grow(node.chain[196], 30))
        fail = [ConnectionError("silent")]

        def silent(_method: str) -> None:
            if fail:
                raise fail.pop()

        node.before = silent
        assert next(following).orphaned == 4
        assert index.state().block == 226
        assert len(lost) == 1


def test_what_a_late_node_says_is_no_news(index: Index, node: SimulatedNode) -> None:
    before = index.state()
    node.show(node.chain[150])
    assert index.update(line_to(node)) == before


def test_rebuilding_changes_nothing_and_mends_what_was_changed(index: Index, node: SimulatedNode) -> None:
    with Index.open(":memory:", deployment_of(node)) as other:
        other.update(line_to(node))
        with other._database.writing() as connection:
            connection.execute(update(TICKETS).values(status=0))
            connection.execute(update(LANES).values(size=0))
        other.rebuild()
        assert_equal(other, index)
        other.rebuild()
        assert_equal(other, index)


def test_a_node_that_leaves_out_an_act_far_behind_is_found_out(node: SimulatedNode) -> None:
    def short(method: str, params: list[dict[str, str]], result: list[dict[str, str]]) -> object:
        acts = [log for log in result if log["topics"][0] == ACT] if method == "eth_getLogs" else []
        return [log for log in result if log is not acts[1]] if len(acts) > 5 else result

    with Index.open(":memory:", deployment_of(node)) as index:
        with node.spoiling(short), pytest.raises(LogMismatch, match="leaves out events"):
            index.update(line_to(node))
        assert index.state().block == -1
        index.update(line_to(node))
        assert index.state().block == 200


SPAN = 63  # the last block of the first batch


def read_a_span(index: Index, node: SimulatedNode) -> None:
    """Read the first batch, and be interrupted."""

    def interrupt(_batch: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index.update(line_to(node), progress=interrupt)
    assert index.state().block == SPAN


def without_last_act(node: SimulatedNode, *, answers: float) -> Any:
    """Leaves one act out of so many answers: its lane's last in the first batch, so that none shows."""
    acts = [log for block in node.chain[: SPAN + 1] for log in block.logs if log["topics"][0] == ACT]
    left_out, left = acts[-1], [answers]

    def short(method: str, params: list[Any], result: Any) -> Any:
        if method == "eth_getLogs" and left[0] > 0 and left_out in result:
            left[0] -= 1
            return [log for log in result if log != left_out]
        return result

    return short


@pytest.mark.parametrize("answers", [1, 2])
def test_an_act_that_was_left_out_once_is_read_when_it_shows(node: SimulatedNode, answers: int) -> None:
    """The batch that lacks it was stored long ago; one node of several left it out, or two."""
    with (
        Index.open(":memory:", deployment_of(node)) as index,
        Index.open(":memory:", deployment_of(node)) as fresh,
    ):
        with node.spoiling(without_last_act(node, answers=answers)):
            read_a_span(index, node)
            if answers == 1:
                index.update(line_to(node))
            else:
                with pytest.raises(LogMismatch, match="however often it is asked: ask another node"):
                    index.update(line_to(node))
                # What may lack it is read again by every later update, and no more than that.
                assert 0 < index.state().block < SPAN
                index.update(line_to(node))
        fresh.update(line_to(node))
        assert_equal(index, fresh)
        index.update(line_to(node))
        assert not rows(index, EVENTS, EVENTS.c.orphaned)


def test_a_node_that_leaves_it_out_for_ever_is_told_on_for_ever(node: SimulatedNode) -> None:
    with Index.open(":memory:", deployment_of(node)) as index:
        with node.spoiling(without_last_act(node, answers=float("inf"))):
            read_a_span(index, node)
            kept = {row[:3] for row in rows(index, EVENTS)}
            for _ in range(3):
                with pytest.raises(LogMismatch, match="leaves out events"):
                    index.update(line_to(node))
                assert kept <= {row[:3] for row in rows(index, EVENTS)}, "something was dropped"
        assert index.update(line_to(node)).block == 200


def test_reading_anew_from_a_block(index: Index, node: SimulatedNode) -> None:
    with Index.open(":memory:", deployment_of(node)) as fresh:
        fresh.update(line_to(node))
        for block in (199, 150, 60, 0):
            index.reread(block)
            assert index.state().block == block - 1
            assert all(act.block < block for act in index.acts())
            index.update(line_to(node))
            assert_equal(index, fresh)
    for wrong in (-1, 201, True, "7"):
        with pytest.raises(InvalidArgument, match="this index goes to block 200"):
            index.reread(cast(Any, wrong))


def test_events_that_are_none_are_the_nodes_fault(node: SimulatedNode) -> None:
    for change in (
        {"data": "0x12"},
        {"topics": None},
        {"transactionHash": 7},
        {"data": "no"},
        {"topics": [ACT]},
    ):

        def odd(method: str, params: list[Any], result: Any, change: Any = change) -> Any:
            if method != "eth_getLogs":
                return result
            return [log | change if log["topics"][0] == ACT else log for log in result]

        with Index.open(":memory:", deployment_of(node)) as index:
            with node.spoiling(odd), pytest.raises(NodeContradicts, match="logs that are none"):
                index.update(line_to(node))
            assert index.update(line_to(node)).block == 200


def test_following_outlives_refusals(node: SimulatedNode) -> None:
    node.busy = [("eth_getBlockByNumber", 429, "slow down")] * 9
    told: list[object] = []
    with Index.open(":memory:", deployment_of(node)) as index:
        batch = next(index.follow(line_to(node), interval=0.001, lost=told.append))
    assert batch.events and any(isinstance(error, NodeError) for error in told)


def test_a_fork_too_deep_leaves_the_index_as_it_was(index: Index, node: SimulatedNode) -> None:
    before = rows(index, EVENTS), rows(index, TICKETS), index.state()
    node.show(node.tree.grow(node.chain[135], 70))
    with pytest.raises(ForkTooDeep, match="more than 64 blocks"):
        index.update(line_to(node))
    assert (rows(index, EVENTS), rows(index, TICKETS), index.state()) == before


# ------------------------------------------------------------------------------------------------ a real desk


def busy(office: Office) -> Ticket:
    """A desk on which a few things have happened."""
    ticket = office.taken()
    office.opened("Another question")
    office.agent.tickets.reply(ticket.id, "Which card?")
    office.customer.tickets.reply(ticket.id, "The blue one.")
    office.agent.tickets.move(ticket.id, Status.RESOLVED, "On its way.")
    office.customer.tickets.rate(ticket.id, 5)
    return office.desk.tickets.get(ticket)


def test_history_and_verification_from_an_index(office: Office) -> None:
    ticket = busy(office)
    with Index.open(":memory:", office.deployment) as index:
        index.update(office.w3)
        assert list(index.acts()) == office.desk.tickets.acts()
        assert list(index.acts(lane=office.lane)) == office.desk.tickets.acts(lane=office.lane)
        assert ticket in set(index.tickets())
        assert [c.id for c in index.certificates(agent=office.agent.sender.address)] == [1]
        verified = office.desk.tickets.verify_lane(office.lane, acts=index.acts(lane=office.lane))
        assert verified.acts == 7
        assert office.desk.tickets.verify_all(acts=index.acts()).tickets == 2
        check = index.check(office.w3)
        assert (check.differences, check.first, check.tickets, check.certificates) == (0, None, 2, 2)
        assert [getattr(each.event, "name", "") for each in index.events("ProgramCreated")] == 2 * [
            "ProgramCreated"
        ]
        assert all(isinstance(logged.event, (Act, Event)) for logged in index.events())


@pytest.mark.parametrize(
    ("table", "change", "named"),
    [
        (TICKETS, {"word": bytes(32)}, "ticket 0x"),
        (LANES, {"size": 99}, "lane 1: size is 99 in the index"),
        (LANES, {"closed": True}, "lane 1: closed is 1 in the index, 0 by the contract"),
        (CERTIFICATES, {"standing": 3}, "certificate 1: standing is 3 in the index, 1 by the contract"),
        (EVENTS, {"data": bytes(160)}, "lane 1: the index's acts give root"),
    ],
)
def test_check_names_the_first_difference(
    office: Office, table: Table, change: dict[str, Any], named: str
) -> None:
    busy(office)
    with Index.open(":memory:", office.deployment) as index:
        index.update(office.w3)
        with index._database.writing() as connection:
            connection.execute(update(table).values(**change))
        check = index.check(office.w3)
        assert check.differences > 0
        assert check.first is not None and check.first.startswith(named), check.first
        assert check.is_incomplete is (table is EVENTS)
        assert check.advice is not None and ("rebuild" in check.advice) is not check.is_incomplete
        if table is not EVENTS:
            index.rebuild()
            assert index.check(office.w3).differences == 0


def test_check_asks_for_an_update_when_the_chain_went_on_otherwise(office: Office) -> None:
    with Index.open(":memory:", office.deployment) as index:
        snapshot = office.chain.rpc("evm_snapshot")
        office.opened()
        index.update(office.w3)
        office.chain.rpc("evm_revert", snapshot)
        office.opened("Something else")
        with pytest.raises(ConfigurationError, match="not on this node's chain: update it first"):
            index.check(office.w3)
