"""The audit of a whole desk, part by part."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final, TypeAlias

from proofdesk._desk import Desk
from proofdesk._history import DESK
from proofdesk.ops.audit.access import AccessLogCheck
from proofdesk.ops.audit.acts import Acts
from proofdesk.ops.audit.anchoring import Anchoring
from proofdesk.ops.audit.audience import Audience
from proofdesk.ops.audit.chain import Chain, grouped
from proofdesk.ops.audit.differences import Tally
from proofdesk.ops.audit.ledger import Ledger
from proofdesk.ops.audit.leftovers import Leftovers
from proofdesk.ops.audit.pinned import pinned, refuse_replaced
from proofdesk.ops.audit.records import Records
from proofdesk.ops.audit.report import Audit
from proofdesk.ops.audit.shares import Shares

# Hears how many acts and records of how many were looked at.
Progress: TypeAlias = Callable[[int, int], None]

PATIENCE: Final = timedelta(hours=1)

_BATCH: Final = 200


def audit(desk: Desk, *, progress: Progress | None = None, patience: timedelta = PATIENCE) -> Audit:
    """Check a whole desk against the chain, as of its latest block; nothing is sent, nothing is kept.

    Records are opened as far as the desk's keyring opens them; of others the form is checked, and they are
    counted as not opened. `progress` hears how far it is, `patience` is how long a value may wait to be
    anchored. Memory is bounded, however large the desk is: what is remembered is in a temporary file.

    Raises ConnectionLost, NodeError where the node does not answer or has no state of that block any more,
    NodeContradicts where it was replaced meanwhile, and what the store raises.

    >>> audit(desk).ok
    True
    """
    seen, block = pinned(desk)
    ledger, tally = Ledger(), Tally()
    try:
        chain = Chain(seen, block, ledger)
        chain.read()
        step = _stepping(progress, ledger.count() + sum(1 for _ in desk.archive.store))
        _check(desk, seen, chain, tally, step, patience)
        refuse_replaced(desk, block)
    finally:
        ledger.close()
    deployment = desk.deployment
    address = deployment.contract(DESK).address
    return Audit.of(deployment.desk, deployment.chain_id, address, block, tally)


def _check(
    live: Desk, desk: Desk, chain: Chain, tally: Tally, step: Callable[[int], None], patience: timedelta
) -> None:
    acts, audience = Acts(chain, tally), Audience(chain, desk, tally)
    records = Records(desk, chain, audience, tally)
    acts.check_lanes()
    log = AccessLogCheck(desk, chain, audience, tally)
    log.check()
    audience.knows_grants = not log.may_hide_grants
    for group in grouped(chain.ledger.tickets(), _BATCH):
        words = chain.answers(DESK, "wordOf", [(own[0].ticket_id,) for own in group])
        for own, word in zip(group, words, strict=True):
            acts.check_ticket(own, word)
            records.check_ticket(own)
            step(len(own))
    acts.check_certificates()
    records.check_evidence()
    leftovers = Leftovers(live, desk, chain, tally)
    leftovers.has_broken_log = log.is_broken
    leftovers.check(lambda: step(1))
    leftovers.check_threads()
    Shares(desk, chain, audience.roles, tally).check(log.told, log.untold)
    Anchoring(desk, live, chain, tally).check(patience)


def _stepping(progress: Progress | None, total: int) -> Callable[[int], None]:
    done = 0

    def step(count: int) -> None:
        nonlocal done
        done += count
        if progress is not None:
            progress(min(done, total), total)

    return step
