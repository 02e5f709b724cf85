"""What must be true of forty acts whatever happened: on the chain, in the queue and in the store."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from proofdesk import Desk, Status
from proofdesk.ops.relay import Stage
from proofdesk.ops.relay._schema import ACTS, BATCHES, JOURNAL, State
from proofdesk.ops.relay.control import Control
from proofdesk.ops.relay.limits import GWEI
from proofdesk.signed import SignedAct
from tests.crash.relay.child import Orders


@dataclass
class Heard:
    """What processes said before they died: words given and acts called done, by the acts' digests."""

    given: dict[str, Any] = field(default_factory=dict)
    done: dict[str, Any] = field(default_factory=dict)
    writes: int = 0
    files: int = 0

    def hear(self, kind: str, *what: Any) -> None:
        """Take down what was said; what was said before must be the same."""
        if kind == "counts":
            self.writes, self.files = what
            return
        known, (digest, value) = (self.given if kind == "given" else self.done), what
        assert known.setdefault(digest, value) == value, f"{digest} was {kind} otherwise before"


def check(
    desk: Desk, orders: Orders, heard: Heard, paid: int, *, exactly: bool, in_line: bool = True
) -> None:
    """`paid` is what the relayers' accounts lost, wei; `exactly` that much is in their books, or at least.

    Who came first stands first in the line, but `in_line` says otherwise: when what was sent is gone, and the
    relayer does not know it yet, what it sends meanwhile comes first.
    """
    acts = [act for life in orders.lives for act in life]
    logged = desk.tickets.acts()
    places = {each.entry: (each.tx_hash, each.block) for each in logged}
    assert Counter(each.entry for each in logged if each.entry in {act.entry for act in acts}) == Counter(
        act.entry for act in acts
    ), "each act once"
    for life in orders.lives:
        ticket = life[0].ticket_id
        assert [each.entry for each in logged if each.ticket_id == ticket] == [act.entry for act in life]
        assert desk.tickets.get(ticket).status is Status.RESOLVED
    if orders.door:
        for path in (orders.files / "answers").glob("*.json"):
            for answer in json.loads(path.read_text("utf-8"))["answers"]:
                given = answer["acknowledgement"]
                heard.hear("given", given["act"], given)
        assert len(heard.given) == len(acts)
    with Control(orders.queue, orders.deployment) as control:
        for act in acts:
            fate = control.fate(act.digest)
            assert fate is not None and fate.stage is Stage.DONE, fate
            place = (fate.tx_hash, fate.block)
            assert place == places[act.entry] == heard.done.get(act.digest, place)
            given = fate.acknowledgement.to_json()
            assert given == heard.given.get(act.digest, given)
        line = _check_queue(control, acts, paid, exactly=exactly)
    served = [each.ticket_id for each in logged if each.number == 1 and each.ticket_id in line]
    assert served == line or not in_line, "who came first stands first in the line"
    _check_records(orders)


def _check_queue(control: Control, acts: list[SignedAct], paid: int, *, exactly: bool) -> list[str]:
    """Returns the tickets that were opened, in the order in which they were acknowledged."""
    with control.database.reading() as connection:
        found = connection.execute(
            select(ACTS.c.ticket, ACTS.c.act, ACTS.c.failures).order_by(ACTS.c.seq)
        ).all()
        batches = connection.execute(select(BATCHES.c.cost, BATCHES.c.state)).all()
        doubts = connection.scalar(select(func.count()).select_from(JOURNAL))
    assert len(found) == len(acts) and not any(row.failures for row in found), "no act is counted twice"
    assert {row.state for row in batches} == {State.DONE} and doubts == 0, "nothing is in doubt"
    booked = GWEI * sum(row.cost for row in batches)
    # Each batch's cost is rounded up.
    assert paid <= booked and (not exactly or booked < paid + GWEI * len(batches)), (paid, booked)
    return ["0x" + row.ticket.hex() for row in found if row.act == "open"]


def _check_records(orders: Orders) -> None:
    said = {json.loads(record)["entry"]: record for records in orders.records for record in records}
    store = orders.store
    assert sorted(store) == sorted(said)
    assert {entry: store.get(entry).decode() for entry in store} == said
    unfinished = orders.folder / "records" / ".unfinished"
    assert not unfinished.exists() or not list(unfinished.iterdir())
