"""How often each state, act, refusal, limit and clock's edge was reached, and which never was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from tests.helpers.model import Desk, Event, Kind, Refusal, Standing, Status, Ticket, TicketId
from tests.helpers.model.table import ASSIGNABLE, ENDING, LEGAL, STOPPED, TRANSFERABLE, WORKING

if TYPE_CHECKING:
    from tests.stateful.world import Call

EDGES = (-1, 0, 1)
_ENDED = (Standing.REVOKED, Standing.RESIGNED)


class Tally:
    """Counts under a section and a label."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter[str]] = {}

    def count(self, section: str, label: str, number: int = 1) -> None:
        """One more."""
        self.counts.setdefault(section, Counter())[label] += number

    def of(self, section: str, label: str) -> int:
        """How often so far."""
        return self.counts.get(section, Counter())[label]

    def of_section(self, section: str) -> int:
        """All of a section."""
        return sum(self.counts.get(section, Counter()).values())

    def add(self, other: Tally) -> None:
        """Adds what another counted."""
        for section, labels in other.counts.items():
            for each, number in labels.items():
                self.count(section, each, number)

    # ------------------------------------------------------------------------------------------- counting

    def accepted(
        self, function: str, acts: Iterable[Event], before: Mapping[TicketId, Ticket], call: Call
    ) -> None:
        """Counts what a call did."""
        self._edges(before, call)
        seen = dict(before)
        for act in acts:
            after = Ticket.read(act.word)
            was = seen.get(act.ticket_id)
            self.count("state", after.status.name)
            self.count("act", label(function, act.kind, was.status if was else Status.NONE, after.status))
            if was is not None:
                if after.breached and not was.breached:
                    self.count("breach", f"{function} in {was.status.name}")
                for limit in _limits(function, was, after, call):
                    self.count("limit", limit)
            seen[act.ticket_id] = after

    def refused(
        self,
        function: str,
        refusal: Refusal,
        reasons: frozenset[Refusal],
        before: Mapping[TicketId, Ticket],
        call: Call,
        model: Desk,
    ) -> None:
        """Counts why a call was refused."""
        self._edges(before, call)
        self.count("refusal", refusal.name)
        if len(reasons) == 1:
            self.count("refusal for one reason alone", refusal.name)
        if refusal.name == "IllegalMove" and function in ("move", "moveAsModule"):
            before_, to, kind = (int(each) for each in refusal.args)
            self.count("illegal move", _cell(Kind(kind), Status(before_), Status(to)))
        if refusal.name == "TooManyActs":
            self.count("limit", f"refused at {refusal.args[0]!s}")
        if refusal.name == "CertificateNotValid":
            known = model.certificates.by_id.get(int(refusal.args[0]))
            why = "unknown"
            if known is not None:
                expired = known.standing == Standing.ACTIVE and call.at >= known.expires_at
                why = "expired" if expired else known.standing.name.lower()
            self.count("certificate", f"{function}: {why if why != 'active' else 'not his'}")

    def _edges(self, before: Mapping[TicketId, Ticket], call: Call) -> None:
        for ticket in before.values():
            if ticket.due_at and (edge := call.at - 60 * ticket.due_at) in EDGES:
                self.count("clock", f"{ticket.status.name} {edge:+d} s")

    # ------------------------------------------------------------------------------------------ the result

    def missing(self) -> list[str]:
        """What should have been reached and never was."""
        return [
            f"{section}: {each}"
            for section, labels in required().items()
            for each in sorted(labels)
            if not self.of(section, each)
        ]

    def table(self) -> str:
        """Everything counted, section by section."""
        lines = []
        for section in sorted(self.counts):
            lines.append(f"{section} ({self.of_section(section):,})")
            lines += [f"  {number:>8,}  {each}" for each, number in sorted(self.counts[section].items())]
        return "\n".join(lines)


def _cell(kind: Kind, before: Status, to: Status) -> str:
    return f"{kind.name} {before.name} -> {to.name}"


def label(function: str, kind: Kind, before: Status, after: Status) -> str:
    """An act's label."""
    return f"{function} {_cell(kind, before, after)}"


