"""A node that leaves out what it once had: nothing is deleted, sealed or believed on the absence of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from proofdesk import Desk
from proofdesk._reader import NodeContradicts
from proofdesk.ops.rewrapping import rewrap_all
from proofdesk.privacy.published import Logged
from proofdesk.privacy.shares import shares_in
from tests.privacy.office import SealedOffice

Kept = Callable[[Logged], bool]


def forget(patched: pytest.MonkeyPatch, desk: Desk, keeps: Kept) -> None:
    """Have the registry's logs lack what `keeps` does not keep."""
    keys: Any = desk.keys._core
    asked = keys._logs

    async def logs(topics: list[Any]) -> Sequence[Logged]:
        return [each for each in await asked(topics) if keeps(each)]

    patched.setattr(keys, "_logs", logs)


@pytest.mark.parametrize(
    "keeps",
    [
        pytest.param(lambda _: False, id="pruned"),
        pytest.param(lambda each: each.arguments["version"] == 1, id="behind"),
        pytest.param(lambda each: each.arguments["version"] != 1, id="without the old ones"),
    ],
)
def test_a_role_key_outlives_a_node_that_has_lost_its_logs(
    office: SealedOffice, monkeypatch: pytest.MonkeyPatch, keeps: Kept
) -> None:
    office.opened("Where is my card?")
    supervisor, store = office.supervisor, office.desk.archive.store
    supervisor.keys.rotate("agents")
    before = set(shares_in(store))
    forget(monkeypatch, supervisor, keeps)
    for role in (None, "agents"):
        with pytest.raises(NodeContradicts, match="its logs do not tell of all until then"):
            rewrap_all(supervisor, role=role)
    assert set(shares_in(store)) == before
