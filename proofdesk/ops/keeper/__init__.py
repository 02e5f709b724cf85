"""The keeper: does for a desk what anyone may do, when it is due: expire, note, compensate, release, settle.

    from proofdesk.ops.keeper import Keeper

    with Keeper(desk, "keeper.db") as keeper:
        keeper.run(stop)

It needs gas and no role. docs/keeper.md says what it promises and how several work beside each other.
"""

from __future__ import annotations

from proofdesk.ops.keeper.agenda import Agenda, Item
from proofdesk.ops.keeper.batches import Terms
from proofdesk.ops.keeper.duties import Duty
from proofdesk.ops.keeper.keeper import Keeper, Round
from proofdesk.ops.keeper.status import Survey, check_data, survey
from proofdesk.ops.keeper.tally import Delays, Tally

__all__ = [
    "Agenda",
    "Delays",
    "Duty",
    "Item",
    "Keeper",
    "Round",
    "Survey",
    "Tally",
    "Terms",
    "check_data",
    "survey",
]
