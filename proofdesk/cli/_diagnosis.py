"""What `proofdesk doctor` looks at: each look yields whether it is well, and the remedy where it is not.

A look that cannot be taken because an earlier one failed is left out: its answer would only mislead.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proofdesk._errors import ConfigurationError, ProofdeskError
from proofdesk.cli._here import Here
from proofdesk.cli._language import _
from proofdesk.cli._manifests import DEPLOYMENTS
from proofdesk.cli._values import about, clean, gwei, span, when

if TYPE_CHECKING:
    from proofdesk._deployments import Deployment
    from proofdesk._rpc import Node

OK, WARNING, FAILURE = "ok", "warning", "failure"

# What most acts on a ticket stay below, by benchmarks/results.json; a certificate takes twice as much.
ACT_GAS = 75_000
FEW_ACTS = 20
STALE_SECONDS, SKEW_SECONDS = 600, 15

# The packages that a desk is worked with, and those that the wheel asks for the least.
_PACKAGES = ("proofdesk", "web3", "eth-account", "rfc8785", "click", "rich")
_EXTRAS = {"coincurve": "proofdesk[fast]", "SQLAlchemy": "proofdesk[index]"}


@dataclass(frozen=True, slots=True)
class Look:
    """One thing that was looked at: `state` is ok, warning or failure; `remedy` what to do about it."""

    what: str
    state: str
    found: str
    remedy: str = ""


class Diagnosis:
    """Everything that a desk's work needs, looked at in the order in which it is needed."""

    def __init__(self, here: Here) -> None:
        self._here = here
        self._node: Node | None = None
        self._latest: dict[str, Any] = {}
        self._deployment: Deployment | None = None
        self._address: str | None = None
        self._price = 0

    def looks(self) -> Iterator[Look]:
        """Take every look that can be taken; what is wrong is said once, where it is first met."""
        problems = set()
        for what, look in (
            (_("versions"), self._versions),
            (_("config"), self._config),
            (_("node"), self._reach),
            (_("latest block"), self._blocks),
            (_("fees"), self._fees),
            (_("deployment"), self._manifest),
            (_("contracts"), self._contracts),
            (_("version of the desk"), self._desk_version),
            (_("key"), self._key),
            (_("roles"), self._roles),
            (_("balance"), self._balance),
            (_("records"), self._records),
            (_("who reads"), self._readers),
        ):
            for found in _safely(what, look):
                if found.state != FAILURE or found.found not in problems:
                    yield found
                problems.add(found.found)

    # ------------------------------------------------------------------------------------------- this machine

    def _versions(self) -> Iterator[Look]:
        from importlib.metadata import PackageNotFoundError, version

        found, missing = [f"Python {sys.version.split()[0]}"], []
        for name in (*_PACKAGES, *_EXTRAS):
            try:
                found.append(f"{name} {version(name)}")
            except PackageNotFoundError:
                if name in _PACKAGES:
                    missing.append(name)
        if missing:
            yield Look(
                _("versions"),
                FAILURE,
                _("missing: {names}").format(names=", ".join(missing)),
                'pip install --upgrade "proofdesk[cli]"',
            )
        yield Look(_("versions"), OK, ", ".join(found))

    def _config(self) -> Iterator[Look]:
        path = self._here.config_path
        if path is not None:
            config = self._here.config()
            told = _("{path}: desk {desk} on chain {chain}")
            yield Look(_("config"), OK, told.format(path=path, desk=config.desk, chain=config.chain_id))

    # ----------------------------------------------------------------------------------------------- the node

    def _reach(self) -> Iterator[Look]:
        node = self._here.node()
        chain_id = int(node.request("eth_chainId"), 16)
        self._node = node
        kind = str(node.request("web3_clientVersion")).split("/")[0][:40]
        config = self._here.config() if self._here.config_path is not None else None
        if config is not None and config.chain_id != chain_id:
            yield Look(
                _("node"),
                FAILURE,
                _("it is on chain {found}, the config is for chain {wanted}").format(
                    found=chain_id, wanted=config.chain_id
                ),
                _("give the address of a node of that chain by --node, or the config of this one"),
            )
            return
        syncing = node.request("eth_syncing")
        if syncing:
            yield Look(
                _("node"),
                WARNING,
                _("{kind} on chain {chain}, still catching up").format(kind=kind, chain=chain_id),
                _("wait until it has, or use another node"),
            )
        else:
            yield Look(_("node"), OK, _("{kind} on chain {chain}").format(kind=kind, chain=chain_id))

    def _blocks(self) -> Iterator[Look]:
        if self._node is None:
            return
        self._latest = self._node.request("eth_getBlockByNumber", "latest", False)
        number, at = int(self._latest["number"], 16), int(self._latest["timestamp"], 16)
        age = int(time.time()) - at
        found = _("{number}, {age} old").format(number=f"{number:,}", age=_length(age))
        if age < -SKEW_SECONDS:
            yield Look(
                _("latest block"),
                WARNING,
                _("{number} lies {ahead} ahead of this machine's clock").format(
                    number=f"{number:,}", ahead=_length(-age)
                ),
                _("set this machine's clock; on a local chain whose time was moved this is no harm"),
            )
        elif age > STALE_SECONDS and not self._is_local:
            yield Look(
                _("latest block"),
                WARNING,
                found,
                _("the node has fallen behind, or this machine's clock runs ahead: see which"),
            )
        else:
            yield Look(_("latest block"), OK, found)

    def _fees(self) -> Iterator[Look]:
        if not self._latest:
            return
        node = self._must(self._node)
        self._price = int(node.request("eth_gasPrice"), 16)
        cap = self._here.sending.max_fee_per_gas
        base = int(self._latest.get("baseFeePerGas", "0x0"), 16)
        found = _("{price} for a unit of gas, an act about {cost}").format(
            price=gwei(self._price), cost=about(ACT_GAS * self._price, self._here.currency)
        )
        if cap is not None and cap < max(base, 1):
            yield Look(
                _("fees"),
                FAILURE,
                _("the chain asks {base}, the cap is {cap}").format(base=gwei(base), cap=gwei(cap)),
                _("wait, or raise max_fee_per_gas in the config or by --max-fee-per-gas"),
            )
        else:
            yield Look(_("fees"), OK, found)

    # ----------------------------------------------------------------------------------------------- the desk

    def _manifest(self) -> Iterator[Look]:
        if self._node is None:
            return
        found = self._here.deployment()
        self._deployment = found
        told = _("desk {desk} of {created}, by {place}").format(
            desk=found.desk, created=found.created, place=self._place()
        )
        yield Look(_("deployment"), OK, told)

    def _contracts(self) -> Iterator[Look]:
        if self._deployment is None:
            return
        from proofdesk._desk import Desk

        Desk(self._must(self._node), self._deployment).check()
        yield Look(_("contracts"), OK, _("genesis block and code are the manifest's"))

    def _desk_version(self) -> Iterator[Look]:
        if self._deployment is None:
            return
        from proofdesk._deployments import VERSION
        from proofdesk.ops._code import bytecode_hash, origin

        contracts = self._deployment.contracts.items()
        others = [name for name, contract in contracts if contract.bytecode_hash != bytecode_hash(name)]
        what = _("version of the desk")
        if others:
            told = _("{names} are not those of this package, {ours}")
            remedy = _("use {origin}").format(origin=origin(self._deployment))
            yield Look(what, FAILURE, told.format(names=", ".join(others), ours=VERSION), remedy)
        else:
            yield Look(what, OK, _("its contracts are those of this package, {ours}").format(ours=VERSION))

    # -------------------------------------------------------------------------------------------- the account

    def _key(self) -> Iterator[Look]:
        if not self._here.names_key:
            yield Look(
                _("key"),
                WARNING,
                _("none was named, so nothing can be sent"),
                _("give --keystore FILE or one of the other ways, as `proofdesk ticket open --help` lists"),
            )
            return
        signer = self._here.signer
        account = signer.account()
        address = account if isinstance(account, str) else account.address
        if isinstance(account, str) and self._node is not None:
            from proofdesk._rpc import Node

            holder = self._node if signer.wallet is None else Node(signer.wallet)
            if address.lower() not in map(str.lower, holder.request("eth_accounts")):
                yield Look(
                    _("key"),
                    FAILURE,
                    _("{place} does not sign for {address}").format(place=signer.place, address=address),
                    _("name an account that it has, or give --keystore FILE"),
                )
                return
        if signer.wallet is not None and self._node is not None:
            from proofdesk.cli._lines import Wallet

            Wallet(self._here.url, signer.wallet).chain  # noqa: B018  raises where it is not the node's
        self._address = address
        yield Look(_("key"), OK, _("{address}, by {place}").format(address=address, place=signer.place))

    def _roles(self) -> Iterator[Look]:
        if self._deployment is None or self._address is None:
            return
        from proofdesk._desk import Desk
        from proofdesk.ops.roles import Role

        desk = Desk(self._must(self._node), self._deployment)
        held = [role.key for role in Role if desk.read("DeskAccess", "hasRole", int(role), self._address)[0]]
        for name, number in self._deployment.programs.items():
            certificate = desk.certification.of(self._address, number)
            if certificate is not None and certificate.is_valid(desk.now()):
                until = when(certificate.expires_at)
                held.append(_("agent of {program} until {until}").format(program=name, until=until))
        yield Look(_("roles"), OK, ", ".join(held) or _("none: it may open, rate and expire as anyone may"))

    def _balance(self) -> Iterator[Look]:
        if self._address is None or not self._latest:
            return
        balance = int(self._must(self._node).request("eth_getBalance", self._address, "latest"), 16)
        acts = balance // (ACT_GAS * self._price) if self._price else None
        found = about(balance, self._here.currency)
        if acts is not None and acts < FEW_ACTS:
            yield Look(
                _("balance"),
                WARNING if acts else FAILURE,
                _("{found}, enough for {count} acts").format(found=found, count=acts),
                _("send {address} some more").format(address=self._address),
            )
        else:
            yield Look(_("balance"), OK, found)

    def _records(self) -> Iterator[Look]:
        if self._deployment is not None:
            from proofdesk.cli._record_looks import where_kept

            yield from where_kept(self._here, self._deployment)

    def _readers(self) -> Iterator[Look]:
        if self._deployment is not None:
            from proofdesk.cli._record_looks import who_reads

            yield from who_reads(self._here, self._deployment, self._address, is_local=self._is_local)

    # ----------------------------------------------------------------------------------------------- internal

    @property
    def _is_local(self) -> bool:
        from proofdesk.ops.network import LOCAL_CHAINS

        return int(self._must(self._node).request("eth_chainId"), 16) in LOCAL_CHAINS

    def _place(self) -> str:
        named = self._here.name_or_path()
        if isinstance(named, Path):
            return f"--deployment {named}"
        if path := os.environ.get("PROOFDESK_DEPLOYMENT"):
            return f"PROOFDESK_DEPLOYMENT={path}"
        chain = Path(DEPLOYMENTS) / str(self._must(self._deployment).chain_id)
        return str(chain) if chain.is_dir() else _("the package")

    @staticmethod
    def _must(value: Any) -> Any:
        assert value is not None, "looks that need it are left out without it"
        return value


def _safely(what: str, look: Callable[[], Iterator[Look]]) -> Iterator[Look]:
    """A look's answer; an error on the way is one too, and carries its own remedy."""
    try:
        yield from look()
    except (ProofdeskError, OSError) as error:
        problem, _colon, remedy = clean(str(error)).partition(": ")
        if not remedy or isinstance(error, (OSError, ConfigurationError)):
            problem, remedy = clean(str(error)), ""
        yield Look(what, FAILURE, problem, remedy)


def _length(seconds: int) -> str:
    from datetime import timedelta

    return span(timedelta(seconds=seconds))