def required() -> dict[str, set[str]]:
    """Every label that a long run must reach, by section."""
    return {
        "state": {each.name for each in Status if each != Status.NONE},
        "act": _acts(),
        "illegal move": {_cell(*each) for each in ILLEGAL},
        "refusal": set(REFUSALS),
        "refusal for one reason alone": set(REFUSALS),
        "clock": {f"{each.name} {edge:+d} s" for each in Status if each in _CLOCKED for edge in EDGES},
        "limit": set(LIMITS),
        "breach": {
            f"{function} in {each.name}"
            for function in ("expire", "move", "moveAsModule", "assign", "transfer")
            for each in WORKING | {Status.NEW}
        }
        | {"take in NEW"},
        "certificate": {
            f"{function}: {why}"
            for function, whys in {
                "move": ("expired", "suspended", "revoked", "resigned"),
                "take": ("expired", "suspended", "revoked", "resigned", "unknown", "not his"),
                "assign": ("expired", "suspended", "revoked", "resigned", "unknown"),
            }.items()
            for why in whys
        }
        | {"the next act after a reinstatement", "acts in its last second", "refused a second later"}
        | {"a resignation under suspension"},
        "signed": {
            f"{act}For{how}"
            for act in ("open", "take", "move", "rate")
            for how in ("", " in a batch", " refused in a batch")
        },
    }


# Every move that nobody may make: of anyone all, of an agent none from New, where there is none.
ILLEGAL = [
    (kind, before, to)
    for kind in list(Kind)[1:]
    for before in list(Status)[1:]
    for to in Status
    if (kind == Kind.ANYONE or (kind, before, to) not in LEGAL) and (kind, before) != (Kind.AGENT, Status.NEW)
]

_CLOCKED = WORKING | STOPPED | {Status.NEW}

# Every error an act on a desk can meet; NoContract belongs to its constructor.
REFUSALS = (
    "IllegalMove",
    "StaleTicket",
    "ObjectionWindowOver",
    "TooManyActs",
    "ClaimsLane",
    "UnknownTicket",
    "TicketExists",
    "EmptyEntry",
    "EmptyCustomer",
    "CertificateNotValid",
    "NotQualified",
    "OwnTicket",
    "OutOfTurn",
    "SkipFirst",
    "NotCustomer",
    "InvalidScore",
    "NotRateable",
    "NothingOverdue",
    "LengthMismatch",
    "UnknownLane",
    "LaneClosed",
    "LaneGated",
    "NoTransfer",
    "InvalidWindow",
    "UnknownProgram",
    "TooManyLanes",
    "OpeningPaused",
    "DeskRetired",
    "MissingRole",
    "AccessManagedUnauthorized",
    "SignatureExpired",
    "StatusChanged",
)

LIMITS = (
    "added in NEW at 49",
    "refused at 50",
    "added at 899",
    "refused at 900",
    "moved on at 999",
    "refused at 1000",
    "expired into CLOSED from 1000 on",
    "ruling closed from 1000 on",
    "noted in CLOSED at 1021",
    "refused at 1022",
    "rated at 1022",
    "padded by real acts to 50",
    "padded by real acts to 900",
    "padded by real acts to 1000",
)


def _limits(function: str, was: Ticket, after: Ticket, call: Call) -> Iterable[str]:
    stays = after.status == was.status and function not in ("rate", "expire")
    if stays and was.acts == 49 and was.status == Status.NEW:
        yield "added in NEW at 49"
    if stays and was.acts == 899:
        yield "added at 899"
    if was.acts == 999 and after.status not in ENDING:
        yield "moved on at 999"
    if stays and was.acts == 1021:
        yield "noted in CLOSED at 1021"
    if function == "rate" and was.acts == 1022:
        yield "rated at 1022"
    if was.acts >= 1000 and function == "expire" and was.status not in (Status.RESOLVED, Status.REJECTED):
        yield "expired into CLOSED from 1000 on"
    if was.acts >= 1000 and function == "moveAsModule" and call.args["to"] == Status.OPEN:
        yield "ruling closed from 1000 on"


def _acts() -> set[str]:
    """Every cell of the drawing, and what Open without an agent and a thousand acts make of some."""
    functions = {Kind.MODULE: "moveAsModule", Kind.ANYONE: "expire"}
    cells = {label(functions.get(kind, "move"), kind, *way) for kind, *way in LEGAL}
    cells |= {label("assign", Kind.SUPERVISOR, each, Status.OPEN) for each in ASSIGNABLE}
    for kind, states in TRANSFERABLE.items():
        cells |= {label("transfer", kind, each, Status.ESCALATED) for each in states}
    return cells | {
        label("open", Kind.CUSTOMER, Status.NONE, Status.NEW),
        label("openAsModule", Kind.MODULE, Status.NONE, Status.NEW),
        label("take", Kind.AGENT, Status.NEW, Status.OPEN),
        label("rate", Kind.CUSTOMER, Status.RESOLVED, Status.RESOLVED),
        label("rate", Kind.CUSTOMER, Status.CLOSED, Status.CLOSED),
        label("move", Kind.CUSTOMER, Status.RESOLVED, Status.ESCALATED),
        label("move", Kind.SUPERVISOR, Status.REJECTED, Status.ESCALATED),
        label("moveAsModule", Kind.MODULE, Status.DISPUTED, Status.ESCALATED),
    }
