"""A desk on a chain, a line to it that breaks, and what must be true when all is done."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from pathlib import Path
from threading import Event

import pytest

from proofdesk import Desk
from proofdesk._store import Archive
from tests.client.office import Office, account
from tests.crash.proxy import Hook, Proxy, goes_on
from tests.crash.sender.work import ACTS, LANES, PERSON, Work, in_a_process

SECONDS = 60

# What the line does, by the names of the proxy's hooks.
Hooks = Mapping[str, Hook]


@dataclass(frozen=True)
class Kill:
    """SIGKILL at the `at`-th of `what`; 0 is never.

    "write" is a statement that writes to the journal, before it is done; "before" a request that has come to
    the node, "after" its answer about to go back.
    """

    what: str
    at: int


def _processes() -> ForkServerContext:
    """Processes that have loaded everything when they begin."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.crash.sender.work", "web3", "coincurve"])
    return context


@dataclass
class Scene:
    """Where work is done."""

    office: Office
    proxy: Proxy
    folder: Path
    processes: ForkServerContext = field(default_factory=_processes)
    runs: int = 0
    kills: int = 0

    def work(self, seed: int, **options: object) -> Work:
        """A run's work, with the records that were prepared for it."""
        folder = self.folder / str(seed)
        (folder / "records").mkdir(parents=True)
        work = Work(folder, self.office.deployment, seed, **options)  # type: ignore[arg-type]  # as given
        desk = Desk.connect(
            self.office.chain.url, account=account(PERSON), deployment=work.deployment, store=work.store
        )
        prepared = tuple(desk.prepare(f"Lost {seed} {number}?", kind="open").entry for number in range(5))
        return replace(work, prepared=prepared)

    def trial(self, work: Work, *kills: Kill, hooks: Hooks | None = None) -> list[bool]:
        """Do the work and be killed, do it again and be killed, … to the end, and check; tells who died.

        `hooks` are what the line does all the time.
        """
        before, died = self._state(), []
        try:
            for kill in (*kills, Kill("write", 0)):
                code = self.run(work, kill, hooks or {})
                assert code in ((-signal.SIGKILL, 0) if kill.at else (0,)), code
                died.append(code != 0)
            self.proxy.restart()
            self._check(work, before)
        except Exception as error:
            raise AssertionError(f"seed {work.seed}, {kills}: {error}") from error
        self.kills += sum(died)
        return died[:-1]

    def run(self, work: Work, kill: Kill, hooks: Hooks) -> int | None:
        """Do it in a process; how that ended."""
        started = Event()
        mine = replace(work, dies_at=kill.at if kill.what == "write" else 0)
        process = self.processes.Process(target=in_a_process, args=(mine, self.proxy.url))

        def at(moment: str) -> Hook:
            def met(number: int, methods: list[str]) -> bool:
                if kill != Kill(moment, number):
                    return hooks.get(moment, goes_on)(number, methods)
                assert started.wait(SECONDS) and process.pid is not None
                os.kill(process.pid, signal.SIGKILL)
                return False

            return met

        self.proxy.restart(**{**hooks, "before": at("before"), "after": at("after")})
        process.start()
        started.set()
        process.join()
        self.runs += 1
        return process.exitcode

    def _state(self) -> tuple[int, int]:
        """How many transactions the account has on chain, and how many lanes there are."""
        return self._count("latest"), len(self.office.desk.lanes.all())

    def _check(self, work: Work, before: tuple[int, int]) -> None:
        """Every act is on chain once, in its place; nothing was wasted, or is missing or in doubt."""
        acts, wanted = self.office.desk.tickets.acts(lane=1), work.order
        assert [act.entry for act in acts if act.entry in wanted] == wanted
        transactions, lanes = self._state()
        assert lanes == before[1] + LANES
        assert transactions == before[0] + ACTS == self._count("pending")
        pool = self.office.chain.rpc("txpool_status")
        assert {int(count, 16) for count in pool.values()} == {0}
        with work.journal as journal:
            assert journal.load() == []
        assert sorted(work.store) == sorted(work.prepared)
        for entry in work.prepared:
            Archive(work.store).read(entry)

    def _count(self, tag: str) -> int:
        return int(self.office.chain.rpc("eth_getTransactionCount", account(PERSON).address, tag), 16)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Scene]:
    """The file's; says in the end how much there was."""
    with Office.started("anvil") as office, Proxy(office.chain.url).open() as proxy:
        scene = Scene(office, proxy, tmp_path_factory.mktemp("crash"))
        yield scene
        print(f"{request.module.__name__}: {scene.runs} runs, {scene.kills} kills")
