"""brownie run anchor [main | once | status] [--network NAME]: date what waits in the desk's queue.

It needs gas and no role: PROOFDESK_ACCOUNT names who pays.
"""

from __future__ import annotations

import logging
import threading

from proofdesk._words import moment
from proofdesk.ops.anchoring import Anchorer, Step, survey
from proofdesk.ops.roles import Role
from scripts._brownie import operation


def main() -> None:
    """Anchor what waits, until interrupted."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s")
    with operation() as here:
        anchorer = Anchorer(here.desk(Role.ADMIN))
        if here.is_rehearsal:
            _show(anchorer.step(everything=True))
            return
        print(f"Anchoring for desk {here.config.desk} as {anchorer.address}; Ctrl-C ends it.", flush=True)
        anchorer.run(threading.Event(), told=_show)


def once() -> None:
    """Anchor all that waits now, and end."""
    with operation() as here:
        _show(Anchorer(here.desk(Role.ADMIN)).step(everything=True))


def status() -> None:
    """Print what waits; nothing is sent."""
    with operation() as here:
        found = survey(here.desk(Role.ADMIN))
    print(f"waiting: {found.waiting}")
    if found.since is not None:
        print(f"the first since {moment(int(found.since))}")


def _show(found: Step) -> None:
    print(f"anchored: {found.values}; waiting: {found.waiting}", flush=True)
    for root in found.roots:
        print(root, flush=True)
