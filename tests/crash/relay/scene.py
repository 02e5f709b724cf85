"""Runs of forty acts each, on one chain, in processes that can be killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from proofdesk import Status
from proofdesk.signed import SignedAct
from tests.client.office import Office
from tests.crash.proxy import Proxy
from tests.crash.relay import child
from tests.relay.people import Crowd

LIVES = 8


class Scene:
    """Runs of forty acts each, on one chain."""

    def __init__(self, office: Office, proxy: Proxy, places: Callable[[str], str]) -> None:
        self.office, self.proxy, self._places = office, proxy, places
        self._spawn = multiprocessing.get_context("forkserver")
        # Processes start with everything imported.
        self._spawn.set_forkserver_preload(["tests.crash.relay.child"])
        self.crowd = Crowd(office)
        self.pid: int | None = None

    def orders(self, *, kind: str = "sqlite", **more: Any) -> child.Orders:
        """Forty new acts, on a new queue of a kind of database."""
        account = self.office.intake.sender.account
        lives = [self.crowd.life(number)[:5] for number in range(LIVES)]
        return child.Orders(
            url=self.proxy.url,
            deployment=self.office.deployment,
            key=account.key.to_0x_hex(),
            queue=self._places(kind),
            acts=[[act.to_json() for act in life] for life in lives],
            **more,
        )

    def start(self, orders: child.Orders) -> tuple[Any, Any]:
        """A process, and what hears of the acts that were acknowledged to it."""
        listening, acknowledged = self._spawn.Pipe(duplex=False)
        process = self._spawn.Process(target=child.run, args=(orders, acknowledged))
        process.start()
        acknowledged.close()
        return process, listening

    def run(self, orders: child.Orders) -> tuple[int | None, list[str]]:
        """How a run ended, and which acts were acknowledged."""
        process, listening = self.start(orders)
        self.pid = process.pid
        digests: list[str] = []
        try:
            while True:
                digests.append(listening.recv())
        except EOFError:
            pass
        process.join()
        return process.exitcode, digests

    def die(self) -> bool:
        """Kill the run; what a hook gives that hangs up."""
        assert self.pid is not None
        os.kill(self.pid, signal.SIGKILL)
        return False

    def finish(self, orders: child.Orders, promised: list[str]) -> None:
        """Run again to the end without trouble, and check."""
        self.proxy.restart()
        code, _ = self.run(replace(orders, dies_at=0))
        assert code == 0
        self.check(orders, promised)

    def check(self, orders: child.Orders, promised: list[str]) -> None:
        """Every act is on chain once, and a ticket's in the order in which they were signed."""
        acts = [[SignedAct.from_json(act) for act in life] for life in orders.acts]
        assert set(promised) <= {act.digest for life in acts for act in life}
        logged = self.office.desk.tickets.acts()
        times = Counter(act.entry for act in logged)
        for life in acts:
            assert [times[act.entry] for act in life] == [1] * 5
            found = [act.entry for act in logged if act.ticket_id == life[0].ticket_id]
            assert found == [act.entry for act in life]
            assert self.office.desk.tickets.get(life[0].ticket_id).status is Status.RESOLVED
