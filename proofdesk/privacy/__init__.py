"""Privacy: records sealed to those who may read them, their keys, and what a person shows of his pseudonyms.

Imports the core and signed acts; the core only hands over to it. Names are found when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from proofdesk._shell import found_late

if TYPE_CHECKING:
    from proofdesk.privacy.access_entry import Access, AccessLogBroken
    from proofdesk.privacy.erasing import Ground
    from proofdesk.privacy.errors import InvalidKey, MalformedLink, MalformedSealed, NoReaders, SealedMismatch
    from proofdesk.privacy.grants import Grant
    from proofdesk.privacy.keyring import Keyring
    from proofdesk.privacy.keys import Reader, ReadingKey, Scope
    from proofdesk.privacy.leaving import Left
    from proofdesk.privacy.linking import Linked, link, verify_link
    from proofdesk.privacy.members import Member
    from proofdesk.privacy.published import PublishedKey
    from proofdesk.privacy.publishing import MalformedKey, SignedKey
    from proofdesk.privacy.readership import Readers, Reading
    from proofdesk.privacy.registry import Rotated
    from proofdesk.privacy.rewraps import Rewrapped
    from proofdesk.privacy.roles import RoleKey
    from proofdesk.privacy.sealed import seal, unseal
    from proofdesk.privacy.seed import Pseudonym, Seed
    from proofdesk.privacy.threads import Message

__all__ = [
    "Access",
    "AccessLogBroken",
    "Grant",
    "Ground",
    "InvalidKey",
    "Keyring",
    "Left",
    "Linked",
    "MalformedKey",
    "MalformedLink",
    "MalformedSealed",
    "Member",
    "Message",
    "NoReaders",
    "Pseudonym",
    "PublishedKey",
    "Reader",
    "Readers",
    "Reading",
    "ReadingKey",
    "Rewrapped",
    "RoleKey",
    "Rotated",
    "Scope",
    "SealedMismatch",
    "Seed",
    "SignedKey",
    "link",
    "seal",
    "unseal",
    "verify_link",
]

# Where the names live, the modules that load least first.
_HOMES = (
    "errors",
    "keys",
    "roles",
    "sealed",
    "keyring",
    "erasing",
    "access_entry",
    "publishing",
    "published",
    "members",
    "readership",
    "grants",
    "threads",
    "rewraps",
    "seed",
    "linking",
    "leaving",
    "registry",
)

__getattr__, __dir__ = found_late(__name__, __all__, _HOMES)
