"""A desk on a chain: the one object from which everything hangs; the blocking twins of what is awaited."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING

from proofdesk._async_desk import NO_ACCOUNT, AsyncDesk
from proofdesk._certification import AsyncCertification
from proofdesk._deployments import Deployment
from proofdesk._errors import ConfigurationError
from proofdesk._lanes import AsyncLanes
from proofdesk._outbox import Call
from proofdesk._rpc import Node, Source
from proofdesk._sender import Sender, of_desk
from proofdesk._shell import blocking, drive, iterating, late
from proofdesk._store import Archive, Store
from proofdesk._tickets import AsyncTickets

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from typing_extensions import Unpack
    from web3 import Web3

    from proofdesk._sender import SenderOptions
    from proofdesk.anchors.resource import Anchors
    from proofdesk.claims.blocking import Claims, Compensation, Vault
    from proofdesk.privacy.keyring import Keyring
    from proofdesk.privacy.registry import Keys
    from proofdesk.privacy.resource import Records
    from proofdesk.proof.resource import Proofs


class Tickets:
    """AsyncTickets' blocking twin."""

    def __init__(self, core: AsyncTickets) -> None:
        self._core = core

    open = blocking(AsyncTickets.open)
    take = blocking(AsyncTickets.take)
    move = blocking(AsyncTickets.move)
    reply = blocking(AsyncTickets.reply)
    note = blocking(AsyncTickets.note)
    rate = blocking(AsyncTickets.rate)
    assign = blocking(AsyncTickets.assign)
    transfer = blocking(AsyncTickets.transfer)
    expire = blocking(AsyncTickets.expire)
    get = blocking(AsyncTickets.get)
    all = blocking(AsyncTickets.all)
    acts = blocking(AsyncTickets.acts)
    history = blocking(AsyncTickets.history)
    log = blocking(AsyncTickets.log)
    verify = blocking(AsyncTickets.verify)
    verify_lane = blocking(AsyncTickets.verify_lane)
    verify_all = blocking(AsyncTickets.verify_all)
    sign_open = blocking(AsyncTickets.sign_open)
    sign_take = blocking(AsyncTickets.sign_take)
    sign_move = blocking(AsyncTickets.sign_move)
    sign_reply = blocking(AsyncTickets.sign_reply)
    sign_rate = blocking(AsyncTickets.sign_rate)
    carry = blocking(AsyncTickets.carry)


class Lanes:
    """AsyncLanes' blocking twin."""

    def __init__(self, core: AsyncLanes) -> None:
        self._core = core

    get = blocking(AsyncLanes.get)
    all = blocking(AsyncLanes.all)
    program = blocking(AsyncLanes.program)
    create = blocking(AsyncLanes.create)
    close = blocking(AsyncLanes.close)
    set_article = blocking(AsyncLanes.set_article)
    skip = blocking(AsyncLanes.skip)
    next_in_line = blocking(AsyncLanes.next_in_line)

    def number(self, lane: str | int) -> int:
        """A lane's number, as `AsyncLanes.number`."""
        return self._core.number(lane)


class Certification:
    """AsyncCertification's blocking twin."""

    def __init__(self, core: AsyncCertification) -> None:
        self._core = core

    create_program = blocking(AsyncCertification.create_program)
    set_active = blocking(AsyncCertification.set_active)
    program = blocking(AsyncCertification.program)
    record_exam = blocking(AsyncCertification.record_exam)
    sign_exam = blocking(AsyncCertification.sign_exam)
    record_exam_for = blocking(AsyncCertification.record_exam_for)
    suspend = blocking(AsyncCertification.suspend)
    reinstate = blocking(AsyncCertification.reinstate)
    revoke = blocking(AsyncCertification.revoke)
    resign = blocking(AsyncCertification.resign)
    get = blocking(AsyncCertification.get)
    of = blocking(AsyncCertification.of)
    is_certified = blocking(AsyncCertification.is_certified)


