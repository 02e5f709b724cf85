"""Who may do what, compared with the role table and the config."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from proofdesk._models import Event
from proofdesk._words import moment
from proofdesk.ops._access import selector, wanted_grants
from proofdesk.ops._announced import Announced, announced
from proofdesk.ops._code import code_at, code_hash, is_code_of
from proofdesk.ops._contracts import KNOWS, MANAGER, MODULES, managed
from proofdesk.ops._events import whole
from proofdesk.ops._findings import Finding, Reading
from proofdesk.ops.config import Grant
from proofdesk.ops.roles import (
    DAY,
    MODULE_GRANT_DELAY,
    TABLE,
    TARGET_ADMIN_DELAY,
    TERMS,
    Role,
    opened,
)

_DELEGATION = bytes.fromhex("ef0100")
# What waits for TARGET_ADMIN_DELAY; each function's first argument is the contract.
_SLOW = ("setTargetClosed", "setTargetFunctionRole", "updateAuthority")


def check_rules(desk: Reading) -> Iterator[Finding]:
    """Each restricted function is its role's, none else is opened, no contract is closed."""
    for contract in managed(desk.deployment.contracts):
        address = desk.address(contract)
        known = {selector(contract, function): (function, role) for function, role in opened(contract)}
        for four, (function, role) in known.items():
            found = desk.call(MANAGER, "getTargetFunctionRole", address, four)
            if found != role:
                yield Finding(
                    f"who may call {contract}.{function}",
                    role.key,
                    role_name(found),
                    f"as ADMIN call setTargetFunctionRole({address}, [{four}], {int(role)})",
                )
        touched = {
            str(event.arguments["selector"])
            for event in desk.named("TargetFunctionRoleUpdated")
            if event.arguments["target"] == address
        }
        for four in sorted(touched - set(known)):
            if found := desk.call(MANAGER, "getTargetFunctionRole", address, four):
                yield Finding(
                    f"{contract}: function {four}, which no role should open",
                    Role.ADMIN.key,
                    role_name(found),
                    f"as ADMIN call setTargetFunctionRole({address}, [{four}], 0)",
                )
        if desk.call(MANAGER, "isTargetClosed", address):
            yield Finding(
                f"{contract} in the manager",
                "open",
                "closed",
                f"as ADMIN call setTargetClosed({address}, false)",
            )
    for role in Role:
        for duty, function in (
            ("grants", "getRoleAdmin"),
            ("may cancel what is announced by", "getRoleGuardian"),
        ):
            if found := desk.call(MANAGER, function, int(role)):
                setter = function.replace("get", "set")
                advice = f"as ADMIN call {setter}({int(role)}, 0)"
                yield Finding(f"who {duty} {role.key}", Role.ADMIN.key, role_name(found), advice)


def check_members(desk: Reading) -> Iterator[Finding]:
    """Every role has the members the config names and no other."""
    wanted: dict[int, dict[str, Grant]] = {int(role): {} for role in Role}
    for grant in wanted_grants(desk.config, desk.deployer, desk.addresses):
        if not (desk.handed_over and grant.account == desk.deployer):
            wanted[grant.role][grant.account] = grant
    found = members(desk)
    # Until the handover the owner may be ADMIN beside the deployer, afterwards he alone is.
    owner, admins = desk.config.owner, found.get(Role.ADMIN, {})
    for admin in [] if desk.handed_over else [desk.deployer]:
        wanted[Role.ADMIN][admin] = Grant(Role.ADMIN, admin)
    if owner and (desk.handed_over or owner in admins):
        wanted[Role.ADMIN][owner] = Grant(Role.ADMIN, owner)
    for role in sorted(set(wanted) | set(found)):
        yield from _check_role(desk, role, wanted.get(role, {}), found.get(role, {}))


def _check_role(
    desk: Reading, role: int, wanted: Mapping[str, Grant], found: Mapping[str, tuple[int, int]]
) -> Iterator[Finding]:
    name = role_name(role)
    for account in [*wanted, *sorted(set(found) - set(wanted))]:
        grant, (since, delay) = wanted.get(account), found.get(account, (0, 0))
        revoke = f"as ADMIN call revokeRole({role}, {account})"
        if grant is None:
            who = f"{account} (the deployer)" if account == desk.deployer else account
            yield Finding(f"role {name}", "no other member", who, f"{revoke}, or name it in the config")
            continue
        regrant = f"as ADMIN call grantRole({role}, {account}, {grant.delay})"
        if not since:
            yield Finding(f"role {name}", f"{account} a member", "no member", regrant)
        elif since > desk.now:
            yield Finding(
                f"role {name}, member {account}",
                "in force",
                f"in force from {moment(since):%Y-%m-%d %H:%M} UTC on",
                "wait; until then it opens nothing",
                is_warning=True,
            )
        if since and delay != grant.delay:
            why = ": the contracts refuse it" if role in TERMS and TERMS[Role(role)].direct else ""
            advice = f"{revoke}, then {regrant.removeprefix('as ADMIN ')}"
            yield Finding(
                f"role {name}, execution delay of {account}", f"{grant.delay} s", f"{delay} s{why}", advice
            )


