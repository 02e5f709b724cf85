"""Signed acts: made without gas by who acts, carried by anyone. Imports the core; loaded late."""

from proofdesk.signed.act import SignedAct, TypedAct, encode_batch
from proofdesk.signed.exam import SignedExam
from proofdesk.signed.fitting import BatchTooLarge
from proofdesk.signed.reading import MalformedSignedAct
from proofdesk.signed.signers import RpcWallet, Signer, SmartAccount, keystore
from proofdesk.signed.signing import sign_move, sign_open, sign_rate, sign_reply, sign_take
from proofdesk.signed.tickets import refusals
from proofdesk.signed.typed_data import typed_data

__all__ = [
    "BatchTooLarge",
    "MalformedSignedAct",
    "RpcWallet",
    "SignedAct",
    "SignedExam",
    "Signer",
    "SmartAccount",
    "TypedAct",
    "encode_batch",
    "keystore",
    "refusals",
    "sign_move",
    "sign_open",
    "sign_rate",
    "sign_reply",
    "sign_take",
    "typed_data",
]
