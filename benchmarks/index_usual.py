"""Web3's usual way of copying a contract's events into SQLite, as its documentation and tutorials have it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from web3 import HTTPProvider, Web3

from proofdesk._abi import artifact
from proofdesk._deployments import Deployment

_SPAN = 128  # blocks


def copy_acts(url: str, deployment: Deployment, place: Path) -> int:
    """Copy every act; returns their number."""
    w3 = Web3(HTTPProvider(url))
    desk = deployment.contract("TicketDesk")
    contract = w3.eth.contract(
        address=Web3.to_checksum_address(desk.address), abi=artifact("TicketDesk")["abi"]
    )
    database = sqlite3.connect(place)
    database.execute("CREATE TABLE acts (ticket, lane, actor, kind, word, entry, position, time, block, tx)")
    count, head = 0, w3.eth.block_number
    for first in range(desk.block, head + 1, _SPAN):
        for event in contract.events.ActLogged().get_logs(
            from_block=first, to_block=min(first + _SPAN - 1, head)
        ):
            said = event["args"]
            row = (
                said["ticketId"],
                said["lane"],
                said["actor"],
                said["kind"],
                hex(said["word"]),
                said["entry"],
            )
            place_ = (said["position"], said["time"], event["blockNumber"], event["transactionHash"])
            database.execute("INSERT INTO acts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row + place_)
            count += 1
        database.commit()
    database.close()
    return count
