"""The organisation's manager as its admin uses it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.helpers.contract import Contract, Event, RefusedError
from tests.helpers.desk import MODULE
from tests.helpers.node import RevertedError
from tests.helpers.people import People

DAY = 86_400
WEEK = 7 * DAY
DELAY = 45 * DAY


@dataclass(slots=True)
class Manager:
    """A desk's DeskAccess and its admin."""

    people: People

    @property
    def access(self) -> Contract:
        """The contract."""
        return self.people.desk.access

    @property
    def targets(self) -> tuple[Contract, Contract]:
        """The contracts whose authority it is."""
        return self.people.desk.certification, self.people.desk.tickets

    @property
    def now(self) -> int:
        """Seconds; the time of the last block."""
        return self.people.desk.now

    def at(self, seconds: int) -> None:
        """The next transaction happens at exactly this time."""
        self.people.desk.at(seconds)

    def send(self, function: str, *args: Any) -> list[Event]:
        """One transaction of the admin."""
        return self.access.send(self.people.admin.address, function, *args)

    def set_delays(self) -> None:
        """What a handover does."""
        self.send("setGrantDelay", MODULE, DELAY)
        for target in self.targets:
            self.send("setTargetAdminDelay", target.address, DELAY)

    def schedule(self, data: bytes, when: int = 0, target: Contract | None = None) -> bytes:
        """Schedules a call of the admin, to the manager itself unless told otherwise; the operation's id."""
        (event,) = self.send("schedule", (target or self.access).address, data, when)
        return bytes(event.arguments["operationId"])

    def operation(self, data: bytes) -> bytes:
        """The id of a call of the admin to the manager itself."""
        found: bytes = self.access.view("hashOperation", self.people.admin.address, self.access.address, data)
        return found

    def attempt(self, data: bytes) -> RefusedError | None:
        """Sends a call of the admin to the manager; how it was refused, None if it was not."""
        try:
            self.people.desk.node.send(self.people.admin.address, self.access.address, data)
        except RevertedError as reverted:
            return self.access.refusal(reverted.data)
        return None

    def successor(self) -> Contract:
        """Another manager, in the admin's hand."""
        admin = self.people.admin.address
        return Contract.deployed(self.people.desk.node, admin, "DeskAccess", admin)
