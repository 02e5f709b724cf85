"""What an audit came to, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from proofdesk._words import moment
from proofdesk.ops.audit.differences import LISTED, Difference, Tally
from proofdesk.ops.audit.pinned import Block

FORMAT: Final = "proofdesk-audit/1"


@dataclass(frozen=True, slots=True)
class Audit:
    """A whole desk as of a block: what was looked at, and what is not as the chain says.

    `counts` are of what was looked at, `kinds` of differences by what they are about; of these at most 1,000
    are `listed`, the first found first.
    """

    desk: str
    chain_id: int
    address: str
    block: Block
    counts: Mapping[str, int]
    kinds: Mapping[str, int]
    listed: tuple[Difference, ...]

    @classmethod
    def of(cls, desk: str, chain_id: int, address: str, block: Block, tally: Tally) -> Audit:
        """What was tallied."""
        kinds = {kind.value: count for kind, count in tally.kinds.most_common()}
        return cls(desk, chain_id, address, block, dict(tally.counts), kinds, tuple(tally.listed))

    @property
    def differences(self) -> int:
        """How many there are, listed or not."""
        return sum(self.kinds.values())

    @property
    def first(self) -> Difference | None:
        """The first difference, in full; None where there is none."""
        return self.listed[0] if self.listed else None

    @property
    def ok(self) -> bool:
        """Whether all is as the chain says."""
        return not self.kinds

    def to_json(self) -> dict[str, Any]:
        """The report as JSON, as schemas/audit.schema.json describes it."""
        return {
            "format": FORMAT,
            "desk": {"name": self.desk, "chain_id": self.chain_id, "address": self.address},
            "block": {
                "number": self.block.number,
                "hash": self.block.hash,
                "time": moment(self.block.time).strftime("%Y-%m-%dT%H:%M:%SZ"),
            },
            "ok": self.ok,
            "looked_at": dict(self.counts),
            "differences": self.differences,
            "kinds": dict(self.kinds),
            "listed": [_jsonable(each) for each in self.listed],
        }

    def dump(self) -> bytes:
        """The report as a file holds it."""
        return json.dumps(self.to_json(), indent=2, ensure_ascii=False).encode() + b"\n"

    @property
    def summary(self) -> str:
        """What was looked at, how many differences there are of which kind, and the first in full."""
        rest = self.differences - 1
        more = [f"… and {rest:,} more: --out FILE lists them"] if rest > 0 else []
        return "\n".join([*self._head(), *map(str, self.listed[:1]), *more])

    def __str__(self) -> str:
        rest = self.differences - len(self.listed)
        more = [f"… and {rest:,} more: {LISTED:,} are listed"] if rest else []
        return "\n".join([*self._head(), *map(str, self.listed), *more])

    def _head(self) -> list[str]:
        as_of = f"block {self.block.number} ({self.block.hash}, {moment(self.block.time)})"
        several = "" if self.differences == 1 else "s"
        verdict = f"{self.differences:,} difference{several}" if self.differences else "no difference"
        lines = [f"desk {self.desk} on chain {self.chain_id}, as of {as_of}: {verdict}"]
        lines += [f"  {what:<24} {count:,}" for what, count in self.counts.items()]
        if self.kinds:
            lines += [
                "",
                "differences by kind",
                *(f"  {kind:<40} {n:,}" for kind, n in self.kinds.items()),
                "",
            ]
        return lines


def _jsonable(difference: Difference) -> dict[str, str]:
    return {
        "kind": difference.kind.value,
        "where": difference.where,
        "expected": difference.expected,
        "found": difference.found,
    }
