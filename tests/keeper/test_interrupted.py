"""A line that breaks as a keeper sends: the same process, or the next one, goes on, and all is done once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from proofdesk import ConnectionLost, Desk, MemoryStore, Sender
from proofdesk.ops.keeper import Keeper
from proofdesk.sending.journal import JournalFile
from tests.client.claims.counter import Counter
from tests.client.office import account
from tests.crash.proxy import Proxy
from tests.keeper.clock import at, due

START = Callable[[], Keeper]


@pytest.fixture
def proxy(counter: Counter) -> Iterator[Proxy]:
    with Proxy(counter.office.chain.url).open() as proxy:
        yield proxy


@pytest.fixture
def start(counter: Counter, proxy: Proxy, tmp_path: Path) -> Iterator[START]:
    """Starts a keeper over the proxy, always with the same account and file."""
    counter.office.chain.rpc("anvil_setBalance", account(30).address, hex(10**20))
    started: list[Keeper] = []

    def make() -> Keeper:
        for keeper in started:
            keeper.close()
        deployment = counter.office.deployment
        desk = Desk.connect(proxy.url, account=account(30), deployment=deployment, store=MemoryStore())
        started.append(Keeper(desk, tmp_path / "keeper.db"))
        return started[-1]

    yield make
    for keeper in started:
        keeper.close()


def hangs_up(_number: int, methods: list[str]) -> bool:
    """On who sends a transaction."""
    return not any(method.startswith("eth_sendRawTransaction") for method in methods)


@pytest.mark.parametrize("heard", [True, False])
@pytest.mark.parametrize("is_new", [True, False])
def test_what_was_sent_is_seen_to_its_end(
    counter: Counter, proxy: Proxy, start: START, tmp_path: Path, *, heard: bool, is_new: bool
) -> None:
    desk = counter.office.desk
    tickets = [desk.tickets.open(lane="cards", content=f"{number}") for number in range(3)]
    keeper = start()
    at(counter, due(desk, tickets[-1]))
    proxy.restart(**{"after" if heard else "before": hangs_up})
    with pytest.raises(ConnectionLost):
        keeper.step()
    proxy.restart()
    if is_new:
        keeper = start()
    keeper.step()
    keeper.step()
    keeper.close()
    for ticket in tickets:
        assert [act.number for act in desk.tickets.acts(ticket)] == [1, 2]
    # One transaction did it, and nothing of it is left to wonder about.
    assert int(counter.office.chain.rpc("eth_getTransactionCount", account(30).address, "latest"), 16) == 1
    with JournalFile(tmp_path / "keeper.db.journal") as journal:
        assert journal.load() == []


def test_a_transaction_whose_nonce_another_took_holds_up_nothing(
    counter: Counter, proxy: Proxy, start: START, tmp_path: Path
) -> None:
    desk = counter.office.desk
    ticket = desk.tickets.open(lane="cards", content="Where is my card?")
    keeper = start()
    at(counter, due(desk, ticket))
    proxy.restart(before=hangs_up)
    with pytest.raises(ConnectionLost):
        keeper.step()
    keeper.close()
    # As an owner cancels what is stuck, in his wallet.
    Sender(counter.office.chain.url, account(30)).send(account(30).address, b"")
    asked: list[str] = []

    def noted(_number: int, methods: list[str]) -> bool:
        asked.extend(methods)
        return True

    proxy.restart(before=noted)
    keeper = start()
    assert keeper.step().done["expire"] == 1
    keeper.close()
    # The old one is not sent again, nor is it looked for in blocks that a node may have pruned.
    assert sum(method == "eth_getTransactionByHash" for method in asked) == 0
    with JournalFile(tmp_path / "keeper.db.journal") as journal:
        assert journal.load() == []
