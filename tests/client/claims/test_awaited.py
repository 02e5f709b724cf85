"""Claims, vault and anchors awaited: the same core on a loop; and desks without an account, or claims."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from web3 import AsyncHTTPProvider, AsyncWeb3

from proofdesk import AsyncDesk, ConfigurationError, Desk, Event, MerkleTree, Seen
from proofdesk.claims import Reason, Verdict
from tests.client.claims.counter import PRICE, Counter
from tests.client.office import account


def test_claims_are_filed_and_decided_on_an_event_loop(counter: Counter) -> None:
    office, receipts = counter.office, [counter.receipt() for _ in range(4)]

    async def program() -> None:
        provider = AsyncHTTPProvider(office.chain.url)
        desk = await AsyncDesk.connect(
            AsyncWeb3(provider),
            deployment=office.deployment,
            store=office.desk.archive.store,
            account=account(10),
        )
        agent = desk.using(account(12))
        filed = await asyncio.gather(
            *(desk.claims.file(receipt, reason=Reason.RETURN, amount=5) for receipt in receipts[:3])
        )
        assert {each.judgement.verdict for each in filed} == {Verdict.APPROVED}
        assert len({each.ticket.id for each in filed}) == 3
        waiting = await desk.claims.file(receipts[3], reason=Reason.RETURN, amount=PRICE)
        await agent.tickets.take(waiting.ticket)
        decision = await agent.claims.sign_decision(waiting.ticket.id, 7, "Seven.")
        await desk.claims.carry_decision(decision)
        assert [claim.paid for claim in await desk.claims.all()] == [5, 5, 5, 7]
        assert (await desk.vault.books()).reserved == 0
        tree = MerkleTree.of_signed(receipts)
        await desk.anchors.anchor(tree)
        assert await desk.anchors.anchored_at(tree) == await desk.now()
        assert desk.claims.attest(receipts[0], tree).root == tree.root
        assert await desk.compensation.offer_of("refunds") is not None
        await provider.disconnect()

    asyncio.run(program())


def test_a_node_kept_key_signs_on_an_event_loop(counter: Counter) -> None:
    office, who = counter.office, account(17).address
    receipt = counter.receipt(customer=who)

    async def program() -> None:
        provider = AsyncHTTPProvider(office.chain.url)
        desk = await AsyncDesk.connect(
            AsyncWeb3(provider), deployment=office.deployment, store=office.desk.archive.store, account=who
        )
        signed = await desk.claims.sign(receipt, reason=Reason.RETURN, amount=5)
        assert signed.is_signed_by_key() and signed.customer == who
        assert (await desk.vault.sign_withdrawal(to=who)).is_signed_by_key()
        await provider.disconnect()

    asyncio.run(program())


def test_a_desk_without_an_account_reads_and_previews(counter: Counter) -> None:
    office, receipt = counter.office, counter.receipt()
    desk = Desk.connect(office.w3, deployment=office.deployment)
    asked = desk.claims.preview(receipt, reason=Reason.RETURN, amount=5)
    assert asked.verdict is Verdict.APPROVED
    stranger = desk.claims.preview(
        receipt, reason=Reason.RETURN, amount=5, customer=office.stranger.sender.address
    )
    assert stranger.explain() == ["Only the customer whom the receipt names can claim."]
    for act in (
        lambda: desk.claims.file(receipt, reason=Reason.RETURN, amount=5),
        lambda: desk.claims.sign(receipt, reason=Reason.RETURN, amount=5),
        lambda: desk.vault.deposit(1),
        lambda: desk.vault.owed(),
    ):
        with pytest.raises(ConfigurationError, match="without an account"):
            act()


def test_claims_and_payments_are_watched(counter: Counter) -> None:
    desk = counter.office.desk
    ticket = counter.filed(amount=5).ticket
    seen = []
    for item in desk.watch(since=0):
        assert isinstance(item, Seen)
        if isinstance(item.event, Event):
            seen.append(item.event.name)
            if item.event.name == "Paid":
                assert item.event.arguments["id"] == ticket.id
                break
    assert {"PolicyPublished", "MerchantAppointed", "Deposited", "CompensationPromised"} <= set(seen)
    assert seen.index("ClaimFiled") < seen.index("Paid")


def test_each_part_is_made_once_and_explained(counter: Counter) -> None:
    for kind in (Desk, AsyncDesk):
        for name in ("claims", "vault", "compensation", "anchors"):
            assert vars(kind)[name].__doc__.endswith(".")
    desk = counter.office.desk
    assert desk.claims is desk.claims and desk.claims._core is desk._core.claims


def test_a_desk_without_claims_says_so(counter: Counter) -> None:
    office = counter.office
    bare = {
        name: contract
        for name, contract in office.deployment.contracts.items()
        if name in ("AgentCertification", "DeskAccess", "TicketDesk")
    }
    desk = Desk(office.w3, replace(office.deployment, contracts=bare))
    for ask in (desk.claims.all, desk.vault.books, lambda: desk.compensation.offer_of("refunds")):
        with pytest.raises(ConfigurationError, match=r"has no (ClaimDesk|RefundVault|CompensationDesk)"):
            ask()
