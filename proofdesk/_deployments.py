"""Manifests: what a desk's deployment came to, in deployments/<chainId>/<desk>.json.

A manifest is found by argument, by the environment variable PROOFDESK_DEPLOYMENT, in the working folder's
deployments/, then in the package, in this order; the first place that has one decides.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from proofdesk._abi import artifact, shipped
from proofdesk._checks import MAX_INTEGER, Check, anything, each, form, integer, many, members, shown
from proofdesk._errors import ConfigurationError, DeploymentMismatch, DeploymentNotFound
from proofdesk._files import write_atomically
from proofdesk._json import parse
from proofdesk._records import Json
from proofdesk._words import address_of, keccak, to_hex

FORMAT = "proofdesk-deployment/1"
VERSION = "0.1.0"  # this package's
ENVIRONMENT = "PROOFDESK_DEPLOYMENT"
SEALED, CLEAR = "sealed", "clear"  # encrypted to who may read them; for trials, to everybody
PACKAGED = Path(__file__).parent / "deployments"


@dataclass(frozen=True, slots=True)
class Contract:
    """A deployed contract; `code_hash` is Keccak-256 of its runtime code, `bytecode_hash` of what made it."""

    address: str
    arguments: tuple[Json, ...]
    transaction: str
    block: int
    code_hash: str
    bytecode_hash: str


@dataclass(frozen=True, slots=True)
class Deployment:
    """A desk on a chain: its contracts, the holders of its roles, the names of its lanes and programs.

    `created` is RFC 3339, UTC; `commit` the sources' git commit; `compiler` version and settings; `version`
    that of the package by which it was deployed, empty where a manifest is older than that field; `policies`
    the names of claims' policies, each with its hash; `records` how records are kept, SEALED or CLEAR.
    """

    desk: str
    chain_id: int
    genesis_hash: str
    created: str
    commit: str = ""
    compiler: Mapping[str, Json] = field(default_factory=dict)
    contracts: Mapping[str, Contract] = field(default_factory=dict)
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lanes: Mapping[str, int] = field(default_factory=dict)
    programs: Mapping[str, int] = field(default_factory=dict)
    version: str = ""
    policies: Mapping[str, str] = field(default_factory=dict)
    records: str = SEALED

    def contract(self, name: str) -> Contract:
        """A contract by its name; raises ConfigurationError if the deployment has none."""
        if name not in self.contracts:
            # Of what this package ships a desk may go without its claims, an older one without its keys.
            added = "Run" if name == "KeyRegistry" else "Add [claims] to its config and run"
            hint = f". {added} deploy" if name in shipped() else ""
            known = _listed(self.contracts)
            raise ConfigurationError(f"desk {self.desk} has no {name}; it has {known}{hint}")
        return self.contracts[name]

    @property
    def addresses(self) -> frozenset[str]:
        """The contracts' addresses, EIP-55."""
        return frozenset(address_of(int(contract.address, 16)) for contract in self.contracts.values())

    def lane(self, lane: str | int) -> int:
        """A lane's number by its name; numbers pass. Raises ConfigurationError for an unknown name."""
        return self._number("lane", self.lanes, lane)

    def program(self, program: str | int) -> int:
        """A program's number by its name; numbers pass. Raises ConfigurationError for an unknown name."""
        return self._number("program", self.programs, program)

    def _number(self, what: str, numbers: Mapping[str, int], name: str | int) -> int:
        if isinstance(name, int):
            return name
        if name not in numbers:
            raise ConfigurationError(f"desk {self.desk} has no {what} {name!r}; it has {_listed(numbers)}")
        return numbers[name]

    def save(self, root: str | Path) -> Path:
        """Write the manifest to <root>/<chainId>/<desk>.json in one step and return its path.

        The same deployment gives the same bytes. Raises ConfigurationError for a name that no file can have.
        """
        if problem := _NAME(self.desk):
            raise ConfigurationError(f"the desk's name: {problem}")
        path = Path(root) / str(self.chain_id) / f"{self.desk}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        value = {"format": FORMAT} | asdict(self)
        text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
        write_atomically(path, text.encode() + b"\n")
        path.chmod(0o644)  # a manifest is public
        return path


def load(path: str | Path) -> Deployment:
    """Read a manifest; raises ConfigurationError naming the path, and the field that is wrong.

    Of one that a newer package wrote, and this one cannot read, it says so.
    """
    path = Path(path)
    try:
        value = parse(path.read_bytes())
    except FileNotFoundError:
        raise ConfigurationError(f"there is no deployment manifest {path}") from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError:
        raise ConfigurationError(f"{path} is no JSON; restore it, or deploy again") from None
    if not isinstance(value, dict) or not _FORMAT.fullmatch(str(value.get("format"))):
        raise ConfigurationError(f"{path} is no manifest of format {FORMAT}")
    values = {name: item for name, item in value.items() if name != "format"}
    version = values.get("version", "")
    problem, is_later = _MANIFEST(values), value["format"] != FORMAT
    if is_later or (problem and is_newer(str(version))):
        raise ConfigurationError(
            f"{path} was written by a newer proofdesk ({shown(version)}), this is {VERSION}: "
            "pip install --upgrade proofdesk"
        )
    if problem:
        # It may repeat a field's name that nobody knows, with whatever characters.
        raise ConfigurationError(f"{path}: {''.join(c if c.isprintable() else '?' for c in problem)}")
    contracts = {
        name: Contract(**contract | {"arguments": tuple(contract["arguments"])})
        for name, contract in values["contracts"].items()
    }
    roles = {name: tuple(holders) for name, holders in values["roles"].items()}
    return Deployment(**values | {"contracts": contracts, "roles": roles})


