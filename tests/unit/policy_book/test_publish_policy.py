"""Policies: what is published, what is refused, and that nothing changes it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.helpers.claim_items import DAY, ZERO, Reason, Rule, policy_id
from tests.helpers.claims import RULES, Office
from tests.helpers.contract import refused, refused_below
from tests.helpers.desk import CLAIMS, GATED, GATED_CLAIMS, NOBODY, PUBLIC

ALL = tuple(Reason(number) for number in range(1, 8))
NO_RULE = (0, 0, 0, 0, 0, 0, False)


def test_a_policy_is_named_by_what_it_says(office: Office) -> None:
    rules = [Rule(Reason.RETURN, window=1), Rule(Reason.OTHER, lane=GATED_CLAIMS, review=True)]
    (event,) = office.edits("publishPolicy", NOBODY, rules)
    expected = policy_id(NOBODY, rules)
    assert event.name == "PolicyPublished"
    assert event.arguments == {
        "policyId": expected,
        "token": NOBODY,
        "rules": tuple(tuple(rule) for rule in rules),
    }
    assert office.book.view("tokenOf", expected) == NOBODY
    assert office.book.view("ruleOf", expected, Reason.RETURN) == rules[0]
    assert office.book.view("ruleOf", expected, Reason.OTHER) == rules[1]
    assert office.book.view("ruleOf", expected, Reason.DEFECT) == NO_RULE


def test_every_field_at_its_end(office: Office) -> None:
    rules = [
        Rule(reason, 2**32 - 1, 10_000, 0xFFFF, 2**128 - 1, GATED_CLAIMS, True)
        if reason % 2
        else Rule(reason, 1, 0, 0, 0, CLAIMS, False)
        for reason in ALL
    ]
    policy = office.published(*rules)
    assert [office.book.view("ruleOf", policy, reason) for reason in ALL] == rules


def test_terms_are_a_rule_its_lane_and_its_token(office: Office) -> None:
    """Where no rule covers the reason, the ticket goes into the first rule's lane."""
    first = Rule(Reason.DEFECT, lane=GATED_CLAIMS)
    second = Rule(Reason.OTHER, lane=CLAIMS)
    policy = office.published(first, second)
    terms = {reason: office.book.view("termsFor", policy, reason) for reason in (0, *ALL)}
    assert terms.pop(Reason.DEFECT) == (NOBODY, GATED_CLAIMS, first)
    assert terms.pop(Reason.OTHER) == (NOBODY, CLAIMS, second)
    assert set(terms.values()) == {(NOBODY, GATED_CLAIMS, NO_RULE)}


def test_an_unknown_policy(office: Office) -> None:
    for function, rest in (("tokenOf", ()), ("termsFor", (Reason.RETURN,))):
        with refused("UnknownPolicy", ZERO):
            office.book.view(function, ZERO, *rest)
    assert office.book.view("ruleOf", ZERO, Reason.RETURN) == NO_RULE


def test_twice(office: Office) -> None:
    with refused("PolicyExists", office.policy):
        office.published(*RULES)
    other = RULES[0]._replace(window=RULES[0].window + 1), *RULES[1:]
    assert office.published(*other) != office.policy


@pytest.mark.parametrize(
    ("rules", "index"),
    [
        ([], 0),
        ([Rule(Reason.NONE)], 0),
        ([Rule(Reason.RETURN), Rule(Reason.RETURN)], 1),
        ([Rule(Reason.DEFECT), Rule(Reason.RETURN)], 1),
        ([Rule(Reason.RETURN), Rule(Reason.OTHER), Rule(Reason.OTHER)], 2),
    ],
    ids=["none", "no-reason", "one-twice", "out-of-order", "the-last-twice"],
)
def test_one_rule_a_reason_in_their_order(office: Office, rules: list[Rule], index: int) -> None:
    with refused("RulesOutOfOrder", index):
        office.edits("publishPolicy", NOBODY, rules)


@pytest.mark.parametrize("changes", [{"window": 0}, {"refund": 10_001}, {"refund": 65_535}], ids=str)
def test_rules_that_cannot_be_meant(office: Office, changes: dict[str, Any]) -> None:
    with refused("InvalidRule", Reason.OTHER):
        office.published(Rule(Reason.RETURN), Rule(Reason.OTHER)._replace(**changes))


@pytest.mark.parametrize("lane", [PUBLIC, GATED])
def test_a_lane_that_takes_no_claims(office: Office, lane: int) -> None:
    with refused("NotAClaimsLane", lane):
        office.published(Rule(Reason.RETURN), Rule(Reason.OTHER, lane=lane))


@pytest.mark.parametrize("lane", [0, 7, 1023, 65_535])
def test_a_lane_that_is_not_there(office: Office, lane: int) -> None:
    with refused_below("UnknownLane(uint256)"):
        office.published(Rule(Reason.RETURN, lane=lane))


def test_a_token_that_is_not_listed(office: Office) -> None:
    token = office.desk.tickets.address
    with refused("TokenNotListed", token):
        office.published(Rule(Reason.RETURN), token=token)


@pytest.mark.parametrize("value", [8, 255])
def test_a_reason_that_is_not_there(office: Office, value: int) -> None:
    """The number does not fit the enum: nothing of it is read."""
    with refused(""):
        office.published(Rule(value))


def test_only_the_claims_editor(office: Office) -> None:
    for person in office.people.everybody:
        if person is not office.people.claims_editor:
            with refused("AccessManagedUnauthorized", person.address):
                office.book.send(person.address, "publishPolicy", NOBODY, [Rule(Reason.RETURN, window=DAY)])
