"""What claims are of, by the numbers that the contracts know; they are signed, and never change."""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Final

_EVIDENCE_MISSING: Final = 16


class Reason(IntEnum):
    """Why a customer claims."""

    NONE = 0
    RETURN = 1
    DEFECT = 2
    NOT_DELIVERED = 3
    WRONG_ITEM = 4
    OVERCHARGED = 5
    SERVICE_FAILURE = 6
    OTHER = 7


class Verdict(IntEnum):
    """What a claim's judgement came to."""

    NONE = 0
    APPROVED = 1
    DENIED = 2
    REVIEW = 3


class ClaimState(IntEnum):
    """Where a claim stands: REFUSED met every rule and got nothing from its agent."""

    NONE = 0
    DENIED = 1
    REVIEW = 2
    REFUSED = 3
    PAID = 4


class EvidenceKind(IntEnum):
    """What evidence is of; from PHOTO on the customer may declare it himself."""

    DELIVERY = 0
    RETURN = 1
    DEFECT = 2
    CONDITION = 3
    PAYMENT = 4
    SERVICE = 5
    CUSTOM_6 = 6
    CUSTOM_7 = 7
    CUSTOM_8 = 8
    CUSTOM_9 = 9
    CUSTOM_10 = 10
    CUSTOM_11 = 11
    PHOTO = 12
    STATEMENT = 13
    DOCUMENT = 14
    MESSAGE = 15

    @property
    def is_declarable(self) -> bool:
        """Whether the customer may declare it himself."""
        return self >= EvidenceKind.PHOTO


class FailedRule(IntFlag):
    """The rules that a claim does not meet; bit 16 + k says that evidence of kind k is missing.

    >>> FailedRule(0x2_0004).missing
    (<EvidenceKind.RETURN: 1>,)
    """

    REASON_NOT_COVERED = 1 << 0
    DATE_IN_FUTURE = 1 << 1
    OUT_OF_WINDOW = 1 << 2
    NOT_THE_CUSTOMER = 1 << 3
    NOTHING_ASKED = 1 << 4
    OVER_REFUND = 1 << 5
    OVER_PRICE = 1 << 6
    TOO_MANY_CLAIMS = 1 << 7
    CLAIM_UNDER_REVIEW = 1 << 8

    @classmethod
    def lacking(cls, kind: EvidenceKind) -> FailedRule:
        """That evidence of a kind is missing."""
        return cls(1 << _EVIDENCE_MISSING + kind)

    @property
    def missing(self) -> tuple[EvidenceKind, ...]:
        """The kinds of evidence that are missing."""
        return tuple(kind for kind in EvidenceKind if self >> _EVIDENCE_MISSING + kind & 1)
