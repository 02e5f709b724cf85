"""Certificates: whose, for what, and whether they are valid at a time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from tests.helpers.model.things import Address


class Standing(IntEnum):
    """What a certificate is worth."""

    NONE = 0
    ACTIVE = 1
    SUSPENDED = 2
    REVOKED = 3
    RESIGNED = 4


LIVE = frozenset({Standing.ACTIVE, Standing.SUSPENDED})


@dataclass
class Certificate:
    """A certificate; times in seconds."""

    agent: Address
    program: int
    level: int
    standing: Standing
    issued_at: int
    expires_at: int

    def valid(self, now: int) -> bool:
        """Whether it admits its agent at `now`."""
        return self.standing == Standing.ACTIVE and now < self.expires_at

    def word(self) -> int:
        """The certificate as one word."""
        return (
            int(self.agent, 16)
            | self.program << 160
            | self.level << 176
            | self.standing << 184
            | self.issued_at << 192
            | self.expires_at << 224
        )


class Certificates:
    """All certificates, numbered from 1, and the programs they are for."""

    def __init__(self) -> None:
        self.validities: list[int] = []
        self.by_id: dict[int, Certificate] = {}
        self.exams: dict[tuple[Address, int], int] = {}
        # Who resigned while suspended, and in what: his next certificate begins suspended.
        self.under_suspension: set[tuple[Address, int]] = set()

    def create_program(self, validity: int) -> int:
        """A new program whose certificates are valid for `validity` seconds from the exam on."""
        self.validities.append(validity)
        return len(self.validities)

    def live(self, agent: Address, program: int) -> int:
        """The agent's certificate in the program that has not ended; 0 for none."""
        return next(
            (
                number
                for number, each in self.by_id.items()
                if each.agent == agent and each.program == program and each.standing in LIVE
            ),
            0,
        )

    def admits_exam(self, agent: Address, program: int, level: int, taken_at: int, now: int) -> bool:
        """Whether a passed exam would be recorded."""
        live = self.by_id.get(self.live(agent, program))
        return self.exams.get((agent, program), 0) < taken_at <= now < taken_at + self.validities[
            program - 1
        ] and (live is None or now >= live.expires_at or level >= live.level)

    def pass_exam(self, agent: Address, program: int, level: int, taken_at: int) -> int:
        """Issues or renews; a renewal keeps the standing. Returns the certificate's number."""
        self.exams[agent, program] = taken_at
        expires_at = taken_at + self.validities[program - 1]
        number = self.live(agent, program)
        if number:
            known = self.by_id[number]
            known.level, known.issued_at, known.expires_at = level, taken_at, expires_at
        else:
            number = len(self.by_id) + 1
            shed = (agent, program) in self.under_suspension
            self.under_suspension.discard((agent, program))
            standing = Standing.SUSPENDED if shed else Standing.ACTIVE
            self.by_id[number] = Certificate(agent, program, level, standing, taken_at, expires_at)
        return number

    def end(self, number: int, standing: Standing, now: int) -> None:
        """Revokes or resigns: later exams lie after this."""
        each = self.by_id[number]
        key = each.agent, each.program
        if standing == Standing.RESIGNED and each.standing == Standing.SUSPENDED:
            self.under_suspension.add(key)
        else:
            self.under_suspension.discard(key)
        each.standing = standing
        self.exams[key] = max(self.exams.get(key, 0), now)

    def valid(self, number: int, now: int) -> bool:
        """Whether there is such a certificate and it is valid."""
        return number in self.by_id and self.by_id[number].valid(now)
