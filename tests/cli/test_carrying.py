"""What is carried keeps its words, though another act has the same: as one that was signed anew has."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.counter import Counter
from tests.cli.test_signing import OPEN, openings, read
from tools.chain import GAS_LIMIT

FOUND, USAGE, REFUSED = 1, 2, 5
CARRY = "ticket carry {} --account {{newcomer}} --records desk"


@pytest.fixture
def poor(counter: Counter) -> Counter:
    """A customer without any ether; the newcomer carries."""
    counter.chain.rpc("anvil_setBalance", counter.names["customer"], "0x0")
    return counter


def words() -> int:
    """How many records the carrier's desk has."""
    return len(list(Path("desk").glob("??/*.json")))


def anew(poor: Counter, lane: str, file: str = "two.json") -> None:
    """Sign open.json again, with its record and another deadline."""
    assert poor.run(f"{OPEN} --deadline 30m").code == 0
    line = f"ticket open {lane} --account {{customer}} --sign {file} --entry {read('open.json').entry}"
    assert poor.run(line).code == 0


def test_what_was_signed_anew_is_carried_once_and_keeps_its_words(poor: Counter) -> None:
    anew(poor, "cards")
    done = poor.run(CARRY.format("open.json two.json --json"))
    assert done.code == 0, done
    assert [(act["status"], act["error"]) for act in done.json["acts"]] == 2 * [("new", None)]
    assert words() == 1
    assert poor.run("ticket verify --all --records desk").code == 0


def test_what_is_named_twice_is_carried_once_and_keeps_its_words(poor: Counter) -> None:
    openings(poor, "cards")
    done = poor.run(CARRY.format("1.json 1.json --json"))
    assert [(act["status"], act["error"]) for act in done.json["acts"]] == 2 * [("new", None)]
    assert (done.code, words()) == (0, 1)


def test_of_two_with_one_record_the_refused_one_takes_no_words_along(poor: Counter) -> None:
    anew(poor, "orders")
    done = poor.run(CARRY.format("open.json two.json --json"))
    assert [act["error"] for act in done.json["acts"]] == [None, "TicketExists"]
    assert (done.code, words()) == (FOUND, 1)


def test_words_that_come_late_stay_though_what_brings_them_is_refused(poor: Counter) -> None:
    anew(poor, "orders")
    Path("open.record.json").rename("away.json")
    assert poor.run(CARRY.format("open.json")).code == 0
    assert words() == 0
    assert poor.run(CARRY.format("two.json")).code == REFUSED
    assert words() == 1
    assert poor.run("ticket verify --all --records desk").code == 0


def test_an_act_for_another_desk_keeps_no_other_from_being_carried(poor: Counter) -> None:
    openings(poor, "cards", "orders")
    act = json.loads(Path("2.json").read_bytes())
    Path("2.json").write_text(json.dumps(act | {"chain_id": 5}), encoding="utf-8")
    done = poor.run(CARRY.format("1.json 2.json --json"))
    assert done.code == FOUND
    assert [(each["status"], each["error"]) for each in done.json["acts"]] == [
        ("new", None),
        (None, "InvalidArgument"),
    ]
    assert words() == 1


def test_a_batch_that_no_transaction_holds_says_how_many_it_does(poor: Counter) -> None:
    openings(poor, *12 * ["cards"])
    line = CARRY.format(" ".join(f"{number}.json" for number in range(1, 13)))
    # Room for some: the contract keeps half a million for the act that it is at.
    poor.chain.rpc("evm_setBlockGasLimit", hex(800_000))
    poor.chain.rpc("evm_mine")
    try:
        done = poor.run(line)
        assert done.code == USAGE, done
        (most,) = re.findall(
            "12 acts do not fit one transaction: carry at most ([0-9]+) at a time\n", done.err
        )
        fewer = poor.run(CARRY.format(" ".join(f"{number}.json" for number in range(1, int(most) + 1))))
        assert fewer.code == 0, fewer
    finally:
        poor.chain.rpc("evm_setBlockGasLimit", hex(GAS_LIMIT))
        poor.chain.rpc("evm_mine")
