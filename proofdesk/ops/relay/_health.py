"""Whether a relayer can carry, as it says to whoever watches it; asked for often, it costs nothing more."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NoAnswer
from typing import TYPE_CHECKING, Any

from proofdesk._errors import ProofdeskError
from proofdesk.ops.relay.chain import Chain

if TYPE_CHECKING:
    from proofdesk.ops.relay.relayer import Relayer

log = logging.getLogger("proofdesk.relay")

_FRESH = 3.0  # seconds for which what was found is said again
_PATIENCE = 2.0  # seconds for the node to answer


class Health:
    """What is known of a relayer: its queue, its node, and what its account can pay for."""

    def __init__(self, relayer: Relayer) -> None:
        self._relayer = relayer
        self._lock = threading.Lock()
        self._found: tuple[bool, Mapping[str, Any]] = (False, {})
        self._until = 0.0
        # One question at a time: a node that does not answer holds up one thread.
        self._asking = ThreadPoolExecutor(1, "relay-health")
        self._asked: Future[int] | None = None
        self._chain = _chain_of(relayer)

    def look(self) -> tuple[bool, Mapping[str, Any]]:
        """Whether it can carry, and as JSON what that is said for; raises ConfigurationError."""
        with self._lock:
            if time.monotonic() > self._until:
                self._found = self._look()
                self._until = time.monotonic() + _FRESH
            return self._found

    def _look(self) -> tuple[bool, Mapping[str, Any]]:
        relayer, control = self._relayer, self._relayer.control
        deployment = relayer.desk.deployment
        halted, waiting = relayer.halted, control.waiting()
        is_working = any(hand.is_working for hand in control.hands())
        room = self._room()
        value = {
            "relayer": relayer.address,
            "chain_id": deployment.chain_id,
            "desk": deployment.contract("TicketDesk").address,
            "halted": halted,
            "acts": relayer.counts(),
            "oldest": waiting.oldest,
            "overdue": waiting.overdue,
            "working": is_working,
            "node": room is not None,
            "room": room,
        }
        return bool(is_working and halted is None and not waiting.overdue and room), value

    def _room(self) -> int | None:
        """For how many more acts the account could pay; None where the node does not say."""
        if self._asked is None:
            self._asked = self._asking.submit(self._ask)
        try:
            return self._asked.result(_PATIENCE)
        except (NoAnswer, ProofdeskError):
            return None
        finally:
            # Whatever came of it, the next one asks anew.
            if self._asked.done():
                self._asked = None

    def _ask(self) -> int:
        return _room(self._relayer, self._chain)


def tell(relayer: Relayer, stop: threading.Event, every: float) -> None:
    """Log that the node or the account lets nothing be carried: once when it begins, once when it is over.

    Looks every so many seconds until `stop` is set, also while there is nothing to carry.
    """
    chain, told = _chain_of(relayer), ""
    while not stop.wait(every):
        kind = problem = ""
        try:
            if not _room(relayer, chain):
                kind, problem = "funds", f"{relayer.address} cannot pay for one more act: send it ether"
        except Exception as error:  # as in Relayer.run: it is told of for as long as that goes on
            # Their words differ from one look to the next.
            kind, problem = type(error).__name__, f"{type(error).__name__}: {error}"
        if kind == told or stop.is_set():
            continue
        if kind:
            log.warning("nothing can be carried: %s", problem)
        else:
            log.info("acts can be carried again: the node answers, and %s can pay", relayer.address)
        told = kind


def _room(relayer: Relayer, chain: Chain) -> int:
    """For how many more acts a relayer's account could pay; raises what the node does not say."""
    return relayer.control.room(relayer.address, chain.balance(), chain.gas_price())


def _chain_of(relayer: Relayer) -> Chain:
    # One for each: threads share none.
    return Chain(relayer.desk.node, relayer.desk.deployment, relayer.address, None)
