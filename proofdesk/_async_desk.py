"""A desk on a chain, awaited: the one object from which everything hangs."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from proofdesk._abi import encode_call
from proofdesk._certification import AsyncCertification
from proofdesk._deployments import CLEAR, Deployment, find, only_on, refuse_newer
from proofdesk._errors import ConfigurationError, DeploymentMismatch, DeploymentNotFound, InvalidArgument
from proofdesk._lanes import AsyncLanes
from proofdesk._models import Result
from proofdesk._outbox import Call, result_of
from proofdesk._records import Opening
from proofdesk._rpc import AsyncNode, AsyncSource, NodeError
from proofdesk._sender import AsyncSender, of_desk
from proofdesk._shell import late
from proofdesk._store import Archive, ClearCodec, SealedElsewhere, Store
from proofdesk._tickets import AsyncTickets
from proofdesk._transport import awaited_transport
from proofdesk._words import keccak, moment, to_hex
from proofdesk._writing import Content, Writer

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from typing_extensions import Unpack

    from proofdesk._sender import SenderOptions
    from proofdesk.anchors.resource import AsyncAnchors
    from proofdesk.claims.compensation import AsyncCompensation
    from proofdesk.claims.resource import AsyncClaims
    from proofdesk.claims.vault import AsyncVault
    from proofdesk.live.reader import Position
    from proofdesk.live.watch import Orphaned, Seen
    from proofdesk.privacy.keyring import Keyring
    from proofdesk.privacy.registry import AsyncKeys
    from proofdesk.privacy.resource import AsyncRecords
    from proofdesk.proof.resource import AsyncProofs

P = ParamSpec("P")
R = TypeVar("R")

RECORDS = "records"

NO_ACCOUNT = "this desk was connected without an account: pass account= to write"


class AsyncDesk:
    """One desk, seen with the eyes of one account, or of none: reading needs no account.

    `deployment` is the manifest, `sender` what sends, `archive` where records are kept. Make it by
    `AsyncDesk.connect`, which checks that chain and deployment belong together. Examples are of the blocking
    twin, `Desk`; here each call is awaited.
    """

    def __init__(
        self,
        node: AsyncNode,
        deployment: Deployment,
        *,
        sender: AsyncSender | None = None,
        store: Store | None = None,
        keyring: Keyring | None = None,
    ) -> None:
        self.node = node
        self.deployment = deployment
        self.keyring = keyring
        self._sender = sender
        self._store = store

    @classmethod
    async def connect(
        cls,
        node: AsyncSource | AsyncNode,
        *,
        account: LocalAccount | str | None = None,
        deployment: Deployment | str | os.PathLike[str] | None = None,
        store: Store | str | os.PathLike[str] | None = None,
        keyring: Keyring | None = None,
        **options: Unpack[SenderOptions],
    ) -> AsyncDesk:
        """Connect to the desk of a chain by a node's address, a web3 provider or a Web3.

        `account` is an eth-account account, or the address of one the node signs for; `deployment` a
        manifest, its path or a desk's name, otherwise it is found by the chain's id; `store` where records
        are kept, a folder or an address such as s3://bucket/folder; `keyring` the keys by which they
        are read; options are Sender's: `confirmations`, `timeout` in seconds, `max_fee_per_gas` in wei.

        Raises ConfigurationError, DeploymentNotFound, DeploymentMismatch where chain id, genesis block or the
        contracts' code are not the manifest's, ConnectionLost.

        >>> Desk.connect(url, deployment=manifest).deployment.chain_id
        31337
        """
        line = node if isinstance(node, AsyncNode) else AsyncNode(awaited_transport(node))
        async with AsyncExitStack() as opened:
            if isinstance(node, str):
                # Who gets no desk cannot close what was opened for it.
                opened.push_async_callback(line.transport.close)
            chain_id = await line.quantity("eth_chainId")
            if isinstance(deployment, Deployment):
                found = deployment
            elif deployment is None or (isinstance(deployment, str) and not _is_path(deployment)):
                try:
                    found = find(chain_id, deployment)
                except DeploymentNotFound as error:
                    # Local chains share their id, not their beginning.
                    found = only_on(await line.request("eth_getBlockByNumber", "0x0", False), error)
            else:
                found = find(chain_id, path=Path(deployment))
            if found.chain_id != chain_id:
                raise DeploymentMismatch("the chain id", found.chain_id, chain_id)
            if isinstance(store, (str, os.PathLike)):
                store = await line.transport.run(partial(_opened, found, store))
            desk = cls(line, found, store=store, keyring=keyring)
            await desk.check()
            # Last: nothing can fail that would leave its journal in nobody's hands.
            desk._sender = None if account is None else AsyncSender(line, account, **of_desk(found, options))
            opened.pop_all()
        return desk

    def using(
        self, account: LocalAccount | str, *, keyring: Keyring | None = None, **options: Unpack[SenderOptions]
    ) -> AsyncDesk:
        """The same desk and store with another account, and his keyring; options are Sender's.

        >>> desk.using(account).sender.address == account.address
        True
        """
        sender = AsyncSender(self.node, account, **of_desk(self.deployment, options))
        return AsyncDesk(self.node, self.deployment, sender=sender, store=self._store, keyring=keyring)

    async def check(self) -> None:
        """Check that genesis block and contracts' code are the manifest's, and known to this package.

        Raises DeploymentMismatch, ConfigurationError for a desk that a later package deployed.
        """
        refuse_newer(self.deployment)
        contracts = self.deployment.contracts
        requests: list[tuple[str, list[Any]]] = [("eth_getBlockByNumber", ["0x0", False])]
        requests += [("eth_getCode", [contract.address, "latest"]) for contract in contracts.values()]
        genesis, *codes = await self.node.batch(requests)
        for answer in (genesis, *codes):
            if isinstance(answer, NodeError):
                raise answer
        if genesis["hash"] != self.deployment.genesis_hash:
            raise DeploymentMismatch("the genesis block", self.deployment.genesis_hash, genesis["hash"])
        for (name, contract), code in zip(contracts.items(), codes, strict=True):
            digest = to_hex(keccak(bytes.fromhex(code[2:])))
            if digest != contract.code_hash:
                raise DeploymentMismatch(
                    f"the code hash of {name} at {contract.address}",
                    contract.code_hash,
                    digest if code != "0x" else "none at all",
                )

    @cached_property
    def tickets(self) -> AsyncTickets:
        """Tickets: opened, taken, moved, rated, read and verified."""
        return AsyncTickets(self)

    @cached_property
    def lanes(self) -> AsyncLanes:
        """Lanes and their lines."""
        return AsyncLanes(self)

    @cached_property
    def certification(self) -> AsyncCertification:
        """Programs, exams and certificates."""
        return AsyncCertification(self)

    claims: AsyncClaims = late("proofdesk.claims.resource", "AsyncClaims", "After-sales claims.")
    vault: AsyncVault = late("proofdesk.claims.vault", "AsyncVault", "What refunds are paid from.")
    compensation: AsyncCompensation = late(
        "proofdesk.claims.compensation", "AsyncCompensation", "What late tickets pay their customers."
    )
    anchors: AsyncAnchors = late("proofdesk.anchors.resource", "AsyncAnchors", "Dates of Merkle roots.")
    keys: AsyncKeys = late("proofdesk.privacy.registry", "AsyncKeys", "Whose keys records are encrypted to.")
    records: AsyncRecords = late("proofdesk.privacy.resource", "AsyncRecords", "Records and who reads them.")
    proofs: AsyncProofs = late("proofdesk.proof.resource", "AsyncProofs", "Proofs of tickets for strangers.")

    @cached_property
    def writer(self) -> Writer:
        """What keeps records and sends the acts that name them."""
        return Writer(self)

    @property
    def sender(self) -> AsyncSender:
        """What sends for this desk's account; raises ConfigurationError where it has none."""
        if self._sender is None:
            raise ConfigurationError(NO_ACCOUNT)
        return self._sender

    @cached_property
    def archive(self) -> Archive:
        """The records; raises ConfigurationError for a folder that is another desk's store."""
        if self._store is None:
            folder = Path(RECORDS) / str(self.deployment.chain_id) / self.deployment.desk
            self._store = _opened(self.deployment, folder)
        if self.keyring is not None:
            return Archive(self._store, self.keyring.codec(self.deployment, self._store))
        return Archive(self._store, ClearCodec() if self.deployment.records == CLEAR else SealedElsewhere())

    async def keep(self, opening: Opening) -> None:
        """Keep a record where all find it who may read it, and nobody else can.

        Raises ConfigurationError where the desk's records are sealed and no role that reads has a key.

        >>> desk.keep(desk.prepare("Where is my card?", kind="open"))  # which kept it already
        """
        if self.deployment.records == CLEAR:
            # Not in place of what is there: it has the same content, or was erased.
            await self.run(self.archive.store.create, opening.entry, ClearCodec().encode(opening))
            return
        from proofdesk.privacy.writing import keep

        await keep(self, opening)

    async def read(self, contract: str, function: str, *args: object, block: int | str = "latest") -> Any:
        """Read from one of the desk's contracts, as `Node.call`."""
        address = self.deployment.contract(contract).address
        return await self.node.call(contract, address, function, *args, block=block)

    def call(self, contract: str, function: str, *args: object) -> Call:
        """A call to one of the desk's contracts, for `Sender.send_many`; raises InvalidArgument.

        >>> calls = [desk.call("TicketDesk", "skip", lane, 1) for lane in (1, 2)]
        >>> len(desk.sender.send_many(calls))
        2
        """
        return Call(self.deployment.contract(contract).address, encode_call(contract, function, *args))

    async def send(self, contract: str, function: str, *args: object) -> Result:
        """Send a call to one of the desk's contracts and wait for it, as `Sender.send`."""
        call = self.call(contract, function, *args)
        return await self.sender.send(self.deployment.contract(contract).address, call.data)

    async def result(self, tx_hash: str) -> Result:
        """What a transaction on chain did; raises InvalidArgument where it is not on chain.

        >>> desk.result(desk.tickets.history(ticket.id)[0].act.tx_hash).acts[0].number
        1
        """
        receipt = await self.node.request("eth_getTransactionReceipt", tx_hash)
        if receipt is None:
            raise InvalidArgument(f"there is no transaction {tx_hash} on this chain")
        return result_of(receipt, self.deployment.addresses)

    async def now(self, block: int | str = "latest") -> datetime:
        """A block's time, by default the latest's, by which the contracts judge.

        Raises InvalidArgument for a block that there is not yet.

        >>> ticket.is_overdue(desk.now())
        False
        """
        found = await self.node.request(
            "eth_getBlockByNumber", hex(block) if isinstance(block, int) else block, False
        )
        if found is None:
            raise InvalidArgument(f"this chain has no block {block} yet")
        return moment(int(found["timestamp"], 16))

    async def prepare(self, content: Content, *, kind: str, ticket: str | None = None) -> Opening:
        """Make and keep the record of an act to come; however often that is made with it, it is made once.

        `kind` is the record's, `ticket` the id of the one it is of, if any. Raises InvalidRecord,
        RecordTooLarge, ConfigurationError.

        >>> opening = desk.prepare("Where is my card?", kind="open")
        >>> first, second = (desk.tickets.open(lane="cards", content=opening) for _ in range(2))
        >>> first == second
        True
        """
        return await self.writer.prepare(content, kind=kind, ticket=ticket)

    def watch(
        self, since: Position | int | None = None, *, poll: float = 1.0, patience: float = 60.0
    ) -> AsyncIterator[Seen | Orphaned]:
        """Watch the desk: events as they come, and blocks that a reorganisation took back, without end.

        From now on by default, from block `since` on, or from an earlier item's `position`, so that nothing
        is missed in between; what stopped within a block begins with that block again. Over a WebSocket the
        node tells of new blocks, otherwise it is asked every `poll` seconds. ConnectionLost is raised when it
        has not answered for `patience` seconds; raises ChainReplaced, ForkTooDeep where `since` is of a
        branch that is no more.

        >>> first = next(desk.watch(since=0))
        >>> first.event.name
        'RoleGranted'
        """
        from proofdesk.live.watch import watch

        return watch(self, since, poll, patience)

    async def close(self) -> None:
        """End the lines to the node; an act that is under way is then in doubt."""
        if self._sender is not None:
            self._sender.close()
        await self.node.transport.close()

    async def __aenter__(self) -> AsyncDesk:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call what reads or writes files, without keeping others waiting."""
        return await self.node.transport.run(partial(function, *args, **kwargs))


def _is_path(text: str) -> bool:
    return text.endswith(".json") or "/" in text or os.sep in text


def _opened(deployment: Deployment, place: str | os.PathLike[str]) -> Store:
    # Late: who passes a store needs no other.
    from proofdesk.stores import open_store

    return open_store(place, chain_id=deployment.chain_id, desk=deployment.contract("TicketDesk").address)
