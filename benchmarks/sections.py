"""What is measured beside gas, each by a name by which it can be asked for alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from benchmarks import chat, index, judgement, log, privacy, proofs, relayed_http, speed, start, tree

Figures = Mapping[str, Fraction]

FRACTIONAL = ("ratio.", "seconds.")  # names of figures that are no whole numbers


@dataclass(frozen=True, slots=True)
class Section:
    """Figures that are measured together; `doing` tells who waits what is being done.

    `words` says what each figure is: `speed.*` a second unless it says otherwise, `time.*` in microseconds,
    `seconds.*` in seconds, `size.*` and `memory.*` in bytes. `least` is what figures must be, `most` what
    they may be.
    """

    doing: str
    measure: Callable[[], Figures]
    words: Mapping[str, str]
    least: Figures = field(default_factory=dict)
    most: Figures = field(default_factory=dict)

    def run(self) -> Figures:
        """Measure, and round as it is reported."""
        return {
            name: Fraction(str(round(float(figure), 4)))
            if name.startswith(FRACTIONAL)
            else Fraction(round(figure))
            for name, figure in self.measure().items()
        }

    def missed(self, figures: Figures) -> list[str]:
        """What misses its limit, a readable line each."""
        short = [
            f"{name} is {_said(figures[name])} and must be {_said(limit)} at least"
            for name, limit in self.least.items()
            if figures[name] < limit
        ]
        return short + [
            f"{name} is {_said(figures[name])} and may be {_said(limit)} at most"
            for name, limit in self.most.items()
            if figures[name] > limit
        ]

    def limit(self, name: str) -> str:
        """A figure's limit in words; empty where it has none."""
        if name in self.least:
            return f"{_said(self.least[name])} at least"
        return f"{_said(self.most[name])} at most" if name in self.most else ""


SECTIONS: Mapping[str, Section] = {
    "judgement": Section(
        f"{judgement.CLAIMS:,} claims, judged {judgement.ROUNDS} times",
        judgement.measure,
        judgement.WORDS,
        judgement.LEAST,
    ),
    "index": Section(
        f"{index.ACTS:,} events into SQLite, in two ways", index.measure, index.WORDS, index.LEAST, index.MOST
    ),
    "speed": Section("some 30,000 acts, sent in five ways", speed.measure, speed.WORDS, speed.LEAST),
    "http": Section(
        f"{relayed_http.ACTS:,} acts over HTTP",
        relayed_http.measure,
        relayed_http.WORDS,
        most=relayed_http.MOST,
    ),
    "start": Section(f"{start.ROUNDS} starts of a command", start.measure, start.WORDS, most=start.MOST),
    "privacy": Section(
        f"sealed records, and {privacy.RECORDS:,} of them after a rotation", privacy.measure, privacy.WORDS
    ),
    "proofs": Section("proof files", proofs.measure, proofs.WORDS),
    "log": Section(f"a log of {log.LEAVES:,} leaves", log.measure, log.WORDS),
    "tree": Section(f"trees of {tree.FEW:,} and {tree.MANY:,} entries", tree.measure, tree.WORDS),
    "chat": Section(f"{chat.MESSAGES:,} messages", chat.measure, chat.WORDS),
}


def _said(value: Fraction) -> str:
    return f"{round(value):,}" if value >= 100 else f"{float(value):.4g}"
