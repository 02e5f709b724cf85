"""What was promised at purchase stands: no function of any contract, called as anybody, changes a policy.

Every function of every contract is called by the holder of every role, with arguments made for it; after
each the policy, its rules, token and lanes, and a lane's promised compensation are what they were.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.helpers.claim_items import ClaimState, Kind, Reason, Rule, Verdict
from tests.helpers.claims import RULES, Office
from tests.helpers.contract import Contract
from tests.helpers.desk import CLAIMS, GATED_CLAIMS, MODULE, NOBODY, Lane
from tests.helpers.table import Status
from tools.build import artifact

AMOUNT, CAP = 1_000, 10_000


def promises(office: Office) -> tuple[Any, ...]:
    """All that was fixed at purchase."""
    view = office.book.view
    rules = tuple(view("ruleOf", office.policy, number) for number in range(8))
    terms = tuple(view("termsFor", office.policy, number) for number in range(8))
    offers = tuple(office.compensation.view("offerOf", lane) for lane in (CLAIMS, GATED_CLAIMS))
    lane = office.desk.lane(CLAIMS)
    windows = lane.respond_within, lane.resolve_within, lane.confirm_within, lane.claims, lane.gated
    return view("tokenOf", office.policy), rules, terms, offers, windows


def contracts(office: Office) -> dict[str, Contract]:
    """All of a desk's."""
    return {
        "DeskAccess": office.desk.access,
        "AgentCertification": office.desk.certification,
        "TicketDesk": office.desk.tickets,
        "RecordAnchor": office.anchor,
        "RefundVault": office.vault,
        "PolicyBook": office.book,
        "ClaimDesk": office.claims,
        "CompensationDesk": office.compensation,
        "DeskUpkeep": office.upkeep,
    }


def writers(name: str) -> list[dict[str, Any]]:
    """The functions of a contract that may change something; of ERC-721's overloads the last."""
    found = {item["name"]: item for item in artifact(name)["abi"] if item["type"] == "function"}
    return [item for item in found.values() if item["stateMutability"] not in ("view", "pure")]


def made_for(office: Office, item: dict[str, Any], ticket: bytes) -> list[Any]:
    """Arguments that fit a function: this policy, this lane, this ticket, other rules."""
    return [value_for(office, each, ticket) for each in item["inputs"]]


def value_for(office: Office, item: dict[str, Any], ticket: bytes) -> Any:
    kind, name = item["type"], item["name"]
    if kind.endswith("[]"):
        one = {**item, "type": kind[:-2]}
        return [value_for(office, one, ticket)]
    if kind == "tuple":
        if item.get("internalType", "").startswith("struct Rule"):
            return Rule(Reason.RETURN, window=1, refund=1)
        if item.get("internalType", "").startswith("struct LaneConfig"):
            return Lane(claims=True).config
        return tuple(value_for(office, each, ticket) for each in item["components"])
    if kind == "address":
        named = {"token": NOBODY, "to": office.people.stranger.address}
        return named.get(name, office.claims.address)
    if kind == "bytes32":
        return ticket if name == "ticketId" else office.policy
    if kind == "bytes":
        return b""
    if kind == "bytes4":
        return b"\x00" * 4
    if kind == "bool":
        return True
    if kind == "string":
        return ""
    known = {"lane": CLAIMS, "number": CLAIMS, "dailyCap": 2, "roleId": MODULE, "to": Status.RESOLVED}
    return known.get(name, 1)


REACHED = {
    "DeskAccess": {"grantRole", "revokeRole", "setTargetClosed", "setTargetFunctionRole", "updateAuthority"},
    "TicketDesk": {"closeLane", "createLane", "retire", "setArticle", "pauseOpening", "moveAsModule"},
    "PolicyBook": {"publishPolicy", "appointMerchant", "accredit"},
    "RefundVault": {"withdrawFree", "reserve", "pay"},
}
"""Some functions with power, of which the walk is worth nothing if they refuse its arguments."""


@pytest.fixture
def promised(office: Office) -> Office:
    """Compensation is promised in both claims lanes, and one claim was filed under the policy."""
    for lane in (CLAIMS, GATED_CLAIMS):
        office.compensation.send(office.people.claims_editor.address, "offer", lane, NOBODY, AMOUNT, CAP)
    return office


