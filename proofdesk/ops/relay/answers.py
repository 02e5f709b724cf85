"""What a relayer answers: an acknowledgement or a refusal at once, an act's fate later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from proofdesk.ops.relay.acknowledgement import Acknowledgement

# Codes are stable; words may become better ones.
CODES: Final[Mapping[str, str]] = {
    "malformed": "what was handed in is no signed act",
    "too-large": "it is larger than any signed act",
    "record": "a record is none, or belongs to no act that it was handed in with",
    "other-chain": "the act is for another chain",
    "other-desk": "the act is for another desk",
    "deadline": "the act's deadline has passed, or leaves no time to include it",
    "signature": "neither the signer's key nor its smart account made the signature",
    "not-legal": "the contract would refuse the act as things stand",
    "done": "the act is on chain already",
    "busy": "too much is queued before the act to tell whether it will be legal",
    "allowance": "the signer has used up its allowance",
    "unreliable": "acts of the signer were refused on chain after they had been checked",
    "spending": "the relayer has spent as much as it may for now",
    "funds": "the relayer's account cannot pay for more",
    "queue-full": "the queue is full",
    "halted": "the relayer was halted",
    "no-answer": "the node did not answer, or answered what cannot be",
    "failed": "the transactions that carried the act failed as a whole",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """An act that was not taken, or not carried; no gas was spent on it but for `failed`.

    `code` is one of CODES, `error` the contract's error where it is the contract that would refuse;
    `retry_after` is seconds after which another answer may come, None where none will. `tx_hash` and `block`
    are where an act is on chain that is `done`.
    """

    code: str
    words: str
    retry_after: int | None = None
    error: str | None = None
    tx_hash: str | None = None
    block: int | None = None

    def to_json(self) -> dict[str, object]:
        """As JSON has it; what is None is left out."""
        values = {
            "code": self.code,
            "words": self.words,
            "error": self.error,
            "retry_after": self.retry_after,
            "tx_hash": self.tx_hash,
            "block": self.block,
        }
        return {name: value for name, value in values.items() if value is not None}


Answer: TypeAlias = "Acknowledgement | Refusal"


class Stage(str, Enum):
    """How far an act has come."""

    QUEUED = "queued"
    SENT = "sent"
    MINED = "mined"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of an act that was acknowledged.

    `tx_hash` and `block` are set once it is on chain (MINED: not yet as deep as is waited for), `refusal`
    where it was refused after all.
    """

    stage: Stage
    acknowledgement: Acknowledgement
    tx_hash: str | None = None
    block: int | None = None
    refusal: Refusal | None = None

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.stage in (Stage.DONE, Stage.REFUSED)

    def to_json(self) -> dict[str, object]:
        """As JSON has it; what is None is left out."""
        values: dict[str, object] = {
            "stage": self.stage.value,
            "acknowledgement": self.acknowledgement.to_json(),
        }
        if self.tx_hash is not None:
            values |= {"tx_hash": self.tx_hash, "block": self.block}
        if self.refusal is not None:
            values["refusal"] = self.refusal.to_json()
        return values
