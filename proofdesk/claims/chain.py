"""What claims, vault and compensation read of the chain alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from proofdesk._abi import decode_event, topic
from proofdesk._models import Event, Ticket
from proofdesk._words import to_bytes, to_hex
from proofdesk.claims.values import ETH
from proofdesk.signed.signers import account_address

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk


def token_of(token: str) -> str:
    """A token's address: "ETH" is the zero address; raises InvalidArgument for what is no address.

    >>> token_of("ETH")
    '0x0000000000000000000000000000000000000000'
    """
    return ETH if token == "ETH" else account_address(token)


def id_of(ticket: Ticket | str) -> str:
    """A ticket's id; raises InvalidArgument for what is none."""
    return ticket.id if isinstance(ticket, Ticket) else to_hex(to_bytes(ticket, 32, "ticket"))


def word_of(value: str | int) -> str:
    """An address, a hash or a number as an event's topic."""
    number = int(value, 16) if isinstance(value, str) else value
    return f"0x{number:064x}"


async def logs(
    desk: AsyncDesk, contract: str, event: str, *topics: str | Sequence[str] | None, since: int = 0
) -> list[dict[str, Any]]:
    """The logs of one of a desk's contracts from block `since` on, in order; raises ConnectionLost."""
    found, until = desk.deployment.contract(contract), await desk.node.height()
    wanted = [topic(contract, event), *topics]
    return await desk.node.logs(found.address, wanted, max(since, found.block), until)


async def events(
    desk: AsyncDesk, contract: str, event: str, *topics: str | Sequence[str] | None, since: int = 0
) -> list[Event]:
    """As `logs`, decoded."""
    decoded = map(decode_event, await logs(desk, contract, event, *topics, since=since))
    return [each for each in decoded if isinstance(each, Event)]


async def sent(desk: AsyncDesk, tx_hash: str) -> tuple[str | None, bytes]:
    """Where a transaction went, and with what data; raises ConnectionLost, NodeError."""
    found = await desk.node.request("eth_getTransactionByHash", tx_hash)
    to, data = (found or {}).get("to"), (found or {}).get("input") or (found or {}).get("data") or "0x"
    return to, bytes.fromhex(data[2:])


async def block_at(desk: AsyncDesk, at: datetime) -> int:
    """The first block that is not before a moment, or the latest where all are."""
    low, high = 0, await desk.node.height()
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if await desk.now(middle) >= at else (middle + 1, high)
    return low
