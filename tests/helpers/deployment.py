"""Deploys a desk for tests as an operator does: two programs, six lanes, every role held without delay."""

from __future__ import annotations

from dataclasses import fields
from tempfile import TemporaryDirectory

from web3 import HTTPProvider, Web3

from proofdesk._deployments import CLEAR
from proofdesk._sender import Sender
from proofdesk.ops import deploy as ops
from proofdesk.ops.config import Config, Grant, LaneTerms, ProgramTerms
from proofdesk.ops.roles import Role
from tests.helpers import desk as d
from tests.helpers.contract import Contract
from tests.helpers.desk import Desk
from tests.helpers.node import Node
from tests.helpers.people import People, Person
from tools.chain import CHAIN_ID

NAMES = [each.name for each in fields(People) if each.name != "desk"]
DAY = 86_400
PROGRAMS = tuple(
    ProgramTerms(name, syllabus, pass_mark=7_000, validity=365 * DAY, retake_delay=DAY)
    for name, syllabus in (("first", b"\x01" * 32), ("second", b"\x02" * 32))
)


def deploy(node: Node) -> People:
    """A desk with everybody in office and two certified agents; each is an account of the node."""
    accounts = dict(zip(NAMES, node.accounts, strict=False))
    with TemporaryDirectory() as folder, node.automined():
        sender = Sender(Web3(HTTPProvider(node.url)), accounts["admin"])
        manifest = ops.deploy(sender, _config(accounts), path=folder)
    access, certification, tickets = (
        Contract(node, name, manifest.contract(name).address)
        for name in ("DeskAccess", "AgentCertification", "TicketDesk")
    )
    desk = Desk(node, access, certification, tickets)
    people = People(desk, *(Person(name, address, desk) for name, address in accounts.items()))
    people.certifier.certify(people.agent)
    people.certifier.certify(people.second_agent, level=3)
    return people


def _config(accounts: dict[str, str]) -> Config:
    """Each role's one holder is the person of its name, if there is one."""
    grants = tuple(
        Grant(role, accounts[role.key]) for role in Role if role is not Role.ADMIN and role.key in accounts
    )
    lanes = tuple(
        LaneTerms(
            name=name,
            respond_within=lane.respond_within,
            resolve_within=lane.resolve_within,
            confirm_within=lane.confirm_within,
            program=PROGRAMS[lane.program - 1].name,
            level=lane.level,
            gated=lane.gated,
            claims=lane.claims,
        )
        for name, lane in d.LANES.items()
    )
    return Config("tests", CHAIN_ID, grants=grants, programs=PROGRAMS, lanes=lanes, records=CLEAR)
