"""Acts that somebody has carried already when they are handed in: nothing is wrong with them."""

from __future__ import annotations

from typing import Any

import pytest

from proofdesk import Desk, MemoryStore, Status
from proofdesk.ops.relay import Refusal, Relayer, chain
from tests.client.office import Office, account
from tests.client.wire import Altered, Wire
from tests.relay.conftest import Make
from tests.relay.people import Crowd, codes, yes


@pytest.fixture
def second(make_relayer: Make, tmp_path: Any) -> Relayer:
    """A relayer with a queue of its own, which knows of nothing that the first one did."""
    return make_relayer(str(tmp_path / "second.db"))


def over(office: Office, line: Wire) -> Desk:
    """The relayer's desk over a line."""
    return Desk.connect(line.w3, account=account(4), deployment=office.deployment, store=MemoryStore())


def test_the_second_relayer_says_that_it_is_done_and_where(
    office: Office, relayer: Relayer, second: Relayer, crowd: Crowd
) -> None:
    life = crowd.life()
    yes(relayer.submit(life))
    relayer.step(flush=True)
    logged = office.desk.tickets.acts()
    assert len(logged) == len(life)
    answers = second.submit(life)
    assert codes(answers) == ["done"] * len(life)
    for answer, act in zip(answers, logged, strict=True):
        assert isinstance(answer, Refusal)
        assert (answer.tx_hash, answer.block, answer.retry_after) == (act.tx_hash, act.block, None)
        assert answer.words.endswith(f"on chain already, in block {act.block} by transaction {act.tx_hash}")
        assert {"tx_hash", "block"} < answer.to_json().keys()
    assert sum(second.counts().values()) == 0


def test_what_is_like_it_and_another_act_is_not_done(
    office: Office, relayer: Relayer, second: Relayer, crowd: Crowd
) -> None:
    opened = crowd.open()
    take, other = crowd.take(opened.ticket_id), crowd.take(opened.ticket_id)
    yes(relayer.submit([opened, take]))
    relayer.step(flush=True)
    strange = crowd.open(1, entry=bytes.fromhex(opened.entry[2:]))
    too_early = crowd.move(0, opened, 9, Status.WAITING, Status.OPEN)
    elsewhere = crowd.open(lane=3, entry=bytes.fromhex(opened.entry[2:]))
    answers = second.submit([opened, other, strange, take, too_early, elsewhere])
    assert codes(answers) == ["done", "not-legal", "yes", "done", "not-legal", "not-legal"]
    refused = answers[1]
    assert isinstance(refused, Refusal) and refused.tx_hash is None and "tx_hash" not in refused.to_json()


def test_one_short_question_is_asked_of_all_that_is_refused(
    office: Office,
    relayer: Relayer,
    make_relayer: Make,
    crowd: Crowd,
    tmp_path: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chain, "_LATELY", 10)
    acts = [crowd.open(number) for number in range(20)]
    yes(relayer.submit(acts))
    relayer.step(flush=True)
    office.chain.rpc("anvil_mine", hex(20))
    line = Wire(office.chain.url)
    asked: list[Any] = []
    line.before = lambda methods, params: asked.append((methods, params))
    third = make_relayer(str(tmp_path / "third.db"), over(office, line))
    late = crowd.open(50)
    office.stranger.tickets.carry(late)
    assert codes(third.submit([*acts, late])) == ["not-legal"] * 20 + ["done"]
    questions = [params[0] for methods, params in asked if methods == ["eth_getLogs"]]
    assert len(questions) == 1
    assert int(questions[0]["fromBlock"], 16) >= office.desk.node.height() - 11
    asked.clear()
    yes(third.submit([crowd.open(51)]))
    assert not [methods for methods, _ in asked if "eth_getLogs" in methods]


@pytest.mark.parametrize(
    "answer",
    [
        {"error": {"code": -32005, "message": "query returned more than 10000 results"}},
        {"result": None},
        {"result": [{"topics": []}]},
        {"result": "0x"},
    ],
    ids=str,
)
def test_a_node_that_does_not_tell_leaves_it_at_the_contracts_word(
    office: Office, relayer: Relayer, make_relayer: Make, crowd: Crowd, tmp_path: Any, answer: Any
) -> None:
    act = crowd.open()
    yes(relayer.submit([act]))
    relayer.step(flush=True)
    asked = []

    def strange(_: Any, given: Any) -> Any:
        asked.append(given)
        return {"jsonrpc": "2.0", "id": given["id"], **answer}

    third = make_relayer(
        str(tmp_path / "third.db"), over(office, Altered(office.chain.url, eth_getLogs=strange))
    )
    (refused,) = third.submit([act])
    assert isinstance(refused, Refusal) and (refused.code, refused.error) == ("not-legal", "TicketExists")
    assert len(asked) == 1
