"""Customer service whose records nobody can quietly change: the client of a proofdesk desk.

    from proofdesk import Desk

    desk = Desk.connect("http://127.0.0.1:8545", account=account)
    ticket = desk.tickets.open(lane="refunds", content="Where is my refund?")

Public names are found when they are first used (PEP 562): importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk
    from proofdesk._certification import Exam, SignedExam
    from proofdesk._contract_errors import (
        AccessManagedUnauthorized,
        CertificateNotValid,
        ClaimsLane,
        DeskRetired,
        EmptyAgent,
        EmptyCustomer,
        EmptyEntry,
        EmptyEvidence,
        ERC721NonexistentToken,
        ExamInFuture,
        ExamNotAfter,
        ExamTooOld,
        FailNeedsCertifier,
        FieldOverflow,
        IllegalMove,
        InvalidCertifier,
        InvalidProgram,
        InvalidScore,
        InvalidWindow,
        LaneClosed,
        LaneGated,
        LengthMismatch,
        LevelTooLow,
        MissingRole,
        NoContract,
        NotCustomer,
        NothingOverdue,
        NotHolder,
        NotQualified,
        NoTransfer,
        NotRateable,
        ObjectionWindowOver,
        OpeningPaused,
        OutOfTurn,
        OwnTicket,
        ProgramInactive,
        RetakeTooEarly,
        SignatureExpired,
        SkipFirst,
        Soulbound,
        StaleTicket,
        TicketExists,
        TooManyActs,
        TooManyCertificates,
        TooManyLanes,
        UnknownCertificate,
        UnknownLane,
        UnknownProgram,
        UnknownTicket,
        WrongStanding,
    )
    from proofdesk._deployments import Deployment
    from proofdesk._desk import Desk
    from proofdesk._errors import (
        ConfigurationError,
        ConnectionLost,
        ContentErased,
        ContentMissing,
        ContentTampered,
        ContractRevert,
        DeploymentMismatch,
        DeploymentNotFound,
        InsufficientFunds,
        IntegrityError,
        InvalidArgument,
        InvalidRecord,
        LogMismatch,
        ProofdeskError,
        RecordError,
        RecordTooLarge,
        TransactionError,
    )
    from proofdesk._history import Entry
    from proofdesk._models import (
        Act,
        Actor,
        Certificate,
        Event,
        Lane,
        Program,
        Result,
        Standing,
        Status,
        Ticket,
    )
    from proofdesk._outbox import Call, Creation
    from proofdesk._reader import NodeContradicts
    from proofdesk._records import Attachment, Opening, Record
    from proofdesk._rpc import AsyncNode, Node, NodeError
    from proofdesk._sender import AsyncSender, BatchFailed, Sender, TransactionInDoubt
    from proofdesk._store import Archive, FolderStore, MemoryStore, Store
    from proofdesk.live.reader import ChainReplaced, ForkTooDeep, Header, Position
    from proofdesk.live.watch import Orphaned, Seen
    from proofdesk.proof.log import Log, leaf_hash, verify_consistency, verify_inclusion
    from proofdesk.proof.verification import Verified

__all__ = [
    "AccessManagedUnauthorized",
    "Act",
    "Actor",
    "Archive",
    "AsyncDesk",
    "AsyncNode",
    "AsyncSender",
    "Attachment",
    "BatchFailed",
    "Call",
    "Certificate",
    "CertificateNotValid",
    "ChainReplaced",
    "ClaimsLane",
    "ConfigurationError",
    "ConnectionLost",
    "ContentErased",
    "ContentMissing",
    "ContentTampered",
    "ContractRevert",
    "Creation",
    "Deployment",
    "DeploymentMismatch",
    "DeploymentNotFound",
    "Desk",
    "DeskRetired",
    "ERC721NonexistentToken",
    "EmptyAgent",
    "EmptyCustomer",
    "EmptyEntry",
    "EmptyEvidence",
    "Entry",
    "Event",
    "Exam",
    "ExamInFuture",
    "ExamNotAfter",
    "ExamTooOld",
    "FailNeedsCertifier",
    "FieldOverflow",
    "FolderStore",
    "ForkTooDeep",
    "Header",
    "IllegalMove",
    "InsufficientFunds",
    "IntegrityError",
    "InvalidArgument",
    "InvalidCertifier",
    "InvalidProgram",
    "InvalidRecord",
    "InvalidScore",
    "InvalidWindow",
    "Lane",
    "LaneClosed",
    "LaneGated",
    "LengthMismatch",
    "LevelTooLow",
    "Log",
    "LogMismatch",
    "MemoryStore",
    "MissingRole",
    "NoContract",
    "NoTransfer",
    "Node",
    "NodeContradicts",
    "NodeError",
    "NotCustomer",
    "NotHolder",
    "NotQualified",
    "NotRateable",
    "NothingOverdue",
    "ObjectionWindowOver",
    "Opening",
    "OpeningPaused",
    "Orphaned",
    "OutOfTurn",
    "OwnTicket",
    "Position",
    "Program",
    "ProgramInactive",
    "ProofdeskError",
    "Record",
    "RecordError",
    "RecordTooLarge",
    "Result",
    "RetakeTooEarly",
    "Seen",
    "Sender",
    "SignatureExpired",
    "SignedExam",
    "SkipFirst",
    "Soulbound",
    "StaleTicket",
    "Standing",
    "Status",
    "Store",
    "Ticket",
    "TicketExists",
    "TooManyActs",
    "TooManyCertificates",
    "TooManyLanes",
    "TransactionError",
    "TransactionInDoubt",
    "UnknownCertificate",
    "UnknownLane",
    "UnknownProgram",
    "UnknownTicket",
    "Verified",
    "WrongStanding",
    "leaf_hash",
    "verify_consistency",
    "verify_inclusion",
]

# Where public names live, the modules that others import first.
_HOMES = (
    "_errors",
    "_models",
    "_records",
    "_store",
    "_deployments",
    "_rpc",
    "_outbox",
    "_sender",
    "_history",
    "_certification",
    "_async_desk",
    "_desk",
    "proof.log",
    "proof.verification",
    "_reader",
    "live.reader",
    "live.watch",
    "_contract_errors",
)


def __getattr__(name: str) -> object:
    if name in __all__:
        for home in _HOMES:
            module = import_module(f"{__name__}.{home}")
            if name in vars(module):
                globals()[name] = vars(module)[name]
                return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
