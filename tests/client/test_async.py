"""The awaited desk: the same core, many acts at a time on one event loop."""

from __future__ import annotations

import asyncio
import gc
import inspect
import warnings
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from web3 import AsyncHTTPProvider, AsyncWeb3

import proofdesk
from proofdesk import (
    AsyncDesk,
    AsyncNode,
    ConnectionLost,
    DeploymentMismatch,
    Desk,
    MemoryStore,
    OutOfTurn,
    Status,
)
from proofdesk._certification import AsyncCertification
from proofdesk._desk import Certification, Lanes, Tickets
from proofdesk._lanes import AsyncLanes
from proofdesk._sender import AsyncSender, Sender
from proofdesk._shell import drive
from proofdesk._signing import AsyncSigning
from proofdesk._tickets import AsyncTickets
from proofdesk._transport import awaited_transport
from proofdesk.anchors.resource import Anchors, AsyncAnchors
from proofdesk.claims.blocking import Claims, Compensation, Vault
from proofdesk.claims.compensation import AsyncCompensation
from proofdesk.claims.policies import AsyncPolicies
from proofdesk.claims.resource import AsyncClaims
from proofdesk.claims.signing import AsyncClaimSigning
from proofdesk.claims.vault import AsyncVault
from tests.client.office import Office, account

R = TypeVar("R")


def awaited(office: Office, use: Callable[[AsyncDesk], Awaitable[R]], **options: Any) -> R:
    """What a program of one desk comes to."""

    async def program() -> R:
        desk = await AsyncDesk.connect(
            AsyncWeb3(AsyncHTTPProvider(office.chain.url)),
            **{"deployment": office.deployment, "store": MemoryStore(), "account": account(10)} | options,
        )
        try:
            return await use(desk)
        finally:
            await desk.node.transport.provider.disconnect()

    return asyncio.run(program())


def test_a_ticket_lives_its_life(office: Office) -> None:
    async def life(desk: AsyncDesk) -> None:
        agent = desk.using(account(12))
        ticket = await desk.tickets.open(lane="cards", content="Where is my card?")
        assert (await desk.lanes.next_in_line("cards")) == ticket
        await agent.tickets.take(ticket, "I am reading it.")
        await agent.tickets.reply(ticket.id, "Which one?")
        assert (await desk.tickets.get(ticket)).status is Status.WAITING
        await desk.tickets.reply(ticket.id, "The blue one.")
        await agent.tickets.move(ticket.id, Status.RESOLVED, "Sent.")
        await desk.tickets.rate(ticket, 5)
        history = await desk.tickets.history(ticket)
        assert [entry.record.body for entry in history[:5] if entry.record] == [
            "Where is my card?",
            "I am reading it.",
            "Which one?",
            "The blue one.",
            "Sent.",
        ]
        verified = await desk.tickets.verify(ticket.id)
        assert (verified.acts, verified.records) == (6, 6)
        assert await desk.certification.is_certified(account(12).address, program="cards", level=1)

    awaited(office, life)


def test_many_at_a_time_are_each_on_chain_once(office: Office) -> None:
    async def open_many(desk: AsyncDesk) -> list[str]:
        opened = await asyncio.gather(
            *(desk.tickets.open(lane="cards", content=f"Question {number}") for number in range(25))
        )
        return [ticket.id for ticket in opened]

    ids = awaited(office, open_many)
    assert len(set(ids)) == 25
    assert {act.ticket_id for act in office.desk.tickets.acts(lane="cards")} == set(ids)
    assert office.desk.tickets.verify_lane("cards", contents=False).acts == 25


def test_the_loop_goes_on_while_a_transaction_waits(office: Office) -> None:
    async def open_and_look(desk: AsyncDesk) -> None:
        await desk.node.request("evm_setAutomine", False)
        try:
            opening = asyncio.create_task(desk.tickets.open(lane="cards", content="Slow?"))
            while not int((await desk.node.request("txpool_status"))["pending"], 16):
                assert not opening.done()
            for _ in range(5):
                assert await desk.lanes.all() and not opening.done()
            await desk.node.request("evm_mine")
            assert (await opening).status is Status.NEW
        finally:
            await desk.node.request("evm_setAutomine", True)

    awaited(office, open_and_look)


def test_an_act_that_was_given_up_is_taken_up_again(office: Office) -> None:
    async def give_up(desk: AsyncDesk) -> int:
        await desk.node.request("evm_setAutomine", False)
        opening = asyncio.create_task(desk.tickets.open(lane="cards", content="Once?"))
        while not int((await desk.node.request("txpool_status"))["pending"], 16):
            await asyncio.sleep(0)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        await desk.node.request("evm_setAutomine", True)
        await desk.node.request("evm_mine")
        await desk.tickets.open(lane="cards", content="Once?")
        return len(await desk.tickets.acts(lane="cards"))

    assert awaited(office, give_up) == 1


