"""What a queue's relayers may spend in an hour, and what a batch may cost."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlalchemy import Connection

from proofdesk.ops.relay import _queue
from proofdesk.ops.relay.limits import GWEI

_HOUR = 3600.0


@dataclass(slots=True)
class Purse:
    """At most `limit` gwei an hour, None for as much as it takes.

    A layer 2's fee for publishing is known when a batch is mined: it counts then, and is not reserved.
    """

    limit: int | None

    def room(self, connection: Connection) -> float:
        """Gwei that may still be reserved; without end where there is no limit."""
        if self.limit is None:
            return float("inf")
        return self.limit - _queue.spent(connection, time.time() - _HOUR)


def cost_of(gas: int, price: int) -> int:
    """The gwei that so much gas costs, at `price` wei for a unit, rounded up.

    >>> cost_of(100_000, 1_500_000_000)
    150001
    """
    return gas * price // GWEI + 1


def price_of(gas: int, cost: int) -> int:
    """The wei that may be offered for a unit of gas, so that all of it costs no more than so many gwei.

    >>> price_of(100_000, 150_001)
    1500010000
    """
    return cost * GWEI // gas
