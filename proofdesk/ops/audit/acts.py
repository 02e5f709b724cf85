"""Lanes, tickets and certificates: whether what the events tell is what the contracts keep and allow."""

from __future__ import annotations

from collections.abc import Sequence

from proofdesk._certification import CERTIFICATION
from proofdesk._errors import LogMismatch
from proofdesk._history import DESK
from proofdesk._models import Act, Actor, Certificate, Standing, Status, Ticket
from proofdesk._words import CERTIFICATE, certificate_of, ticket_of, unpack
from proofdesk.ops.audit.chain import Chain, grouped
from proofdesk.ops.audit.differences import Kind, Tally
from proofdesk.proof.verification import check_lane, check_ticket

_BATCH = 200


class Acts:
    """Checks what the chain says of acts against itself."""

    def __init__(self, chain: Chain, tally: Tally) -> None:
        self._chain, self._tally = chain, tally
        # Lanes never change what they ask of agents.
        self._asks: dict[int, tuple[int, int]] = {}

    def check_lanes(self) -> None:
        """Each lane's log against its size, peaks and root."""
        (count,) = self._chain.answers(DESK, "laneCount", [()])
        for number in sorted({*range(1, count + 1), *self._chain.ledger.lanes()}):
            self._tally.count("lanes")
            if number > count:
                self._tally.add(
                    Kind.LANE, f"lane {number}", f"{count} lanes, as the contract says", "its acts"
                )
                continue
            self._check_lane(number)

    def check_ticket(self, acts: Sequence[Act], word: int) -> None:
        """A ticket's acts against the table of moves and its word, and whose certificate admitted them."""
        self._tally.count("tickets")
        self._tally.count("acts", len(acts))
        try:
            check_ticket(acts, word)
        except LogMismatch as error:
            self._tally.add(
                Kind.TICKET,
                f"ticket {acts[0].ticket_id}",
                f"acts that follow from each other by the table of moves, up to the word {word:#x}",
                str(error),
            )
            return
        before: Ticket | None = None
        for act in acts:
            after = ticket_of(bytes.fromhex(act.ticket_id[2:]), act.word)
            self._check_seat(act, before, after)
            before = after

    def check_certificates(self) -> None:
        """Each certificate as its last event has it against the contract."""
        for group in grouped(self._chain.ledger.certificates(), _BATCH):
            answers = self._chain.answers(CERTIFICATION, "certificate", [(number,) for number, _ in group])
            for (number, word), answer in zip(group, answers, strict=True):
                self._tally.count("certificates")
                _agent, *numbers = answer[:6]
                fields = unpack(CERTIFICATE, word)
                told = [certificate_of(number, word).agent, *list(fields.values())[1:]]
                if told != [_agent, *numbers]:
                    self._tally.add(
                        Kind.CERTIFICATE,
                        f"certificate {number}",
                        f"as the contract has it: {_shown([_agent, *numbers])}",
                        f"as its last event says: {_shown(told)}",
                    )

    # --------------------------------------------------------------------------------------------- internal

    def _check_lane(self, number: int) -> None:
        desk, block = self._chain.desk, self._chain.block.number
        root = desk.read(DESK, "root", number, block=block)
        lane = desk.read(DESK, "lane", number, block=block)
        self._asks[number] = lane[0][3], lane[0][4]
        peaks = [bytes.fromhex(peak[2:]) for peak in desk.read(DESK, "peaks", number, block=block)]
        acts = self._chain.ledger.lane(number)
        try:
            check_lane(number, acts, lane[-1], peaks, bytes.fromhex(root[2:]), ())
        except LogMismatch as error:
            place = "" if error.position is None else f", leaf {error.position}"
            expected = f"a log of {lane[-1]} acts whose root is {root}, as the contract says"
            self._tally.add(Kind.LANE, f"lane {number}{place}", expected, str(error))

    def _check_seat(self, act: Act, before: Ticket | None, after: Ticket) -> None:
        """Who acts as agent holds the seat's certificate, valid then; who is seated fits the lane."""
        seat = before.certificate_id if before is not None else None
        if act.kind is Actor.AGENT:
            taken = before is not None and before.status is Status.NEW
            self._check_valid(act, after.certificate_id if taken else seat, act.actor)
        if after.certificate_id is not None and after.certificate_id != seat:
            found = self._check_valid(act, after.certificate_id, None)
            program, level = self._asks.get(act.lane, (0, 0))
            if found is not None and (found.program != program or found.level < level):
                self._add(
                    act,
                    f"a certificate of program {program} at level {level} or above",
                    f"certificate {found.id} of program {found.program} at level {found.level}",
                )

    def _check_valid(self, act: Act, number: int | None, agent: str | None) -> Certificate | None:
        word = self._chain.ledger.certificate(number, (act.block, act.log_index)) if number else None
        if number is None or word is None:
            self._add(act, "a certificate of its agent", "none that was ever issued")
            return None
        found = certificate_of(number, word)
        if agent is not None and found.agent != agent:
            self._add(act, f"a certificate of {agent}, who acted", f"certificate {number} of {found.agent}")
        elif found.standing is not Standing.ACTIVE:
            self._add(
                act, "a certificate that is active", f"certificate {number}, {found.standing.name.lower()}"
            )
        elif act.at >= found.expires_at:
            self._add(
                act, f"a certificate that is valid at {act.at}", f"one that ended at {found.expires_at}"
            )
        return found

    def _add(self, act: Act, expected: str, found: str) -> None:
        self._tally.add(Kind.CERTIFICATE, place_of(act), expected, found)


def place_of(act: Act) -> str:
    """Where an act stands."""
    return f"act {act.number} of ticket {act.ticket_id} (lane {act.lane}, leaf {act.position})"


def _shown(fields: Sequence[object]) -> str:
    names = ("agent", "program", "level", "standing", "issued_at", "expires_at")
    return ", ".join(f"{name} {value}" for name, value in zip(names, fields, strict=True))
