"""Contracts, programs, lanes and opening, compared with manifest, package and config."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from proofdesk._deployments import CLEAR, Deployment
from proofdesk._rpc import Node
from proofdesk.ops._check_access import role_name
from proofdesk.ops._code import code_at, code_hash, is_code_of, origin
from proofdesk.ops._contracts import (
    ANCHOR,
    BASE,
    CERTIFICATION,
    DESK,
    KEYS,
    KNOWS,
    MADE_WITH,
    MANAGER,
    contracts_of,
    managed,
)
from proofdesk.ops._events import events, whole
from proofdesk.ops._findings import Finding, Reading
from proofdesk.ops._known import created_in
from proofdesk.ops._names import KEEP, renamed
from proofdesk.ops.roles import Role

_PROGRAM = ("syllabus", "pass_mark", "validity", "retake_delay")
_LANE = ("respond_within", "resolve_within", "confirm_within", "program", "level", "gated", "claims")
_ELSEWHERE = "check that node and manifest belong together"


def check_code(node: Node, deployment: Deployment) -> Iterator[Finding]:
    """Every contract's code is the manifest's and this package's."""
    for name in BASE:
        if name not in deployment.contracts:
            yield Finding(f"contract {name}", "in the manifest", "missing", "run deploy again: it goes on")
    for name, known in deployment.contracts.items():
        if name not in MADE_WITH:
            yield Finding(
                f"contract {name}", "one of this package", "no such", f"check with {origin(deployment)}"
            )
            continue
        code = code_at(node, known.address)
        if code_hash(code) != known.code_hash:
            found = code_hash(code) if code else "no code"
            yield Finding(f"code of {name} at {known.address}", known.code_hash, found, _ELSEWHERE)
        elif not is_code_of(name, code):
            yield Finding(
                f"code of {name} at {known.address}",
                "this package's",
                code_hash(code),
                f"check with {origin(deployment)}",
            )


def check_origin(desk: Reading) -> Iterator[Finding]:
    """The manifest names each contract's true beginning: nothing that was done before it stays unread."""
    for name, known in desk.deployment.contracts.items():
        receipt = desk.node.request("eth_getTransactionReceipt", known.transaction)
        if receipt is None:
            found = "no such transaction on this node"
        else:
            created, block = created_in(desk.node, receipt, known), int(receipt["blockNumber"], 16)
            if (created.lower(), block) == (known.address.lower(), known.block):
                continue
            found = f"{created} in block {block}"
        yield Finding(
            f"creation of {name} by {known.transaction}",
            f"{known.address} in block {known.block}",
            found,
            "ask a node that keeps all transactions, or correct the manifest",
        )
    wanted = f"{Role.ADMIN.key} to {desk.deployer}"
    first = next((event for event in desk.named("RoleGranted")), None)
    found = f"{role_name(whole(first, 'roleId'))} to {first.arguments['account']}" if first else "none"
    if found != wanted:
        yield Finding(f"first grant by {MANAGER}", wanted, found, _ELSEWHERE)


def check_contracts(desk: Reading) -> Iterator[Finding]:
    """What the config asks for is there; an older desk may do without anchor and keys where it can."""
    spared = {ANCHOR: desk.config.claims is None, KEYS: desk.deployment.records == CLEAR}
    for name in contracts_of(with_claims=desk.config.claims is not None):
        if name not in desk.deployment.contracts:
            advice = "run deploy again: it adds what is missing"
            is_warning = spared.get(name, False)
            yield Finding(f"contract {name}", "in the manifest", "missing", advice, is_warning=is_warning)


def check_wiring(desk: Reading) -> Iterator[Finding]:
    """The contracts know each other and never knew another authority, which could have done anything."""
    manager = desk.address(MANAGER)
    for contract in managed(desk.addresses):
        known = desk.deployment.contract(contract)
        given = events(desk.node, contract, known.address, ["AuthorityUpdated"], known.block)
        ever = [str(event.arguments["authority"]) for event in given]
        if (found := desk.call(contract, "authority")) != manager:
            yield Finding(f"authority of {contract}", manager, str(found), _ELSEWHERE)
        elif ever != [manager]:
            yield Finding(
                f"all authorities that {contract} has had",
                manager,
                " → ".join(ever) or "none",
                "find out what was done under the other; only a new deployment is free of it",
            )
    for contract in desk.addresses:
        for view, other in KNOWS.get(contract, {}).items():
            wanted = desk.addresses.get(other, "in the manifest")
            if view != "authority" and (found := desk.call(contract, view)) != wanted:
                yield Finding(f"{view} of {contract}", wanted, str(found), _ELSEWHERE)


