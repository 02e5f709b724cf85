"""Deploys a desk for tests: contracts, roles without delays, programs, lanes, two certified agents."""

from __future__ import annotations

from dataclasses import fields

from tests.helpers import desk as d
from tests.helpers.contract import Contract
from tests.helpers.desk import Desk
from tests.helpers.node import Node
from tests.helpers.people import People, Person

YEAR = 365 * 86_400
PROGRAM = (b"\x01" * 32, 7_000, YEAR, 86_400, True)
OTHER_PROGRAM = (b"\x02" * 32, 7_000, YEAR, 86_400, True)

_CERTIFIERS = ["createProgram", "setProgramActive", "recordExam", "suspend", "reinstate", "revoke"]
_DESK_ROLES = {
    d.LANE_EDITOR: ["createLane", "setArticle", "closeLane"],
    d.GUARDIAN: ["pauseOpening"],
    d.UNPAUSER: ["unpauseOpening"],
    d.ADMIN: ["retire"],
}


def deploy(node: Node) -> People:
    """A desk with everybody in office; each of them is an account of the node."""
    admin = node.accounts[0]
    access = Contract.deployed(node, admin, "DeskAccess", admin)
    certification = Contract.deployed(node, admin, "AgentCertification", access.address)
    tickets = Contract.deployed(node, admin, "TicketDesk", access.address, certification.address)
    desk = Desk(node, access, certification, tickets)
    names = [field.name for field in fields(People) if field.name != "desk"]
    everybody = (Person(name, node.accounts[i], desk) for i, name in enumerate(names))
    people = People(desk, *everybody)

    _open_function(access, admin, certification, d.CERTIFIER, _CERTIFIERS)
    for role, functions in _DESK_ROLES.items():
        _open_function(access, admin, tickets, role, functions)
    for role, person in {
        d.SUPERVISOR: people.supervisor,
        d.CERTIFIER: people.certifier,
        d.LANE_EDITOR: people.lane_editor,
        d.INTAKE: people.intake,
        d.MODULE: people.module,
        d.GUARDIAN: people.guardian,
        d.UNPAUSER: people.unpauser,
    }.items():
        people.admin.grant(role, person)

    for program in (PROGRAM, OTHER_PROGRAM):
        certification.send(people.certifier.address, "createProgram", program)
    for lane in d.LANES.values():
        people.lane_editor.create_lane(lane)
    people.certifier.certify(people.agent)
    people.certifier.certify(people.second_agent, level=3)
    return people


def _open_function(access: Contract, admin: str, target: Contract, role: int, functions: list[str]) -> None:
    selectors = [target.selector(name) for name in functions]
    access.send(admin, "setTargetFunctionRole", target.address, selectors, role)
