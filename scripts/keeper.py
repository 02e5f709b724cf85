"""brownie run keeper [main | once | status] [--network NAME]: do what is due on the desk, in time.

It needs gas and no role: PROOFDESK_ACCOUNT names who pays. PROOFDESK_AGENDA is the file in which it remembers
what it read, keeper/<chain>/<desk>.<account>.db by default; a rehearsal remembers nothing, and looks once.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from proofdesk import Desk
from proofdesk._words import moment
from proofdesk.ops.keeper import Keeper, Round, survey
from proofdesk.ops.keeper.agenda import MEMORY, usual_place
from proofdesk.ops.roles import Role
from scripts._brownie import ROOT, Operation, operation


def main() -> None:
    """Do what is due as soon as it is, until interrupted."""
    with operation() as here, _keeper(here) as keeper:
        if here.is_rehearsal:
            _show(keeper.step())
            return
        print(f"Keeping desk {here.config.desk} as {keeper.address}; Ctrl-C ends it.", flush=True)
        keeper.run(threading.Event(), told=_show)


def once() -> None:
    """Do what is due now, and end."""
    with operation() as here, _keeper(here) as keeper:
        _show(keeper.step())


def status() -> None:
    """Print what is due and what is next; nothing is sent."""
    with operation() as here:
        desk = here.desk(Role.ADMIN)
        found = survey(desk, _place(here, desk))
    print(f"{'now':<12} {moment(found.now)}")
    for duty, (all_, due) in found.duties.items():
        print(f"{duty:<12} {due} due, {all_ - due} later")
    for item in found.coming:
        print(f"{'next':<12} {moment(item.due)} {item.duty.name.lower()} {item.subject}")


@contextmanager
def _keeper(here: Operation) -> Iterator[Keeper]:
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s")
    desk = here.desk(Role.ADMIN)
    place = _place(here, desk)
    if place is not None:
        place.parent.mkdir(parents=True, exist_ok=True)
    with Keeper(desk, place or MEMORY) as keeper:
        yield keeper


def _place(here: Operation, desk: Desk) -> Path | None:
    if here.is_rehearsal:
        return None
    default = usual_place(desk.deployment, desk.sender.address, root=ROOT)
    return Path(os.environ.get("PROOFDESK_AGENDA", default))


def _show(found: Round) -> None:
    done = ", ".join(f"{duty} {count}" for duty, count in found.done.items() if count) or "nothing"
    print(f"{moment(found.now)} done: {done}; in vain: {found.vain}", flush=True)
    if found.next is not None:
        print(f"next look at {moment(found.next)}", flush=True)
