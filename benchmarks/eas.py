"""The peer: a ticket's life as seven attestations of EAS, each referring to the one before."""

import json

from eth_abi.abi import encode

from benchmarks.bench import NOBODY, REPEATS, Bench, Call, Row, function_data
from tools.compiler import ROOT

SHIPPED = ROOT / "node_modules/@ethereum-attestation-service/eas-contracts/artifacts/contracts"
ATTEST = "attest((bytes32,(address,uint64,bool,bytes32,bytes,uint256)))"


def measure(bench: Bench) -> list[Row]:
    """The life's seven acts, each 64 times in a row."""
    files = (SHIPPED / f"{name}.sol/{name}.json" for name in ("SchemaRegistry", "EAS"))
    registry_code, eas_code = (bytes.fromhex(json.loads(file.read_text())["bytecode"][2:]) for file in files)
    registry = bench.create(registry_code)
    eas = bench.create(eas_code + encode(["address"], [registry]))
    register = function_data("register(string,address,bool)", "bytes32 entry", NOBODY, True)
    schema = bench.block([Call(bench.customer, registry, register)])[0].logs[0]["topics"][1]
    rows, before = [], ["0x" + 32 * "00"] * REPEATS
    for act in range(7):
        fields = ((bench.customer, 0, True, bytes.fromhex(uid[2:]), bench.entry(), 0) for uid in before)
        data = (function_data(ATTEST, (bytes.fromhex(schema[2:]), each)) for each in fields)
        rows.append(
            (bench.row if act < 2 else bench.block)([Call(bench.customer, eas, each) for each in data])
        )
        before = [transaction.logs[0]["data"] for transaction in rows[-1]]
    return rows
