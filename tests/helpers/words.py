"""The packed words, read and written by the design's bit map."""

from __future__ import annotations

from dataclasses import dataclass, fields

from tests.helpers.table import Status


def _unpack(word: int, widths: tuple[int, ...]) -> list[int]:
    values = []
    for width in widths:
        values.append(word & ((1 << width) - 1))
        word >>= width
    return values


def _pack(values: list[int], widths: tuple[int, ...]) -> int:
    word = offset = 0
    for value, width in zip(values, widths, strict=True):
        if value >> width:
            raise ValueError(f"{value} has more than {width} bits")
        word |= value << offset
        offset += width
    return word


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket's word; `due_at` and `budget` are minutes."""

    customer: str
    status: Status
    rating: int
    breached: bool
    lane: int
    seat: int
    due_at: int
    acts: int
    budget: int

    @classmethod
    def unpacked(cls, word: int) -> Ticket:
        """A ticket from its word."""
        customer, status, rating, breached, *rest = _unpack(word, _TICKET)
        return cls(f"0x{customer:040x}", Status(status), rating, bool(breached), *rest)

    @property
    def word(self) -> int:
        """The ticket's word; raises ValueError if a field does not fit."""
        values = [getattr(self, field.name) for field in fields(self)]
        return _pack([int(self.customer, 16), *map(int, values[1:])], _TICKET)


@dataclass(frozen=True, slots=True)
class LaneWord:
    """A lane's word; windows are minutes."""

    turns: int
    served: int
    departed: int
    respond_within: int
    resolve_within: int
    confirm_within: int
    program: int
    level: int
    article: int
    gated: int
    claims: int
    closed: int
    spare: int
    size: int

    @classmethod
    def unpacked(cls, word: int) -> LaneWord:
        """A lane from its word."""
        return cls(*_unpack(word, _LANE))

    @property
    def word(self) -> int:
        """The lane's word; raises ValueError if a field does not fit."""
        return _pack([getattr(self, field.name) for field in fields(self)], _LANE)


_TICKET = (160, 4, 3, 1, 10, 26, 26, 10, 16)
_LANE = (26, 26, 26, 16, 16, 16, 16, 8, 32, 1, 1, 1, 5, 40)
