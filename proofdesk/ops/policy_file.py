"""A policy as people write it: a TOML file with a table for each reason that it covers.

    token = "ETH"              # or an ERC-20's address, then with decimals = 6
    lane = "claims"            # the claims lane of all its tickets, unless a reason names another

    [return]                   # defect, not_delivered, wrong_item, overcharged, service_failure, other
    window = "30d"             # from the purchase, the last second included
    refund = "100%"            # of the price, all claims of this reason on an order together
    evidence = ["return"]      # kinds that must be there
    automatic_limit = "0.5"    # whole tokens: up to this much on an order is paid without an agent
    review = false             # true: every claim waits for an agent

Only window and refund must be there. Without an automatic limit every claim waits for an agent. What the file
does not say, and its comments, are no part of the policy: its id is made of token and rules alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final

from proofdesk._checks import shown
from proofdesk._deployments import Deployment
from proofdesk.claims.values import ETH, EvidenceKind, Policy, Reason, Rule
from proofdesk.ops._toml import Table, read

ETHER: Final = "ETH"

_ETHER_DECIMALS: Final = 18
_MOST_DECIMALS: Final = 36
_LONGEST: Final = 2**32 // 86_400 * 86_400
_KINDS: Final = {kind.name.lower(): kind for kind in EvidenceKind}


def read_policy(path: Path, lanes: Deployment | Mapping[str, int], *, decimals: int | None = None) -> Policy:
    """Read a policy's file; `lanes` are the desk's by name, `decimals` what the token itself says.

    Raises ConfigurationError naming file, table, key and value.

    >>> from tempfile import TemporaryDirectory
    >>> text = 'token = "ETH"\\nlane = "claims"\\n[return]\\nwindow = "30d"\\nrefund = "12.5%"'
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "standard.toml")
    ...     written = path.write_text(text)
    ...     read_policy(path, {"claims": 4}).rules[0].refund
    1250
    """
    top = read(path)
    known = lanes.lanes if isinstance(lanes, Deployment) else lanes
    token, places = _token(top, decimals)
    usual = _lane(top, known) if top.has("lane") else None
    rules = [
        _rule(reason, top.table(name), places, known, usual)
        for reason in list(Reason)[1:]
        if top.has(name := reason.name.lower())
    ]
    top.only_asked()
    if not rules:
        top.fail("return", "is missing, and so is every other reason: write a table such as [return]")
    return Policy(token, tuple(rules))


def _token(top: Table, decimals: int | None) -> tuple[str, int]:
    """A policy's token, and in how many decimals its amounts are written."""
    named = top.text("token", advice='"ETH" or a token\'s address')
    if named == ETHER:
        return ETH, _ETHER_DECIMALS
    token = top.as_address("token", named, 'or "ETH"')
    if decimals is None or top.has("decimals"):
        written = top.number("decimals", 0, _MOST_DECIMALS)
        if decimals not in (None, written):
            top.fail("decimals", f"is {written}, and the token says {decimals}: amounts would be others")
        return token, written
    return token, decimals


def _rule(reason: Reason, table: Table, decimals: int, lanes: Mapping[str, int], usual: int | None) -> Rule:
    rule = Rule(
        reason=reason,
        window=timedelta(seconds=table.seconds("window", 1, _LONGEST)),
        refund=_basis_points(table),
        evidence=_kinds(table),
        automatic_limit=table.amount("automatic_limit", decimals, default=0),
        lane=_lane(table, lanes) if usual is None or table.has("lane") else usual,
        review=table.flag("review", False),
    )
    if rule.review and table.has("automatic_limit"):
        table.fail("automatic_limit", "counts for nothing beside review = true: leave one of them out")
    table.only_asked()
    return rule


def _basis_points(table: Table) -> int:
    advice = 'a share of the price from "0%" to "100%", with at most two decimals'
    written = table.text("refund", pattern=r"[0-9]{1,3}(\.[0-9]{1,2})?%", advice=advice)
    whole, _, part = written[:-1].partition(".")
    points = int(whole + part.ljust(2, "0"))
    if points > 10_000:
        table.fail("refund", f"is {written!r}: write {advice}")
    return points


def _kinds(table: Table) -> tuple[EvidenceKind, ...]:
    found: list[EvidenceKind] = []
    for number, name in enumerate(table.items("evidence"), 1):
        kind = _KINDS.get(name) if isinstance(name, str) else None
        if kind is None:
            table.fail(f"evidence[{number}]", f"is {shown(name)}: write one of {', '.join(_KINDS)}")
        if kind in found:
            table.fail(f"evidence[{number}]", f"is {shown(name)} once more: write each kind once")
        found.append(kind)
    return tuple(found)


def _lane(table: Table, lanes: Mapping[str, int]) -> int:
    name = table.text("lane", advice="the name of a claims lane")
    if name not in lanes:
        table.fail("lane", f"is {shown(name)}, no lane of this desk: {', '.join(lanes) or 'it has none'}")
    return lanes[name]
