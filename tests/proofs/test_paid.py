"""The induction of docs/proofs.md: what an order was paid changes in one place, and only grows.

Read from the compiler's syntax trees of all contracts, so that a second place does not go unseen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tools.build import compiled

Node = dict[str, Any]
ORDER = "struct Order "


def nodes(tree: object) -> Iterator[Node]:
    """Every node of a syntax tree."""
    if isinstance(tree, list):
        for each in tree:
            yield from nodes(each)
    elif isinstance(tree, dict):
        if "nodeType" in tree:
            yield tree
        for each in tree.values():
            yield from nodes(each)


def kind_of(node: Node) -> str:
    """An expression's or a variable's type, as the compiler says it."""
    return str((node.get("typeDescriptions") or {}).get("typeString") or "")


def written(node: Node) -> list[Node]:
    """What an assignment, a deletion or ++ writes; of a tuple, each of its parts."""
    if node["nodeType"] == "Assignment":
        left = node["leftHandSide"]
        return [each for each in left.get("components", [left]) if each]
    if node["nodeType"] == "UnaryOperation" and node["operator"] in ("delete", "++", "--"):
        return [node["subExpression"]]
    return []


@pytest.fixture(scope="module")
def functions() -> dict[str, Node]:
    """The functions of our contracts that touch an order, by contract and name."""
    found: dict[str, Node] = {}
    for path, source in compiled()["sources"].items():
        if not path.startswith("contracts/"):
            continue
        for contract in source["ast"]["nodes"]:
            for each in nodes(contract):
                is_function = each["nodeType"] == "FunctionDefinition" and each.get("body")
                if is_function and any(ORDER in kind_of(node) for node in nodes(each)):
                    found[f"{contract['name']}.{each['name'] or each['kind']}"] = each
    return found


def test_what_an_order_was_paid_is_written_once(functions: dict[str, Node]) -> None:
    writes = [
        (name, node.get("operator"), node.get("rightHandSide", {}).get("name"))
        for name, function in functions.items()
        for node in nodes(function)
        for left in written(node)
        if left.get("memberName") == "paid" and kind_of(left["expression"]).startswith(ORDER)
    ]
    assert writes == [("ClaimDesk._book", "+=", "amount")]


def test_it_is_booked_when_it_is_approved_and_when_it_is_decided(functions: dict[str, Node]) -> None:
    callers = {
        name
        for name, function in functions.items()
        for node in nodes(function)
        if node["nodeType"] == "FunctionCall" and node["expression"].get("name") == "_book"
    }
    assert callers == {"ClaimDesk._keep", "ClaimDesk._settleClaim"}


def test_no_order_is_made_or_put_in_anothers_place(functions: dict[str, Node]) -> None:
    """An order kept is one that was read; none is built, deleted, or left empty."""
    kept: list[tuple[str, str]] = []
    for name, function in functions.items():
        for node in nodes(function):
            if node.get("kind") == "structConstructorCall":
                assert not kind_of(node).startswith(ORDER), f"{name} builds an order"
            if node["nodeType"] == "InlineAssembly":
                assert "sstore" not in str(node), f"{name} writes past the compiler"
            if node["nodeType"] == "VariableDeclarationStatement" and any(
                each and kind_of(each).startswith(ORDER) for each in node["declarations"]
            ):
                assert node.get("initialValue"), f"{name} begins with an empty order"
            for left in written(node):
                if left["nodeType"] == "IndexAccess" and kind_of(left).startswith(ORDER):
                    kept.append((name, str(node.get("rightHandSide", {}).get("name"))))
    assert kept == [("ClaimDesk._keep", "order"), ("ClaimDesk._settleClaim", "order")]
