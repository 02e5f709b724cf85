"""What an operator decides about claims: the table [claims] of config/<network>.toml, read strictly.

    [claims]
    tokens = ["0x…"]                       # ERC-20, beside ETH
    merchants = ["shop"]                   # who signs receipts
    policies = ["policies/standard.toml"]  # files beside the config; their names are the policies'
    [claims.parties]                       # who signs evidence, by its kind
    delivery = ["carrier"]
    [[claims.compensation]]                # what a breach pays: promised once, before a lane's first ticket
    lane = "refunds"
    token = "ETH"
    amount = "0.01"
    daily_cap = "0.5"

A desk without the table has no claims; it may get them later.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proofdesk._errors import ConfigurationError
from proofdesk.claims import ETH, EvidenceKind, Policy
from proofdesk.ops._tokens import ETHER_DECIMALS
from proofdesk.ops._toml import Table, read
from proofdesk.ops.network import POLICY_NAME

if TYPE_CHECKING:
    from proofdesk.ops.config import LaneTerms

_ETHER_NAME = "ETH"

# The address that a table's value names: (table, key, value).
Address = Callable[[Table, str, Any], str]


@dataclass(frozen=True, slots=True)
class Compensation:
    """What a lane pays for a breach, and in a day of UTC at most, in the token's smallest units."""

    lane: str
    token: str
    amount: int
    daily_cap: int


@dataclass(frozen=True, slots=True)
class ClaimsTerms:
    """What a desk's claims begin with.

    `parties` are accounts by what they attest, `policies` by name; `decimals` is what the config says of
    ERC-20s, without which an amount means nothing.
    """

    tokens: tuple[str, ...] = ()
    merchants: tuple[str, ...] = ()
    parties: tuple[tuple[EvidenceKind, str], ...] = ()
    policies: Mapping[str, Policy] = field(default_factory=dict)
    compensation: tuple[Compensation, ...] = ()
    decimals: Mapping[str, int] = field(default_factory=dict)


def claims_of(top: Table, address: Address, lanes: Sequence[LaneTerms], folder: Path) -> ClaimsTerms | None:
    """The `[claims]` table of a file's top table; None where it has none.

    `folder` is where policies' paths begin. Raises ConfigurationError naming file, key and value.
    """
    if not top.has("claims"):
        return None
    table = top.table("claims")
    tokens, decimals = _accounts(table, "tokens", address), dict[str, int]()
    terms = ClaimsTerms(
        tokens=tokens,
        merchants=_accounts(table, "merchants", address),
        parties=tuple(_parties(table.table("parties", optional=True), address)),
        policies=dict(_policies(table, tokens, decimals, lanes, folder)),
        compensation=tuple(_compensation(table, tokens, decimals, address, lanes)),
        decimals=decimals,
    )
    table.only_asked()
    return terms


def _accounts(table: Table, key: str, address: Address) -> tuple[str, ...]:
    found: list[str] = []
    for number, item in enumerate(table.items(key), 1):
        account = address(table, f"{key}[{number}]", item)
        if account in found:
            table.fail(f"{key}[{number}]", f"is {account}, named twice")
        found.append(account)
    return tuple(found)


def _parties(table: Table, address: Address) -> Iterator[tuple[EvidenceKind, str]]:
    for kind in EvidenceKind:
        yield from ((kind, account) for account in _accounts(table, kind.name.lower(), address))
    table.only_asked()


def _policies(
    table: Table, tokens: Sequence[str], decimals: dict[str, int], lanes: Sequence[LaneTerms], folder: Path
) -> Iterator[tuple[str, Policy]]:
    # Late: reading policies brings what signs and judges claims.
    from proofdesk.ops.policy_file import read_policy

    numbers = {lane.name: number for number, lane in enumerate(lanes, 1)}
    of_claims = {number for number, lane in enumerate(lanes, 1) if lane.claims}
    seen: dict[str, str] = {}
    for number, item in enumerate(table.items("policies"), 1):
        place = f"policies[{number}]"
        if not isinstance(item, str):
            table.fail(place, f"is {item!r}: write the path of a policy's file")
        path = folder / item
        if not re.fullmatch(POLICY_NAME["pattern"], path.stem):
            table.fail(place, f"is {item!r}: its file names the policy, in {POLICY_NAME['advice']}")
        if path.stem in seen.values():
            table.fail(place, f"is {item!r}: {path.stem!r} is there already, give each a name of its own")
        policy = read_policy(path, numbers)
        if policy.token not in (ETH, *tokens):
            table.fail(place, f"is {item!r}, whose token {policy.token} is not among claims.tokens: add it")
        if policy.token != ETH:
            _agree(table, place, decimals, policy.token, read(path).number("decimals", 0, 255))
        for rule in policy.rules:
            if rule.lane not in of_claims:
                table.fail(
                    place,
                    f"is {item!r}, whose lane for {rule.reason.name.lower()} is not a claims lane: "
                    "write claims = true there, or name another",
                )
        if (twin := seen.get(policy.id)) is not None:
            table.fail(place, f"is {item!r}: it says the same as {twin!r}, keep one")
        seen[policy.id] = path.stem
        yield path.stem, policy


def _compensation(
    table: Table,
    tokens: Sequence[str],
    decimals: dict[str, int],
    address: Address,
    lanes: Sequence[LaneTerms],
) -> Iterator[Compensation]:
    seen: set[str] = set()
    eligible = [lane.name for lane in lanes if lane.gated or lane.claims]
    for promise in table.tables("compensation"):
        lane = promise.text("lane")
        if lane not in eligible:
            promise.fail(
                "lane",
                f"is {lane!r}, no gated or claims lane of this file: {', '.join(eligible) or 'none'} are",
            )
        if lane in seen:
            promise.fail("lane", f"is {lane!r}, which promises already: a lane promises once")
        seen.add(lane)
        token, places = ETH, ETHER_DECIMALS
        if (named := promise.text("token", _ETHER_NAME)) != _ETHER_NAME:
            token = address(promise, "token", named)
            if token not in tokens:
                promise.fail("token", f"is {token}, which is not among claims.tokens: add it")
            places = promise.number("decimals", 0, 36)
            _agree(promise, "decimals", decimals, token, places)
        amount, cap = (promise.amount(key, places, low=1) for key in ("amount", "daily_cap"))
        if cap < amount:
            promise.fail("daily_cap", "is below the amount: no breach would ever be paid for")
        promise.only_asked()
        yield Compensation(lane, token, amount, cap)


def _agree(table: Table, place: str, decimals: dict[str, int], token: str, number: int) -> None:
    """Note how many decimals a token has; it has as many everywhere."""
    if decimals.setdefault(token, number) != number:
        table.fail(place, f"gives token {token} {number} decimals, and another gave it {decimals[token]}")


def refuse_changed(known: Mapping[str, str], terms: ClaimsTerms | None) -> None:
    """Refuse a file whose rules are not those that its name stands for; raises ConfigurationError.

    `known` are a manifest's policies.

    >>> refuse_changed(deployment.policies, config.claims)
    """
    for name, policy in (terms.policies if terms else {}).items():
        if known.get(name, policy.id) != policy.id:
            raise ConfigurationError(
                f"policy {name} is {known[name]} in the manifest, and its file now says {policy.id}: "
                "a policy never changes; restore the file, and write the new rules into another"
            )
