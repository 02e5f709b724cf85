"""A desk on which nobody has laid hands: there is no difference, whoever looks."""

from __future__ import annotations

import pytest

from proofdesk import Desk
from proofdesk.ops.audit import audit
from tests.audit.business import Business

PEOPLE = (
    "auditor",
    "supervisor",
    "agent",
    "second_agent",
    "customer",
    "other_customer",
    "certifier",
    "stranger",
)


@pytest.mark.parametrize("name", PEOPLE)
def test_whoever_looks_finds_no_difference(business: Business, name: str) -> None:
    found = business.audit(name)
    assert found.ok and found.first is None, str(found)
    assert found.counts["tickets"] == 5 and found.counts["lanes"] == 5
    looked_at = sum(found.counts.get(state, 0) for state in ("opened", "not opened", "erased"))
    assert looked_at == len(list(business.store)), found.counts


def test_who_has_no_keys_has_the_forms_checked(business: Business) -> None:
    office = business.office
    found = audit(Desk(office.w3, office.deployment, store=business.store))
    assert found.ok and "opened" not in found.counts
    assert found.counts["not opened"] + found.counts["erased"] == len(list(business.store))


def test_it_tells_how_far_it_is_and_leaves_nothing_behind(business: Business) -> None:
    office, told = business.office, []
    before = {name: list(business.store.shelf(name)) for name in ("access", "queue", "trees", "threads")}
    height, entries = office.desk.node.height(), list(business.store)
    business.audit(progress=lambda done, of: told.append((done, of)))
    dones = [done for done, _ in told]
    assert dones == sorted(dones) and told[-1][0] == told[-1][1] > 0
    assert office.desk.node.height() == height and list(business.store) == entries
    assert before == {name: list(business.store.shelf(name)) for name in before}
