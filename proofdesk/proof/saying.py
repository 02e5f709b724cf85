"""What a proof file has proven and what not, in plain words, English and Chinese.

Whatever people wrote is quoted as JSON writes a text, on one line: it cannot pass for a statement.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from proofdesk._errors import InvalidArgument
from proofdesk._history import ends_what_it_opened
from proofdesk._models import Certificate, Standing, Status
from proofdesk._words import NO_ENTRY, TICKET, to_hex, unpack
from proofdesk.proof.fields import ANCHOR, CERTIFICATION, DESK
from proofdesk.proof.sentences import ACTOR, EXPIRED, LANGUAGES, SAID, STANDING, STATUS

if TYPE_CHECKING:
    from proofdesk.proof.proven import Proven, ProvenAct, ProvenErasure, ProvenMessage

_EMPTY: Final = to_hex(NO_ENTRY)


class Part(Enum):
    """What a statement is about; the order in which they are said."""

    PROVEN = "proven"
    HIDDEN = "not shown"
    ERASED = "erased"
    LIMIT = "not proven"


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence or two about a proof, and what part of it they are about.

    >>> str(Statement(Part.PROVEN, "The ticket has 3 acts."))
    'The ticket has 3 acts.'
    """

    part: Part
    text: str

    def __str__(self) -> str:
        return self.text


def say(proven: Proven, lang: str) -> tuple[Statement, ...]:
    """All statements of a proof, in the order of their parts; raises InvalidArgument for another language."""
    speaker = _Speaker(proven, _language(lang))
    told = (
        (Part.PROVEN, speaker.proven()),
        (Part.HIDDEN, speaker.hidden()),
        (Part.ERASED, speaker.erased()),
        (Part.LIMIT, speaker.limits()),
    )
    return tuple(Statement(part, text) for part, texts in told for text in texts)


