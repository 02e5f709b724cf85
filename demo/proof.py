"""The proof: logs rebuilt from events, roots compared, and a record and an event forged to see them named."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from demo.show import held, refused
from demo.stage import Stage
from proofdesk import Act, Actor, ContentErased, ContentTampered, IntegrityError, LogMismatch, Verified


def verify(stage: Stage) -> Verified:
    """Rebuild every lane's log from its events and compare it with the contract's root."""
    verified = stage.desk.tickets.verify_all()
    leaves = Counter(act.lane for act in stage.desk.tickets.acts())
    names = {number: name for name, number in stage.deployment.lanes.items()}
    for lane, root in verified.roots.items():
        held(f"{names[lane]:<9} {leaves[lane]:>4} acts, root {root[:18]}… as in the contract")
    held(f"{verified.tickets} tickets: every move legal, every word as on chain, no act missing")
    none = verified.acts - verified.records - verified.erased
    held(
        f"of {verified.acts:,} acts {verified.records:,} have a record that opens the entry which the chain "
        f"holds, {verified.erased} one that was erased, and {none} none: they were called by anyone"
    )
    return verified


def forge(stage: Stage) -> None:
    """Change one stored record and one event, one at a time; each must be named."""
    acts = stage.desk.tickets.acts()
    said = [act for act in acts[len(acts) // 2 :] if _body(stage, act)]
    entry, other = (act.entry for act in said[:2])
    kept = json.loads(stage.store.get(entry))
    # As somebody with access to the disk would.
    flipped = bytearray(b64decode(kept["content"]))
    flipped[len(flipped) // 2] ^= 1
    foreign = json.loads(stage.store.get(other))
    for forgery, changed in (
        ("one bit of one sealed record is turned", {"content": b64encode(flipped).decode()}),
        ("another record's content and key are put in its place", foreign | {"entry": entry}),
    ):
        _keep_instead(stage, entry, kept | changed, forgery)

    victim = len(acts) // 3
    forged = [*acts[:victim], replace(acts[victim], actor=stage.address("owner")), *acts[victim + 1 :]]
    _named(
        LogMismatch,
        "one event is said to be somebody else's act",
        lambda: stage.desk.tickets.verify_all(acts=forged),
    )
    hidden = [*acts[:victim], *acts[victim + 1 :]]
    _named(LogMismatch, "one event is left out", lambda: stage.desk.tickets.verify_all(acts=hidden))
    stage.desk.tickets.verify_all()
    held("with everything back in its place, all of it verifies again")


def _keep_instead(stage: Stage, entry: str, changed: dict[str, Any], forgery: str) -> None:
    content = stage.store.get(entry)
    stage.store.put(entry, json.dumps(changed).encode())
    try:
        _named(ContentTampered, forgery, stage.desk.tickets.verify_all)
    finally:
        stage.store.put(entry, content)


def _body(stage: Stage, act: Act) -> str | None:
    if act.kind is Actor.ANYONE:
        return None
    try:
        return stage.desk.archive.read(act.entry).record.body
    except ContentErased:
        return None


def _named(error: type[IntegrityError], forgery: str, check: Callable[[], object]) -> None:
    try:
        check()
    except error as found:
        refused(forgery, str(found))
    else:
        raise AssertionError(f"{forgery}: was not noticed")
