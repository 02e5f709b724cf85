"""The record of what is to be signed: made, and seen to fit the desk, before anybody is asked to sign.

It is kept afterwards, by `Desk.writer`: what nobody signs leaves no record behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from proofdesk._deployments import CLEAR
from proofdesk._errors import InvalidArgument
from proofdesk._records import Opening, commit, compose
from proofdesk._writing import Content
from proofdesk.signed.signers import Signer, SmartAccount, address_in

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk


async def drafted(
    desk: AsyncDesk, content: Content, *, kind: str, ticket: str | None, signer: Signer | None
) -> Opening:
    """The record of what a signer, by default the desk's account, is to sign; one that was prepared is kept.

    Raises InvalidRecord, RecordTooLarge, InvalidArgument for a prepared record of something else, or where
    nobody can say to which key a signer is answered; where records are sealed, what `Desk.keep` raises.
    """
    if isinstance(content, Opening):
        return await desk.writer.prepare(content, kind=kind, ticket=ticket)
    given = {} if content is None else content
    author = desk.sender.address if signer is None else address_in(signer)
    reply_key = _reply_key(desk, given, signer) if kind == "open" else None
    opening = commit(compose(given, kind=kind, author=author, ticket=ticket, reply_key=reply_key))
    if desk.deployment.records != CLEAR:
        # Late: it loads cryptography that a desk of clear records does without.
        from proofdesk.privacy.writing import readers_of

        await readers_of(desk, opening.record, ticket)
    return opening


def _reply_key(desk: AsyncDesk, content: str | Mapping[str, object], signer: Signer | None) -> str | None:
    """The key to which a customer is answered, if it is known: he has one a ticket, for ever."""
    keyring = desk.keyring
    is_named = isinstance(content, Mapping) and "reply_key" in content
    if keyring is None or is_named:
        return None
    if signer is None or _is_own(desk, signer):
        return keyring.reply_key
    if desk.deployment.records == CLEAR:
        return None
    raise InvalidArgument(
        f"the desk's keyring is that of its own account, and {address_in(signer)} signs: to whom would he be "
        "answered? Pass desk.using(account, keyring=his), or content with his reply_key (None: he reads no "
        "answers)"
    )


def _is_own(desk: AsyncDesk, signer: Signer) -> bool:
    """Whether a signer is the desk's account, or a smart account of which that is the owner."""
    owner = signer.owner if isinstance(signer, SmartAccount) else signer
    return desk._sender is not None and address_in(owner) == desk._sender.address
