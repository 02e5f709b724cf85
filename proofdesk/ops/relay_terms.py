"""What an operator decides about a relayer: the table [relay] of config/<network>.toml, read strictly.

    [relay]
    allowance = 60              # acts of one signer in a window
    spending_per_hour = 0.05    # of the chain's currency
    [relay.allowances]          # signers with another one: agents serve many customers
    "0x…" = "unlimited"

It imports nothing of the relayer itself, so that every command can refuse a table that is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from proofdesk.ops._toml import Table, read

UNLIMITED = "unlimited"
_ETHER = 10**18
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class RelayTerms:
    """A relayer's limits and manners, as `proofdesk.ops.relay` takes them.

    `allowance` is acts and `allowance_gas` gas of one signer in a `window`; `allowances` are the acts of some
    signers. None is no limit, and for `confirmations` the network's. Spans are seconds.

    >>> RelayTerms().batch
    50
    """

    allowance: int = 60
    allowance_gas: int = 20_000_000
    allowances: Mapping[str, int | None] = field(default_factory=dict)
    window: int = 3600
    wei_per_hour: int | None = None
    queue: int = 20_000
    smart_account_gas: int = 150_000
    failures: int = 3
    margin: int = 60
    keep: int = 90 * _DAY
    include_within: int = 300
    batch: int = 50
    batch_gas: int = 12_000_000
    batch_after: int = 1
    confirmations: int | None = None


def read_relay(path: str | Path) -> RelayTerms:
    """The relay table of a config file, without reading the rest; the defaults where it has none.

    Raises ConfigurationError naming file, key and value.

    >>> read_relay("config/sepolia.toml").include_within
    300
    """
    return relay_of(read(Path(path)))


def relay_of(top: Table) -> RelayTerms:
    """The `[relay]` table of a file's top table; raises as `read_relay`."""
    if not top.has("relay"):
        return RelayTerms()
    table, usual = top.table("relay"), RelayTerms()
    terms = RelayTerms(
        allowance=table.number("allowance", 1, 1_000_000, usual.allowance),
        allowance_gas=table.number("allowance_gas", 1_000_000, 10**12, usual.allowance_gas),
        allowances=_allowances(table.table("allowances", optional=True)),
        window=table.seconds("window", 1, 31 * _DAY, usual.window),
        wei_per_hour=_amount(table, "spending_per_hour"),
        queue=table.number("queue", 1, 10_000_000, usual.queue),
        smart_account_gas=table.number("smart_account_gas", 10_000, 450_000, usual.smart_account_gas),
        failures=table.number("failures", 0, 1_000_000, usual.failures),
        margin=table.seconds("margin", 0, _DAY, usual.margin),
        keep=table.seconds("keep", _DAY, 3650 * _DAY, usual.keep),
        include_within=table.seconds("include_within", 1, _DAY, usual.include_within),
        batch=table.number("batch", 1, 200, usual.batch),
        batch_gas=table.number("batch_gas", 1_200_000, 100_000_000, usual.batch_gas),
        batch_after=table.seconds("batch_after", 0, _DAY, usual.batch_after),
        confirmations=table.number("confirmations", 1, 1000) if table.has("confirmations") else None,
    )
    table.only_asked()
    return terms


def _allowances(table: Table) -> dict[str, int | None]:
    found: dict[str, int | None] = {}
    for key in table:
        address = table.as_address(key, key)
        found[address] = None if table.value(key) == UNLIMITED else table.number(key, 0, 1_000_000)
    return found


def _amount(table: Table, key: str) -> int | None:
    if not table.has(key):
        return None
    value: Any = table.value(key)
    # True is an int to isinstance.
    if type(value) not in (int, float) or not 0 < value <= 1_000_000:
        table.fail(key, f"is {value!r}: write an amount of the chain's currency above 0, such as 0.05")
    return int(Decimal(str(value)) * _ETHER)
