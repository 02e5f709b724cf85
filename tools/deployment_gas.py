"""Measures what each step of a deployment costs: `python -m tools.deployment_gas`.

Desks are deployed on an anvil of its own, by nonce and by the factory, and handed over. What is written to
proofdesk/ops/gas.json is gas used: it follows from contracts and compiler alone, whatever the machine.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from proofdesk._rpc import Node
from proofdesk._sender import Sender
from proofdesk.ops.config import Config, load
from proofdesk.ops.deploy import Step, deploy
from proofdesk.ops.handover import handover
from tools.build import replace as write
from tools.chain import ROOT, Chain

FILE = ROOT / "proofdesk" / "ops" / "gas.json"
CONFIG = ROOT / "config" / "development.toml"


def measured(url: str, config: Config) -> dict[str, int]:
    """The gas that each step of a deployment used, by its name, and the handover's."""
    node = Node(url)
    sender = Sender(node, str(node.request("eth_accounts")[0]))

    def used(transactions: tuple[str, ...]) -> int:
        receipts = [node.request("eth_getTransactionReceipt", tx_hash) for tx_hash in transactions]
        return sum(int(receipt["gasUsed"], 16) for receipt in receipts)

    steps: dict[str, int] = {}

    def note(step: Step) -> None:
        steps[step.name] = used(step.transactions)

    with tempfile.TemporaryDirectory() as folder:
        deployment = deploy(sender, config, path=folder, progress=note)
        handover(sender, deployment, config, path=folder)
    last = node.request("eth_getBlockByNumber", "latest", True)["transactions"]
    return steps | {"handover": used(tuple(one["hash"] for one in last))}


def figures(
    by_nonce: Mapping[str, int], by_factory: Mapping[str, int], few: Mapping[str, int]
) -> dict[str, object]:
    """What gas.json holds, of deployments with seven grants and with one."""
    config = load(CONFIG)
    programs, lanes = ([item.name for item in items] for items in (config.programs, config.lanes))
    article = few[f"lane {lanes[0]}"] - by_nonce[f"lane {lanes[0]}"]
    each = (by_nonce["grants"] - few["grants"]) / (len(config.grants) - 1)
    return {
        "contracts": {
            name.removeprefix("contract "): {"by_nonce": gas, "by_factory": by_factory[name]}
            for name, gas in by_nonce.items()
            if name.startswith("contract ")
        },
        "program": {"first": by_nonce[f"program {programs[0]}"], "next": by_nonce[f"program {programs[1]}"]},
        "lane": {
            "first": by_nonce[f"lane {lanes[0]}"],
            "next": by_nonce[f"lane {lanes[1]}"],
            "article": article,
        },
        "rules": by_nonce["rules"],
        "grants": {"base": round(few["grants"] - each), "each": round(each)},
        "handover": by_nonce["handover"],
    }


def measure() -> dict[str, object]:
    """The figures as the contracts are now."""
    config = load(CONFIG)
    first = replace(config.lanes[0], article=1)
    few = replace(config, desk="few", grants=config.grants[:1], lanes=(first, *config.lanes[1:]))
    with Chain.anvil() as chain:
        by_nonce = measured(chain.url, config)
        return figures(
            by_nonce,
            measured(chain.url, replace(config, deterministic=True)),
            measured(chain.url, few),
        )


def main() -> int:
    """Write the figures."""
    write(FILE, json.dumps(measure(), indent=2) + "\n")
    print(f"wrote {FILE.relative_to(Path.cwd()) if FILE.is_relative_to(Path.cwd()) else FILE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