class Desk:
    """AsyncDesk's blocking twin: one desk, seen with the eyes of one account, or of none.

    `node` is the line to the chain, `w3` the way out, `deployment` the manifest, `archive` where records are
    kept. Make it by `Desk.connect`, which checks that chain and deployment belong together.

    >>> desk.tickets.open(lane="cards", content="Where is my card?").status.name
    'NEW'
    """

    def __init__(
        self,
        node: Source,
        deployment: Deployment,
        *,
        sender: Sender | None = None,
        store: Store | None = None,
        keyring: Keyring | None = None,
    ) -> None:
        self.node = Node(node)
        self.deployment = deployment
        self.keyring = keyring
        self._sender = sender
        own = None if sender is None else sender._core
        self._core = AsyncDesk(self.node._core, deployment, sender=own, store=store, keyring=keyring)
        self.tickets = Tickets(self._core.tickets)
        self.lanes = Lanes(self._core.lanes)
        self.certification = Certification(self._core.certification)

    @classmethod
    def connect(
        cls,
        node: Source,
        *,
        account: LocalAccount | str | None = None,
        deployment: Deployment | str | os.PathLike[str] | None = None,
        store: Store | str | os.PathLike[str] | None = None,
        keyring: Keyring | None = None,
        **options: Unpack[SenderOptions],
    ) -> Desk:
        """Connect as `AsyncDesk.connect`, to a node as `Node` takes it."""
        line = Node(node)
        with ExitStack() as opened:
            if isinstance(node, str):
                # Who gets no desk cannot close what was opened for it.
                opened.callback(lambda: drive(line._core.transport.close()))
            core = drive(AsyncDesk.connect(line._core, deployment=deployment, store=store))
            sender = None if account is None else Sender(line, account, **of_desk(core.deployment, options))
            opened.pop_all()
        return cls(line, core.deployment, sender=sender, store=core._store, keyring=keyring)

    def using(
        self, account: LocalAccount | str, *, keyring: Keyring | None = None, **options: Unpack[SenderOptions]
    ) -> Desk:
        """The same desk and store with another account, and his keyring, as `AsyncDesk.using`."""
        sender = Sender(self.node, account, **of_desk(self.deployment, options))
        return Desk(self.node, self.deployment, sender=sender, store=self._core._store, keyring=keyring)

    claims: Claims = late("proofdesk.claims.blocking", "Claims", "After-sales claims.")
    vault: Vault = late("proofdesk.claims.blocking", "Vault", "What refunds are paid from.")
    compensation: Compensation = late(
        "proofdesk.claims.blocking", "Compensation", "What late tickets pay their customers."
    )
    anchors: Anchors = late("proofdesk.anchors.resource", "Anchors", "Dates of Merkle roots.")
    keys: Keys = late("proofdesk.privacy.registry", "Keys", "Whose keys records are encrypted to.")
    records: Records = late("proofdesk.privacy.resource", "Records", "Records and who reads them.")
    proofs: Proofs = late("proofdesk.proof.resource", "Proofs", "Proofs of tickets for strangers.")

    @property
    def w3(self) -> Web3:
        """A Web3 over the same line."""
        return self.node.w3

    @property
    def sender(self) -> Sender:
        """What sends for this desk's account; raises ConfigurationError where it has none."""
        if self._sender is None:
            raise ConfigurationError(NO_ACCOUNT)
        return self._sender

    @property
    def archive(self) -> Archive:
        """The records; raises ConfigurationError for a folder that is another desk's store."""
        return self._core.archive

    def call(self, contract: str, function: str, *args: object) -> Call:
        """A call to one of the desk's contracts, as `AsyncDesk.call`."""
        return self._core.call(contract, function, *args)

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    check = blocking(AsyncDesk.check)
    read = blocking(AsyncDesk.read)
    send = blocking(AsyncDesk.send)
    result = blocking(AsyncDesk.result)
    now = blocking(AsyncDesk.now)
    prepare = blocking(AsyncDesk.prepare)
    keep = blocking(AsyncDesk.keep)
    watch = iterating(AsyncDesk.watch)
    close = blocking(AsyncDesk.close)
