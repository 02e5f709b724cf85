"""What is due on a desk and what is next, for who looks: read beside a keeper, or without any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from proofdesk._desk import Desk
from proofdesk._words import to_hex
from proofdesk.ops.keeper.agenda import MEMORY, Agenda, Item
from proofdesk.ops.keeper.batches import LEAST_GAS
from proofdesk.ops.keeper.duties import Duty
from proofdesk.ops.keeper.looking import Looking
from proofdesk.ops.keeper.reading import Reading

SETTLE = Duty.SETTLE.name.lower()


@dataclass(frozen=True, slots=True)
class Survey:
    """A desk's duties at the chain's time `now`, seconds; `coming` are the first due of all.

    `duties` are by name how many there are and how many of these are due, `stuck` those that were tried in
    vain. `lacking` are by their tokens the amounts, in smallest units, without which not even the first
    payment that waits can be made: to settle these is not due.
    """

    now: int
    duties: Mapping[str, tuple[int, int]]
    coming: Sequence[Item]
    stuck: Sequence[Item]
    lacking: Mapping[str, int] = field(default_factory=dict)


def survey(desk: Desk, place: str | Path | None = None, *, most: int = 10) -> Survey:
    """Look at a desk's duties; `place` is a keeper's file to begin with, which it may be writing.

    Raises what reading raises, ConfigurationError for a file that is no agenda of this desk.

    >>> survey(desk).duties["expire"]
    (1, 0)
    """
    agenda = _read(desk, place)
    try:
        now = Looking(agenda, desk.node, desk.deployment, None, LEAST_GAS).moment().time
        duties = {duty.name.lower(): counts for duty, counts in agenda.counts(now).items()}
        lacking = {token: amount for token in agenda.tokens() if (amount := desk.vault.lacking(token))}
        all_, due = duties[SETTLE]
        duties[SETTLE] = all_, due - len(lacking)
        coming = [each for each in agenda.coming(most + len(lacking)) if each.subject not in lacking]
        return Survey(now, duties, coming[:most], agenda.stuck(most), lacking)
    finally:
        agenda.close()


def check_data(desk: Desk, place: str | Path | None = None, *, tickets: int = 100) -> tuple[str, int, int]:
    """What DeskUpkeep's `checkUpkeep` takes: the tickets that are due first, tokens in which payments wait.

    Returns it as 0x-hex, with how many tickets and tokens it names.

    >>> check_data(desk)[1:]
    (1, 0)
    """
    # Late: it takes longer to load than most of what is asked here.
    from eth_abi.abi import encode

    agenda = _read(desk, place)
    try:
        coming = agenda.coming(2 * tickets)
    finally:
        agenda.close()
    ids = list(dict.fromkeys(item.key for item in coming if item.duty is not Duty.SETTLE))[:tickets]
    tokens = [to_hex(item.key) for item in coming if item.duty is Duty.SETTLE]
    return to_hex(encode(["bytes32[]", "address[]"], [ids, tokens])), len(ids), len(tokens)


def _read(desk: Desk, place: str | Path | None) -> Agenda:
    agenda = Agenda(MEMORY, desk.deployment)
    try:
        if place is not None and Path(place).exists():
            agenda.copied(place)
        Reading(agenda, desk.node, desk.deployment).catch_up()
    except BaseException:
        agenda.close()
        raise
    return agenda
