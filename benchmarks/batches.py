"""Fifty signed acts in one transaction: lives of customers without gas, carried by the desk's relayer."""

from __future__ import annotations

from collections.abc import Sequence

from eth_account.signers.local import LocalAccount

from benchmarks.accounts import account
from benchmarks.bench import START, Call, Row
from benchmarks.desk import GATED, PUBLIC, Rows, Scene
from proofdesk._models import Status
from proofdesk._words import to_hex
from proofdesk.signed.act import SignedAct, TypedAct, encode_batch
from proofdesk.signed.signature import signature_of
from tools.chain import CHAIN_ID

ACTS = 50
DEADLINE = START + 10**7  # seconds

_LOGGED_TOPICS = 4


def measure(scene: Scene) -> Rows:
    """Every act of a life, each of fifty customers, a transaction each; and an opening in a gated lane."""
    agent = account("agent", 0)
    scene.certify([agent.address])
    rows = _life(scene, PUBLIC, agent)
    # The gate is passed by the one who carries.
    return rows | {"open_gated": _openings(scene, GATED)[1]}


def _life(scene: Scene, lane: int, agent: LocalAccount) -> Rows:
    """As `Scene.live`, signed: the agent asks, the customer answers, the agent adds and resolves."""
    opened, opening = _openings(scene, lane)
    customers = _customers()
    tickets = [act.ticket_id for act in opened]

    def act(signer: LocalAccount | None, kind: str, name: str, **fields: int) -> Row:
        signers = customers if signer is None else [signer] * ACTS
        rest: list[dict[str, int | str]] = [{"ticketId": ticket, **fields} for ticket in tickets]
        return _carried(
            scene, [_signed(scene, who, kind, name, each) for who, each in zip(signers, rest, strict=True)]
        )

    def move(signer: LocalAccount | None, before: Status, to: Status, seen: int) -> Row:
        return act(signer, "move", "actor", **{"from": int(before)}, to=int(to), seen=seen)

    return {
        "open": opening,
        "take": act(agent, "take", "agent", certificateId=scene.certificates[agent.address]),
        "ask": move(agent, Status.OPEN, Status.WAITING, 2),
        "answer": move(None, Status.WAITING, Status.OPEN, 3),
        "add": move(agent, Status.OPEN, Status.OPEN, 4),
        "resolve": move(agent, Status.OPEN, Status.RESOLVED, 5),
        "rate": act(None, "rate", "customer", score=5),
    }


def _openings(scene: Scene, lane: int) -> tuple[list[SignedAct], Row]:
    acts = [_signed(scene, each, "open", "customer", {"lane": lane}) for each in _customers()]
    return acts, _carried(scene, acts)


def _carried(scene: Scene, acts: Sequence[SignedAct]) -> Row:
    """Raises AssertionError where an act was refused."""
    row = scene.bench.large(Call(scene.bench.intake, scene.desk, encode_batch(acts)))
    assert [len(log["topics"]) for log in row[0].logs] == [_LOGGED_TOPICS] * ACTS
    return row


def _signed(
    scene: Scene, signer: LocalAccount, kind: str, name: str, rest: dict[str, int | str]
) -> SignedAct:
    message = {name: signer.address, **rest, "entry": to_hex(scene.bench.entry()), "deadline": DEADLINE}
    digest = bytes.fromhex(TypedAct(kind, CHAIN_ID, scene.desk, message).digest[2:])
    return SignedAct(kind, CHAIN_ID, scene.desk, message, to_hex(signature_of(digest, signer)))


def _customers() -> list[LocalAccount]:
    return [account("customer", number) for number in range(ACTS)]
