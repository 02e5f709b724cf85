"""Where a command works: the node, the desk, the key and the output that its options name."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import click

from proofdesk._errors import ConfigurationError, DeploymentNotFound
from proofdesk.cli._command import RECORDS, SAID
from proofdesk.cli._language import _
from proofdesk.cli._output import Output
from proofdesk.cli._places import USUAL, answers, known_configs
from proofdesk.cli._sending import Sending, sending

if TYPE_CHECKING:
    from proofdesk._deployments import Deployment
    from proofdesk._desk import Desk
    from proofdesk._rpc import Node
    from proofdesk._sender import Sender
    from proofdesk._store import Store
    from proofdesk.cli._keyring import Keys
    from proofdesk.cli._keys import Signer
    from proofdesk.ops.config import Config
    from proofdesk.ops.network import Network

P = ParamSpec("P")
R = TypeVar("R")


class Unanswered(click.UsageError):
    """Nobody was there to answer a question; nothing was misspelt, so that no usage helps."""


class Here:
    """What the options of one command name, each looked up when it is asked for."""

    def __init__(self, context: click.Context) -> None:
        self._context = context
        self._said: dict[str, Any] = context.meta.get(SAID, {})
        self.out = Output(json=bool(self._said.get("json")), quiet=bool(self._said.get("quiet")))
        self.dry_run = bool(self._said.get("dry_run"))

    def says(self, option: str) -> bool:
        """Whether a shared option was said, on the command line or in the environment."""
        return self._said.get(option) is not None

    def store_of(self, chain_id: int, desk: str) -> Store | None:
        """The store at the place of records that was named, if it is there; `desk` is an address."""
        from proofdesk.cli._records import holds_anything, named_store
        from proofdesk.stores import open_store

        place = named_store(self._said)
        if place is None or not holds_anything(place):
            return None
        return open_store(place, chain_id=chain_id, desk=desk)

    # --------------------------------------------------------------------------------------- config and chain

    @cached_property
    def config_path(self) -> Path | None:
        """The config file that was named; raises UsageError for two, ConfigurationError for one not there."""
        file, network = self._said.get("config"), self._said.get("network")
        if file and network:
            raise click.UsageError(_("--config and --network both name a config: give one of them"))
        if not (file or network):
            return None
        path = Path(file) if file else Path("config") / f"{network}.toml"
        if path.is_dir():
            raise ConfigurationError(_("{path} is a folder, not a config file").format(path=path))
        if not path.exists():
            raise ConfigurationError(
                _("there is no config {path} here ({known}): write it, or name another by --config").format(
                    path=path, known=known_configs()
                )
            )
        return path

    def config(self) -> Config:
        """The config, read whole; raises ConfigurationError."""
        # Late, here and below: reading a ticket needs none of it.
        from proofdesk.ops.config import load

        return load(self._required_config())

    @property
    def network(self) -> Network | None:
        """The network of the config, if one was named and has one; the rest of the file is not looked at."""
        return self._described[2] if self._described is not None else None

    @property
    def currency(self) -> str:
        """What gas is paid in."""
        return self.network.currency if self.network is not None else "ETH"

    @cached_property
    def url(self) -> str:
        """The node's address; it may hold a key and is not shown.

        Where none is named it is a local chain's usual one, if anybody listens there, or else raises
        ConfigurationError.
        """
        named: str | None = self._said.get("node")
        if named:
            return named
        if self.network is not None:
            return self.network.url()
        if answers(USUAL):
            return f"http://{USUAL[0]}:{USUAL[1]}"
        raise ConfigurationError(
            _(
                "which node? Give --node URL, set PROOFDESK_NODE, or name a config by --network NAME; "
                "at {place}, where a local chain usually is, nobody answers"
            ).format(place=":".join(map(str, USUAL)))
        )

    def node(self) -> Node:
        """The node, of which nothing was asked yet; raises ConfigurationError."""
        from proofdesk._rpc import Node

        return Node(self.url)

    # ----------------------------------------------------------------------------------------------- the desk

    def name_or_path(self) -> str | Path | None:
        """The deployment as it was named: a path, a desk's name, or nothing."""
        named: str | None = self._said.get("deployment")
        if named is None:
            # The environment's is a path, which whoever looks for a manifest reads himself.
            if self._described is None or os.environ.get("PROOFDESK_DEPLOYMENT"):
                return None
            return self._described[0]
        return Path(named) if named.endswith(".json") or "/" in named or os.sep in named else named

    def deployment(self) -> Deployment:
        """The manifest of the desk, on the chain of the config, or of the node where none was named.

        Raises DeploymentNotFound, DeploymentMismatch, ConfigurationError.
        """
        from proofdesk._deployments import find, only_on

        if self._described is not None:
            name, chain_id, _network = self._described
        else:
            name, chain_id = None, int(self.node().request("eth_chainId"), 16)
        named = self.name_or_path()
        name = named if isinstance(named, str) else name
        try:
            found = find(chain_id, name, path=named if isinstance(named, Path) else None)
        except DeploymentNotFound as error:
            if not error.candidates:
                raise
            found = only_on(self.node().request("eth_getBlockByNumber", "0x0", False), error)
        return self._named(found)

    def manifest(self) -> Deployment:
        """As `deployment`, but where a path names a manifest no node is asked which chain it is of.

        For what is done without the chain, or though its node is out of order.
        """
        from proofdesk.cli._manifests import named_manifest

        # Beside a config it has to be of that one's chain.
        found = None if self._described is not None else named_manifest(self.name_or_path())
        return self.deployment() if found is None else self._named(found)

    def folder(self) -> Path:
        """The folder of manifests to write to; raises ConfigurationError where that is a file."""
        from proofdesk.cli._manifests import folder_of

        return folder_of(self.name_or_path())

    def desk(self) -> Desk:
        """The desk, to read from; raises what `Desk.connect` raises."""
        from proofdesk._desk import Desk
        from proofdesk.cli._records import NoRecords, holds_anything, named_store

        self._refuse_other_chain()
        kept = named_store(self._said)
        has_records = kept is not None and holds_anything(kept)
        named, store = self.name_or_path(), kept if has_records else None
        keyring = self.keys.reading() if self._has_records and self.keys is not None else None
        desk = Desk.connect(self.url, deployment=named, store=store, keyring=keyring)
        place = self.records_place(self._named(desk.deployment))
        if has_records or holds_anything(place):
            return desk
        # Who only reads makes no folder.
        return Desk(desk.node, desk.deployment, store=NoRecords(place), keyring=keyring)

    # ------------------------------------------------------------------------------------------------- acting

    @cached_property
    def signer(self) -> Signer:
        """Who acts; raises ConfigurationError."""
        from proofdesk.cli._keys import signer

        return signer(self._said, self.keys)

    @cached_property
    def keys(self) -> Keys | None:
        """The seed that was named, opened; raises ConfigurationError, UsageError."""
        from proofdesk.cli._keyring import keys_of

        return keys_of(self._said)

    @property
    def names_key(self) -> bool:
        """Whether any place of a key was named."""
        # Late: see above.
        from proofdesk.cli._keys import KEY

        named = any(self._said.get(name) for name in ("keystore", "wallet", "account"))
        return named or self.says("pseudonym") or KEY in os.environ

    @cached_property
    def sending(self) -> Sending:
        """How to send: by the options, else by the config's network; raises UsageError."""
        return sending(self._said, self.network)

    def acting(self) -> Desk:
        """The desk with the account that acts; in a dry run one on which nothing is sent or kept."""
        from proofdesk._desk import Desk
        from proofdesk.cli._records import named_store, rehearsed
        from proofdesk.stores import MemoryStore

        source, account = self._line()
        is_rehearsed = self.dry_run and not self._context.params.get("entry")
        try:
            desk = Desk.connect(
                source,
                account=account,
                deployment=self.name_or_path(),
                store=MemoryStore() if is_rehearsed else named_store(self._said),
                **self.sending.options(),
            )
        except DeploymentNotFound as error:
            if error.candidates or self._context.params.get("sign") is None:
                raise
            # Who only signs is a customer or an agent, and deploys nothing.
            told = _(
                "the manifest of the desk on chain {chain} is not here: get it from the desk, and name it by "
                "--deployment PATH"
            )
            raise ConfigurationError(told.format(chain=error.chain_id)) from None
        self._named(desk.deployment)
        keys = self.keys if self._has_records else None
        if keys is None and not is_rehearsed:
            return desk
        place = self.records_place(desk.deployment)
        store = rehearsed(desk.deployment, place) if is_rehearsed else desk.archive.store
        keyring = None if keys is None else keys.acting(desk)
        return Desk(desk.node, desk.deployment, sender=desk.sender, store=store, keyring=keyring)

    def sender(self) -> Sender:
        """What sends for the account that acts, where there need be no desk yet."""
        from proofdesk._sender import Sender

        source, account = self._line()
        return Sender(source, account, **self.sending.options())

    def confirm(self, question: str) -> None:
        """Ask before what cannot be undone; raises Unanswered where nobody can, Abort for a no."""
        if self._said.get("yes") or self.dry_run:
            return
        if self.out.json or not sys.stdin.isatty():
            raise Unanswered(_("{question} Say so by --yes.").format(question=question))
        click.confirm(question, abort=True, err=True)

    # ----------------------------------------------------------------------------------------------- internal

    @property
    def _has_records(self) -> bool:
        """Whether this command reads or writes contents: others are to ask for no password for it."""
        return any(group is RECORDS for group in getattr(self._context.command, "shares", ()))

    def _named(self, deployment: Deployment) -> Deployment:
        """A deployment, if it is the one that was named: the environment's may be another desk's."""
        named = self.name_or_path()
        if isinstance(named, str) and named != deployment.desk:
            raise ConfigurationError(
                _("PROOFDESK_DEPLOYMENT is the manifest of desk {found}, not of {wanted}: name one").format(
                    found=deployment.desk, wanted=named
                )
            )
        return deployment

    def _refuse_other_chain(self) -> None:
        """Refuse a node of another chain than the config's; raises WrongChain."""
        if self._described is None:
            return
        # Late: with its errors the core is loaded.
        from proofdesk.cli._failures import WrongChain

        wanted, found = self._described[1], int(self.node().request("eth_chainId"), 16)
        if wanted != found:
            raise WrongChain(
                _("the config is for chain {wanted}, the node is on chain {found}: change either of them"),
                wanted=wanted,
                found=found,
            )

    def _line(self) -> tuple[Any, Any]:
        from proofdesk.cli._lines import Rehearsal, Wallet

        # The addresses are looked at before a password is asked for.
        url, signer = self.url, self.signer
        self._refuse_other_chain()
        if self.dry_run:
            return Rehearsal(url), signer.address
        if signer.wallet is not None:
            wallet = Wallet(url, signer.wallet)
            wallet.chain  # noqa: B018  before anything is asked or kept, it is seen to be the node's
            return wallet, signer.address
        return url, signer.account()

    def records_place(self, deployment: Deployment) -> Path | str:
        """The folder or the address where contents are kept; raises ConfigurationError for a file."""
        from proofdesk.cli._records import place_of

        return place_of(self._said, deployment)

    @cached_property
    def _described(self) -> tuple[str, int, Network | None] | None:
        """The desk, the chain and the network of the config, if one was named; the rest is not looked at."""
        if self.config_path is None:
            return None
        from proofdesk.ops.network import read_desk

        return read_desk(self.config_path)

    def _required_config(self) -> Path:
        if self.config_path is None:
            raise ConfigurationError(
                _("which config? Give --network NAME ({known}), or --config FILE").format(
                    known=known_configs()
                )
            )
        return self.config_path


def with_here(command: Callable[Concatenate[Here, P], R]) -> Callable[P, R]:
    """Pass a command where it works, before its own arguments."""

    @wraps(command)
    def call(*arguments: P.args, **options: P.kwargs) -> R:
        return command(Here(click.get_current_context()), *arguments, **options)

    return call
