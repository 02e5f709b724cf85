"""What a keeper did, and how long after each was due."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from proofdesk.ops.keeper.agenda import Item
from proofdesk.ops.keeper.duties import Duty

_DAY = 86_400  # seconds
_KEPT = 100_000  # delays: of a desk's whole day


@dataclass(frozen=True, slots=True)
class Delays:
    """Seconds from when a duty was due to its block's time: half, and 95 of 100, waited no longer."""

    p50: int
    p95: int
    max: int


@dataclass(slots=True)
class Tally:
    """Counts: duties done, transactions, those that found all of it done by others, and those that failed."""

    done: Counter[Duty] = field(default_factory=Counter)
    transactions: int = 0
    for_nothing: int = 0
    failed: int = 0
    gas_used: int = 0
    _delays: deque[int] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def add(self, items: Iterable[Item], time: int) -> None:
        """Items were done in a block of this time, seconds."""
        for item in items:
            self.done[item.duty] += 1
            if item.due:
                # What a lane's day could not pay was put off to the next one's beginning.
                is_put_off = item.duty is Duty.COMPENSATE and item.look > item.due
                self._delays.append(time - max(item.due, time - time % _DAY if is_put_off else 0))

    @property
    def delays(self) -> Delays | None:
        """Of the last 100,000 things done whose moment was known; None before the first.

        >>> tally.delays
        Delays(p50=3, p95=9, max=9)
        """
        ordered = sorted(self._delays)
        if not ordered:
            return None
        half, most = (ordered[len(ordered) * share // 100] for share in (50, 95))
        return Delays(half, most, ordered[-1])

    def counts(self) -> Mapping[str, int]:
        """How often each duty was done, by its name."""
        return {duty.name.lower(): self.done[duty] for duty in Duty}
