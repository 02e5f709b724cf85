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
from datetime import timedelta
from pathlib import Path

from proofdesk._rpc import Node
from proofdesk._sender import Sender
from proofdesk.claims import ETH, EvidenceKind, Policy, Reason, Rule
from proofdesk.ops._claims import items_of
from proofdesk.ops._contracts import MODULES, contracts_of, managed
from proofdesk.ops.claims_terms import ClaimsTerms, Compensation
from proofdesk.ops.config import Config, LaneTerms, load
from proofdesk.ops.deploy import Step, deploy
from proofdesk.ops.handover import handover
from proofdesk.ops.roles import Role, opened
from tools.build import replace as write
from tools.chain import ROOT, Chain

FILE = ROOT / "proofdesk" / "ops" / "gas.json"
CONFIG = ROOT / "config" / "development.toml"
TOKEN = "0x" + 40 * "7"
# Answers everything with 1, so `balanceOf` too.
_TOKEN_CODE = "0x600160005260206000f3"


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
    """What gas.json holds, of two desks with claims and of one with neither claims nor more than a grant."""
    config = measured_config()
    programs, lanes = ([item.name for item in items] for items in (config.programs, config.lanes))
    article = few[f"lane {lanes[0]}"] - by_nonce[f"lane {lanes[0]}"]
    functions, fewer = (
        sum(role is not Role.ADMIN for name in managed(contracts) for _, role in opened(name))
        for contracts in (contracts_of(with_claims=True), contracts_of(with_claims=False))
    )
    items = {item.function: by_nonce[item.name] for item in items_of(config)}
    one, three = (by_nonce[f"policy {name}"] for name in ("one", "three"))
    rule = (three - one) / 2
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
        "claims": items | {"publishPolicy": {"base": round(one - rule), "rule": round(rule)}},
        "rules": _line(functions, by_nonce["rules"], fewer, few["rules"]),
        "grants": _line(len(config.grants) + len(MODULES), by_nonce["grants"], 1, few["grants"]),
        "handover": _line(
            len(managed(contracts_of(with_claims=True))),
            by_nonce["handover"],
            len(managed(contracts_of(with_claims=False))),
            few["handover"],
        ),
    }


def _line(many: int, gas: int, few: int, less: int) -> dict[str, int]:
    """What one of many costs, and what all of them cost together apart from that."""
    each = (gas - less) / (many - few)
    return {"base": round(less - each * few), "each": round(each)}


def measured_config() -> Config:
    """The development desk with one of everything that claims can have, and two policies."""
    config = load(CONFIG)
    program, number = config.programs[0].name, len(config.lanes) + 1
    lane = LaneTerms("measured", 60, 600, 600, program, claims=True)
    one, *others = (Rule(Reason(reason), timedelta(days=30), 10_000, lane=number) for reason in (1, 2, 3))
    claims = ClaimsTerms(
        tokens=(TOKEN,),
        merchants=(TOKEN,),
        parties=((EvidenceKind.DELIVERY, TOKEN),),
        policies={"one": Policy(ETH, (one,)), "three": Policy(ETH, (one, *others))},
        compensation=(Compensation("measured", ETH, 10**16, 10**18),),
    )
    return replace(config, lanes=(*config.lanes, lane), claims=claims)


def measure() -> dict[str, object]:
    """The figures as the contracts are now."""
    config = measured_config()
    first = replace(config.lanes[0], article=1)
    few = replace(config, desk="few", grants=config.grants[:1], lanes=(first, *config.lanes[1:]), claims=None)
    with Chain.anvil() as chain:
        chain.rpc("anvil_setCode", TOKEN, _TOKEN_CODE)
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
