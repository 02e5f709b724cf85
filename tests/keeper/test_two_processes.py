"""Two keepers at once as processes, one of them killed in the middle: all is done once, nothing early.

What happened is read from the chain's events and compared with a model of the clocks that knows nothing of
the package.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter as Count
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from proofdesk import Act, Actor
from proofdesk._abi import decode_event
from tests.client.claims.counter import Counter
from tests.client.office import account
from tests.crash.proxy import Proxy
from tests.keeper.clock import DAY, at, now
from tests.keeper.model import Model
from tests.keeper.processes import Process

RESPOND = 1440  # minutes
TICKETS, LONG_TICKETS = 240, 2000
STEPS, LONG_STEPS = 24, 144
SECONDS = 120.0
FIRST, SECOND = 30, 31


def test_everything_due_is_done_once_and_nothing_early(
    counter: Counter, tmp_path: Path, long_profile: bool, capsys: Any
) -> None:
    tickets, steps = (LONG_TICKETS, LONG_STEPS) if long_profile else (TICKETS, STEPS)
    model = opened_over_a_day(counter, tickets, steps)
    since = counter.office.desk.node.height()
    manifest = counter.office.deployment.save(tmp_path)
    for number in (FIRST, SECOND):
        counter.office.chain.rpc("anvil_setBalance", account(number).address, hex(10**20))
    with Proxy(counter.office.chain.url).open() as proxy:
        first = Process(account(FIRST), proxy.url, manifest, tmp_path)
        second = Process(account(SECOND), counter.office.chain.url, manifest, tmp_path)
        with ended(first, second):
            first.start()
            second.start()
            run_through(counter, model, since, proxy, first, second)
            said = first.interrupt() + second.interrupt()
    history = History(counter, since)
    history.check(model)
    assert sum(document["transactions"] for document in said) > 0
    for process in (first, second):
        assert "Traceback" not in process.errors.read_text(encoding="utf-8")
    with capsys.disabled():
        print(f"\n{tickets} tickets, {len(model.promised)} compensations: {history.told(model)}")


def run_through(
    counter: Counter, model: Model, since: int, proxy: Proxy, first: Process, second: Process
) -> None:
    """Move the time on step by step, each until all that is due is done; kill the first keeper twice."""
    killed = 0
    while ahead := [moment for moment in model.moments() if moment > now(counter)]:
        # Twice while clocks run out: once when the node has heard a transaction, and once before it does.
        if len(ahead) < (0.8, 0.6, 0)[killed] * len(model.moments()):
            killed += 1
            dies(counter, proxy, first, second, ahead[0], heard=killed == 1)
            wait_for(counter, model, since)
            proxy.restart()
            first.start()
            continue
        # To the very second: what passes until a keeper's block is its delay.
        at(counter, ahead[0])
        wait_for(counter, model, since)
    assert killed == 2


def dies(counter: Counter, proxy: Proxy, first: Process, second: Process, until: int, *, heard: bool) -> None:
    """The first keeper is killed as it sends, while the second does nothing; then that one goes on alone."""
    assert first.running is not None and second.running is not None
    pid, sending = first.running.pid, threading.Event()

    def kill(_number: int, methods: list[str]) -> bool:
        if not any(method.startswith("eth_sendRawTransaction") for method in methods):
            return True
        os.kill(pid, signal.SIGKILL)
        sending.set()
        return False

    proxy.restart(**{"after" if heard else "before": kill})
    second.running.send_signal(signal.SIGSTOP)
    at(counter, until)
    assert sending.wait(SECONDS), first.errors.read_text(encoding="utf-8")
    assert first.running.wait(SECONDS) == -signal.SIGKILL
    second.running.send_signal(signal.SIGCONT)


def wait_for(counter: Counter, model: Model, since: int) -> None:
    """Until all is done that the model says is due."""
    deadline = time.monotonic() + SECONDS
    called, paid = model.due_by(now(counter))
    while True:
        history = History(counter, since)
        if called <= history.called.keys() and paid <= history.paid.keys():
            return
        assert time.monotonic() < deadline, (
            len(called - history.called.keys()),
            len(paid - history.paid.keys()),
        )
        time.sleep(0.05)


class History:
    """What the chain's events say that keepers did: for each ticket when, and by how many transactions."""

    def __init__(self, counter: Counter, since: int) -> None:
        node, contracts = counter.office.desk.node, counter.office.deployment.contracts
        self.called: dict[str, list[int]] = {}
        self.noted: dict[str, list[int]] = {}
        self.paid: dict[str, list[int]] = {}
        self.totals: Count[str] = Count()
        read = [contracts[name].address for name in ("TicketDesk", "CompensationDesk", "DeskUpkeep")]
        blocks: dict[int, int] = {}
        height = node.height()
        for address in read:
            for log in node.logs(address, [], since + 1, height):
                block = int(log["blockNumber"], 16)
                if block not in blocks:
                    blocks[block] = int(log["blockTimestamp"], 16)
                self._add(decode_event(log), blocks[block])

    def _add(self, event: Any, time: int) -> None:
        if isinstance(event, Act):
            assert event.kind is Actor.ANYONE
            assert int(event.at.timestamp()) == time
            self.called.setdefault(event.ticket_id, []).append(time)
        elif event.name == "BreachNoted":
            self.noted.setdefault(event.arguments["ticketId"], []).append(event.arguments["time"])
        elif event.name == "Compensated":
            self.paid.setdefault(event.arguments["ticketId"], []).append(time)
        elif event.name == "UpkeepPerformed":
            for name in ("expired", "noted", "compensated"):
                self.totals[name] += event.arguments[name]

    def check(self, model: Model) -> None:
        """Everything once, nothing early, each breach as of its clock's end."""
        assert self.called.keys() == model.opened.keys()
        assert self.noted.keys() == self.paid.keys() == model.promised
        for ticket, times in self.called.items():
            assert len(times) == 1 and times[0] >= model.overdue(ticket)
        for ticket, times in self.noted.items():
            assert times == [model.end(ticket)]
        for ticket, times in self.paid.items():
            assert len(times) == 1 and times[0] >= model.payable(ticket)
        assert self.totals == {
            "expired": len(model.opened) - len(model.promised),
            "noted": len(model.promised),
            "compensated": len(model.promised),
        }

    def told(self, model: Model) -> str:
        """How long after it was due each was done, seconds of the chain's time."""
        delays = [times[0] - model.overdue(ticket) for ticket, times in self.called.items()]
        delays = sorted(delays + [times[0] - model.payable(ticket) for ticket, times in self.paid.items()])
        p50, p95 = (delays[len(delays) * share // 100] for share in (50, 95))
        return f"delay p50 {p50} s, p95 {p95} s, max {delays[-1]} s"


def opened_over_a_day(counter: Counter, tickets: int, steps: int) -> Model:
    """Tickets opened all through a day, every third in a lane that promises a compensation."""
    office, model = counter.office, Model(RESPOND)
    plain, gated = (
        office.supervisor.lanes.create(
            respond_within=RESPOND,
            resolve_within=60,
            confirm_within=60,
            program=office.program,
            gated=is_gated,
        ).id
        for is_gated in (False, True)
    )
    office.supervisor.compensation.offer(gated, amount=10**12, daily_cap=10**18)
    begin, numbers = now(counter) + 60, iter(range(1, tickets + 1))
    for step in range(steps):
        at(counter, begin + step * DAY // steps)
        some = list(islice(numbers, -(-tickets // steps)))
        for desk, lane, those in (
            (office.customer, plain, [number for number in some if number % 3]),
            (office.intake, gated, [number for number in some if not number % 3]),
        ):
            calls = [desk.call("TicketDesk", "open", lane, number.to_bytes(32, "big")) for number in those]
            for act in (act for result in desk.sender.send_many(calls) for act in result.acts):
                model.opened[act.ticket_id] = int(act.at.timestamp())
                if lane == gated:
                    model.promised.add(act.ticket_id)
    assert len(model.opened) == tickets
    return model


@contextmanager
def ended(*processes: Process) -> Iterator[None]:
    """Processes that do not outlive a test that fails."""
    try:
        yield
    finally:
        for process in processes:
            if process.running is not None and process.running.poll() is None:
                process.running.kill()
                process.running.wait()
