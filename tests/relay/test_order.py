"""Whose opening came first stands first in the line, also when a reorganisation took both."""

from __future__ import annotations

from typing import Any

from proofdesk import Desk
from proofdesk.ops.relay import Batching
from tests.client.office import Office
from tests.client.wire import Wire
from tests.relay.conftest import Make
from tests.relay.people import Crowd, yes

LOOK = ["eth_getTransactionReceipt", "eth_getBlockByNumber"]


def test_what_goes_while_batches_are_watched_comes_again_in_its_order(
    office: Office, crowd: Crowd, make_relayer: Make
) -> None:
    """Of two batches the one is looked at before their blocks go, the other after."""
    wire, account = Wire(office.chain.url), office.intake.sender.account
    desk = Desk.connect(
        wire.w3, account=account, deployment=office.deployment, store=office.intake.archive.store
    )
    relayer = make_relayer(desk=desk, batching=Batching(acts=1, at_once=2, confirmations=5))
    openings = [crowd.open(customer) for customer in (1, 2)]
    yes(relayer.submit(openings))
    assert relayer.step(flush=True).batches == 2
    first, looks = relayer.fate(openings[0].digest), []

    def go(methods: list[str], _params: Any) -> None:
        looks.extend([methods] * (methods == LOOK))
        if methods == LOOK and len(looks) == 2:
            assert first is not None and first.block is not None
            office.chain.rpc("anvil_reorg", office.desk.node.height() - first.block + 1, [])

    wire.before = go
    while len(looks) < 3 or len(office.desk.tickets.acts()) < 2:
        relayer.step(flush=True)
    assert [act.ticket_id for act in office.desk.tickets.acts()] == [opened.ticket_id for opened in openings]
