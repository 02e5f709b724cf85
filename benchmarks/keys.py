"""Public keys, published 64 times in a row: an account's first and its next, carried ones, and a role's."""

from __future__ import annotations

from collections.abc import Iterable

from eth_account.signers.local import LocalAccount

from benchmarks.accounts import account
from benchmarks.bench import REPEATS, Call, Row
from benchmarks.desk import Rows, Scene
from proofdesk._abi import encode_call
from proofdesk.privacy.publishing import sign_key
from proofdesk.privacy.roles import ALL, mask_of, role_word

ROLES = 15
"""New ones that are measured: with the one that came before, as many as a desk has at most."""

# Signing looks at the machine's clock too.
_DEADLINE = 0x7AF08300  # in 2035: no farther than people may sign for


def measure(scene: Scene) -> Rows:
    """Every way to publish a key."""
    newcomers = scene.bench.newcomers
    names = [f"role-{number}" for number in range(ROLES + 1)]
    _roles(scene, names[:1])  # what the first of all costs beside is the list's, once
    return {
        "publish": _own(scene, newcomers),
        "publish_next": _own(scene, newcomers),
        "publish_for": _carried(scene, [account("reader", number) for number in range(REPEATS)]),
        "publish_role": _roles(scene, names[1:]),
        "publish_role_next": _roles(scene, names[:1] * REPEATS),
    }


def _own(scene: Scene, owners: Iterable[str]) -> Row:
    return scene.bench.row(_call(scene, owner, "publish", scene.bench.entry()) for owner in owners)


def _carried(scene: Scene, owners: Iterable[LocalAccount]) -> Row:
    bench, deployment = scene.bench, scene.deployment
    signed = (
        sign_key(deployment, owner, key=bench.entry(), version=1, deadline=_DEADLINE) for owner in owners
    )
    return bench.row(_call(scene, bench.intake, "publishFor", *each.arguments_for) for each in signed)


def _roles(scene: Scene, names: Iterable[str]) -> Row:
    bench, reads = scene.bench, mask_of(ALL)
    return bench.row(
        _call(scene, bench.deployer, "publishRole", role_word(name), bench.entry(), reads) for name in names
    )


def _call(scene: Scene, sender: str, function: str, *arguments: object) -> Call:
    registry = scene.deployment.contract("KeyRegistry").address
    return Call(sender, registry, encode_call("KeyRegistry", function, *arguments))
