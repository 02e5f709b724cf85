"""Tickets found and named: filters, beginnings of ids, what refusals and first differences name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.counter import Counter

FOUND, USAGE, REFUSED, INTEGRITY = 1, 2, 5, 6


@pytest.fixture
def three(counter: Counter) -> dict[str, str]:
    """Three tickets: of a newcomer and new, open with the agent, resolved by the agent."""
    new = counter.desk("newcomer").tickets.open(lane="orders", content="Where is my order?").id
    return {"new": new, "resolved": counter.ticket("resolved"), "open": counter.ticket("open")}


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ("--agent {agent}", {"open", "resolved"}),
        ("--agent {customer}", set()),
        ("--mine --account {newcomer}", {"new"}),
        ("--mine --account {agent} --status open", {"open"}),
        ("--status new --status open", {"new", "open"}),
        ("--lane orders", {"new"}),
    ],
)
def test_tickets_are_listed_by(
    counter: Counter, three: dict[str, str], options: str, names: set[str]
) -> None:
    found = counter.run(f"ticket list {options} --json")
    assert (found.code, {one["id"] for one in found.json}) == (0, {three[name] for name in names})
    lower = options.format(**{name: text.lower() for name, text in counter.names.items()})
    assert counter.run(f"ticket list {lower} --json").out == found.out


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("ticket list --customer 0x123", "--customer 0x123 is no address"),
        ("ticket list --agent me", "--agent me is no address"),
        ("ticket list --lane 9", "has no lane 9"),
        ("ticket verify --lane 9", "has no lane 9"),
        ("watch --lane 9 --since 0", "has no lane 9"),
        ("agent list --program 9", "no program 9"),
        ("ticket show 0xff", "write at least 4 digits"),
        ("ticket shwo {ticket}", "Did you mean show?"),
        ("tickets", "Did you mean ticket?"),
    ],
)
def test_what_cannot_be_meant_is_refused(counter: Counter, line: str, said: str) -> None:
    done = counter.run(line)
    assert done.code == USAGE and said in done.err, done


def test_a_ticket_is_shown_with_its_subject_and_its_agent(counter: Counter) -> None:
    counter.names["ticket"] = counter.run(
        "ticket open cards --text Help --subject Card --account {customer}"
    ).out.strip()
    taken = counter.run("ticket take --next cards --account {agent}")
    assert taken.out.strip() == counter.names["ticket"] and "is open, act 2" in taken.err
    shown = counter.run("ticket show {ticket}").out
    assert "subject\tCard" in shown and f"certificate\t1 ({counter.names['agent']})" in shown
    assert counter.run("ticket show {ticket} --records elsewhere --json").json["subject"] is None
    quiet = counter.run("ticket hold {ticket} --account {agent} -q")
    assert (quiet.out.strip(), quiet.err) == (counter.names["ticket"], "")
    nobody = counter.run("ticket take --next cards --account {agent}")
    assert (nobody.code, nobody.out, "nobody waits" in nobody.err) == (0, "", True)


def test_an_illegal_move_names_the_legal_ones(counter: Counter) -> None:
    counter.ticket("open")
    counter.run("ticket hold {ticket} --account {agent}")
    done = counter.run("ticket reject {ticket} --account {agent}")
    assert (done.code, "may move it to: open, resolved" in done.err) == (REFUSED, True)
    done = counter.run("ticket reject {ticket} --account {agent} --json")
    assert done.json["error"]["allowed"] == ["open", "resolved"]


def test_a_first_difference_names_its_act(counter: Counter) -> None:
    ticket = counter.ticket("open")
    entry = counter.desk().tickets.acts(ticket)[0].entry[2:]
    (Path("records/31337/development") / entry[:2] / f"{entry}.json").unlink()
    for line in ("ticket verify --all", "ticket verify {ticket}"):
        done = counter.run(line)
        assert (done.code, f"act 1 of ticket {ticket}, lane cards: " in done.err) == (INTEGRITY, True)
    assert counter.run("ticket verify --all --json").json["error"]["ticket"] == ticket


def test_a_desk_that_is_deployed_needs_no_yes(counter: Counter) -> None:
    done = counter.run("deploy --network development --account {deployer}")
    assert done.code == 0, done


def test_help_by_words(counter: Counter) -> None:
    assert counter.run("help ticket list").out == counter.run("ticket list --help").out
    assert counter.run("--lang en").out == counter.run("--help").out
