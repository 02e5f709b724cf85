"""Deploying a desk: contracts, programs, lanes, claims, rules, grants; resumable after any interruption.

Every step looks at the chain before it sends, and the manifest is written after each. Programs, lanes and
what claims begin with come before the rules: until those are set every restricted function is ADMIN's, so the
deployer needs no more.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

from proofdesk._abi import encode_call, encode_constructor
from proofdesk._deployments import Contract, Deployment
from proofdesk._errors import ConfigurationError, ContractRevert, DeploymentMismatch, TransactionError
from proofdesk._records import Json
from proofdesk._sender import Sender
from proofdesk._words import address_of, moment
from proofdesk.ops._access import is_admin, missing_delays, missing_grants, missing_rules, wanted_grants
from proofdesk.ops._addresses import FACTORY, created_by, created_by_factory, creation_of, salt
from proofdesk.ops._begun import begun, is_deterministic
from proofdesk.ops._claims import Item, NotDone, items_of, perform, refuse_undone
from proofdesk.ops._code import bytecode_hash, code_at, code_hash, is_code_of, origin
from proofdesk.ops._contracts import MADE_WITH, MANAGER, contracts_of
from proofdesk.ops._journal import Journal
from proofdesk.ops._known import refuse_planted
from proofdesk.ops._terms import ensure_article, ensure_lane, ensure_program
from proofdesk.ops.config import Config, LaneTerms, ProgramTerms, refuse_undatable
from proofdesk.ops.cost import estimate
from proofdesk.ops.network import LOCAL_CHAINS
from proofdesk.ops.roles import Role

FOLDER = "deployments"
_PENDING_SECONDS, _PAUSE = 120.0, 0.05


@dataclass(frozen=True, slots=True)
class Step:
    """A step that is done: its place among all, its name, its transactions (none where it was there)."""

    number: int
    of: int
    name: str
    transactions: tuple[str, ...]


Progress: TypeAlias = Callable[[Step], None]


def deploy(
    sender: Sender, config: Config, *, path: str | Path | None = None, progress: Progress | None = None
) -> Deployment:
    """Deploy a desk, or go on where an interrupted deployment stopped; the sender pays and becomes ADMIN.

    `path` is the folder of manifests, deployments/ by default. Once all is there, running it again sends
    nothing. Raises ConfigurationError or DeploymentMismatch where chain, manifest and config do not fit
    together, InsufficientFunds before anything is sent where the balance will not do (but not on a local
    chain), and what `Sender.send` raises.

    >>> deployment = deploy(sender, config, path=folder)
    >>> deployment.lane("cards-fraud")
    2
    """
    node = sender.node
    chain_id = int(node.request("eth_chainId"), 16)
    if chain_id != config.chain_id:
        raise ConfigurationError(
            f"the config is for chain {config.chain_id}, the node is on chain {chain_id}: choose the other"
        )
    folder = Path(path or FOLDER)
    with closing(Journal(folder / str(chain_id), sender.address, config.desk)) as journal:
        return _Run(sender, config, folder, journal).run(progress)


class _Run:
    def __init__(self, sender: Sender, config: Config, folder: Path, journal: Journal) -> None:
        self._sender = sender
        self._node = sender.node
        self._config = config
        self._folder = folder
        self._journal = journal
        self._deployment = begun(self._node, config, folder)
        self._by_factory = is_deterministic(self._node, config)

    def run(self, progress: Progress | None) -> Deployment:
        """Take every step in order."""
        latest = self._node.request("eth_getBlockByNumber", "latest", False)
        known = self._deployment.programs
        new = (program for program in self._config.programs if program.name not in known)
        refuse_undatable(new, int(latest["timestamp"], 16))
        wait_for_pending(self._sender)
        for name in self._deployment.contracts:
            if name in MADE_WITH:
                self._check_known(name)
        refuse_planted(self._node, self._deployment, self._sender.address)
        if self._config.chain_id not in LOCAL_CHAINS:
            # Half a desk that nobody can pay to the end helps nobody.
            account = self._sender.address
            estimate(self._node, account, self._config, path=self._folder).require()
        steps, left = list(self._steps()), []
        for number, (name, step) in enumerate(steps, 1):
            try:
                transactions = tuple(step())
            except NotDone as error:
                # It waits for somebody else, or for a delay: what comes after it does not.
                left.append(error)
                continue
            self._deployment.save(self._folder)
            if (planned := self._journal.read()) and planned.contract in self._deployment.contracts:
                self._journal.clear()
            if progress is not None:
                progress(Step(number, len(steps), name, transactions))
        refuse_undone(left)
        return self._deployment

    def _steps(self) -> Iterator[tuple[str, Callable[[], Iterable[str]]]]:
        for contract in contracts_of(with_claims=self._config.claims is not None):
            yield f"contract {contract}", partial(self._contract, contract)
        for number, program in enumerate(self._config.programs, 1):
            yield f"program {program.name}", partial(self._program, number, program)
        for number, lane in enumerate(self._config.lanes, 1):
            yield f"lane {lane.name}", partial(self._lane, number, lane)
        # Until there are rules all of it is ADMIN's; afterwards it is theirs whom the rules name.
        for item in items_of(self._config):
            yield item.name, partial(self._item, item)
        yield "rules", self._rules
        yield "grants", self._grants

    @property
    def _addresses(self) -> dict[str, str]:
        return {name: contract.address for name, contract in self._deployment.contracts.items()}

    def _is_admin(self, account: str) -> bool:
        return is_admin(self._node, self._address(MANAGER), account)

    def _address(self, contract: str) -> str:
        return self._deployment.contract(contract).address

    def _send(self, contract: str, function: str, *args: object) -> str:
        return self._sender.send(self._address(contract), encode_call(contract, function, *args)).tx_hash

    # ------------------------------------------------------------------------------------------ contracts

    def _contract(self, name: str) -> Iterator[str]:
        if name in self._deployment.contracts:
            return
        arguments = self._arguments(name)
        code = encode_constructor(name, *arguments)
        if self._by_factory:
            manager = "" if arguments else self._address(MANAGER)
            yield from self._create_by_factory(name, arguments, salt(self._config.desk, manager) + code)
            return
        transaction = self._sent_before(name)
        if transaction is None:
            nonce = int(self._node.request("eth_getTransactionCount", self._sender.address, "pending"), 16)
            self._journal.write(name, nonce, self._node.height())
            transaction = self._sender.send(None, code).tx_hash
            yield transaction
        self._record(name, arguments, transaction)

    def _create_by_factory(self, name: str, arguments: tuple[str, ...], data: bytes) -> Iterator[str]:
        """Create a contract where it belongs, unless it is there: by an interrupted run, or by another."""
        address = created_by_factory(data)
        transaction = None
        if not code_at(self._node, address):
            try:
                transaction = self._sender.send(FACTORY, data).tx_hash
                yield transaction
            except ContractRevert:
                # The factory makes nothing twice. Who was quicker made the same, with this deployer as ADMIN.
                if not code_at(self._node, address):
                    raise
        self._record(name, arguments, transaction or creation_of(self._node, address), address)

    def _arguments(self, name: str) -> tuple[str, ...]:
        return (self._sender.address,) if name == MANAGER else tuple(map(self._address, MADE_WITH[name]))

    def _sent_before(self, name: str) -> str | None:
        """The transaction that created a contract just before a crash; None if there was none."""
        planned = self._journal.read()
        if planned is None or planned.contract != name:
            return None
        used = int(self._node.request("eth_getTransactionCount", self._sender.address, "latest"), 16)
        # Another sender of this account may have been quicker by a nonce or two.
        for nonce in range(planned.nonce, used):
            address = created_by(self._sender.address, nonce)
            if is_code_of(name, code_at(self._node, address)):
                return creation_of(self._node, address, planned.block)
        return None

    def _record(
        self, name: str, arguments: tuple[Json, ...], transaction: str, address: str | None = None
    ) -> None:
        receipt = self._node.request("eth_getTransactionReceipt", transaction)
        address = address or address_of(int(receipt["contractAddress"], 16))
        code = code_at(self._node, address)
        if not is_code_of(name, code):
            raise DeploymentMismatch(f"the code of {name} at {address}", "this package's", code_hash(code))
        block = int(receipt["blockNumber"], 16)
        contract = Contract(address, arguments, transaction, block, code_hash(code), bytecode_hash(name))
        contracts = {**self._deployment.contracts, name: contract}
        self._deployment = replace(self._deployment, contracts=contracts)
        if name == MANAGER:
            mined = self._node.request("eth_getBlockByNumber", receipt["blockNumber"], False)
            created = moment(int(mined["timestamp"], 16)).strftime("%Y-%m-%dT%H:%M:%SZ")
            self._deployment = replace(self._deployment, created=created)

    def _check_known(self, name: str) -> None:
        known = self._deployment.contract(name)
        code = code_at(self._node, known.address)
        found = code_hash(code)
        if found != known.code_hash:
            raise DeploymentMismatch(f"the code of {name} at {known.address}", known.code_hash, found)
        if known.bytecode_hash != bytecode_hash(name):
            raise ConfigurationError(
                f"desk {self._config.desk} was begun with another version of {name}: go on with "
                f"{origin(self._deployment)}, or deploy under another name"
            )
        if not is_code_of(name, code):
            raise DeploymentMismatch(f"the code of {name} at {known.address}", "this package's", found)
        receipt = self._node.request("eth_getTransactionReceipt", known.transaction)
        if receipt and int(receipt["blockNumber"], 16) != known.block:
            # A reorganisation put the transaction into another block.
            self._record(name, known.arguments, known.transaction, known.address)

    # --------------------------------------------------------------------------------- programs and lanes

    def _program(self, number: int, terms: ProgramTerms) -> Iterator[str]:
        yield from ensure_program(self._sender, self._deployment, number, terms)
        programs = {**self._deployment.programs, terms.name: number}
        self._deployment = replace(self._deployment, programs=programs)

    def _lane(self, number: int, terms: LaneTerms) -> Iterator[str]:
        yield from ensure_lane(self._sender, self._deployment, number, terms)
        # An article is changed in the course of things: only a lane that is new here gets the config's.
        if terms.name not in self._deployment.lanes:
            yield from ensure_article(self._sender, self._deployment, number, terms)
        self._deployment = replace(self._deployment, lanes={**self._deployment.lanes, terms.name: number})

    def _item(self, item: Item) -> Iterator[str]:
        yield from perform(self._sender, self._deployment, item)
        if item.policy:
            policies = {**self._deployment.policies, item.policy[0]: item.policy[1]}
            self._deployment = replace(self._deployment, policies=policies)

    # ---------------------------------------------------------------------------------------------- roles

    def _rules(self) -> Iterator[str]:
        calls = missing_rules(self._node, self._addresses)
        if not self._is_admin(deployer_of(self._deployment)):
            # A contract that came after the handover has none of its delays.
            calls += missing_delays(self._node, self._addresses)
        yield from self._manage(calls, "rules")

    def _grants(self) -> Iterator[str]:
        manager, deployer = self._address(MANAGER), deployer_of(self._deployment)
        handed_over = not self._is_admin(deployer)
        # What the deployer held until the handover he is not to get again.
        grants = [
            grant
            for grant in wanted_grants(self._config, deployer, self._addresses)
            if not handed_over or grant.account != deployer
        ]
        sent = tuple(self._manage(missing_grants(self._node, manager, grants), "grants"))
        yield from sent
        # A manifest that was lost after the handover is written anew, with what the chain says of the roles.
        owner = self._config.owner if sent or not self._deployment.roles else None
        if not handed_over or (owner and self._is_admin(owner)):
            admin = str(owner) if handed_over else deployer
            roles = {
                role.key: tuple(grant.account for grant in grants if grant.role is role) for role in Role
            }
            self._deployment = replace(self._deployment, roles=roles | {Role.ADMIN.key: (admin,)})

    def _manage(self, calls: list[bytes], what: str) -> Iterator[str]:
        """Make calls to the manager in one transaction: all of them or none."""
        if not calls:
            return
        if not self._is_admin(self._sender.address):
            raise ConfigurationError(
                f"{len(calls)} {what} are missing and {self._sender.address} is not ADMIN: "
                "whoever is must add them; check_deployment names them"
            )
        yield self._send(MANAGER, "multicall", calls)


def deployer_of(deployment: Deployment) -> str:
    """The account that deployed, and was ADMIN until the handover.

    Raises ConfigurationError where the manifest does not name it.
    """
    if not (arguments := deployment.contract(MANAGER).arguments):
        raise ConfigurationError(
            f"{MANAGER} of desk {deployment.desk} was made without an ADMIN, says its manifest: restore it"
        )
    return str(arguments[0])


def wait_for_pending(sender: Sender) -> None:
    """Wait until nothing that this account sent before is on its way; raises TransactionError in the end."""
    node = sender.node
    deadline = time.monotonic() + _PENDING_SECONDS
    while True:
        mined, known = (
            int(node.request("eth_getTransactionCount", sender.address, tag), 16)
            for tag in ("latest", "pending")
        )
        if mined >= known:
            return
        if time.monotonic() > deadline:
            raise TransactionError(
                f"transaction {mined} of {sender.address} is not mined: wait, or replace it with higher fees"
            )
        time.sleep(_PAUSE)
