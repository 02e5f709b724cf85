"""A policy is its token and rules, whatever order they are given in; what no chain would take is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils import keccak

from proofdesk import InvalidArgument
from proofdesk.claims import ETH, EvidenceKind, Policy, Reason, Rule
from tests.claims.examples import POLICY

DAY = timedelta(days=1)
RULE = "(uint8,uint32,uint16,uint16,uint128,uint16,bool)[]"


def rule(**changes: Any) -> Rule:
    """For returns."""
    fields: dict[str, Any] = {
        "reason": Reason.RETURN,
        "window": 30 * DAY,
        "refund": 10_000,
        "evidence": (EvidenceKind.RETURN, EvidenceKind.PHOTO),
        "automatic_limit": 5,
        "lane": 4,
        "review": False,
    }
    return Rule(**fields | changes)


def test_the_id_is_the_hash_of_what_the_contract_encodes() -> None:
    largest = rule(
        reason=Reason.OTHER,
        window=timedelta(seconds=2**32 - 1),
        evidence=tuple(EvidenceKind),
        automatic_limit=2**128 - 1,
        lane=1023,
        review=True,
    )
    token = "0x" + 20 * "ab"
    policy = Policy(token, (largest, rule()))
    terms = [
        (1, 2_592_000, 10_000, 0x1002, 5, 4, False),
        (7, 2**32 - 1, 10_000, 0xFFFF, 2**128 - 1, 1023, True),
    ]
    assert policy.id == "0x" + keccak(encode(["address", RULE], [token, terms])).hex()
    assert policy.abi == ("0xABaBaBaBABabABabAbAbABAbABabababaBaBABaB", terms)


def test_the_order_in_which_rules_are_given_does_not_matter() -> None:
    assert Policy(ETH, POLICY.rules[::-1]) == POLICY
    assert rule(evidence=(EvidenceKind.PHOTO, EvidenceKind.RETURN, EvidenceKind.PHOTO)) == rule()
    assert POLICY.rule(Reason.DEFECT) is POLICY.rules[1]
    assert POLICY.rule(Reason.OTHER) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reason", Reason.NONE),
        ("reason", 8),
        ("window", timedelta(0)),
        ("window", timedelta(seconds=2**32)),
        ("window", 30),
        ("refund", -1),
        ("refund", 10_001),
        ("refund", True),
        ("evidence", (16,)),
        ("evidence", None),
        ("review", "false"),
        ("automatic_limit", -1),
        ("automatic_limit", 2**128),
        ("lane", 0),
        ("lane", 1024),
        ("lane", "claims"),
    ],
)
def test_a_rule_that_no_chain_would_take_is_refused(field: str, value: object) -> None:
    with pytest.raises(InvalidArgument, match=field):
        rule(**{field: value})


def test_a_number_without_end_is_refused() -> None:
    for field in ("window", "refund", "automatic_limit"):
        with pytest.raises(InvalidArgument, match=field):
            rule(**{field: 10**5_000})


def test_a_part_of_a_second_is_not_kept() -> None:
    assert rule(window=30 * DAY + timedelta(microseconds=5)) == rule()


def test_a_policy_that_no_chain_would_take_is_refused() -> None:
    odd: list[Any] = [None, ("x",)]
    for rules in odd:
        with pytest.raises(InvalidArgument, match="no list of Rule"):
            Policy(ETH, rules)
    with pytest.raises(InvalidArgument, match="one a reason"):
        Policy(ETH, ())
    with pytest.raises(InvalidArgument, match="one a reason"):
        Policy(ETH, (rule(), rule(refund=1)))
    for token in ("ETH", "0x12", "0x" + 20 * "aB"):
        with pytest.raises(InvalidArgument, match="token"):
            Policy(token, (rule(),))


def test_a_refund_is_rounded_down() -> None:
    assert [rule(refund=points).refundable(999) for points in (0, 1, 5_000, 9_999, 10_000)] == [
        0,
        0,
        499,
        998,
        999,
    ]
