"""Keeping the records of acts that are taken: one that cannot be kept is trouble of its own act alone."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final

from proofdesk._desk import Desk
from proofdesk._errors import ConnectionLost, ContractRevert, ProofdeskError
from proofdesk._records import Opening
from proofdesk._rpc import NodeError
from proofdesk.ops.relay._room import SOON
from proofdesk.ops.relay.answers import Refusal
from proofdesk.ops.relay.simulation import is_not_yet
from proofdesk.stores import StoreUnavailable

log = logging.getLogger("proofdesk.relay")

_SILENT: Final = Refusal("no-answer", "the relayer's node or its store of records does not answer", SOON)
_AHEAD: Final = Refusal(
    "busy", "the act that opens its ticket has to be on chain before more words of it are taken", SOON
)
_LOST: Final = Refusal("record", "the relayer cannot keep this record, as its own log tells in detail")


def keep(desk: Desk, openings: Mapping[bytes, Opening]) -> dict[bytes, Refusal]:
    """Keep records, given by their acts' digests; returns the refusals of acts whose record is not kept."""
    refused: dict[bytes, Refusal] = {}
    is_silent = False
    # An opening's readers need no look at its ticket: what others' tickets may ask of a node comes after.
    for digest, opening in sorted(openings.items(), key=lambda item: item[1].record.ticket is not None):
        try:
            # Who does not answer for one would have all wait in turn.
            if is_silent:
                refused[digest] = _SILENT
            elif opening.entry not in desk.archive.store:
                desk.keep(opening)
        except Exception as error:  # whatever it is, the acts beside this one are not to pay for it
            is_silent = isinstance(error, (ConnectionLost, StoreUnavailable))
            refused[digest] = _refusal(opening, error)
    return refused


def _refusal(opening: Opening, error: Exception) -> Refusal:
    """What is said of a record that was not kept; the error's own words are for the operator."""
    if isinstance(error, ContractRevert) and is_not_yet(error):
        return _AHEAD
    unthought = None if isinstance(error, ProofdeskError) else error
    log.warning("entry %s: %s: %s", opening.entry, type(error).__name__, error, exc_info=unthought)
    is_passing = isinstance(error, (ConnectionLost, NodeError, StoreUnavailable))
    return _SILENT if is_passing else _LOST
