"""What an operator decides about a desk: config/<network>.toml, read strictly.

The order of [[programs]] and [[lanes]] is the order of their numbers on chain.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proofdesk._deployments import CLEAR, SEALED
from proofdesk._errors import ConfigurationError
from proofdesk._words import keccak, to_hex
from proofdesk.ops._toml import Table, read
from proofdesk.ops.claims_terms import ClaimsTerms, claims_of
from proofdesk.ops.network import LOCAL_CHAINS, NAME, Network, network_of
from proofdesk.ops.relay_terms import relay_of
from proofdesk.ops.roles import DAY, TERMS, TREASURER_DELAY, Role

DEPLOYER = "deployer"

_MAX_WINDOW = 64_800
_UINT32 = 2**32 - 1  # as a moment: 2106-02-07 06:28:15 UTC, the last that a certificate can expire at


@dataclass(frozen=True, slots=True)
class Grant:
    """A role's holder: an address, or `DEPLOYER`.

    `delay` is seconds between announcing a call and making it. `code_hash` is Keccak-256 of a module's
    runtime code, where it is no contract of this package.
    """

    role: Role
    account: str
    delay: int = 0
    code_hash: str | None = None


@dataclass(frozen=True, slots=True)
class ProgramTerms:
    """A program to create; `pass_mark` is basis points, spans are seconds, `syllabus` is a hash."""

    name: str
    syllabus: bytes
    pass_mark: int
    validity: int
    retake_delay: int

    def struct(self) -> tuple[str, int, int, int, bool]:
        """The contract's struct Program, taking exams."""
        return to_hex(self.syllabus), self.pass_mark, self.validity, self.retake_delay, True


@dataclass(frozen=True, slots=True)
class LaneTerms:
    """A lane to create; windows are minutes, `program` is a program's name, article 0 is none."""

    name: str
    respond_within: int
    resolve_within: int
    confirm_within: int
    program: str
    level: int = 0
    gated: bool = False
    claims: bool = False
    article: int = 0

    def struct(self, program: int) -> tuple[int, int, int, int, int, bool, bool]:
        """The contract's struct LaneConfig, for a program's number."""
        windows = self.respond_within, self.resolve_within, self.confirm_within
        return *windows, program, self.level, self.gated, self.claims


@dataclass(frozen=True, slots=True)
class Config:
    """A desk as its operator wants it; `owner` gets ADMIN at the handover.

    `deterministic` asks for addresses that follow from deployer, name and version (docs/adr/0008); None
    leaves it to the chain: yes, but not on a local one. `claims` is None for a desk without any; `records`
    says whether its records are kept sealed, to those who may read them, or clear.
    """

    desk: str
    chain_id: int
    owner: str | None = None
    grants: tuple[Grant, ...] = ()
    programs: tuple[ProgramTerms, ...] = ()
    lanes: tuple[LaneTerms, ...] = ()
    network: Network | None = None
    deterministic: bool | None = None
    claims: ClaimsTerms | None = None
    records: str = SEALED

    def holders(self, deployer: str) -> Iterator[Grant]:
        """All grants, with the deployer's address where the file says `deployer`."""
        for grant in self.grants:
            account = deployer if grant.account == DEPLOYER else grant.account
            yield Grant(grant.role, account, grant.delay, grant.code_hash)


def load(path: str | Path, environment: Mapping[str, str] = os.environ) -> Config:
    """Read a config file; addresses may be "${NAME}", read from the environment.

    Raises ConfigurationError naming file, key, value and what is allowed.

    >>> load("config/development.toml").desk
    'development'
    """
    top = read(Path(path))
    desk = top.table("desk")
    name = desk.text("name", **NAME)
    chain_id = desk.number("chain_id", 1, 2**53 - 1)
    accounts = _Accounts(top.table("accounts", optional=True), environment)
    owner = accounts.one(desk, "owner", desk.text("owner")) if desk.has("owner") else None
    deterministic = desk.flag("deterministic") if desk.has("deterministic") else None
    desk.only_asked()
    network = network_of(top, chain_id, Path(path).stem)
    # A relayer reads it by itself; what is wrong with it is told by every command that reads the config.
    relay_of(top)
    grants = tuple(_grants(top.table("roles"), accounts, chain_id))
    programs = tuple(_program(table, Path(path).parent) for table in top.tables("programs"))
    lanes = tuple(_lane(table, programs) for table in top.tables("lanes"))
    claims = claims_of(top, accounts.one, lanes, Path(path).parent)
    records = _records(top.table("records", optional=True))
    top.only_asked()
    _refuse_twins(top, "programs", [program.name for program in programs])
    _refuse_twins(top, "lanes", [lane.name for lane in lanes])
    if len(lanes) > 1023:
        top.fail("lanes", f"are {len(lanes):,}: a desk has at most 1,023")
    return Config(name, chain_id, owner, grants, programs, lanes, network, deterministic, claims, records)


def refuse_undatable(programs: Iterable[ProgramTerms], now: int) -> None:
    """Refuse programs, yet to be created, whose certificates would outlive the contract's clock, in 2106.

    `now` is the chain's second. Raises ConfigurationError naming the program and the longest validity.

    >>> refuse_undatable(config.programs, 1_800_000_000)
    """
    # A day to spare: the program is created later than this.
    longest = (_UINT32 - now) // DAY - 1
    for program in programs:
        if program.validity > longest * DAY:
            raise ConfigurationError(
                f"program {program.name}: its validity of {program.validity / DAY:,.0f} days would end after "
                f"2106-02-07, the last day a certificate can name: write at most {longest}d"
            )


