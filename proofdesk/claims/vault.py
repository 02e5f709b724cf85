"""A desk's vault: the money that refunds and compensations are paid from.

A token is "ETH" or the address of an ERC-20; amounts are in its smallest units.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from proofdesk import _fixed
from proofdesk._abi import encode_call
from proofdesk._errors import ContractRevert, InvalidArgument
from proofdesk._models import Event, Result
from proofdesk._rpc import NodeError
from proofdesk._words import keccak, moment, to_hex
from proofdesk.claims.chain import (
    address_by,
    block_at,
    events,
    logs,
    refuse_elsewhere,
    sent,
    signed_by,
    token_of,
    until,
    word_of,
)
from proofdesk.claims.values import ETH
from proofdesk.signed.signers import Signer, account_address
from proofdesk.signed.signing import Deadline

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk
    from proofdesk._outbox import Call
    from proofdesk.claims.withdrawal import SignedWithdrawal

VAULT: Final = "RefundVault"

_ACCESS: Final = "DeskAccess"
_MOST_DAYS: Final = 36_500
_MOST_GAS: Final = 2**24  # that a transaction may have where EIP-7825 is in force


@dataclass(frozen=True, slots=True)
class Books:
    """What the vault holds of a token, and what of it is `reserved`, `owed`, or `free`.

    `pending` was decided and is not covered; it is not part of the balance, and while there is any nothing is
    free.
    """

    token: str
    balance: int
    reserved: int
    owed: int
    pending: int
    free: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A payment that waits for money, at its position in the token's queue; `id` is what it is for."""

    position: int
    id: str
    to: str
    amount: int


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A call that the access manager lets through from a moment on, for a week."""

    id: str
    at: datetime


class AsyncVault:
    """The vault's books, and what anyone, its customers and its treasurer do with it."""

    def __init__(self, desk: AsyncDesk) -> None:
        self._desk = desk

    # ------------------------------------------------------------------------------------------------- anyone

    async def books(self, token: str = "ETH") -> Books:
        """Read the books of a token; raises InvalidArgument for what is no address.

        >>> desk.vault.books().owed
        0
        """
        address = token_of(token)
        return Books(address, *await self._desk.read(VAULT, "books", address))

    async def deposit(self, amount: int, token: str = "ETH") -> Result:
        """Put money in; the vault is let take so much of an ERC-20 first.

        No contract makes it once only: a call in doubt is taken up by the same desk, and in another process
        by one with a journal; without one look at the books before it is made again.
        Raises TokenNotListed, TokenTookFee and what `Sender.send` raises.

        >>> desk.vault.deposit(10**15).events[0].name
        'Deposited'
        """
        desk, address = self._desk, token_of(token)
        call = desk.call(VAULT, "deposit", address, amount)
        vault = desk.deployment.contract(VAULT).address
        if address != ETH:
            if not await self.is_listed(address):
                # Late: of a hundred generated classes this needs one, and rarely.
                from proofdesk._contract_errors import TokenNotListed

                # Said before anything is allowed that would then stay so.
                raise TokenNotListed(address)
            await self._allow(address, vault, amount)
        return await desk.sender.send(vault, call.data, value=amount if address == ETH else 0)

    async def pending(self, token: str = "ETH") -> list[Waiting]:
        """The payments of a token that wait for money, in their order.

        >>> desk.vault.pending()
        []
        """
        address, found = token_of(token), []
        head, tail = await self._desk.read(VAULT, "queue", address)
        for position in range(head, tail):
            found.append(Waiting(position, *await self._desk.read(VAULT, "pendingAt", address, position)))
        return found

    async def lacking(self, token: str = "ETH") -> int:
        """What the vault still needs for the first payment that waits; 0 where it is covered, or none waits.

        >>> desk.vault.lacking()
        0
        """
        address = token_of(token)
        head, tail = await self._desk.read(VAULT, "queue", address)
        if head == tail:
            return 0
        first = Waiting(head, *await self._desk.read(VAULT, "pendingAt", address, head))
        books = await self.books(token)
        return max(0, first.amount - max(0, books.balance - books.reserved - books.owed))

    async def settle(self, token: str = "ETH", most: int = 50) -> Result:
        """Make up to so many pending payments, in their order, as far as there is money; anyone may.

        Raises NothingToSettle and what `Sender.send` raises.
        """
        call = self._desk.call(VAULT, "settle", token_of(token), most)
        return await self._desk.sender.send(call.to, call.data, gas=await self._gas_of_all(call))

    async def _gas_of_all(self, settle: Call) -> int | None:
        """Gas with which all is settled that can be: an estimate is the least that settles anything."""
        node = self._desk.node
        block = await node.request("eth_getBlockByNumber", "latest", False)
        fields = {"to": settle.to, "data": to_hex(settle.data)}

        async def settled(gas: int) -> int:
            try:
                return int(await node.request("eth_call", fields | {"gas": hex(gas)}, "latest"), 16)
            except NodeError as error:
                if error.revert is None:
                    raise
                return 0

        gas = min(int(block["gasLimit"], 16), _MOST_GAS)
        most = await settled(gas)
        while most and await settled(gas // 2) == most:
            gas //= 2
        # Of nothing the sender's own estimate says why.
        return gas if most else None

    async def runway(self, token: str = "ETH", days: float = 30) -> timedelta | None:
        """How long what is free lasts, at the rate of what the last days paid; None where they paid nothing.

        Nothing, where payments wait already. A younger vault's rate is that of its own days. Raises
        InvalidArgument for days that are none, or more than 36,500.

        >>> desk.vault.runway() is None
        True
        """
        if not 0 < days <= _MOST_DAYS:
            raise InvalidArgument(f"days {days}: pass a number above 0, at most {_MOST_DAYS:,}")
        books, now = await self.books(token), await self._desk.now()
        if books.pending:
            return timedelta(0)
        born = await self._desk.now(self._desk.deployment.contract(VAULT).block)
        start = max(born, now - timedelta(days=days))
        since = await block_at(self._desk, start)
        paid = 0
        for name in ("Paid", "Owed"):
            found = await events(self._desk, VAULT, name, None, word_of(books.token), since=since)
            paid += sum(_number(event, "amount") for event in found)
        if not paid:
            return None
        seconds = books.free * max(1, int((now - start).total_seconds())) // paid
        return timedelta(seconds=min(seconds, int(timedelta.max.total_seconds()) - 1))

    # ---------------------------------------------------------------------------------------------- customers

    async def owed(self, account: str | None = None, token: str = "ETH") -> int:
        """What is owed to an account, by default the desk's: payments that it refused.

        >>> desk.vault.owed()
        0
        """
        owner = self._desk.sender.address if account is None else account
        return int(await self._desk.read(VAULT, "owedTo", token_of(token), owner))

    async def withdraw(self, token: str = "ETH", *, to: str | None = None) -> Result:
        """Take out all that is owed to the desk's account, to itself or to where it does not refuse it.

        Raises NothingOwed, PaymentRefused and what `Sender.send` raises.
        """
        receiver = self._desk.sender.address if to is None else to
        return await self._desk.send(VAULT, "withdraw", token_of(token), receiver)

    async def sign_withdrawal(
        self,
        token: str = "ETH",
        *,
        to: str,
        deadline: Deadline = None,
        signer: Signer | None = None,
    ) -> SignedWithdrawal:
        """Sign such a withdrawal, for anyone to carry: it costs who is owed something no gas.

        Raises InvalidArgument for what cannot be meant, NodeError where the node's wallet refuses.

        >>> desk.vault.sign_withdrawal(to=newcomer).nonce
        0
        """
        # Late: who reads the books needs nothing of what is signed.
        from proofdesk.claims.withdrawal import sign_withdrawal

        desk, address = self._desk, token_of(token)
        last = await until(desk, deadline)
        nonce = await desk.read(VAULT, "nonces", address_by(desk, signer))
        return await signed_by(
            desk,
            signer,
            lambda by: sign_withdrawal(desk.deployment, by, token=address, to=to, nonce=nonce, deadline=last),
        )

    async def carry_withdrawal(self, signed: SignedWithdrawal) -> Result:
        """Make a withdrawal that was signed; anyone may. One that was made before is not made twice.

        Raises NothingOwed, PaymentRefused, SignatureExpired, InvalidSignature where the account has used its
        nonce otherwise; InvalidArgument for one of another desk; what `Sender.send` raises.
        """
        desk = self._desk
        refuse_elsewhere(desk, VAULT, signed)
        call = desk.call(VAULT, "withdrawFor", *signed.arguments_for)
        try:
            return await desk.sender.send(desk.deployment.contract(VAULT).address, call.data)
        except ContractRevert:
            topics = map(word_of, (signed.token, signed.account, signed.to))
            for log in await logs(desk, VAULT, "Withdrawn", *topics):
                if await sent(desk, log["transactionHash"]) == (signed.vault, call.data):
                    return await desk.result(log["transactionHash"])
            raise

    # ---------------------------------------------------------------------------------------------- treasurer

    async def withdraw_free(self, amount: int, token: str = "ETH", *, to: str | None = None) -> Result:
        """Take out what is free, as TREASURER; where the role has a delay, what was scheduled before.

        Without a delay it is made once only as a deposit is.
        Raises AccessManagedUnauthorized, AccessManagerNotScheduled, AccessManagerNotReady, NotFree and what
        `Sender.send` raises.
        """
        return await self._desk.send(VAULT, "withdrawFree", *self._taking(amount, token, to))

    async def schedule_withdrawal(
        self, amount: int, token: str = "ETH", *, to: str | None = None
    ) -> Scheduled:
        """Announce such a withdrawal: from when on `withdraw_free` with the same arguments makes it.

        Of one that was announced already this says when. Raises NotFree for more than is free now,
        AccessManagerUnauthorizedCall for an account that is no treasurer, or one without delay; what
        `Sender.send` raises.
        """
        desk, taking = self._desk, self._taking(amount, token, to)
        target = desk.deployment.contract(VAULT).address
        data = encode_call(VAULT, "withdrawFree", *taking)
        id_ = await desk.read(_ACCESS, "hashOperation", desk.sender.address, target, data)
        ready = await desk.read(_ACCESS, "getSchedule", id_)
        if not ready:
            if amount > (free := (await self.books(token)).free):
                # Late: of a hundred generated classes this needs one, and rarely.
                from proofdesk._contract_errors import NotFree

                # Said before, and not when its delay of days is over.
                raise NotFree(taking[0], amount, free)
            await desk.send(_ACCESS, "schedule", target, data, 0)
            ready = await desk.read(_ACCESS, "getSchedule", id_)
        return Scheduled(id_, moment(ready))

    async def list_token(self, token: str) -> Result:
        """Let an ERC-20 be deposited and policies be made of it, as TREASURER; raises NotAToken."""
        return await self._desk.send(VAULT, "listToken", token_of(token))

    async def delist_token(self, token: str) -> Result:
        """No more of that, as TREASURER; what was promised in it stands. Raises TokenNotListed."""
        return await self._desk.send(VAULT, "delistToken", token_of(token))

    async def is_listed(self, token: str = "ETH") -> bool:
        """Whether deposits and policies of a token are taken; ETH's always are.

        >>> desk.vault.is_listed()
        True
        """
        return bool(await self._desk.read(VAULT, "isListed", token_of(token)))

    # ----------------------------------------------------------------------------------------------- internal

    def _taking(self, amount: int, token: str, to: str | None) -> tuple[str, str, int]:
        return token_of(token), self._desk.sender.address if to is None else account_address(to), amount

    async def _allow(self, token: str, spender: str, amount: int) -> None:
        """Let the vault take so much of a token, where it may not yet."""
        owner = self._desk.sender.address
        asked = {"to": token, "data": to_hex(_token_call("allowance(address,address)", owner, spender))}
        allowed = int(await self._desk.node.request("eth_call", asked, "latest"), 16)
        if allowed >= amount:
            return
        # Some tokens change an allowance from nothing and to nothing only.
        for step in (0, amount) if allowed else (amount,):
            await self._desk.sender.send(token, _token_call("approve(address,uint256)", spender, step))


def _token_call(signature: str, *arguments: str | int) -> bytes:
    """A call to an ERC-20, of addresses and numbers."""
    kinds = signature.partition("(")[2].rstrip(")").split(",")
    parts = [{"name": kind, "type": kind} for kind in kinds]
    return keccak(signature.encode())[:4] + b"".join(map(_fixed.encode, parts, arguments))


def _number(event: Event, name: str) -> int:
    return int(str(event.arguments[name]))
