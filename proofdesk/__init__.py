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
        ActFailed,
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
        InvalidSignature,
        InvalidWindow,
        LaneClosed,
        LaneGated,
        LengthMismatch,
        LevelTooLow,
        MissingRole,
        NoContract,
        NotASignedAct,
        NotCustomer,
        NotEnoughGas,
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
        StatusChanged,
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
    from proofdesk.signed.act import SignedAct, TypedAct, encode_batch
    from proofdesk.signed.reading import MalformedSignedAct
    from proofdesk.signed.signers import RpcWallet, Signer, SmartAccount, keystore
    from proofdesk.signed.signing import sign_move, sign_open, sign_rate, sign_reply, sign_take
    from proofdesk.signed.tickets import refusals

__all__ = [
    "AccessManagedUnauthorized",
    "Act",
    "ActFailed",
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
    "InvalidSignature",
    "InvalidWindow",
    "Lane",
    "LaneClosed",
    "LaneGated",
    "LengthMismatch",
    "LevelTooLow",
    "Log",
    "LogMismatch",
    "MalformedSignedAct",
    "MemoryStore",
    "MissingRole",
    "NoContract",
    "NoTransfer",
    "Node",
    "NodeContradicts",
    "NodeError",
    "NotASignedAct",
    "NotCustomer",
    "NotEnoughGas",
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
    "RpcWallet",
    "Seen",
    "Sender",
    "SignatureExpired",
    "SignedAct",
    "SignedExam",
    "Signer",
    "SkipFirst",
    "SmartAccount",
    "Soulbound",
    "StaleTicket",
    "Standing",
    "Status",
    "StatusChanged",
    "Store",
    "Ticket",
    "TicketExists",
    "TooManyActs",
    "TooManyCertificates",
    "TooManyLanes",
    "TransactionError",
    "TransactionInDoubt",
    "TypedAct",
    "UnknownCertificate",
    "UnknownLane",
    "UnknownProgram",
    "UnknownTicket",
    "Verified",
    "WrongStanding",
    "encode_batch",
    "keystore",
    "leaf_hash",
    "refusals",
    "sign_move",
    "sign_open",
    "sign_rate",
    "sign_reply",
    "sign_take",
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
    "signed",
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