def test_errors_are_the_same(office: Office) -> None:
    first, second = office.opened(), office.opened("Another one")

    async def take_second(desk: AsyncDesk) -> None:
        await desk.using(account(12)).tickets.take(second)

    with pytest.raises(OutOfTurn):
        awaited(office, take_second)
    assert first.turn == 1

    with pytest.raises(ConnectionLost, match="see that it runs"):
        asyncio.run(AsyncDesk.connect("http://127.0.0.1:1", deployment=office.deployment))


def test_the_blocking_shell_refuses_io_that_awaits(office: Office) -> None:
    with pytest.raises(RuntimeError, match="Async"):
        drive(asyncio.sleep(0))


def test_a_deployment_of_another_chain_is_refused(office: Office) -> None:
    async def read(desk: AsyncDesk) -> None:
        raise AssertionError("it connected")

    with pytest.raises(DeploymentMismatch, match="chain id"):
        awaited(office, read, deployment=replace(office.deployment, chain_id=5))


@pytest.mark.parametrize(
    ("core", "shell"),
    [
        (AsyncDesk, Desk),
        (AsyncTickets, Tickets),
        (AsyncSigning, Tickets),
        (AsyncLanes, Lanes),
        (AsyncCertification, Certification),
        (AsyncAnchors, Anchors),
        (AsyncPolicies, Claims),
        (AsyncClaimSigning, Claims),
        (AsyncClaims, Claims),
        (AsyncVault, Vault),
        (AsyncCompensation, Compensation),
        (AsyncSender, Sender),
        (AsyncNode, proofdesk.Node),
    ],
)
def test_each_coroutine_has_its_blocking_twin(core: type, shell: type) -> None:
    for name, method in vars(core).items():
        if name.startswith("_") or not inspect.iscoroutinefunction(getattr(core, name)):
            continue
        if (core, name) == (AsyncDesk, "run"):  # of use to the core alone
            continue
        twin = getattr(shell, name)
        assert not inspect.iscoroutinefunction(twin) and twin.__doc__, name
        # These two say more of their own: a factory, and what a creation gives.
        assert name in {"connect", "send"} or twin.__wrapped__ is method, name


def test_its_lines_end_with_the_block(office: Office) -> None:
    async def program() -> None:
        for url in (office.chain.url, office.chain.url.replace("http://", "ws://")):
            async with await AsyncDesk.connect(url, deployment=office.deployment) as desk:
                assert len(await desk.lanes.all()) == len(office.deployment.lanes)
            # What is needed again is opened again.
            assert await desk.node.height() > 0
            await desk.close()

    asyncio.run(program())
    for url in (office.chain.url, office.chain.url.replace("http://", "ws://")):
        with Desk.connect(url, deployment=office.deployment) as desk:
            assert desk.node.height() > 0
        assert desk.node.height() > 0
        desk.close()


def test_who_is_cancelled_leaves_nobody_waiting(office: Office) -> None:
    """Wherever he was in his request: of web3's own, all would wait for him for ever."""

    async def program() -> None:
        for source in (office.chain.url, AsyncWeb3(AsyncHTTPProvider(office.chain.url))):
            node = AsyncNode(awaited_transport(source))
            for turns in range(20):
                asked = [asyncio.create_task(node.request("eth_chainId")) for _ in range(4)]
                asked += [asyncio.create_task(node.batch([("eth_chainId", [])]))]
                for _ in range(turns):
                    await asyncio.sleep(0)
                for each in asked:
                    each.cancel()
                await asyncio.gather(*asked, return_exceptions=True)
            assert await asyncio.wait_for(node.request("eth_chainId"), 20) == hex(office.chain.chain_id)
            await node.transport.close()

    asyncio.run(program())


def test_who_gets_no_desk_leaves_no_session_open(office: Office) -> None:
    """Nobody could close it: he has nothing of it in hand."""
    elsewhere = replace(office.deployment, genesis_hash="0x" + 32 * "11")

    async def program() -> None:
        with pytest.raises(DeploymentMismatch):
            await AsyncDesk.connect(office.chain.url, deployment=elsewhere)

    gc.collect()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        asyncio.run(program())
        gc.collect()
    assert not [each.message for each in said if "Unclosed" in str(each.message)]


def test_who_gets_no_desk_has_no_journal_in_hand(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "journal"
    elsewhere = replace(office.deployment, genesis_hash="0x" + 32 * "11")

    async def program() -> None:
        more: Any = {"account": account(3), "journal": path, "store": MemoryStore()}
        with pytest.raises(DeploymentMismatch) as _held:
            await AsyncDesk.connect(office.chain.url, deployment=elsewhere, **more)
        # Though the error holds all that was at hand.
        async with await AsyncDesk.connect(office.chain.url, deployment=office.deployment, **more):
            assert path.exists()

    asyncio.run(program())
