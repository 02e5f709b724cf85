"""What claims, vault and compensation read of the chain alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from proofdesk._abi import decode_event, topic
from proofdesk._errors import ContractRevert, InvalidArgument
from proofdesk._models import Event, Result, Ticket
from proofdesk._words import address_of, to_bytes, to_hex
from proofdesk.claims.signable import Signable
from proofdesk.claims.values import ETH
from proofdesk.signed.signers import Signer, account_address, address_in
from proofdesk.signed.signing import Deadline, seconds_of

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk


S = TypeVar("S")


def token_of(token: str) -> str:
    """A token's address: "ETH" is the zero address; raises InvalidArgument for what is no address.

    >>> token_of("ETH")
    '0x0000000000000000000000000000000000000000'
    """
    return ETH if token == "ETH" else account_address(token)


def id_of(ticket: Ticket | str) -> str:
    """A ticket's id; raises InvalidArgument for what is none."""
    return ticket.id if isinstance(ticket, Ticket) else to_hex(to_bytes(ticket, 32, "ticket"))


def moment_of(at: datetime) -> datetime:
    """A moment as a caller passes it; raises InvalidArgument for one without its zone.

    On each machine that would be another one.
    """
    if not isinstance(at, datetime) or at.utcoffset() is None:
        raise InvalidArgument(f"{at!r} is no moment with its zone: pass a datetime with tzinfo")
    return at


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


@dataclass(slots=True)
class _NodesWallet:
    """An account whose key the node keeps: it notes what it is to sign, and gives what the node answers."""

    address: str
    asked: dict[str, Any] | None = None
    answer: Any = None

    def sign_typed_data(self, *, full_message: dict[str, Any]) -> Any:
        self.asked = full_message
        return self.answer


async def signed_by(desk: AsyncDesk, signer: Signer | None, make: Callable[[Signer], S]) -> S:
    """What a function makes that signs by a signer, by default the desk's account; it makes the same twice.

    Raises what the function does, NodeError where the node's wallet refuses.
    """
    by = desk.sender.account if signer is None else signer
    if not isinstance(by, str):
        return await desk.run(make, by)
    wallet = _NodesWallet(desk.sender.address)
    try:
        return make(wallet)
    except InvalidArgument:
        if wallet.asked is None:
            raise
    wallet.answer = await desk.node.request("eth_signTypedData_v4", wallet.address, wallet.asked)
    return make(wallet)


def address_by(desk: AsyncDesk, signer: Signer | None) -> str:
    """Whose address signs; raises InvalidArgument for what is no signer."""
    return desk.sender.address if signer is None else address_in(signer)


async def until(desk: AsyncDesk, deadline: Deadline) -> int:
    """A deadline in seconds since 1970; raises InvalidArgument for one that is over or no time."""
    # A chain's clock may be behind while nothing happens, or ahead of ours.
    return seconds_of(deadline, max(time.time(), (await desk.now()).timestamp()))


def refuse_elsewhere(desk: AsyncDesk, contract: str, item: Signable) -> None:
    """Raise InvalidArgument for what was signed for another desk than this one."""
    address, chain_id = desk.deployment.contract(contract).address, desk.deployment.chain_id
    if (item.chain_id, item.contract) != (chain_id, address):
        raise InvalidArgument(
            f"{item!r} is for {contract} at {item.contract} on chain {item.chain_id}, this one is at "
            f"{address} on chain {chain_id}: carry it there"
        )


async def done_before(
    desk: AsyncDesk, error: ContractRevert, contract: str, event: str, topic: str
) -> Result:
    """What the first transaction with an event did; raises `error`, which said so, where there is none."""
    found = await logs(desk, contract, event, topic)
    if not found:
        raise error
    return await desk.result(found[0]["transactionHash"])


async def sent(desk: AsyncDesk, tx_hash: str) -> tuple[str, bytes]:
    """To which address a transaction went, with what data; nowhere and none where the node lacks it."""
    found = await desk.node.request("eth_getTransactionByHash", tx_hash) or {}
    data = found.get("input") or found.get("data") or "0x"
    return address_of(int(found.get("to") or "0x0", 16)), bytes.fromhex(data[2:])


async def block_at(desk: AsyncDesk, at: datetime) -> int:
    """The first block that is not before a moment, or the latest where all are."""
    low, high = 0, await desk.node.height()
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if await desk.now(middle) >= at else (middle + 1, high)
    return low
