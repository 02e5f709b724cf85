"""Web3's usual way of making acts one after another, as its documentation and tutorials have it."""

from __future__ import annotations

from collections.abc import Sequence

from eth_account.signers.local import LocalAccount
from web3 import HTTPProvider, Web3
from web3.middleware import SignAndSendRawMiddlewareBuilder

from proofdesk._abi import artifact
from proofdesk._deployments import Deployment


def open_tickets(
    url: str, deployment: Deployment, account: LocalAccount, lane: int, entries: Sequence[bytes]
) -> None:
    """Open a ticket for each entry, and wait for each."""
    w3 = Web3(HTTPProvider(url))
    w3.middleware_onion.inject(SignAndSendRawMiddlewareBuilder.build(account), layer=0)
    contract = w3.eth.contract(
        address=Web3.to_checksum_address(deployment.contract("TicketDesk").address),
        abi=artifact("TicketDesk")["abi"],
    )
    for entry in entries:
        tx_hash = contract.functions.open(lane, entry).transact({"from": account.address})
        receipt = w3.eth.wait_for_transaction_receipt(tx_hash)
        assert receipt["status"] == 1
