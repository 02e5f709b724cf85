"""What `make bench` writes: results.json for programs, README.md for people, snapshots/gas.json for CI."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from string import Template

from benchmarks import (
    batches,
    chat,
    index,
    judgement,
    keys,
    log,
    privacy,
    proofs,
    relayed_http,
    speed,
    start,
    tree,
)
from benchmarks.bench import HARDFORK, REPEATS
from benchmarks.figures import LIMITS, PEERS, Measured
from benchmarks.floor import ITEMS
from benchmarks.sections import FRACTIONAL, SECTIONS, Section
from tools.compiler import Settings

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "results.json"
README = FOLDER / "README.md"
TEMPLATE = FOLDER / "README.template.md"
SNAPSHOT = FOLDER.parent / "snapshots" / "gas.json"

AIM = 1.2
WORDS = {
    "gas.open": "open",
    "gas.open_gated": "open, in a gated lane",
    "gas.take": "take",
    "gas.move_ask": "move: the agent asks, Open → Waiting",
    "gas.move_answer": "move: the customer answers, Waiting → Open",
    "gas.move_add": "move: the agent adds, Open → Open",
    "gas.move_resolve": "move: the agent resolves, Open → Resolved",
    "gas.move": "move, the dearest of these",
    "gas.rate": "rate",
    "gas.rate_gated": "rate, in a gated lane",
    "gas.rate_first": "rate, in a gated lane, an agent's first",
    "gas.certificate": "certificate by exam",
    "gas.life": "a whole life",
    "gas.batch50.open": "open, signed, one of 50 in a batch",
    "gas.batch50.open_gated": "the same in a gated lane",
    "gas.batch50.gate": "what the gate adds to it",
    "gas.batch50.take": "take, signed, one of 50",
    "gas.batch50.move_ask": "move: ask, signed, one of 50",
    "gas.batch50.move_answer": "move: answer, signed, one of 50",
    "gas.batch50.move_add": "move: add, signed, one of 50",
    "gas.batch50.move_resolve": "move: resolve, signed, one of 50",
    "gas.batch50.move": "move, the dearest of these",
    "gas.batch50.rate": "rate, signed, one of 50",
    "gas.batch50.life": "a whole life, every act relayed in batches",
    "gas.claim": "claim filed, judged, paid in ETH; one piece of evidence",
    "gas.claim_plain": "the same without evidence",
    "gas.claim_for": "the same as the first, signed and carried",
    "gas.claim_denied": "claim denied",
    "gas.claim_review": "claim for review, without evidence",
    "gas.decide": "decide: an agent pays it",
    "gas.note": "note a breach: expire, and keep when",
    "gas.compensate": "compensate",
    "gas.settle": "settle one waiting payment",
    "gas.anchor": "anchor, 1,000 records",
    "gas.anchor_each": "the same, each record",
    "gas.publish": "publish: an account's first key",
    "gas.publish_next": "the next one, in its place",
    "gas.publish_for": "a first one, signed and carried",
    "gas.publish_role": "publishRole: a new role's key",
    "gas.publish_role_next": "the next one, by a rotation",
    "eas.attest": "EAS: attest, 32 bytes",
    "eas.attest_ref": "EAS: the same with refUID",
    "eas.life": "EAS: seven linked attestations",
    "eas.multi_attest": "EAS: one of 50 in a multiAttest",
    "eas.multi_attest_ref": "EAS: the same with refUID",
    "eas.life_multi": "EAS: seven linked ones, each of 50 in a multiAttest",
}


def results(measured: Measured, speeds: Mapping[str, Fraction], machine: str) -> str:
    """results.json: gas, speeds and ratios by name, and for each act its floor, itemised."""
    floors = {
        name: {item: int(getattr(floor, item)) for item in ITEMS}
        | {"total": int(floor.total), "ratio": _ratio(measured.figures[name] / floor.total)}
        for name, floor in measured.floors.items()
    }
    ratios = {name: _ratio(value) for name, value in measured.figures.items() if name.startswith("ratio.")}
    limits = {name: _ratio(limit) if limit < 1 else int(limit) for name, limit in LIMITS.items()}
    for section in SECTIONS.values():
        limits |= {name: _ratio(limit) for name, limit in {**section.least, **section.most}.items()}
    quick = {
        name: float(figure) if name.startswith(FRACTIONAL) else int(figure)
        for section in SECTIONS.values()
        for name in section.words
        if (figure := speeds.get(name)) is not None
    }
    rest = {"machine": machine, "floors": floors, "limits": limits}
    return json.dumps(measured.gas() | ratios | quick | rest, indent=2) + "\n"


def snapshot(measured: Measured) -> str:
    """snapshots/gas.json: the gas figures."""
    return json.dumps(measured.gas(), indent=2) + "\n"


def readme(measured: Measured, speeds: Mapping[str, Fraction], machine: str) -> str:
    """README.md: the same in tables, and how it was measured."""
    settings = Settings.load()
    take_floor, take_computes = _split(measured, "gas.take")
    batched_take_floor, batched_take_computes = _split(measured, "gas.batch50.take")
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        names=", ".join(["gas", *SECTIONS]),
        repeats=REPEATS,
        limits=_table(("act", "gas", "at most", "EAS for the same", "of EAS"), _limit_rows(measured)),
        life_ratio=f"{float(measured.figures['ratio.life']):.3f}",
        life_limit=f"{float(LIMITS['ratio.life']):.2f}",
        batched_ratio=f"{float(measured.figures['ratio.life_batched']):.3f}",
        batched_limit=f"{float(LIMITS['ratio.life_batched']):.2f}",
        batch=batches.ACTS,
        aim=AIM,
        acts=f"{index.ACTS:,}",
        rounds=speed.ROUNDS,
        http_acts=f"{relayed_http.ACTS:,}",
        http_clients=relayed_http.CLIENTS,
        http_refused=relayed_http.REFUSED,
        http_mined=_gas(speeds.get("speed.http", Fraction()) * relayed_http.MINED),
        take_floor=take_floor,
        take_computes=take_computes,
        batched_take_floor=batched_take_floor,
        batched_take_computes=batched_take_computes,
        machine=machine,
        starts=start.ROUNDS,
        claims=f"{judgement.CLAIMS:,}",
        judgement_rounds=judgement.ROUNDS,
        privacy_rounds=privacy.ROUNDS,
        records=f"{privacy.RECORDS:,}",
        tickets=f"{proofs.TICKETS:,}",
        leaves=f"{log.LEAVES:,}",
        tree_rounds=tree.ROUNDS,
        messages=f"{chat.MESSAGES:,}",
        roles=keys.ROLES,
        **{name: _speed_table(section, speeds) for name, section in SECTIONS.items()},
        floors=_table(("act", *ITEMS, "floor", "measured", "ratio"), _floor_rows(measured)),
        node=measured.node,
        hardfork=HARDFORK,
        solc=settings.version,
        evm=settings.evm_version,
        runs=settings.optimizer["runs"],
        via_ir=", through the IR" if settings.via_ir else "",
    )


def _split(measured: Measured, name: str) -> tuple[str, str]:
    """An act's floor, and what it takes above that."""
    floor = measured.floors[name].total
    return _gas(floor), _gas(measured.figures[name] - floor)