def members(desk: Reading) -> dict[int, dict[str, tuple[int, int]]]:
    """Every role's members with the second from which they are and their execution delay, pending ones too.

    The events say who may be one, the manager's state says who is.
    """
    candidates = {
        (whole(event, "roleId"), str(event.arguments["account"])) for event in desk.named("RoleGranted")
    }
    found: dict[int, dict[str, tuple[int, int]]] = {}
    for role, account in sorted(candidates):
        since, delay, _, _ = desk.call(MANAGER, "getAccess", role, account)
        if since:
            found.setdefault(role, {})[account] = (since, delay)
    return found


def check_modules(desk: Reading) -> Iterator[Finding]:
    """Modules are contracts whose code is known: the desk's own, or by the hash in the config."""
    hashes = {grant.account: grant.code_hash for grant in desk.config.holders(desk.deployer)}
    own = {desk.addresses[name] for name in MODULES if name in desk.addresses}
    for account in members(desk).get(Role.MODULE, {}):
        code, wanted = code_at(desk.node, account), hashes.get(account)
        # A key can give a delegating account other code at any time (EIP-7702): its hash says nothing.
        if not code or code.startswith(_DELEGATION):
            yield Finding(
                f"module {account}",
                "a contract",
                "an account that delegates" if code else "no code",
                f"as ADMIN call revokeRole({int(Role.MODULE)}, {account})",
            )
        # Another desk's module moves nothing here by the rules of this one.
        elif wanted != code_hash(code) if wanted else account not in own:
            yield Finding(
                f"module {account}",
                f"code with hash {wanted}" if wanted else "one of the desk's own modules",
                code_hash(code),
                "read its sources; revoke it, or write this hash into the config as code_hash",
            )
        elif account not in own:
            yield from _works_with(desk, account, code)


def _works_with(desk: Reading, account: str, code: bytes) -> Iterator[Finding]:
    """A module of this package's may work by the rules of a contract that is none of the desk's."""
    for name in MODULES:
        if not is_code_of(name, code):
            continue
        for view, other in KNOWS[name].items():
            found, wanted = str(desk.node.call(name, account, view)), desk.addresses.get(other, "none")
            if found != wanted:
                advice = "see who may change that one's rules: this check does not; or revoke the module"
                yield Finding(f"{view} of module {account}", wanted, found, advice, is_warning=True)


def check_delays(desk: Reading) -> Iterator[Finding]:
    """After the handover: what could change rules under open tickets takes longer than any window."""
    if not desk.handed_over:
        return
    for terms in TABLE:
        now = desk.call(MANAGER, "getRoleGrantDelay", int(terms.role))
        changes = [
            event for event in desk.named("RoleGrantDelayChanged") if whole(event, "roleId") == terms.role
        ]
        yield from _check_delay(
            f"delay of granting {terms.role.key}",
            terms.grant_delay,
            [now, *_announced(changes)],
            f"as ADMIN call setGrantDelay({int(terms.role)}, {terms.grant_delay})",
        )
    for contract in managed(desk.deployment.contracts):
        address = desk.address(contract)
        now = desk.call(MANAGER, "getTargetAdminDelay", address)
        changes = [
            event for event in desk.named("TargetAdminDelayUpdated") if event.arguments["target"] == address
        ]
        yield from _check_delay(
            f"delay of changing authority, rules or closing of {contract}",
            TARGET_ADMIN_DELAY,
            [now, *_announced(changes)],
            f"as ADMIN call setTargetAdminDelay({address}, {TARGET_ADMIN_DELAY})",
        )


def _announced(changes: Sequence[Event]) -> list[int]:
    """The delay that the last change leads to, in force or not yet."""
    return [whole(event, "delay") for event in changes[-1:]]


def _check_delay(what: str, least: int, found: Sequence[int], advice: str) -> Iterator[Finding]:
    if min(found) < least:
        yield Finding(
            what, f"{least / DAY:g} days", f"{' → '.join(f'{delay / DAY:g}' for delay in found)} days", advice
        )


def check_announced(desk: Reading) -> Iterator[Finding]:
    """Calls that have been announced and may still be made; none slips past the delays of the handover."""
    for call in announced(desk.node, desk.deployment):
        is_early = _is_early(desk, call)
        yield Finding(
            "a call announced to the manager",
            f"{TARGET_ADMIN_DELAY / DAY:g} days before it takes effect"
            if is_early
            else "none, or one you know of",
            str(call),
            f"{'' if is_early else 'if nobody meant it, '}as ADMIN call {call.cancellation}",
            is_warning=not is_early,
        )


def _is_early(desk: Reading, call: Announced) -> bool:
    """Tell whether a call changes the rules under tickets that were open at its announcement."""
    if call.target != desk.address(MANAGER):
        return False
    function, subject = call.data[:10], int(call.data[10:74] or "0", 16)
    if function == selector(MANAGER, "grantRole") and subject == Role.MODULE:
        delay = int(desk.call(MANAGER, "getRoleGrantDelay", subject))
        return call.due + delay < call.at + MODULE_GRANT_DELAY
    return (
        function in {selector(MANAGER, name) for name in _SLOW}
        and subject in {int(desk.address(contract), 16) for contract in managed(desk.deployment.contracts)}
        and call.due < call.at + TARGET_ADMIN_DELAY
    )


def role_name(role: int) -> str:
    """A role's name, or its number where the table has none."""
    return Role(role).key if role in TERMS else f"unknown role {role}"