class _Accounts:
    """The file's names for addresses."""

    def __init__(self, table: Table, environment: Mapping[str, str]) -> None:
        self._environment = environment
        if table.has(DEPLOYER):
            table.fail(DEPLOYER, "is the account that deploys: choose another name")
        self._known: dict[str, str] = {}
        self._known = {key: self._address(table, key, table.text(key)) for key in table}

    def one(self, table: Table, key: str, value: Any) -> str:
        """The address that a value names: an account's name, an address, or "${NAME}"."""
        if isinstance(value, str) and value in self._known:
            return self._known[value]
        return self._address(table, key, value)

    def _address(self, table: Table, key: str, value: Any) -> str:
        if isinstance(value, str) and (variable := re.fullmatch(r"\$\{(\w+)\}", value)):
            if variable[1] not in self._environment:
                table.fail(key, f"is {value}, which is not set: export {variable[1]}=0x… first")
            value = self._environment[variable[1]].strip()
        known = f", or a name from [accounts]: {', '.join(self._known)}" if self._known else ""
        return table.as_address(key, value, f'or "${{NAME}}"{known}')


def _grants(table: Table, accounts: _Accounts, chain_id: int) -> Iterator[Grant]:
    seen: dict[tuple[Role, str], str] = {}
    for role in Role:
        if role is Role.ADMIN:
            continue
        for number, item in enumerate(table.items(role.key), 1):
            place = f"{role.key}[{number}]"
            grant = _grant(table, place, role, item, accounts)
            if grant.account == DEPLOYER and chain_id not in LOCAL_CHAINS:
                table.fail(place, f"is the deployer: on chain {chain_id} he keeps no role, name a holder")
            if (role, grant.account) in seen:
                table.fail(place, f"is {grant.account}, named twice")
            if role is Role.UNPAUSER and (Role.GUARDIAN, grant.account) in seen:
                table.fail(place, f"is {grant.account}, the guardian too: another must end a pause")
            if role is Role.TREASURER and chain_id not in LOCAL_CHAINS and grant.delay < TREASURER_DELAY:
                table.fail(
                    place,
                    f"is a treasurer with a delay of {grant.delay} s: on chain {chain_id} what is taken out "
                    'of the vault is announced before; write { account = "…", delay = "1d" }, or longer',
                )
            seen[role, grant.account] = place
            yield grant
    if table.has(Role.ADMIN.key):
        table.fail(Role.ADMIN.key, "is not granted here: desk.owner gets it at the handover")
    table.only_asked()


def _grant(table: Table, place: str, role: Role, item: Any, accounts: _Accounts) -> Grant:
    delay, code_hash, account = 0, None, item
    if isinstance(item, dict):
        detail = table.sub(item, place)
        account = detail.text("account")
        delay = detail.seconds("delay", 0, 45 * DAY, 0)
        if delay and TERMS[role].direct:
            detail.fail(
                "delay", f"is set: the contracts refuse {role.key} members who have one, leave it out"
            )
        if delay and role is Role.KEYS_EDITOR:
            detail.fail("delay", "is set: a key that leaked is replaced at once, leave it out")
        if role is Role.MODULE and detail.has("code_hash"):
            code_hash = "0x" + _hash(detail, "code_hash").hex()
        detail.only_asked()
    if account == DEPLOYER:
        if role is Role.MODULE:
            table.fail(place, "is the deployer: a module is a contract")
        return Grant(role, DEPLOYER, delay)
    return Grant(role, accounts.one(table, place, account), delay, code_hash)


def _program(table: Table, folder: Path) -> ProgramTerms:
    name = table.text("name", **NAME)
    if table.has("syllabus") == table.has("syllabus_hash"):
        table.fail("syllabus", "or syllabus_hash: write one, a file beside this one or its Keccak-256")
    if table.has("syllabus"):
        file = folder / table.text("syllabus")
        try:
            syllabus = keccak(file.read_bytes())
        except OSError as error:
            table.fail("syllabus", f"is {file}, which cannot be read: {error.strerror}")
    else:
        syllabus = _hash(table, "syllabus_hash")
    terms = ProgramTerms(
        name=name,
        syllabus=syllabus,
        pass_mark=table.number("pass_mark", 1, 10_000),
        validity=table.seconds("validity", 1, _UINT32 // DAY * DAY),
        retake_delay=table.seconds("retake_delay", 0, _UINT32 // DAY * DAY, 0),
    )
    table.only_asked()
    return terms


def _lane(table: Table, programs: tuple[ProgramTerms, ...]) -> LaneTerms:
    lane = LaneTerms(
        name=table.text("name", **NAME),
        respond_within=table.minutes("respond_within", 1, _MAX_WINDOW),
        resolve_within=table.minutes("resolve_within", 1, _MAX_WINDOW),
        confirm_within=table.minutes("confirm_within", 1, _MAX_WINDOW),
        program=table.text("program"),
        level=table.number("level", 0, 255, 0),
        gated=table.flag("gated", False),
        claims=table.flag("claims", False),
        article=table.number("article", 0, _UINT32, 0),
    )
    if lane.program not in (known := [program.name for program in programs]):
        table.fail("program", f"is {lane.program!r}, no program of this file: {', '.join(known)} are")
    table.only_asked()
    return lane


def _records(table: Table) -> str:
    form = table.text("form", pattern=f"{SEALED}|{CLEAR}", advice=f"{SEALED} or {CLEAR}", default=SEALED)
    table.only_asked()
    return form


def _hash(table: Table, key: str) -> bytes:
    return bytes.fromhex(table.text(key, pattern="0x[0-9a-fA-F]{64}", advice="0x and 64 hex digits")[2:])


def _refuse_twins(top: Table, key: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            top.fail(key, f"hold {name!r} twice: give each a name of its own")
