"""The chain that a config is for: where its node answers, what it is paid in, where people look at it.

    [network]
    rpc = "${SEPOLIA_RPC}"        # a URL, or variables in one: https://example.org/v2/${KEY}
    explorer = "https://sepolia.etherscan.io"
    confirmations = 2             # or "finalized"
    max_fee_per_gas = 50          # gwei

A node's URL often holds its user's key: it is read when it is needed, and only its host is ever shown.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from proofdesk._checks import shown
from proofdesk._deployments import Deployment
from proofdesk._errors import ConfigurationError
from proofdesk._outbox import Confirmations
from proofdesk.ops._toml import Table, read

NAME = {"pattern": "[a-z0-9][a-z0-9-]{0,62}", "advice": "lower-case letters, digits and hyphens"}
# Wherever a policy is named, what begins with 0x is its id.
POLICY_NAME = {"pattern": f"(?!0x){NAME['pattern']}", "advice": f"{NAME['advice']}, not beginning with 0x"}
# The chain ids of anvil and Ganache: what lives there is nobody's desk.
LOCAL_CHAINS = (1337, 31337)

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_URL = r"https?://[^\s/?#]+\S*"
_HOUR, _GWEI = 3600, 10**9


@dataclass(frozen=True, slots=True)
class Network:
    """A chain and the way to it; `confirmations` are blocks or "finalized", `max_fee_per_gas` is wei.

    `block_time` is seconds between blocks, 0 where the config does not say. Of `rpc` nothing is shown.

    >>> config.network.host()
    '127.0.0.1:8545'
    """

    name: str
    chain_id: int
    rpc: str = field(default="", repr=False)
    explorer: str = ""
    currency: str = "ETH"
    confirmations: Confirmations = 1
    block_time: int = 0
    max_fee_per_gas: int | None = None

    @property
    def is_local(self) -> bool:
        """Tell whether it is a chain that ends with the machine it runs on."""
        return self.chain_id in LOCAL_CHAINS

    @property
    def options(self) -> dict[str, Any]:
        """How to send on it: what `Sender` and `Desk.connect` take beside node and account.

        >>> config.network.options
        {'confirmations': 1, 'max_fee_per_gas': None}
        """
        return {"confirmations": self.confirmations, "max_fee_per_gas": self.max_fee_per_gas}

    def url(self, environment: Mapping[str, str] = os.environ) -> str:
        """The node's URL. Raises ConfigurationError where none is known or a variable of it is not set.

        >>> Network("mine", 1, "https://example.org/${KEY}").url({"KEY": "secret"})
        'https://example.org/secret'
        """
        if not self.rpc:
            raise ConfigurationError(
                f"network {self.name} has no node: write rpc into [network] of its config, or name a URL"
            )
        for name in _VARIABLE.findall(self.rpc):
            if not environment.get(name):
                what = f"{name}=https://…" if self.rpc == f"${{{name}}}" else f"{name}=…"
                raise ConfigurationError(
                    f"network {self.name} reads its node's URL from {name}, which is not set: export {what}"
                )
        url = _VARIABLE.sub(lambda found: environment[found[1]], self.rpc).strip()
        if not re.fullmatch(_URL, url):
            raise ConfigurationError(
                f"the node's URL of network {self.name} is none: it starts with http:// or https://"
            )
        return url

    def host(self, environment: Mapping[str, str] = os.environ) -> str:
        """The node's host and port, all of its URL that may be shown; raises as `url`."""
        return urlsplit(self.url(environment)).netloc.rpartition("@")[2]

    def contract_url(self, address: str) -> str:
        """Where the explorer shows an address; empty where the config names no explorer."""
        return self.explorer and f"{self.explorer}/address/{address}"

    def transaction_url(self, tx_hash: str) -> str:
        """Where the explorer shows a transaction; empty where the config names no explorer."""
        return self.explorer and f"{self.explorer}/tx/{tx_hash}"


def links(deployment: Deployment, network: Network | None) -> Iterator[tuple[str, str]]:
    """What a deployment made and where to look at it: the explorer's links, addresses where there is none.

    >>> [name for name, _ in links(deployment, config.network)][:3]
    ['AgentCertification', 'ClaimDesk', 'CompensationDesk']
    """
    for name, contract in sorted(deployment.contracts.items()):
        if network is None or not network.explorer:
            yield name, contract.address
        else:
            yield name, network.contract_url(contract.address)
            yield f"{name}, created", network.transaction_url(contract.transaction)


def read_network(path: str | Path) -> Network | None:
    """The network that a config file is for, without reading the rest of it; None where it names none.

    Raises ConfigurationError naming file, key and value.

    >>> read_network("config/sepolia.toml").chain_id
    11155111
    """
    return read_desk(path)[2]


def read_desk(path: str | Path) -> tuple[str, int, Network | None]:
    """The desk's name, chain id and network of a config file; none of its variables is read.

    Raises as `read_network`.

    >>> read_desk("config/sepolia.toml")[:2]
    ('trial', 11155111)
    """
    top = read(Path(path))
    desk = top.table("desk")
    chain_id = desk.number("chain_id", 1, 2**53 - 1)
    return desk.text("name", **NAME), chain_id, network_of(top, chain_id, Path(path).stem)


def network_of(top: Table, chain_id: int, name: str) -> Network | None:
    """The `[network]` table of a file's top table; raises as `read_network`."""
    if not top.has("network"):
        return None
    table = top.table("network")
    block_time = table.seconds("block_time", 1, _HOUR, 0)
    network = Network(
        name,
        chain_id,
        _rpc(table),
        table.text("explorer", "", pattern=_URL, advice="the explorer's URL").rstrip("/"),
        table.text("currency", "ETH", pattern="[A-Za-z]{2,10}", advice="letters such as ETH"),
        _confirmations(table, makes_blocks=chain_id not in LOCAL_CHAINS or block_time > 0),
        block_time,
        _gwei(table),
    )
    table.only_asked()
    return network


def _rpc(table: Table) -> str:
    if not table.has("rpc"):
        return ""
    # Not shown: whoever writes it here may have written his key with it.
    rpc = table.text("rpc", pattern="(?s).*", advice="the node's URL")
    if not re.fullmatch(_URL, rpc) and not _VARIABLE.fullmatch(rpc):
        table.fail("rpc", 'is no URL: write http://…, https://…, or "${NAME}"')
    return rpc


def _confirmations(table: Table, *, makes_blocks: bool) -> Confirmations:
    wanted: Confirmations
    if table.has("confirmations") and type(table.value("confirmations")) is str:
        table.text("confirmations", pattern="finalized", advice='a number of blocks, or "finalized"')
        wanted = "finalized"
    else:
        wanted = table.number("confirmations", 1, 1000, 1)
    if wanted != 1 and not makes_blocks:
        table.fail(
            "confirmations",
            f"is {shown(wanted)}: a local chain makes a block for a transaction and then no more, so that "
            "this would wait for ever: write 1, or block_time if yours makes blocks by the clock",
        )
    return wanted


def _gwei(table: Table) -> int | None:
    if not table.has("max_fee_per_gas"):
        return None
    value: Any = table.value("max_fee_per_gas")
    # True is an int to isinstance.
    if type(value) not in (int, float) or not 0.000001 <= value <= 1_000_000:
        table.fail(
            "max_fee_per_gas", f"is {value!r}: write gwei for a unit of gas, above 0, such as 50 or 0.1"
        )
    wei: int = round(value * _GWEI)
    return wei