@pytest.mark.parametrize("name", ["DeskAccess", "AgentCertification", "TicketDesk", "RecordAnchor"])
def test_no_function_of_the_desk_changes_a_policy(promised: Office, name: str) -> None:
    walk(promised, name)


@pytest.mark.parametrize("name", ["RefundVault", "PolicyBook", "ClaimDesk", "CompensationDesk", "DeskUpkeep"])
def test_no_function_about_claims_changes_a_policy(promised: Office, name: str) -> None:
    walk(promised, name)


def walk(office: Office, name: str) -> None:
    """Every function as everybody, from one state; what is refused changes nothing anyway."""
    contract, ticket = contracts(office)[name], office.under_review().ticket_id
    before, let_through = promises(office), set()
    for item in writers(name):
        function, arguments = item["name"], made_for(office, item, ticket)
        for person in office.people.everybody:
            if contract.attempt(person.address, function, *arguments) is None:
                let_through.add(function)
                with office.isolated():
                    contract.send(person.address, function, *arguments)
                    assert promises(office) == before, f"{name}.{function} as {person.name}"
    assert let_through >= REACHED.get(name, set())


# ----------------------------------------------------------------------------------- what the editor can do


def test_the_editor_publishes_beside_never_over(promised: Office) -> None:
    """Whatever he publishes has another name, and the old one stays."""
    office, before = promised, promises(promised)
    for changes in (
        {"window": 1},
        {"refund": 0},
        {"evidence": 0xFFFF},
        {"automatic_limit": 0},
        {"review": True},
    ):
        other = office.published(RULES[0]._replace(**changes), *RULES[1:])
        assert other != office.policy
        assert promises(office) == before
    filing = office.filing()
    assert filing.file() == (Verdict.APPROVED, 0)


@pytest.mark.parametrize("lane", [CLAIMS, GATED_CLAIMS])
def test_a_promise_is_made_once(promised: Office, lane: int) -> None:
    before = promises(promised)
    found = promised.compensation.attempt(
        promised.people.claims_editor.address, "offer", lane, NOBODY, AMOUNT * 2, CAP * 2
    )
    assert found is not None and found.name == "LaneInUse"
    assert promises(promised) == before


# ------------------------------------------------------------------------------------- what stops filing


STOPPING = {
    "closeLane": "lane_editor",
    "pauseOpening": "guardian",
    "retire": "admin",
    "revokeRole": "admin",
    "discredit": "claims_editor",
    "dismissMerchant": "claims_editor",
}
"""By which function who can keep a new claim from being filed; the last two only one signer's."""


@pytest.mark.parametrize("function", STOPPING)
def test_what_stops_filing(office: Office, function: str) -> None:
    """Nothing of it touches what was filed: that is decided, paid and released as before."""
    waiting, filing = office.worked_on(), office.filing()
    desk, people = office.desk, office.people
    by = getattr(people, STOPPING[function]).address
    if function == "closeLane":
        desk.tickets.send(by, function, CLAIMS)
    elif function == "pauseOpening":
        desk.tickets.send(by, function)
    elif function == "retire":
        desk.tickets.send(by, function, office.claims.address)
    elif function == "revokeRole":
        desk.access.send(by, function, MODULE, office.claims.address)
    elif function == "discredit":
        office.edits(function, office.party.address, Kind.RETURN)
    else:
        office.edits(function, office.merchant.address)
    assert filing.attempt() is not None
    # Without MODULE nothing can be decided either.
    if function != "revokeRole":
        waiting.decide(people.agent)
        assert office.claim(waiting.ticket_id)[2] == ClaimState.PAID


def test_closing_a_contract_to_its_editors_stops_no_claim(office: Office) -> None:
    """The manager's switch is for what it guards; what customers and agents do it does not guard."""
    for contract in contracts(office).values():
        if contract is not office.desk.access:
            office.desk.access.send(office.people.admin.address, "setTargetClosed", contract.address, True)
    assert office.filing().file() == (Verdict.APPROVED, 0)
    office.worked_on().decide(office.people.agent)
