"""proofdesk's acts, 64 times in a row: a public lane served by one agent, a gated one by 64."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import TypeAlias

from benchmarks import policy
from benchmarks.bench import REPEATS, Bench, Call, Row
from proofdesk._abi import encode_call
from proofdesk._deployments import CLEAR, Deployment
from proofdesk._models import Status
from proofdesk._sender import Sender
from proofdesk._words import keccak, ticket_id
from proofdesk.ops.config import Config, Grant, LaneTerms, ProgramTerms
from proofdesk.ops.deploy import deploy
from proofdesk.ops.roles import Role
from tools.chain import CHAIN_ID

PUBLIC, GATED, CLAIMS = 1, 2, 3
LIFE = ("open", "take", "ask", "answer", "add", "resolve", "rate")

_DAY, _WEEK = 86_400, 7 * 24 * 60  # seconds, minutes
_LEVEL = 1
# With lives of seven acts before them, the logs' sizes are past a power of two and reach no other one.
_LIVES_BEFORE = {PUBLIC: 147, GATED: 74}

Rows: TypeAlias = "dict[str, Row]"
Mined: TypeAlias = "Callable[[Iterable[Call]], Row]"


def measure(scene: Scene) -> Rows:
    """Every act, 64 times in a row, lanes and logs warm from before."""
    bench = scene.bench
    for lane, lives in _LIVES_BEFORE.items():
        for start in range(0, lives, REPEATS):
            scene.live(lane, min(REPEATS, lives - start), [bench.agent], bench.block)
    rows = scene.live(PUBLIC, REPEATS, [bench.agent], bench.row)
    rows["certificate"] = scene.certify(bench.newcomers)
    first, again = (scene.live(GATED, REPEATS, bench.newcomers, bench.row) for _ in range(2))
    return rows | {"open_gated": first["open"], "rate_gated": again["rate"], "rate_first": first["rate"]}


@dataclass(slots=True)
class Scene:
    """A deployed desk with three lanes, and the certificates of its agents."""

    bench: Bench
    deployment: Deployment
    certification: str
    desk: str
    certificates: dict[str, int]

    @classmethod
    def deployed(cls, bench: Bench) -> Scene:
        program = ProgramTerms("benchmark", keccak(b"syllabus"), 7_000, 365 * _DAY, _DAY)
        lanes = tuple(
            LaneTerms(name, _WEEK, _WEEK, _WEEK, program.name, _LEVEL, name == "gated", name == "claims")
            for name in ("public", "gated", "claims")
        )
        roles = {
            Role.CERTIFIER: bench.deployer,
            Role.INTAKE: bench.intake,
            Role.KEYS_EDITOR: bench.deployer,
        }
        grants = tuple(Grant(role, holder) for role, holder in roles.items())
        claims = policy.terms("claims", CLAIMS)
        config = Config("benchmark", CHAIN_ID, None, grants, (program,), lanes, claims=claims, records=CLEAR)
        with tempfile.TemporaryDirectory() as folder, bench.mining():
            deployment = deploy(Sender(bench.node.w3, bench.deployer), config, path=folder)
        addresses = {name: contract.address for name, contract in deployment.contracts.items()}
        scene = cls(bench, deployment, addresses["AgentCertification"], addresses["TicketDesk"], {})
        scene.certify([bench.agent])
        return scene

    def certify(self, agents: Sequence[str]) -> Row:
        """An exam passed by each, which issues his certificate."""
        exams = [(agent, 1, _LEVEL, 9_000, self.bench.now(), self.bench.entry()) for agent in agents]
        data = [encode_call("AgentCertification", "recordExam", exam) for exam in exams]
        self.certificates |= {agent: len(self.certificates) + i for i, agent in enumerate(agents, 1)}
        return self.bench.row(Call(self.bench.deployer, self.certification, each) for each in data)

    def live(self, lane: int, lives: int, agents: Sequence[str], mined: Mined) -> Rows:
        """Tickets that are opened, taken, moved four times and rated, a row of each act.

        The agent asks, the customer answers, the agent adds something and resolves.
        """
        customer = self.bench.customer if lane == PUBLIC else self.bench.intake
        customers = [customer] * lives
        served = list(islice(cycle(agents), lives))
        entries = [self.bench.entry() for _ in range(lives)]
        tickets = [ticket_id(customer, entry) for entry in entries]

        def row(actors: Iterable[str], function: str, *arguments: Sequence[object]) -> Row:
            acts = zip(actors, *arguments, strict=True)
            return mined(
                Call(actor, self.desk, encode_call("TicketDesk", function, *rest)) for actor, *rest in acts
            )

        def act(actors: Sequence[str], function: str, values: Sequence[int], *seen: int) -> Row:
            fresh = [self.bench.entry() for _ in range(lives)]
            return row(actors, function, tickets, values, fresh, *([number] * lives for number in seen))

        return {
            "open": row(customers, "open", [lane] * lives, entries),
            "take": act(served, "take", [self.certificates[agent] for agent in served]),
            "ask": act(served, "move", [Status.WAITING] * lives, 2),
            "answer": act(customers, "move", [Status.OPEN] * lives, 3),
            "add": act(served, "move", [Status.OPEN] * lives, 4),
            "resolve": act(served, "move", [Status.RESOLVED] * lives, 5),
            "rate": act(customers, "rate", [5] * lives),
        }
