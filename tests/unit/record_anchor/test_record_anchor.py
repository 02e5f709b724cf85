"""Dating Merkle roots, and showing that a leaf existed."""

from __future__ import annotations

from pathlib import Path

from tests.helpers.claim_items import node
from tests.helpers.claims import Office
from tests.helpers.contract import Event, refused
from tests.helpers.every_error import never_expected

LEAVES = [bytes([number]) * 32 for number in range(1, 5)]
LEFT, RIGHT = node(*LEAVES[:2]), node(*LEAVES[2:])
ROOT = node(LEFT, RIGHT)
ZERO = bytes(32)


def anchor(office: Office, root: bytes = ROOT, count: int = 4) -> list[Event]:
    """Anybody dates a root."""
    return office.anchor.send(office.people.stranger.address, "anchor", root, count)


def test_a_root_is_dated_by_its_block(office: Office) -> None:
    assert office.anchor.view("anchoredAt", ROOT) == 0
    (dated,) = anchor(office)
    now = office.desk.now
    assert dated.name == "Timestamped"
    stranger = office.people.stranger.address
    assert dated.arguments == {"root": ROOT, "time": now, "count": 4, "account": stranger}
    assert office.anchor.view("anchoredAt", ROOT) == now


def test_a_root_is_dated_once(office: Office) -> None:
    anchor(office)
    first = office.desk.now
    office.desk.wait(60)
    with refused("AlreadyAnchored", ROOT, first):
        anchor(office, count=5)
    assert office.anchor.view("anchoredAt", ROOT) == first


def test_a_root_is_something_and_holds_something(office: Office) -> None:
    for root, count in ((ZERO, 1), (ROOT, 0), (ZERO, 0)):
        with refused("EmptyRoot"):
            anchor(office, root, count)


def test_each_leaf_is_shown(office: Office) -> None:
    anchor(office)
    now = office.desk.now
    for number, leaf in enumerate(LEAVES):
        proof = [LEAVES[number ^ 1], RIGHT if number < 2 else LEFT]
        assert office.anchor.view("verify", ROOT, leaf, proof) == now


def test_nothing_else_is(office: Office) -> None:
    anchor(office)
    proof = [LEAVES[1], RIGHT]
    wrong = [
        (ROOT, LEAVES[2], proof),
        (ROOT, LEAVES[0], [RIGHT, LEAVES[1]]),
        (ROOT, LEAVES[0], [LEAVES[1]]),
        (ROOT, LEAVES[0], []),
        (ROOT, ZERO, proof),
        (LEFT, LEAVES[0], [LEAVES[1]]),
    ]
    for root, leaf, path in wrong:
        assert office.anchor.view("verify", root, leaf, path) == 0


def test_a_tree_of_one_leaf(office: Office) -> None:
    anchor(office, LEAVES[0], 1)
    assert office.anchor.view("verify", LEAVES[0], LEAVES[0], []) == office.desk.now


def test_every_error_is_raised() -> None:
    assert never_expected("IRecordAnchor", Path(__file__).parent) == set()