def check_programs(desk: Reading) -> Iterator[Finding]:
    """Programs are the config's; they never change, only whether they take exams."""
    count = desk.call(CERTIFICATION, "programCount")
    for number, terms in enumerate(desk.config.programs, 1):
        what = f"program {number} ({terms.name})"
        if number > count:
            yield Finding(what, "on chain", "missing", "create it: run deploy again, as ADMIN or CERTIFIER")
            continue
        found = desk.call(CERTIFICATION, "program", number)
        yield from _compare(
            what, _PROGRAM, terms.struct(), found, "a program never changes: correct the config"
        )
        if not found[-1]:
            advice = "as CERTIFIER call setProgramActive, or leave it"
            yield Finding(what, "takes exams", "takes none", advice, is_warning=True)
    names = [item.name for item in desk.config.programs]
    yield from _compare_names("program", desk.deployment.programs, names, count)


def check_lanes(desk: Reading) -> Iterator[Finding]:
    """Lanes are the config's; their terms never change."""
    count = desk.call(DESK, "laneCount")
    programs = [item.name for item in desk.config.programs]
    for number, terms in enumerate(desk.config.lanes, 1):
        what = f"lane {number} ({terms.name})"
        if number > count:
            yield Finding(what, "on chain", "missing", "create it: lane update, as LANE_EDITOR")
            continue
        found, closed, article, *_ = desk.call(DESK, "lane", number)
        wanted = terms.struct(1 + programs.index(terms.program))
        yield from _compare(what, _LANE, wanted, found, "a lane's terms never change: correct the config")
        if article != terms.article:
            advice = "as LANE_EDITOR call setArticle, or correct the config"
            yield Finding(f"article of {what}", str(terms.article), str(article), advice)
        if closed:
            yield Finding(what, "open", "closed for ever", "open in another lane", is_warning=True)
    yield from _compare_names("lane", desk.deployment.lanes, [item.name for item in desk.config.lanes], count)


def check_opening(desk: Reading) -> Iterator[Finding]:
    """Whether customers can open tickets, and without asking the desk."""
    paused, retired, successor = desk.call(DESK, "opening")
    if retired:
        yield Finding("opening", "possible", f"retired, successor {successor}", "open there", is_warning=True)
    elif paused:
        yield Finding("opening", "possible", "paused", "an unpauser ends it: unpauseOpening", is_warning=True)
    if not public_lanes(desk):
        yield Finding(
            "public lane",
            "one at least",
            "none",
            "add one: without it the desk can silence its customers",
            is_warning=True,
        )


def public_lanes(desk: Reading) -> list[int]:
    """The numbers of the lanes that anybody can open tickets in."""
    lanes = range(1, 1 + desk.call(DESK, "laneCount"))
    found = ((number, desk.call(DESK, "lane", number)) for number in lanes)
    return [number for number, (terms, closed, *_) in found if not closed and not any(terms[-2:])]


def _compare(
    what: str, names: Sequence[str], wanted: Sequence[object], found: Sequence[object], advice: str
) -> Iterator[Finding]:
    for name, expected, actual in zip(names, wanted, found, strict=False):
        if expected != actual:
            yield Finding(f"{name} of {what}", str(expected), str(actual), advice)


def _compare_names(
    what: str, numbers: Mapping[str, int], names: Sequence[str], count: int
) -> Iterator[Finding]:
    """The manifest's names and the chain's count are the config's."""
    wanted = {name: number for number, name in enumerate(names, 1)}
    for number, known, name in renamed(numbers, names):
        yield Finding(f"name of {what} {number}", f"{known} (the manifest)", f"{name} (the config)", KEEP)
    if numbers != wanted and not any(renamed(numbers, names)):
        advice = "run deploy again: it writes the manifest anew"
        yield Finding(f"{what}s in the manifest", str(wanted), str(dict(numbers)), advice)
    if count > len(names):
        advice = "write it into the config, or find out who made it"
        yield Finding(f"{what}s on chain", str(len(names)), str(count), advice)
