"""A desk on a chain, a line to it that breaks, and what must be true when all is done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from proofdesk import Desk
from tests.client.office import Office, account
from tests.crash.proxy import Proxy
from tests.crash.sender.work import ACTS, LANES, PERSON, Work


@dataclass
class Scene:
    """Where work is done."""

    office: Office
    proxy: Proxy
    folder: Path

    def work(self, seed: int, **options: object) -> Work:
        """A run's work, with the records that were prepared for it."""
        folder = self.folder / str(seed)
        (folder / "records").mkdir(parents=True)
        work = Work(folder, self.office.deployment, seed, **options)  # type: ignore[arg-type]  # as given
        desk = Desk.connect(
            self.office.chain.url, account=account(PERSON), deployment=work.deployment, store=work.store
        )
        prepared = tuple(desk.prepare(f"Lost {seed} {number}?", kind="open").entry for number in range(5))
        return Work(folder, work.deployment, seed, prepared, work.confirmations, work.patience)

    def state(self) -> tuple[int, int]:
        """How many transactions the account has on chain, and how many lanes there are."""
        return self._count("latest"), len(self.office.desk.lanes.all())

    def check(self, work: Work, before: tuple[int, int]) -> None:
        """Every act is on chain exactly once, no nonce is left out or wasted, and nothing is in doubt."""
        acts = self.office.desk.tickets.acts()
        wanted = {*work.entries, *work.prepared}
        assert sorted(act.entry for act in acts if act.entry in wanted) == sorted(wanted)
        transactions, lanes = self.state()
        assert lanes == before[1] + LANES
        assert transactions == before[0] + ACTS == self._count("pending")
        pool = self.office.chain.rpc("txpool_status")
        assert {int(count, 16) for count in pool.values()} == {0}
        with work.journal as journal:
            assert journal.load() == []

    def _count(self, tag: str) -> int:
        return int(self.office.chain.rpc("eth_getTransactionCount", account(PERSON).address, tag), 16)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """The file's."""
    with Office.started("anvil") as office, Proxy(office.chain.url).open() as proxy:
        yield Scene(office, proxy, tmp_path_factory.mktemp("crash"))
