""" "Was this agent certified at that block?" is answered by events alone (rule 31 of docs/adr/0004)."""

from __future__ import annotations

import os
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak

from tests.helpers.contract import RefusedError
from tests.helpers.people import Person
from tests.unit.agent_certification.office import NO_HOLDER, Certificate, Office, Program, Standing

STEPS = 800 if os.environ.get("PROFILE") == "long" else 200
SEED = 31
HOUR = 3_600
WRITTEN = "0x" + keccak(b"CertificateWritten(uint256,address,uint256)").hex()


@dataclass(slots=True)
class Replay:
    """Every certificate at every block, from `CertificateWritten` events and the blocks' times."""

    writes: dict[int, list[tuple[int, Certificate]]] = field(default_factory=dict)

    @classmethod
    def of(cls, logs: list[dict[str, Any]]) -> Replay:
        """A replay of the events in their order on chain."""
        replay = cls()
        for log in logs:
            number, agent = int(log["topics"][1], 16), f"0x{log['topics'][2][-40:]}"
            certificate = Certificate.unpacked(int(log["data"], 16))
            assert certificate.agent == agent
            replay.writes.setdefault(number, []).append((int(log["blockNumber"], 16), certificate))
        return replay

    def holder_at(self, number: int, block: int, time: int) -> tuple[str, int, int]:
        """What `holderIfValid` said at the end of a block."""
        then = self._at(number, block)
        return then.holder_at(time) if then else NO_HOLDER

    def expired_at(self, number: int, block: int, time: int) -> bool:
        """Whether nothing but its term was over at the end of a block."""
        then = self._at(number, block)
        return then is not None and then.standing == Standing.ACTIVE and time >= then.expires_at

    def _at(self, number: int, block: int) -> Certificate | None:
        then = [certificate for written, certificate in self.writes.get(number, ()) if written <= block]
        return then[-1] if then else None


def act(office: Office, source: random.Random, programs: list[int], agents: list[Person]) -> str:
    """One random attempt; what came of it."""
    office.at(office.now + source.choice([1, 1, 60, HOUR // 2, 2 * HOUR]))
    number = source.randint(1, office.certification.view("certificateCount") + 1)
    agent = source.choice(agents)
    verb = source.choice(["pass"] * 6 + ["signed"] * 2 + ["fail", "suspend", "reinstate", "revoke", "resign"])
    exam = office.exam(
        agent=agent.address,
        program=source.choice(programs),
        level=source.randint(1, 3),
        taken_at=office.now - source.randint(-1, HOUR),
    )
    try:
        if verb == "pass":
            office.record(exam)
        elif verb == "signed":
            office.submit_signed(exam)
        elif verb == "fail":
            office.failed(agent=exam.agent, program=exam.program, taken_at=exam.taken_at)
        elif verb == "resign":
            office.resign(number, agent)
        else:
            getattr(office, verb)(number)
    except RefusedError as refusal:
        return refusal.name
    return verb


def test_rule_31_certified_at_every_block_of_a_random_history(office: Office) -> None:
    print(f"seed {SEED}")
    source, node, address = random.Random(SEED), office.node, office.certification.address
    terms = Program(validity=6 * HOUR, retake_delay=60)
    programs = [office.create(terms), office.create(terms)]
    agents = [office.people.customer, office.people.other_customer, office.candidate]
    first = int(node.rpc("eth_blockNumber"), 16)
    outcomes = Counter(act(office, source, programs, agents) for _ in range(STEPS))
    last = int(node.rpc("eth_blockNumber"), 16)
    assert last == first + STEPS

    query = {"address": address, "topics": [WRITTEN], "fromBlock": "0x0", "toBlock": hex(last)}
    replay = Replay.of(node.rpc("eth_getLogs", query))
    count = office.certification.view("certificateCount")
    assert set(replay.writes) == set(range(1, count + 1))
    seen: Counter[str] = Counter()
    for block in range(first, last + 1):
        time = int(node.rpc("eth_getBlockByNumber", hex(block), False)["timestamp"], 16)
        for number in range(max(1, count - 12), count + 2):
            holder = replay.holder_at(number, block, time)
            assert holder_of(office, number, block) == holder, f"certificate {number} at block {block}"
            seen["valid" if holder != NO_HOLDER else "not valid"] += 1
            seen["expired"] += replay.expired_at(number, block, time)
    print(f"outcomes {dict(outcomes)}, answers {dict(seen)}, {count} certificates")

    standings = {certificate.standing for writes in replay.writes.values() for _, certificate in writes}
    assert standings == set(Standing) - {Standing.NONE}
    assert {"pass", "signed", "fail", "suspend", "reinstate", "revoke", "resign"} <= outcomes.keys()
    assert min(seen["valid"], seen["not valid"], seen["expired"]) > STEPS / 2
    assert any(len(writes) > 3 for writes in replay.writes.values())
    for number, writes in replay.writes.items():
        assert office.certificate(number) == writes[-1][1]


def holder_of(office: Office, number: int, block: int) -> tuple[str, int, int]:
    """What `holderIfValid` says at a block, by that block's state and time."""
    data = office.certification.selector("holderIfValid") + encode(["uint256"], [number])
    call = {"to": office.certification.address, "data": f"0x{data.hex()}"}
    answer = bytes.fromhex(office.node.rpc("eth_call", call, hex(block))[2:])
    agent, program, level = decode(["address", "uint256", "uint256"], answer)
    return agent, program, level
