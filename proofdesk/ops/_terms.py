"""Bringing a program or a lane of a config onto the chain, unless it is there."""

from __future__ import annotations

from collections.abc import Iterator

from proofdesk._abi import encode_call
from proofdesk._deployments import Deployment
from proofdesk._errors import DeploymentMismatch
from proofdesk._sender import Sender
from proofdesk.ops._contracts import CERTIFICATION, DESK
from proofdesk.ops.config import LaneTerms, ProgramTerms


def ensure_program(sender: Sender, deployment: Deployment, number: int, terms: ProgramTerms) -> Iterator[str]:
    """Create the program of a number where the chain has none; yields transactions sent.

    Raises DeploymentMismatch where the chain has another one, what `Sender.send` raises.
    """
    node, address = sender.node, deployment.contract(CERTIFICATION).address
    if number > node.call(CERTIFICATION, address, "programCount"):
        yield sender.send(address, encode_call(CERTIFICATION, "createProgram", terms.struct())).tx_hash
    found = node.call(CERTIFICATION, address, "program", number)
    # Whether it takes exams is changed in the course of things.
    if found[:-1] != terms.struct()[:-1]:
        raise DeploymentMismatch(f"program {number} ({terms.name})", terms.struct(), found)


def ensure_lane(sender: Sender, deployment: Deployment, number: int, terms: LaneTerms) -> Iterator[str]:
    """Create the lane of a number where the chain has none; yields transactions sent.

    Raises as `ensure_program`.
    """
    node, address = sender.node, deployment.contract(DESK).address
    wanted = terms.struct(deployment.program(terms.program))
    if number > node.call(DESK, address, "laneCount"):
        yield sender.send(address, encode_call(DESK, "createLane", wanted)).tx_hash
    found, *_ = node.call(DESK, address, "lane", number)
    if found != wanted:
        raise DeploymentMismatch(f"lane {number} ({terms.name})", wanted, found)


def ensure_article(sender: Sender, deployment: Deployment, number: int, terms: LaneTerms) -> Iterator[str]:
    """Set a lane's article where it differs; yields transactions sent. Raises what `Sender.send` raises."""
    address = deployment.contract(DESK).address
    if sender.node.call(DESK, address, "lane", number)[2] != terms.article:
        yield sender.send(address, encode_call(DESK, "setArticle", number, terms.article)).tx_hash
