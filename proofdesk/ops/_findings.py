"""What a check of a deployment reads and what it finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from proofdesk._deployments import Deployment
from proofdesk._models import Event
from proofdesk._rpc import Node
from proofdesk.ops.config import Config


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be, and what to do; a warning does not fail the check."""

    what: str
    expected: str
    found: str
    advice: str
    is_warning: bool = False

    def __str__(self) -> str:
        sign = "!" if self.is_warning else "✗"
        lines = [f"{sign} {self.what}", f"expected  {self.expected}", f"found     {self.found}"]
        return "\n    ".join([*lines, f"do        {self.advice}"])


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found, and facts that are neither right nor wrong."""

    desk: str
    chain_id: int
    facts: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]

    @property
    def failures(self) -> tuple[Finding, ...]:
        """The findings that are no warnings."""
        return tuple(finding for finding in self.findings if not finding.is_warning)

    @property
    def ok(self) -> bool:
        """Tell whether nothing failed."""
        return not self.failures

    def __str__(self) -> str:
        warnings = len(self.findings) - len(self.failures)
        verdict = f"{len(self.failures)} failed" if self.failures else "all is as it should be"
        head = f"desk {self.desk} on chain {self.chain_id}: {verdict}"
        head += f", {warnings} to know" if warnings else ""
        facts = [f"  {name:<12} {value}" for name, value in self.facts]
        return "\n".join([head, *facts, *map(str, self.findings)])


@dataclass(frozen=True, slots=True)
class Reading:
    """A deployment as the checks see it: the manager's events from its first block on, and the chain's time.

    `handed_over` tells whether the deployer was ever taken ADMIN from.
    """

    node: Node
    deployment: Deployment
    config: Config
    deployer: str
    events: Sequence[Event]
    now: int
    handed_over: bool

    @property
    def addresses(self) -> dict[str, str]:
        """Every contract's address."""
        return {name: contract.address for name, contract in self.deployment.contracts.items()}

    def address(self, contract: str) -> str:
        """A contract's address."""
        return self.deployment.contract(contract).address

    def call(self, contract: str, function: str, *args: object) -> Any:
        """What a view of one of the desk's contracts returns."""
        return self.node.call(contract, self.address(contract), function, *args)

    def named(self, name: str) -> list[Event]:
        """The manager's events of one name, in order."""
        return [event for event in self.events if event.name == name]
