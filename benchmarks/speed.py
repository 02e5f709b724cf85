"""How many acts a second get on chain, each way of sending them, on one anvil that mines at once.

Every act opens a ticket with an entry of its own. Rounds go through all the ways one after another, each from
the same state of the chain, and medians count: other work on the machine then slows all of them alike.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import partial
from itertools import count
from typing import Any, TypeAlias

from eth_account import Account
from eth_account.signers.local import LocalAccount

from benchmarks.bench import Bench
from benchmarks.desk import PUBLIC, Scene
from benchmarks.relayed import carried
from benchmarks.speed_usual import open_tickets
from benchmarks.timing import a_second, medians
from proofdesk._abi import encode_call
from proofdesk._deployments import Deployment
from proofdesk._desk import Desk
from proofdesk._outbox import Call
from proofdesk._rpc import Node, NodeError
from proofdesk._sender import Sender
from proofdesk._words import keccak
from tools.chain import MNEMONIC

# A way takes a node's address, a desk, an account with ether, a lane and a number of acts, and tells how many
# acts a second it made.
Way: TypeAlias = "Callable[[str, Deployment, LocalAccount, int, int], Fraction]"

WORDS = {
    "speed.usual": "web3's transact and wait",
    "speed.single": "Sender.send, one after another",
    "speed.bulk": "Sender.send_many",
    "speed.node": "the node itself: transactions signed before, in batches of 50",
    "speed.relayed": "signed acts through a relayer's queue and batches, signing included",
    "ratio.single_vs_usual": "single to usual",
    "ratio.bulk_vs_node": "bulk to the node",
    "ratio.relayed_vs_usual": "relayed to usual",
}
# What the figures must be at least.
LEAST: Mapping[str, Fraction] = {
    "ratio.single_vs_usual": Fraction(8),
    "ratio.bulk_vs_node": Fraction(6, 10),
    "ratio.relayed_vs_usual": Fraction(20),
}
ROUNDS = 7

_BATCH = 50
_PATIENCE = 30.0  # seconds
_TRIES = 5
_GAS = 200_000  # above any opening
_FEES = {"maxFeePerGas": 4 * 10**9, "maxPriorityFeePerGas": 10**9}
_entries = count()


class HeldBackError(Exception):
    """The node leaves where it is what came while it mined, as anvil now and then does: that is no speed."""


def measure(rounds: int = ROUNDS) -> Mapping[str, Fraction]:
    """`speed.*` in acts per second, `ratio.*` of those; on a chain of its own.

    Raises ChainError, HeldBackError, AssertionError where an act is not on chain, and what senders raise.
    """
    Account.enable_unaudited_hdwallet_features()
    # Without it a node writes the state of each block but the latest 500 to a file, and slows as it goes.
    with Bench.started("--prune-history", "500") as bench:
        scene = Scene.deployed(bench)
        ways = {
            name: partial(_round, bench, scene.deployment, 70 + place, way, acts)
            for place, (name, (way, acts)) in enumerate(WAYS.items())
        }
        with bench.mining():
            return ratios(medians(ways, rounds))


def _round(bench: Bench, deployment: Deployment, sender: int, way: Way, acts: int) -> Fraction:
    """One way's acts a second, by one of the mnemonic's accounts; the chain is then as it was.

    Raises HeldBackError where the node held back what it had in each of so many tries.
    """
    account = Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{sender}")
    for left in reversed(range(_TRIES)):
        snapshot = bench.node.request("evm_snapshot")
        try:
            speed = way(bench.url, deployment, account, PUBLIC, acts)
            # That it was quick is worth nothing unless it was done.
            with Desk(bench.url, deployment) as desk:
                made = desk.lanes.get(PUBLIC).size
            assert made == acts, f"{made} acts on chain, {acts} were to be made"
            return speed
        except HeldBackError:
            if not left:
                raise
        finally:
            bench.node.request("evm_revert", snapshot)
            # What the node holds back of a round is no part of the next.
            bench.node.request("anvil_dropAllTransactions")
    raise AssertionError("a round has tries")


def ratios(speeds: Mapping[str, Fraction]) -> Mapping[str, Fraction]:
    """Speeds, and what they are to each other."""
    return {
        **speeds,
        "ratio.single_vs_usual": speeds["speed.single"] / speeds["speed.usual"],
        "ratio.bulk_vs_node": speeds["speed.bulk"] / speeds["speed.node"],
        "ratio.relayed_vs_usual": speeds["speed.relayed"] / speeds["speed.usual"],
    }


def usual(url: str, deployment: Deployment, account: LocalAccount, lane: int, acts: int) -> Fraction:
    """Web3's usual way."""
    entries = _new(acts)
    return a_second(acts, lambda: open_tickets(url, deployment, account, lane, entries))


def single(url: str, deployment: Deployment, account: LocalAccount, lane: int, acts: int) -> Fraction:
    """One act after another, each waited for."""
    calls, sender = _calls(deployment, lane, acts), Sender(url, account)

    def send() -> None:
        for call in calls:
            sender.send(str(call.to), call.data)

    return a_second(acts, send)


def bulk(url: str, deployment: Deployment, account: LocalAccount, lane: int, acts: int) -> Fraction:
    """All of them together, signed and waited for."""
    calls, sender = _calls(deployment, lane, acts), Sender(url, account)
    return a_second(acts, lambda: sender.send_many(calls))


def node(url: str, deployment: Deployment, account: LocalAccount, lane: int, acts: int) -> Fraction:
    """What the node takes from who has nothing to do but hand over what was signed before."""
    line = Node(url)
    first, chain_id = line.quantity("eth_getTransactionCount", account.address, "latest"), deployment.chain_id
    fields: dict[str, Any] = {**_FEES, "chainId": chain_id, "gas": _GAS, "value": 0}
    raws = []
    for nonce, call in enumerate(_calls(deployment, lane, acts), first):
        signed = account.sign_transaction(fields | {"nonce": nonce, "to": call.to, "data": call.data})
        raws.append(signed.raw_transaction.to_0x_hex())

    def hand_over() -> None:
        for start in range(0, acts, _BATCH):
            requests = [("eth_sendRawTransaction", [raw]) for raw in raws[start : start + _BATCH]]
            answers = line.batch(requests)
            assert not any(isinstance(answer, NodeError) for answer in answers), answers
        until = time.monotonic() + _PATIENCE
        while line.request("eth_getTransactionReceipt", answers[-1]) is None:
            if time.monotonic() > until:
                raise HeldBackError("the node mines no more: measure again")
            time.sleep(0.001)

    return a_second(acts, hand_over)


# Slow ways make fewer acts, so that each takes about as long.
WAYS: Mapping[str, tuple[Way, int]] = {
    "speed.usual": (usual, 100),
    "speed.single": (single, 100),
    "speed.bulk": (bulk, 1_000),
    "speed.node": (node, 1_000),
    "speed.relayed": (carried, 2_000),
}


def _new(acts: int) -> list[bytes]:
    return [keccak(b"proofdesk.speed" + next(_entries).to_bytes(8, "big")) for _ in range(acts)]


def _calls(deployment: Deployment, lane: int, acts: int) -> Sequence[Call]:
    desk = deployment.contract("TicketDesk").address
    return [Call(desk, encode_call("TicketDesk", "open", lane, entry)) for entry in _new(acts)]
