"""How many signed acts a second a relayer carries: signed, checked, queued, batched and mined."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from eth_account import Account
from eth_account.signers.local import LocalAccount

from benchmarks.bench import Bench
from benchmarks.desk import PUBLIC, Scene
from proofdesk._deployments import Deployment
from proofdesk._desk import Desk
from proofdesk._words import keccak
from proofdesk.ops.relay import Allowance, Batching, Limits, Refusal, Relayer
from proofdesk.signed.signing import sign_open
from proofdesk.stores import MemoryStore

_CUSTOMERS = 64
_CHUNK = 200  # acts that are handed in together
_ROOM = Limits(allowance=Allowance(acts=10**6, gas=10**12))


def carried(url: str, deployment: Deployment, relayer: LocalAccount, lane: int, count: int) -> Fraction:
    """Acts a second, from the first signature until the last act is mined; a round's entries are new ones.

    The relayer has an account of its own, the customers have no gas. Raises AssertionError where an act is
    refused.
    """
    customers = [Account.from_key(keccak(f"customer {number}".encode())) for number in range(_CUSTOMERS)]
    round_ = time.time_ns().to_bytes(16, "big")
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk.connect(url, account=relayer, deployment=deployment, store=MemoryStore())
        with Relayer(desk, Path(folder) / "relay.db", limits=_ROOM, batching=Batching(at_once=8)) as relay:
            stop = threading.Event()
            carrying = threading.Thread(target=relay.run, args=(stop,))
            carrying.start()
            start = time.perf_counter()
            for first in range(0, count, _CHUNK):
                signed = [
                    sign_open(
                        deployment,
                        customers[number % _CUSTOMERS],
                        lane=lane,
                        entry=keccak(round_ + number.to_bytes(8, "big")),
                    )
                    for number in range(first, min(first + _CHUNK, count))
                ]
                refused = [each for each in relay.submit(signed) if isinstance(each, Refusal)]
                assert not refused, refused[0]
            while relay.counts()["done"] < count:
                assert carrying.is_alive(), "the relayer ended"
                time.sleep(0.005)
            took = Fraction(time.perf_counter() - start)
            stop.set()
            carrying.join()
    return count / took


def measure(count: int = 4_000) -> Mapping[str, Fraction]:
    """`speed.relayed` in acts a second, on a chain of its own that mines at once; raises ChainError."""
    with Bench.started() as bench:
        scene = Scene.deployed(bench)
        account = Account.create()
        bench.node.request("anvil_setBalance", account.address, hex(10**24))
        with bench.mining():
            return {"speed.relayed": carried(bench.url, scene.deployment, account, PUBLIC, count)}


if __name__ == "__main__":
    print({name: round(float(figure)) for name, figure in measure().items()})