def _limit_rows(measured: Measured) -> Iterable[tuple[str, ...]]:
    figures = measured.figures
    for name, words in WORDS.items():
        if name.startswith("eas."):
            continue
        peer = PEERS.get(name)
        limit = LIMITS.get(name)
        yield (
            words,
            _gas(figures[name]),
            _gas(limit) if limit else "",
            _gas(figures[peer]) if peer else "",
            f"{float(figures[name] / figures[peer]):.2f}" if peer else "",
        )


def _floor_rows(measured: Measured) -> Iterable[tuple[str, ...]]:
    for name, words in WORDS.items():
        if name in measured.floors:
            floor, gas = measured.floors[name], measured.figures[name]
            items = (_gas(getattr(floor, item)) for item in ITEMS)
            yield words, *items, _gas(floor.total), _gas(gas), f"{float(gas / floor.total):.2f}"


def _speed_table(section: Section, speeds: Mapping[str, Fraction]) -> str:
    # What has not been measured yet is left out.
    rows = [
        (words, f"{float(figure):,.2f}" if name.startswith(FRACTIONAL) else _gas(figure), section.limit(name))
        for name, words in section.words.items()
        if (figure := speeds.get(name)) is not None
    ]
    limited = any(limit for *_, limit in rows)
    head = ("", "measured", "limit")
    return _table(head, rows) if limited else _table(head[:2], (row[:2] for row in rows))


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---", *["---:"] * (len(head) - 1)), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _gas(value: Fraction) -> str:
    return f"{round(value):,}"


def _ratio(value: Fraction) -> float:
    return round(float(value), 4)
