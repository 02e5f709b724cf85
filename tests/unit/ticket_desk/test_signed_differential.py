"""Random batches beside the same acts sent one by one: same words, roots and scores, same refusals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import hypothesis
from hypothesis import strategies as st

from tests.conftest import PROFILE, SEED
from tests.helpers.contract import RefusedError, same
from tests.helpers.desk import GATED, PUBLIC, Act
from tests.helpers.people import People, Person
from tests.helpers.signed import Signed, carry, mangled, pen
from tests.helpers.table import MOVES, Kind, Status

EXAMPLES = 400 if PROFILE == "long" else 40
MOST = 36
GAS_ALONE = 800_000

Told = list[RefusedError | None]


@dataclass(frozen=True, slots=True)
class Plan:
    """One act as chance wants it; numbers are taken modulo what there is."""

    act: str
    who: int
    which: int
    value: int
    spoilt: str


plans = st.builds(
    Plan,
    act=st.sampled_from(["open", "take", "move", "move", "move", "rate"]),
    who=st.integers(0, 11),
    which=st.integers(0, 11),
    value=st.integers(0, 29),
    # Most acts are as good as their time allows.
    spoilt=st.sampled_from([*[""] * 12, "signature", "expired", "seen", "was", "entry", "twice"]),
)


class Draft:
    """Signs what was planned, each act as the ticket will stand if those before it are done."""

    def __init__(self, people: People) -> None:
        self.people = people
        made = [people.ticket_in(status) for status in (Status.OPEN, Status.WAITING, Status.RESOLVED)]
        made += [people.ticket_in(Status.RESOLVED, GATED), people.opened(GATED), people.opened()]
        self.tickets = {ticket: people.desk.ticket(ticket) for ticket in made}
        self._states = {each: (now.status, now.acts) for each, now in self.tickets.items()}
        self.acts: list[Signed] = []
        self._deadline = people.desk.now + 3_600

    def add(self, plan: Plan) -> None:
        """One act, or the same twice."""
        signed = getattr(self, f"_{plan.act}")(plan)
        if plan.spoilt == "signature":
            forms = list(mangled(signed.signature).values())
            signed = signed.with_signature(forms[plan.value % len(forms)])
        self.acts += [signed] * (2 if plan.spoilt == "twice" else 1)

    def _rest(self, plan: Plan) -> dict[str, Any]:
        entry = bytes(32) if plan.spoilt == "entry" else self.people.desk.entry()
        return {"entry": entry, "deadline": 1 if plan.spoilt == "expired" else self._deadline}

    def _who(self, number: int) -> Person:
        """Rather who has a part in a ticket."""
        people = self.people
        some = [people.customer, people.agent, people.customer, people.agent, people.supervisor]
        some += [people.other_customer, people.second_agent]
        return some[number % len(some)]

    def _which(self, number: int) -> bytes:
        return list(self._states)[number % len(self._states)]

    def _open(self, plan: Plan) -> Signed:
        signed = pen(self._who(plan.who)).open((PUBLIC, PUBLIC, GATED, 9)[plan.value % 4], **self._rest(plan))
        self._states[signed.ticket_id] = (Status.NEW, 1)
        return signed

    def _take(self, plan: Plan) -> Signed:
        agent = (self.people.agent, self.people.second_agent)[plan.who % 2]
        waiting = [each for each, (status, _) in self._states.items() if status == Status.NEW]
        ticket = waiting[0] if waiting and plan.which % 8 else self._which(plan.which)
        if ticket in waiting:
            self._states[ticket] = (Status.OPEN, self._states[ticket][1] + 1)
        return pen(agent).take(ticket, agent.certificate, **self._rest(plan))

    def _move(self, plan: Plan) -> Signed:
        who, ticket = self._who(plan.who), self._which(plan.which)
        was, seen = self._states[ticket]
        kinds = {self.people.customer.name: Kind.CUSTOMER, self.people.agent.name: Kind.AGENT}
        kind = kinds.get(who.name, Kind.SUPERVISOR)
        legal = [to for to in Status if (kind, was, to) in MOVES]
        to = legal[plan.value % len(legal)] if legal and plan.value < 24 else Status(plan.value % 10)
        if legal and not plan.spoilt:
            self._states[ticket] = (to, seen + 1)
        seen += plan.spoilt == "seen"
        was = Status(plan.value % 10) if plan.spoilt == "was" else was
        return pen(who).move(ticket, to, was=was, seen=seen, **self._rest(plan))

    def _rate(self, plan: Plan) -> Signed:
        ended = [each for each, (status, _) in self._states.items() if status == Status.RESOLVED]
        ticket = ended[plan.which % len(ended)] if ended else self._which(plan.which)
        self._states[ticket] = (self._states[ticket][0], self._states[ticket][1] + 1)
        return pen(self.people.customer).rate(ticket, plan.value % 7, **self._rest(plan))


def one_by_one(people: People, carrier: Person, acts: list[Signed], time: int) -> Told:
    """Each in a transaction of its own, all in one block."""
    desk, node = people.desk, people.desk.node
    fields = {"from": carrier.address, "to": desk.tickets.address, "gas": hex(GAS_ALONE), "gasPrice": "0x0"}
    sent = [node.rpc("eth_sendTransaction", fields | {"data": f"0x{act.data.hex()}"}) for act in acts]
    node.rpc("evm_mine", time)
    node.now = time
    told: Told = []
    for tx in sent:
        receipt = node.rpc("eth_getTransactionReceipt", tx)
        if receipt["status"] == "0x1":
            told.append(None)
            desk.acts += [Act.of(event) for event in desk.tickets.events(receipt)]
            continue
        output = node.rpc("debug_traceTransaction", tx, {"tracer": "callTracer"}).get("output", "0x")
        told.append(desk.tickets.refusal(bytes.fromhex(output[2:])))
    return told


def state_of(people: People, tickets: set[bytes]) -> dict[str, Any]:
    """Words, lanes, roots and scores."""
    desk = people.desk
    return {
        "tickets": {each: desk.view("wordOf", each) for each in tickets},
        "lanes": {number: desk.lane(number) for number in (PUBLIC, GATED)},
        "roots": {number: desk.view("root", number) for number in (PUBLIC, GATED)},
        "peaks": {number: desk.view("peaks", number) for number in (PUBLIC, GATED)},
        "scores": {number: desk.view("scoreOf", number) for number in (1, 2)},
    }


def told_apart(act: Signed, batched: RefusedError | None, alone: RefusedError | None) -> bool:
    """A batch looks at the gate before the signature, and calls a silent failure by a name."""
    if batched is not None and alone is not None:
        gate = batched.name == "LaneGated" and alone.name in ("SignatureExpired", "InvalidSignature")
        silent = batched.name == "ActFailed" and alone.name == ""
        if (gate and act.values[1] == GATED) or silent:
            return False
    return not same(batched, alone)


@hypothesis.seed(SEED)
@hypothesis.settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
    print_blob=True,
)
@hypothesis.given(planned=st.lists(plans, min_size=15, max_size=MOST), gatekeeper=st.booleans())
def test_a_batch_does_what_its_acts_do_one_by_one(
    deployment: People, planned: list[Plan], gatekeeper: bool
) -> None:
    people = deployment
    with people.isolated():
        draft = Draft(people)
        for plan in planned:
            draft.add(plan)
        acts = draft.acts[:MOST]
        tickets = set(draft.tickets) | {act.ticket_id for act in acts}
        carrier = people.intake if gatekeeper else people.stranger
        time, seen = people.desk.now + 7, len(people.desk.acts)
        with people.isolated():
            alone = one_by_one(people, carrier, acts, time)
            expected, logged = state_of(people, tickets), people.desk.acts[seen:]
        people.desk.at(time)
        batched = carry(people.desk, carrier, acts)
        assert [each for each in zip(acts, batched, alone, strict=True) if told_apart(*each)] == []
        assert people.desk.acts[seen:] == logged
        assert state_of(people, tickets) == expected
