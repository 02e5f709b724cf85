"""Runs of forty acts each, on one chain, in processes that are killed."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from pathlib import Path
from threading import Event
from typing import Any, Final, TypeVar

from eth_account import Account

from proofdesk._store import ClearCodec
from proofdesk._words import to_hex
from tests.client.office import Office
from tests.crash.proxy import Hook, Proxy, goes_on
from tests.crash.relay import child
from tests.crash.relay.child import Orders
from tests.crash.relay.soundness import contradictions
from tests.crash.relay.truth import Heard, check
from tests.crash.relay.writers import Writers

R = TypeVar("R")

LIVES, ACTS = 8, 40

# What the line does, by the names of the proxy's hooks.
Hooks = Mapping[str, Hook]


@dataclass(frozen=True)
class Kill:
    """SIGKILL at the `at`-th of `what`; 0 is never.

    "write" is a statement that writes, "file" a step that changes a folder, both before they are done;
    "before" a request that has come to the node, "after" its answer about to go back.
    """

    what: str
    at: int


NEVER: Final = Kill("write", 0)


class Scene:
    """Where runs of forty acts go: an office, and a line to it, until `close`."""

    def __init__(self, proxy: Proxy, folder: Path, places: Callable[[str], str]) -> None:
        self.proxy = proxy
        self._folder, self._places = folder, places
        self._spawn = multiprocessing.get_context("forkserver")
        # Processes start with everything imported.
        self._spawn.set_forkserver_preload(["tests.crash.relay.child", *child.LATE])
        self._orders = 0
        self.figures = {"trials": 0, "void": 0, "runs": 0, "kills": 0}
        self._offices = ExitStack()
        self._move()

    def _move(self) -> None:
        """Found an office on a chain of its own, in place of the one that was."""
        self.close()
        self.office = self._offices.enter_context(Office.started("anvil"))
        self.proxy.target = self.office.chain.url

    def close(self) -> None:
        """Leave the office, and its chain."""
        self._offices.close()

    @property
    def key(self) -> str:
        """The relayer's."""
        account = self.office.intake.sender.account
        assert not isinstance(account, str)
        return to_hex(account.key)

    def orders(self, *, kind: str = "sqlite", **more: Any) -> Orders:
        """Forty new acts, on a new queue of a kind of database."""
        self._orders += 1
        folder = self._folder / str(self._orders)
        crowds = [Writers(self.office, self._orders * ACTS + 5 * number) for number in range(LIVES)]
        lives = [[act.to_json() for act in crowd.spoken(n)] for n, crowd in enumerate(crowds)]
        codec = ClearCodec()
        records = [[codec.encode(each).decode() for each in crowd.said] for crowd in crowds]
        orders = Orders(
            url=self.proxy.url,
            deployment=self.office.deployment,
            key=self.key,
            queue=self._places(kind),
            folder=folder,
            acts=lives,
            records=records,
            **more,
        )
        orders.files.mkdir(parents=True)
        for number, (life, said) in enumerate(zip(lives, records, strict=True)):
            content = {"acts": list(map(json.loads, life)), "records": list(map(json.loads, said))}
            (orders.files / f"{number}.json").write_text(json.dumps(content), "utf-8")
        return orders

    def measure(
        self, *, hooks: Callable[[], Hooks] = dict, mines: bool = True, **options: Any
    ) -> tuple[int, Heard]:
        """How many requests a run makes that nobody kills, and what it says."""

        def run() -> tuple[int, Heard]:
            heard = Heard()
            self._listen_to(mines)
            assert self._run(self.orders(**options), NEVER, heard, (), hooks()) == 0
            return self.proxy.count, heard

        return self.attempt(run)

    def trial(
        self,
        *kills: Kill,
        beside: Sequence[str] = (),
        hooks: Callable[[], Hooks] = dict,
        mines: bool = True,
        again: bool = True,
        in_line: bool = True,
        **options: Any,
    ) -> list[bool]:
        """Run and be killed, run again and be killed, … run to the end, and check; tells who died.

        `beside` are keys of others who carry the same queue while the first run goes on; `hooks` makes what
        the line does. `again` has the survivors hand in all, otherwise only what nobody gave a word for. Who
        came first is to stand first, if `in_line`. A chain that does not mine what it is sent as it comes
        does so when hooks tell it, and meanwhile nothing else. Options are those of `orders`.
        """

        def run() -> list[bool]:
            orders, heard, died, line = self.orders(**options), Heard(), [], hooks()
            addresses = {Account.from_key(each).address for each in (orders.key, *beside)}
            self._listen_to(mines)
            before = sum(map(self._balance, addresses))
            for number, kill in enumerate((*kills, NEVER)):
                mine = orders if again else replace(orders, given=frozenset(heard.given))
                code = self._run(mine, kill, heard, beside if number == 0 else (), line)
                assert code in ((-signal.SIGKILL, 0) if kill.at else (0,)), code
                died.append(code != 0)
            self.proxy.restart()
            paid = before - sum(map(self._balance, addresses))
            is_plain = orders.confirmations == len(addresses) == 1
            check(self.office.desk, orders, heard, paid, exactly=is_plain, in_line=in_line)
            self.figures["kills"] += sum(died)
            return died[:-1]

        try:
            return self.attempt(run)
        except Exception as error:  # whatever it is: it says nothing of when who was killed
            raise AssertionError(f"{kills}, {again=}: {error}") from error

    def attempt(self, trial: Callable[[], R]) -> R:
        """Do what leaves no trace on the chain; again on a new one if it fails where that contradicts itself.

        Raises what the trial raises on a sound chain, and AssertionError where too many are not.
        """
        rpc, desk = self.office.chain.rpc, self.office.deployment.contract("TicketDesk").address
        self.figures["trials"] += 1
        snapshot = rpc("evm_snapshot")
        try:
            result = trial()
        except Exception as error:  # whatever it is: it may be the chain's
            try:
                found = contradictions(rpc, desk)
            finally:
                self._move()
            if not found:
                raise
            self.figures["void"] += 1
            words = f"void, for the node contradicts itself ({'; '.join(found[:5])}): {error}"
            # The first one is let pass, then one in ten.
            assert 10 * (self.figures["void"] - 1) <= self.figures["trials"], words
            warnings.warn(words, stacklevel=2)
            return self.attempt(trial)
        rpc("evm_revert", snapshot)
        return result

    def _listen_to(self, mines: bool) -> None:
        self.office.chain.rpc("evm_setAutomine", mines)
        self.proxy.in_turn = not mines

    def _run(
        self, orders: Orders, kill: Kill, heard: Heard, beside: Sequence[str], hooks: Hooks
    ) -> int | None:
        """How the first of the processes ended; the others have to come to their end."""
        started = Event()
        places = {"write": 0, "file": 0} | {kill.what: kill.at}
        mine = [replace(orders, dies_at=places["write"], dies_at_file=places["file"])]
        mine += [replace(orders, key=each) for each in beside]
        pairs = [self._spawn.Pipe(duplex=False) for _ in mine]
        mortal, *others = (
            self._spawn.Process(target=child.run, args=(each, said))
            for each, (_, said) in zip(mine, pairs, strict=True)
        )

        def at(moment: str) -> Hook:
            def met(number: int, methods: list[str]) -> bool:
                if kill != Kill(moment, number):
                    if self.proxy.in_turn and "eth_sendRawTransactionSync" in methods:
                        return False  # nothing is mined while it waits
                    return hooks.get(moment, goes_on)(number, methods)
                assert started.wait(child.SECONDS) and mortal.pid is not None
                os.kill(mortal.pid, signal.SIGKILL)
                return False

            return met

        self.proxy.restart(**{**hooks, "before": at("before"), "after": at("after")})
        for process, (_, said) in zip((mortal, *others), pairs, strict=True):
            process.start()
            said.close()
        started.set()
        _listen([line for line, _ in pairs], heard)
        for process in (mortal, *others):
            process.join()
        assert not any(each.exitcode for each in others), "who was not killed comes to the end"
        self.figures["runs"] += len(pairs)
        return mortal.exitcode

    def _balance(self, address: str) -> int:
        return int(self.office.chain.rpc("eth_getBalance", address, "latest"), 16)


def _listen(lines: list[Connection], heard: Heard) -> None:
    """Take down what is said, until all lines are closed."""
    while lines:
        for line in wait(lines):
            assert isinstance(line, Connection)
            try:
                heard.hear(*line.recv())
            except EOFError:
                lines.remove(line)
