"""The peer: a ticket's life as seven attestations of EAS, each referring to the one before."""

import json
from collections.abc import Callable, Iterator

from eth_abi.abi import encode

from benchmarks.bench import NOBODY, REPEATS, Bench, Call, Row, function_data
from tools.compiler import ROOT

SHIPPED = ROOT / "node_modules/@ethereum-attestation-service/eas-contracts/artifacts/contracts"
ATTEST = "attest((bytes32,(address,uint64,bool,bytes32,bytes,uint256)))"
MULTI_ATTEST = "multiAttest((bytes32,(address,uint64,bool,bytes32,bytes,uint256)[])[])"
ACTS = 7


def measure(bench: Bench, together: int) -> tuple[list[Row], list[Row]]:
    """The life's seven acts, each 64 times in a row; and each so many times in one transaction."""
    files = (SHIPPED / f"{name}.sol/{name}.json" for name in ("SchemaRegistry", "EAS"))
    registry_code, eas_code = (bytes.fromhex(json.loads(file.read_text())["bytecode"][2:]) for file in files)
    registry = bench.create(registry_code)
    eas = bench.create(eas_code + encode(["address"], [registry]))
    register = function_data("register(string,address,bool)", "bytes32 entry", NOBODY, True)
    schema = bytes.fromhex(
        bench.block([Call(bench.customer, registry, register)])[0].logs[0]["topics"][1][2:]
    )

    def fields(before: list[str]) -> Iterator[tuple[object, ...]]:
        return ((bench.customer, 0, True, bytes.fromhex(uid[2:]), bench.entry(), 0) for uid in before)

    def single(act: int, before: list[str]) -> Row:
        data = (function_data(ATTEST, (schema, each)) for each in fields(before))
        # The floors of the first two are looked at, and traces are quick where each has a block of its own.
        return (bench.row if act < 2 else bench.block)(Call(bench.customer, eas, each) for each in data)

    def multi(_act: int, before: list[str]) -> Row:
        data = function_data(MULTI_ATTEST, [(schema, list(fields(before)))])
        return bench.large(Call(bench.customer, eas, data))

    return _life(single, REPEATS), _life(multi, together)


def _life(attest: Callable[[int, list[str]], Row], lives: int) -> list[Row]:
    rows, before = [], ["0x" + 32 * "00"] * lives
    for act in range(ACTS):
        rows.append(attest(act, before))
        before = [log["data"] for transaction in rows[-1] for log in transaction.logs]
    return rows
