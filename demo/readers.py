"""Who reads in the play: everybody has a seed, and the roles that read have keys, which their members share.

The seeds follow from a sentence that everybody knows, so that each run has the same: they protect nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from proofdesk.privacy.keyring import Keyring
from proofdesk.privacy.roles import USUAL
from proofdesk.privacy.seed import Seed

if TYPE_CHECKING:
    from demo.stage import Stage

AUDITOR = "auditor"
SUPERVISOR, RELAYER = "supervisor", "relayer"
# As worthless as the seeds: so that a reader can open the keystores that `make up` leaves.
PASSWORD = "worthless"


@cache
def seed(name: str) -> Seed:
    """The seed of somebody by name."""
    return Seed(sha256(f"known to everybody, and worth nothing: {name}".encode()).digest())


@cache
def keyring(name: str) -> Keyring:
    """The keyring of somebody by name."""
    return Keyring.of(seed(name))


def open_to_readers(stage: Stage, agents: Iterable[str]) -> None:
    """Give agents, supervisors and auditors each a key that their members share; nobody else reads."""
    # Auditors first: each role is logged to those that there are by then.
    roles = {"auditors": (AUDITOR,), "supervisors": (SUPERVISOR,), "agents": tuple(agents)}
    for names in roles.values():
        for name in names:
            stage[name].keys.publish()
    for role, names in roles.items():
        stage[SUPERVISOR].keys.create_role(role, USUAL[role], map(stage.address, names))


def open_to_relayer(stage: Stage) -> None:
    """Let the relayer read what names the readers of later words: first words, and the log of access."""
    stage[RELAYER].keys.publish()
    stage[SUPERVISOR].keys.create_role("relayers", {"open", "access"}, [stage.address(RELAYER)])


def keep_keys(folder: Path, names: Iterable[str]) -> None:
    """Leave everybody's seed in a keystore that PASSWORD opens, in place of what an earlier desk left."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        path = folder / f"{name.replace(' ', '-')}.keys"
        path.unlink(missing_ok=True)
        # What everybody knows need not take a second to open.
        seed(name).save(path, PASSWORD, rounds=2)