def find(chain_id: int, name: str | None = None, path: str | Path | None = None) -> Deployment:
    """Find the manifest of a desk on a chain; `path` is a manifest, or a folder laid out as deployments/ is.

    Raises DeploymentNotFound where there is none, or several and no name says which; DeploymentMismatch where
    the path is a manifest of another chain.
    """
    variable = os.environ.get(ENVIRONMENT)
    if path is not None or variable:
        place = Path(path if path is not None else variable or "")
        if place.is_file():
            deployment = load(place)
            if deployment.chain_id != chain_id:
                raise DeploymentMismatch("the chain id", deployment.chain_id, chain_id)
            return deployment
        places = [place]
    else:
        places = [Path("deployments"), PACKAGED]
    for place in places:
        found = sorted((place / str(chain_id)).glob(f"{name or '*'}.json"))
        if len(found) == 1:
            return load(found[0])
        if found:
            raise DeploymentNotFound(
                f"chain {chain_id} has several desks in {place}: {_listed(item.stem for item in found)}; "
                "name the one you mean, by deployment= or --deployment",
                chain_id=chain_id,
                candidates=tuple(map(str, found)),
            )
    desk = f"of desk {name} on" if name else "of a desk on"
    raise DeploymentNotFound(
        f"no deployment {desk} chain {chain_id} in {_listed(map(str, places))}: deploy one, pass the path of "
        f"its manifest, or set {ENVIRONMENT} to it",
        chain_id=chain_id,
    )


def only_on(genesis: Mapping[str, Any], error: DeploymentNotFound) -> Deployment:
    """The only one of several manifests that is of a chain, by its first block; raises `error` otherwise."""
    found = [each for each in map(load, error.candidates) if each.genesis_hash == genesis["hash"]]
    if len(found) != 1:
        raise error
    return found[0]


def is_newer(version: str) -> bool:
    """Tell whether a version is later than this package's.

    >>> is_newer("0.0.9"), is_newer("100.0")
    (False, True)
    """
    mine, other = ([int(part) for part in re.findall(r"\d+", text)] for text in (VERSION, version))
    return other > mine


def refuse_newer(deployment: Deployment) -> None:
    """Refuse a desk that a later package deployed, with contracts that this one does not have.

    Older desks are read by every later package. Raises ConfigurationError naming both versions.

    >>> refuse_newer(desk.deployment)
    """
    for name in shipped() if is_newer(deployment.version) else ():
        mine, contract = bytes.fromhex(artifact(name)["bytecode"][2:]), deployment.contracts.get(name)
        if contract is not None and to_hex(keccak(mine)) != contract.bytecode_hash:
            raise ConfigurationError(
                f"{name} of desk {deployment.desk} was deployed by proofdesk {deployment.version}, this is "
                f'{VERSION}, which does not know it: pip install "proofdesk>={deployment.version}"'
            )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


_ADDRESS = form("0x[0-9a-fA-F]{40}", "an address")
_HASH = form("0x[0-9a-f]{64}", "0x and 64 lower-case hex digits")
_NAME = form("[a-z0-9][a-z0-9-]{0,62}", "lower-case letters, digits and hyphens")
_FORMAT = re.compile(r"proofdesk-deployment/\d+")
_VERSION = form(r"(\d[0-9A-Za-z.+-]{0,40})?", "a package's version, or empty")


def _named(name: Check, value: Check) -> Check:
    """An object whose names have a form of their own: they are shown, and typed, as they stand."""
    values = each(value)

    def check(item: Any) -> str | None:
        wrong = next(filter(None, map(name, item)), None) if isinstance(item, dict) else None
        return f"a name: {wrong}" if wrong else values(item)

    return check


_NUMBERS = _named(_NAME, integer(1, MAX_INTEGER, "a number from 1 up"))
_IDENTIFIER = form("[A-Za-z][A-Za-z0-9_]{0,62}", "letters and digits")
_CONTRACT: Mapping[str, Check] = {
    "address": _ADDRESS,
    "arguments": many(anything),
    "transaction": _HASH,
    "block": integer(0, MAX_INTEGER, "a block's number"),
    "code_hash": _HASH,
    "bytecode_hash": _HASH,
}
_FIELDS: Mapping[str, Check] = {
    "desk": _NAME,
    "chain_id": integer(1, MAX_INTEGER, "a chain's id"),
    "genesis_hash": _HASH,
    "created": form("[0-9-]{10}T[0-9:]{8}Z", "like 2026-01-31T12:00:00Z"),
    "commit": form("([0-9a-f]{7,64}(-dirty)?)?", "a git commit, or empty"),
    "compiler": each(anything),
    "contracts": _named(_IDENTIFIER, members(_CONTRACT, required=_CONTRACT)),
    "roles": _named(_IDENTIFIER, many(_ADDRESS)),
    "lanes": _NUMBERS,
    "programs": _NUMBERS,
    "version": _VERSION,
    "policies": _named(_NAME, _HASH),
    "records": form(f"{SEALED}|{CLEAR}", f"{SEALED} or {CLEAR}"),
}
_MANIFEST = members(_FIELDS, required=_FIELDS.keys() - {"version", "policies", "records"})
