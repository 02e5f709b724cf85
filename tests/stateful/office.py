"""Who is there, and what happens to them: certificates, roles and lanes, changed in both worlds alike."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from tests.helpers.contract import Event as Emitted
from tests.helpers.model import Address, LaneTerms, Role, Standing
from tests.helpers.people import People
from tests.stateful.world import Call, World

HOUR = 3600
SYLLABUS = b"\x07" * 32
SHORT_VALIDITY = 3 * HOUR
# A certificate with this level serves every lane of its program.
TOP_LEVEL = 9
# The accounts of the node that the deployment gave no part.
_SPARE = range(13, 20)


@dataclass
class Cast:
    """Addresses by part; one person may have several."""

    customers: list[Address]
    intakes: list[Address]
    agents: list[Address]
    supervisors: list[Address]
    modules: list[Address]
    everybody: list[Address]


class Office:
    """The certifier, the admin and the lane editor at work."""

    def __init__(self, world: World, rng: Random) -> None:
        self.world, self._rng = world, rng
        self._people: People = world.people
        self._certification = self._people.desk.certification
        self._reinstated: set[int] = set()
        self.cast = self._appoint()
        self._program(SHORT_VALIDITY)
        for agent in self.cast.agents:
            for program in self._programs():
                self.examine(agent, program, rng.choice((1, 2, 3, TOP_LEVEL)))
        for _ in range(4):
            self.create_lane()

    def _appoint(self) -> Cast:
        people = self._people
        spare = [people.desk.node.accounts[i] for i in _SPARE]
        versatile, second_supervisor, delayed, third_agent, third_customer, gated_customer, both = spare
        for role, address in (
            (Role.SUPERVISOR, versatile),
            (Role.INTAKE, versatile),
            (Role.SUPERVISOR, second_supervisor),
            (Role.INTAKE, gated_customer),
            (Role.MODULE, both),
            (Role.SUPERVISOR, both),
        ):
            self.grant(role, address)
        # Whoever must wait before he acts is nobody to the desk.
        for role in (Role.SUPERVISOR, Role.INTAKE, Role.MODULE):
            self._as_admin("grantRole", role, delayed, HOUR)
        agents = [people.agent.address, people.second_agent.address, third_agent, versatile]
        customers = [people.customer.address, people.other_customer.address, third_customer, versatile]
        return Cast(
            customers=[*customers, agents[0], people.supervisor.address, people.module.address],
            intakes=[people.intake.address, gated_customer, versatile],
            agents=agents,
            supervisors=[people.supervisor.address, second_supervisor, versatile],
            modules=[people.module.address, both],
            everybody=[*people.desk.node.accounts],
        )

    # ------------------------------------------------------------------------------------------------- roles

    def grant(self, role: Role, address: Address) -> None:
        """Gives a role without a delay."""
        self._as_admin("grantRole", role, address, 0)
        self.world.model.members[role].add(address)

    def revoke(self, role: Role, address: Address) -> None:
        """Takes a role away."""
        self._as_admin("revokeRole", role, address)
        self.world.model.members[role].discard(address)

    def _as_admin(self, function: str, *args: object) -> None:
        self._people.desk.at(self.world.now)
        self._people.desk.access.send(self._people.admin.address, function, *args)

    # ------------------------------------------------------------------------------------------ certificates

    def _programs(self) -> range:
        return range(1, len(self.world.model.certificates.validities) + 1)

    def _program(self, validity: int) -> None:
        terms = (SYLLABUS, 7_000, validity, HOUR, True)
        self._send("createProgram", terms)
        self.world.model.certificates.create_program(validity)

    def any_program(self) -> int:
        """One of them."""
        return self._rng.choice(list(self._programs()))

    def examine(self, agent: Address, program: int, level: int) -> None:
        """A passed exam, now, if one would be recorded."""
        certificates, now = self.world.model.certificates, self.world.now
        if not certificates.admits_exam(agent, program, level, now, now):
            return
        number = certificates.pass_exam(agent, program, level, now)
        self._written("recordExam", number, (agent, program, level, 8_000, now, self._rng.randbytes(32)))

    def change_standing(self) -> None:
        """Suspends, reinstates, revokes or resigns some certificate."""
        certificates = self.world.model.certificates
        number = self._rng.choice(list(certificates.by_id))
        each = certificates.by_id[number]
        if each.standing == Standing.SUSPENDED and self._rng.random() < 0.8:
            self.reinstate(number)
        elif each.standing == Standing.ACTIVE and self._rng.random() < 0.6:
            self.suspend(number)
        elif each.standing in (Standing.ACTIVE, Standing.SUSPENDED) and self._rng.random() < 0.5:
            revokes = self._rng.random() < 0.5
            standing = Standing.REVOKED if revokes else Standing.RESIGNED
            if each.standing == Standing.SUSPENDED and not revokes:
                self.world.tally.count("certificate", "a resignation under suspension")
            certificates.end(number, standing, self.world.now)
            if revokes:
                self._written("revoke", number, number, self._rng.randbytes(32))
            else:
                self._written("resign", number, number, sender=each.agent)

    def suspend(self, number: int) -> None:
        """Takes a certificate's effect away."""
        self.world.model.certificates.by_id[number].standing = Standing.SUSPENDED
        self._written("suspend", number, number)

    def reinstate(self, number: int) -> None:
        """Lifts a suspension."""
        self.world.model.certificates.by_id[number].standing = Standing.ACTIVE
        self._written("reinstate", number, number)
        self._reinstated.add(number)

    def acted(self, number: int, caller: Address) -> None:
        """Counts an agent's first act after his suspension ended."""
        if number in self._reinstated and self.world.model.certificates.by_id[number].agent == caller:
            self._reinstated.discard(number)
            self.world.tally.count("certificate", "the next act after a reinstatement")

    def keep_staffed(self) -> None:
        """Somebody can serve every lane: without this, chance would in time end every certificate."""
        certificates, now = self.world.model.certificates, self.world.now
        for program in self._programs():
            valid = [
                each for each in certificates.by_id.values() if each.program == program and each.valid(now)
            ]
            if len(valid) < 2:
                for agent in self.cast.agents:
                    live = certificates.live(agent, program)
                    if live and certificates.by_id[live].standing == Standing.SUSPENDED:
                        self.reinstate(live)
                    self.examine(agent, program, TOP_LEVEL)

    def _written(self, function: str, number: int, *args: object, sender: Address | None = None) -> None:
        events = self._send(function, *args, sender=sender)
        words = [event.arguments["word"] for event in events if event.name == "CertificateWritten"]
        each = self.world.model.certificates.by_id[number]
        assert words == [each.word()], f"{function} of certificate {number}: {words}, not {each}"

    def _send(self, function: str, *args: object, sender: Address | None = None) -> list[Emitted]:
        self._people.desk.at(self.world.now)
        return self._certification.send(sender or self._people.certifier.address, function, *args)

    # ------------------------------------------------------------------------------------------------- lanes

    def create_lane(self) -> None:
        """A lane with terms of its own, one in three with windows of minutes."""
        most = self._rng.choice((4, 40, 600))
        respond, resolve, confirm = (self._rng.randint(1, most) for _ in range(3))
        program, level = self.any_program(), self._rng.choice((0, 1, 2))
        gates = self._rng.random() < 0.3, self._rng.random() < 0.15
        self.edit("createLane", config=LaneTerms(respond, resolve, confirm, program, level, *gates))

    def edit(self, function: str, caller: Address | None = None, **args: object) -> bool:
        """One call of a lane editor, or of `caller`."""
        editor = caller or self._people.lane_editor.address
        return self.world.call(Call(editor, function, args, self.world.now))

    def create_faulty_lane(self) -> None:
        """A lane that must not be: a window too short or too long, no such program, no such editor."""
        windows = [self._rng.choice((1, 64_800)) for _ in range(3)]
        program, caller = 1, self._people.lane_editor.address
        match self._rng.randrange(3):
            case 0:
                windows[self._rng.randrange(3)] = self._rng.choice((0, 64_801, 65_535))
            case 1:
                program = self._rng.choice((0, len(self._programs()) + 1))
            case _:
                caller = self._rng.choice(self.cast.customers)
        self.edit(
            "createLane",
            caller,
            config=LaneTerms(windows[0], windows[1], windows[2], program, 0, False, False),
        )
