"""Submissions as they come from outside: JSON of one signed act, or of several with the records they name.

    {"acts": [{"v": 1, "act": "open", …}, …],
     "records": [{"v": 1, "entry": "0x…", "salt": "0x…", "record": {…}}, …]}

A record may come in its sealed form too, if it is sealed to the relayer; how it is kept the desk says.
Nothing of a submission is repeated in an answer, an error or a log but the form of what does not fit.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from proofdesk._json import parse
from proofdesk._records import Opening
from proofdesk.ops.relay._room import SOON
from proofdesk.ops.relay.answers import Answer, Refusal
from proofdesk.ops.relay.packing import MAX_ACTS, MAX_BYTES
from proofdesk.ops.relay.records import RefusedRecord
from proofdesk.ops.relay.relayer import Relayer
from proofdesk.signed import MalformedSignedAct, SignedAct
from proofdesk.stores import StoreUnavailable

log = logging.getLogger("proofdesk.relay")

_MAX_ACT_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """What a submission is answered: an answer for each act, or one refusal of the whole."""

    answers: Sequence[Answer]
    refusal: Refusal | None = None

    @property
    def refusals(self) -> list[Refusal]:
        """What was refused."""
        found = [answer for answer in self.answers if isinstance(answer, Refusal)]
        return found if self.refusal is None else [self.refusal]

    @property
    def is_refused(self) -> bool:
        """Whether nothing of it was taken."""
        return self.refusal is not None or len(self.refusals) == len(self.answers)

    def to_json(self) -> dict[str, object]:
        """As JSON has it."""
        if self.refusal is not None:
            return {"refusal": self.refusal.to_json()}
        return {
            "answers": [
                {"refusal" if isinstance(answer, Refusal) else "acknowledgement": answer.to_json()}
                for answer in self.answers
            ]
        }


def answer(relayer: Relayer, bodies: Sequence[bytes]) -> list[Reply]:
    """Answer submissions, all checked in one go; a bad one does not touch the others.

    >>> answer(relayer, [b"[]"])[0].refusal.code
    'malformed'
    """
    read = [_read(relayer, body) for body in bodies]
    items = [
        item for each in read if isinstance(each, list) for item in each if not isinstance(item, Refusal)
    ]
    answers = iter(relayer.take_in(items))
    return [_reply(each, answers) for each in read]


def _reply(read: list[Any] | Refusal, answers: Iterator[Answer]) -> Reply:
    if isinstance(read, Refusal):
        return Reply((), read)
    return Reply([item if isinstance(item, Refusal) else next(answers) for item in read])


def _read(relayer: Relayer, body: bytes) -> list[tuple[SignedAct, Opening | None] | Refusal] | Refusal:
    try:
        return _items(relayer, body)
    except RecursionError:
        # What could just be read cannot always be written.
        return Refusal("malformed", "the submission is nested too deeply")


def _items(relayer: Relayer, body: bytes) -> list[tuple[SignedAct, Opening | None] | Refusal] | Refusal:
    if len(body) > MAX_BYTES:
        return Refusal("too-large", f"a submission has at most {MAX_BYTES:,} bytes: hand in fewer acts")
    try:
        value = parse(body)
    except ValueError:
        words = "the submission is not one JSON document in UTF-8: acts of one a line go into the list 'acts'"
        return Refusal("malformed", words)
    if isinstance(value, dict) and "acts" not in value:
        value = {"acts": [value]}
    if not isinstance(value, dict) or not isinstance(value["acts"], list):
        return Refusal(
            "malformed", "a submission is a signed act, or an object with a list of them in 'acts'"
        )
    acts, given = value["acts"], value.get("records", [])
    if value.keys() - {"acts", "records"} or not isinstance(given, list):
        return Refusal("malformed", "a submission has the lists 'acts' and 'records', and nothing else")
    if not 1 <= len(acts) <= MAX_ACTS or len(given) > len(acts):
        words = f"a submission has 1 to {MAX_ACTS} acts, and at most a record for each"
        return Refusal("malformed", words)
    found = [_act(act) for act in acts]
    try:
        # In the form in which a store has them: a sealed one is refused in any other.
        contents = [json.dumps(each, ensure_ascii=False, separators=(",", ":")).encode() for each in given]
        known = relayer.read_records(contents, [act for act in found if isinstance(act, SignedAct)])
    except (RefusedRecord, UnicodeEncodeError) as error:
        words = str(error) if isinstance(error, RefusedRecord) else "a record holds half a character"
        return Refusal("record", words)
    except StoreUnavailable as error:
        # Its words name the operator's store, and are for him.
        log.warning("%s", error)
        return Refusal("no-answer", "the relayer's store of records does not answer", SOON)
    return [act if isinstance(act, Refusal) else (act, known.get(act.digest)) for act in found]


def _act(value: object) -> SignedAct | Refusal:
    content = json.dumps(value, separators=(",", ":"))
    if len(content) > _MAX_ACT_BYTES:
        return Refusal("too-large", f"a signed act has at most {_MAX_ACT_BYTES:,} bytes")
    try:
        return SignedAct.from_json(content)
    except MalformedSignedAct as error:
        return Refusal("malformed", str(error))
