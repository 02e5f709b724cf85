"""Signed acts: made without gas by who acts, carried by anyone. Imports the core; loaded late."""

from proofdesk.signed.act import MalformedSignedAct, SignedAct, encode_batch
from proofdesk.signed.typed_data import typed_data

__all__ = ["MalformedSignedAct", "SignedAct", "encode_batch", "typed_data"]