class _Speaker:
    """Says what was proven, in one language."""

    def __init__(self, proven: Proven, spoken: int) -> None:
        self._proven = proven
        self._spoken = spoken

    def proven(self) -> Iterator[str]:
        proven, block = self._proven, self._proven.block
        yield self._say(
            ("asked" if block.is_asked else "given") if block.is_given else "not given",
            number=block.number,
            chain=proven.chain_id,
            at=_when(block.at),
            hash=block.hash,
        )
        contracts = self._contracts()
        yield self._say("code", contracts=self._listed(contracts.values()))
        if proven.began:
            yield self._say("began", contracts=self._listed(contracts[name] for name in proven.began))
        yield self._ticket()
        yield from map(self._act, (None, *proven.acts), proven.acts)
        yield from map(self._certificate, proven.certificates)
        for lane in proven.lanes:
            yield self._say("lane", id=lane.id, size=lane.size, root=lane.root)
        for lane in proven.earlier:
            yield self._say("earlier", id=lane.id, size=lane.size, root=lane.root)
        yield from map(self._message, proven.messages)

    def hidden(self) -> Iterator[str]:
        acts = self._proven.acts
        known = self._disclosed() | {act.entry for act in acts if self._is_erased(act)} | {_EMPTY}
        hidden = [act.number for act in acts if act.entry not in known]
        if hidden:
            yield self._say("hidden" if len(hidden) > 1 else "hidden one", acts=_numbers(hidden))
        yield from self._repeated()
        yield self._say("messages")

    def _repeated(self) -> Iterator[str]:
        """Acts that name what is another's: entries are public, whoever acts may name any."""
        first: dict[str, int] = {}
        messages = {message.entry for message in self._proven.messages}
        for act in self._proven.acts:
            of = first.setdefault(act.entry, act.number)
            if act.entry in messages:
                yield self._say("names message", act=act.number, entry=act.entry)
            elif of != act.number and act.entry != _EMPTY and not ends_what_it_opened(act):
                yield self._say("names again", act=act.number, of=of)

    def _is_erased(self, act: ProvenAct) -> bool:
        """Whether an erasure is told of that says so of the act's record, and nothing here belies it."""
        return any(
            (act.number == each.number or act.number <= each.acts) and not self._is_shown(each)
            for each in self._proven.erasures
        )

    def erased(self) -> Iterator[str]:
        yield from map(self._erasure, self._proven.erasures)

    def limits(self) -> Iterator[str]:
        if not self._proven.block.is_given:
            yield self._say("limit block")
        elif self._proven.block.is_asked:
            yield self._say("limit asked")
        unknown = [named for name, named in self._contracts().items() if name not in self._proven.began]
        if unknown:
            yield self._say("limit began", contracts=self._listed(unknown))
        yield self._say("limit desk", desk=self._proven.desk, called=_quoted(self._proven.called))
        yield self._say("limit person")
        yield self._say("limit later")
        yield self._say("limit said")
        yield self._say("limit words")
        if self._proven.messages:
            yield self._say("limit message")

    def _contracts(self) -> dict[str, str]:
        """The desk's contracts by their names, each with its address."""
        proven = self._proven
        found = {DESK: proven.desk, CERTIFICATION: proven.certification, ANCHOR: proven.anchor}
        return {name: self._say("at", name=name, address=each) for name, each in found.items() if each}

    def _listed(self, texts: Iterable[str]) -> str:
        return (", ", "、")[self._spoken].join(texts)

    def _ticket(self) -> str:
        ticket = self._proven.ticket
        return self._say(
            "ticket",
            id=ticket.id,
            customer=ticket.customer,
            status=STATUS[ticket.status][self._spoken],
            rating=self._say("rating", rating=ticket.rating) if ticket.rating else "",
            breached=self._say("breached") if ticket.breached else "",
            acts=ticket.acts,
        )

    def _act(self, before: ProvenAct | None, act: ProvenAct) -> str:
        return self._say(
            "act",
            number=act.number,
            at=_when(act.at),
            kind=ACTOR[act.kind][self._spoken],
            actor=act.actor,
            step=self._step(before, act),
            said="" if act.record is None else self._say("said", **self._record(act)),
        )

    def _step(self, before: ProvenAct | None, act: ProvenAct) -> str:
        after = unpack(TICKET, act.word)
        if before is None:
            return self._say("opened", lane=act.lane)
        was = unpack(TICKET, before.word)
        values: dict[str, Any] = {
            "before": STATUS[before.status][self._spoken],
            "after": STATUS[act.status][self._spoken],
            "from_lane": was["lane"],
            "lane": after["lane"],
        }
        if after["rating"] != was["rating"]:
            return self._say("rated", rating=after["rating"])
        if after["lane"] != was["lane"]:
            return self._say("transferred", **values)
        step = self._say("stayed" if act.status is before.status else "moved", **values)
        # In New the same bits are the turn in the line.
        is_seated = after["seat"] and (before.status is Status.NEW or after["seat"] != was["seat"])
        return step + (
            self._say("seated", seat=after["seat"]) if is_seated and act.status is Status.OPEN else ""
        )

    def _record(self, shown: ProvenAct | ProvenMessage) -> dict[str, str]:
        record = shown.record
        assert record is not None
        told = ": ".join(_quoted(text) for text in (record.subject, record.body) if text is not None)
        told = told or self._say("no words")
        for file in record.attachments:
            told += self._say("attached", name=_quoted(file.name), size=file.size, sha256=file.sha256)
        data = dict(record.data)
        # It leads to whoever else is answered by that key, and tells the reader nothing.
        is_keyed = record.kind == "erasure" and data.pop("reply_key", None) is not None
        if data:
            told += self._say("data", data=_quoted(data))
        if is_keyed:
            told += self._say("reply key")
        return {"kind": record.kind, "author": _quoted(record.author), "words": told}

    def _certificate(self, certificate: Certificate) -> str:
        acts = self._proven.acts
        seats = [
            unpack(TICKET, act.word)["seat"] == certificate.id and act.status is not Status.NEW
            for act in acts
        ]
        at = self._proven.block.at
        is_expired = certificate.standing is Standing.ACTIVE and not certificate.is_valid(at)
        is_renewed = any(
            seated and act.at < certificate.issued_at for seated, act in zip(seats, acts, strict=True)
        )
        return self._say(
            "certificate",
            id=certificate.id,
            agent=certificate.agent,
            program=certificate.program,
            level=certificate.level,
            issued=_when(certificate.issued_at),
            expires=_when(certificate.expires_at),
            standing=(EXPIRED if is_expired else STANDING[certificate.standing])[self._spoken],
            renewed=self._say("renewed") if is_renewed else "",
        )

    def _message(self, message: ProvenMessage) -> str:
        return self._say(
            "message",
            entry=message.entry,
            at=_when(message.anchored_at),
            root=message.root,
            **self._record(message),
        )

    def _erasure(self, erasure: ProvenErasure) -> str:
        if erasure.acts:
            what = self._say("erased ticket", acts=erasure.acts)
        elif erasure.number:
            what = self._say("erased act", act=erasure.number)
        elif erasure.entry:
            what = self._say("erased other", entry=erasure.entry)
        else:
            what = self._say("erased something")
        told = self._say(
            "erased",
            what=what,
            act=erasure.act,
            at=_when(erasure.at),
            kind=ACTOR[erasure.kind][self._spoken],
            by=erasure.by,
            ground=_quoted(erasure.ground) if erasure.ground else self._say("no ground"),
        )
        if self._is_shown(erasure):
            return f"{told} {self._say('shown still')}"
        if erasure.acts:
            # Messages may be of before it, whenever they were anchored.
            return f"{told} {self._say('not shown acts')}"
        return f"{told} {self._say('not shown')}" if erasure.entry else told

    def _is_shown(self, erasure: ProvenErasure) -> bool:
        """Whether the file discloses something of what is said to be erased."""
        if not erasure.acts:
            return erasure.entry in self._disclosed()
        records = (act.record for act in self._proven.acts[: erasure.acts])
        # What tells of erasures stays; of a message it is proven by when it was there, not since when.
        return any(record is not None and record.kind != "erasure" for record in records) or any(
            each.anchored_at <= erasure.at for each in self._proven.messages
        )

    def _disclosed(self) -> set[str]:
        """The entries of what the file discloses."""
        of_acts = {act.entry for act in self._proven.acts if act.record is not None}
        return of_acts | {message.entry for message in self._proven.messages}

    def _say(self, name: str, /, **values: Any) -> str:
        return SAID[name][self._spoken].format(**values)


def _language(lang: str) -> int:
    spoken = lang.partition("-")[0].partition("_")[0].lower()
    if spoken not in LANGUAGES:
        raise InvalidArgument(f"no proof is told in {lang!r:.20}: pass one of {', '.join(LANGUAGES)}")
    return LANGUAGES.index(spoken)


def _quoted(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    # Other separators of lines, and what turns the direction of writing, are no better than line breaks.
    return "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in text)


def _when(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _numbers(numbers: Iterable[int]) -> str:
    """Numbers as people write them: 1, 3–5."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}" if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)
