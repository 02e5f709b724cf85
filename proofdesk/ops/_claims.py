"""Bringing what a config says of claims onto the chain: tokens, offices, policies, promises.

Each is one call, opened by one role. Where the caller's role has a delay, the call is announced first, and
made when the same command is run again after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from proofdesk._abi import encode_call
from proofdesk._deployments import Deployment
from proofdesk._errors import ConfigurationError, ContractRevert
from proofdesk._rpc import Node
from proofdesk._sender import Sender
from proofdesk._words import moment, to_hex
from proofdesk.claims import ETH, Policy
from proofdesk.ops._contracts import COMPENSATION, DESK, MANAGER, POLICIES, VAULT
from proofdesk.ops._tokens import decimals_of
from proofdesk.ops.claims_terms import ClaimsTerms, Compensation
from proofdesk.ops.config import Config
from proofdesk.ops.roles import opened

# A term's end while it lasts.
IN_OFFICE = 2**64 - 1
_NOTHING = (ETH, 0, 0)  # what a lane without a promise promises


@dataclass(frozen=True, slots=True)
class Item:
    """One call that a config asks for; `is_done` tells of a desk's addresses whether the chain has it.

    `is_done` raises NotDone where it can never be as the config says. `policy` is the name and the hash of
    the policy that it publishes, if it does.
    """

    name: str
    contract: str
    function: str
    arguments: tuple[Any, ...]
    is_done: Callable[[Node, Mapping[str, str]], bool]
    policy: tuple[str, str] | None = None

    @property
    def data(self) -> bytes:
        """The call."""
        return encode_call(self.contract, self.function, *self.arguments)

    @property
    def role(self) -> str:
        """The role that may make it, as a config names it."""
        return dict(opened(self.contract))[self.function].key


class NotDone(ConfigurationError):  # noqa: N818  as the errors of the package
    """An item that is not on chain yet, and what it waits for; others go on without it."""


def items_of(config: Config) -> Iterator[Item]:
    """All that a config says of claims, in the order in which it is done; nothing for a desk without claims.

    >>> [item.name for item in items_of(config)][:1]
    ['merchant 0x2361…1E8f']
    """
    terms = config.claims or ClaimsTerms()
    for token in terms.tokens:
        listed = partial(_is_listed, token, terms.decimals.get(token))
        yield Item(f"token {_short(token)}", VAULT, "listToken", (token,), listed)
    for account in terms.merchants:
        who = f"merchant {_short(account)}"
        in_office = partial(_is_in_office, who, "merchantTerm", (account,))
        yield Item(who, POLICIES, "appointMerchant", (account,), in_office)
    for kind, account in terms.parties:
        who = f"party {kind.name.lower()} {_short(account)}"
        place = account, int(kind)
        in_office = partial(_is_in_office, who, "partyTerm", place)
        yield Item(who, POLICIES, "accredit", place, in_office)
    for name, policy in terms.policies.items():
        yield policy_item(name, policy)
    numbers = {lane.name: number for number, lane in enumerate(config.lanes, 1)}
    for promise in terms.compensation:
        number = numbers[promise.lane]
        offer = number, promise.token, promise.amount, promise.daily_cap
        offered = partial(_is_offered, number, promise)
        yield Item(f"compensation {promise.lane}", COMPENSATION, "offer", offer, offered)


def policy_item(name: str, policy: Policy) -> Item:
    """The publishing of a policy."""
    is_done = partial(_is_published, policy)
    return Item(f"policy {name}", POLICIES, "publishPolicy", policy.abi, is_done, (name, policy.id))


def perform(sender: Sender, deployment: Deployment, item: Item) -> Iterator[str]:
    """Make an item's call where the chain does not have it; yields transactions sent.

    Raises NotDone where it is announced, another's to make, or refused by the contract, and what else
    `Sender.send` raises.
    """
    node, manager = sender.node, deployment.contract(MANAGER).address
    addresses = {name: contract.address for name, contract in deployment.contracts.items()}
    if item.is_done(node, addresses):
        return
    target, data = addresses[item.contract], item.data
    is_open, delay = node.call(MANAGER, manager, "canCall", sender.address, target, to_hex(data[:4]))
    if not is_open and not delay:
        raise NotDone(f"{item.name}: a {item.role}'s to add, and {sender.address} is none")
    if not is_open:
        operation = node.call(MANAGER, manager, "hashOperation", sender.address, target, to_hex(data))
        due = node.call(MANAGER, manager, "getSchedule", operation)
        if not due:
            yield sender.send(manager, encode_call(MANAGER, "schedule", target, to_hex(data), 0)).tx_hash
            due = node.call(MANAGER, manager, "getSchedule", operation)
        latest = node.request("eth_getBlockByNumber", "latest", False)
        if due > int(latest["timestamp"], 16):
            raise NotDone(f"{item.name}: announced, run this again from {moment(due):%Y-%m-%d %H:%M} UTC on")
    try:
        yield sender.send(target, data).tx_hash
    except ContractRevert as error:
        # Somebody else was quicker, or the config asks for what cannot be: what comes after it can.
        raise NotDone(f"{item.name}: {error}") from error


def refuse_undone(left: Iterable[NotDone]) -> None:
    """Raise ConfigurationError naming what is left, if anything is.

    >>> refuse_undone([])
    """
    if reasons := [str(reason) for reason in left]:
        raise ConfigurationError(f"all else is done, but not {'; '.join(reasons)}")


def _is_listed(token: str, decimals: int | None, node: Node, addresses: Mapping[str, str]) -> bool:
    found = decimals_of(node, token)
    if decimals is not None and found not in (None, decimals):
        # Amounts in policies and promises would be others, for ever.
        raise ConfigurationError(
            f"token {token} has {found} decimals, and the config's policies and promises give it {decimals}: "
            "correct them first"
        )
    return VAULT in addresses and bool(node.call(VAULT, addresses[VAULT], "isListed", token))


def _is_in_office(
    who: str, view: str, place: tuple[Any, ...], node: Node, addresses: Mapping[str, str]
) -> bool:
    if POLICIES not in addresses:
        return False
    since, until = node.call(POLICIES, addresses[POLICIES], view, *place)
    if since and until != IN_OFFICE:
        raise NotDone(
            f"{who}: dismissed at {moment(until):%Y-%m-%d %H:%M} UTC, and an address has its office once: "
            "take it out of the config, or name another"
        )
    return bool(since)


def _is_published(policy: Policy, node: Node, addresses: Mapping[str, str]) -> bool:
    if POLICIES not in addresses:
        return False
    # A reason that the policy has: no rule of a published policy has no window.
    rule = node.call(POLICIES, addresses[POLICIES], "ruleOf", policy.id, int(policy.rules[0].reason))
    return bool(rule[1])


def _is_offered(lane: int, promise: Compensation, node: Node, addresses: Mapping[str, str]) -> bool:
    wanted = promise.token, promise.amount, promise.daily_cap
    found = _NOTHING
    if COMPENSATION in addresses:
        found = node.call(COMPENSATION, addresses[COMPENSATION], "offerOf", lane)
    if not found[1] and _is_in_use(lane, node, addresses):
        raise NotDone(
            f"compensation {promise.lane}: its lane has tickets, and a promise comes before the first: take "
            "it out of the config, or promise it for a new lane"
        )
    if found[1] and found != wanted:
        raise NotDone(
            f"compensation {promise.lane}: its lane promises {found[1]} of {found[0]}, {found[2]} a day, for "
            "ever: correct the config, or promise it for another lane"
        )
    return bool(found[1])


def _is_in_use(lane: int, node: Node, addresses: Mapping[str, str]) -> bool:
    """Whether a lane ever had a ticket; one that is still to be created had none."""
    if DESK not in addresses or lane > node.call(DESK, addresses[DESK], "laneCount"):
        return False
    *_, size = node.call(DESK, addresses[DESK], "lane", lane)
    return bool(size)


def _short(address: str) -> str:
    return f"{address[:6]}…{address[-4:]}"
