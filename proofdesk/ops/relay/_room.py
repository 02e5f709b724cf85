"""What a relayer may still take: looked up once, counted down by each act that is taken."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence

from sqlalchemy import Connection, case, func, select

from proofdesk.ops.relay import _queue
from proofdesk.ops.relay._schema import ACTS, UNSETTLED, State
from proofdesk.ops.relay.checks import Candidate
from proofdesk.ops.relay.limits import GWEI, Limits, Use
from proofdesk.ops.relay.simulation import SPARE_GAS

_HOUR = 3600.0
# Seconds after which another try is worth it.
SOON, SPENT = 10, 300


class Room:
    """What is left of limits for these acts' signers; `price` is wei for a unit of gas, `balance` wei.

    It holds for as long as nobody else takes acts: inside a writing transaction, to its end.
    """

    def __init__(
        self,
        connection: Connection,
        limits: Limits,
        relayer: str,
        asked: Sequence[Candidate],
        price: int,
        balance: int,
    ) -> None:
        self._limits, self._relayer, self._price = limits, relayer, price
        self._now, self._window = time.time(), limits.window.total_seconds()
        since = self._now - self._window
        self._uses = _queue.uses(connection, {each.signer for each in asked}, since)
        self._trust = _trust(connection, {each.signer for each in asked if not each.by_key}, since)
        self._places = limits.queue - _queue.waiting(connection)
        # A batch needs some gas to spare beside its acts'.
        queued = (_queue.queued_gas(connection) + SPARE_GAS) * price // GWEI
        self._funds = balance // GWEI - queued - _queue.reserved(connection, relayer)
        self._spending = limits.gwei_per_hour
        if self._spending is not None:
            self._spending -= _queue.spent(connection, self._now - _HOUR) + queued

    def refuse(self, each: Candidate) -> bool:
        """Refuse an act that is beyond the limits; tell whether it is."""
        limits, signer, use = self._limits, each.signed.signer, self._uses[each.signer]
        allowance, cost = limits.of(signer), self._cost(each)
        if self._places < 1:
            each.refuse("queue-full", f"{limits.queue} acts wait already", retry_after=SOON)
        elif use.failures > limits.failures:
            words = f"{use.failures} acts of {signer} were refused on chain after they had been found legal"
            each.refuse("unreliable", words, retry_after=self._later(use))
        elif not each.by_key and self._trust[each.signer] + limits.failures < 0:
            # What it accepts before and burns on chain costs the relayer all that an act may use.
            words = f"as many acts of the smart account {signer} wait as are taken before one is done"
            each.refuse("allowance", words, retry_after=SOON)
        elif allowance is not None and use.exceeds(allowance, each.gas):
            words = f"{signer} may have {allowance.acts} acts and {allowance.gas:,} gas carried in "
            each.refuse("allowance", f"{words}{limits.window}", retry_after=self._later(use))
        elif cost > self._funds:
            words = f"the relayer's account {self._relayer} cannot pay for more: it needs funds"
            each.refuse("funds", words, retry_after=SPENT)
        elif self._spending is not None and cost > self._spending:
            words = f"the relayer may spend {limits.wei_per_hour} wei an hour, and has"
            each.refuse("spending", words, retry_after=SPENT)
        return each.refusal is not None

    def reserve(self, asked: Sequence[Candidate]) -> None:
        """Give room to acts in their order, refusing what is beyond it, and what needs such an act first."""
        refused: list[Candidate] = []
        for each in asked:
            first = next((before for before in refused if each.follows(before)), None)
            if first is not None and first.refusal is not None:
                each.refusal = first.refusal
            if each.refusal is not None or self.refuse(each):
                refused.append(each)
                continue
            cost = self._cost(each)
            self._uses[each.signer].add(each.gas)
            self._places, self._funds = self._places - 1, self._funds - cost
            if not each.by_key:
                self._trust[each.signer] -= 1
            if self._spending is not None:
                self._spending -= cost

    def _cost(self, each: Candidate) -> int:
        return each.gas * self._price // GWEI + 1

    def _later(self, use: Use) -> int:
        """Seconds until some of what was used is forgotten."""
        return max(1, int(use.oldest + self._window - self._now)) if use.oldest else int(self._window)


def _trust(connection: Connection, signers: Collection[bytes], since: float) -> dict[bytes, int]:
    """How many more acts of signers were done since a moment than are under way."""
    found = dict.fromkeys(signers, 0)
    is_done = ACTS.c.state.in_((State.MINED, State.DONE)) & ACTS.c.code.is_(None)
    # One that was refused on chain is under way until its block is deep, and its failure counts.
    weight = case((is_done, 1), (ACTS.c.state.in_((*UNSETTLED, State.MINED)), -1), else_=0)
    for group in _queue.groups(signers):
        mine = ACTS.c.signer.in_(group), ACTS.c.queued_at > since
        asked = select(ACTS.c.signer, func.sum(weight)).where(*mine).group_by(ACTS.c.signer)
        for signer, trust in connection.execute(asked):
            found[signer] = int(trust)
    return found
