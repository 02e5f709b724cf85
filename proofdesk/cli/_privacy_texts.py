"""What errors about keys and sealed records say, in a command's words instead of the library's."""

from __future__ import annotations

import re
from collections.abc import Mapping

from proofdesk._errors import ContentMissing, ContentSealed
from proofdesk.cli._language import _

# What the library calls something, and what it is called here.
_CALLS: Mapping[str, str] = {
    "desk.keys.create_role": "proofdesk key role",
    "desk.keys.rotate": "proofdesk key rotate",
    "desk.keys.publish": "proofdesk key publish",
    "desk.keys.members": "proofdesk key roles",
    "desk.keys.roles": "proofdesk key roles",
    "desk.records.access()": "proofdesk records log",
    "keyring=": "--keys FILE",
    "Seed.save": "proofdesk key new FILE",
}
_CALL = re.compile("|".join(map(re.escape, sorted(_CALLS, key=len, reverse=True))))
_STATUS = re.compile(r"\bto=Status\.([A-Z_]+)")


def in_commands(text: str) -> str:
    """A message in which calls are the commands that do the same.

    >>> in_commands("make it by desk.keys.create_role, or pass to=Status.ON_HOLD")
    'make it by proofdesk key role, or pass --to on_hold'
    """
    text = _STATUS.sub(lambda found: f"--to {found[1].lower()}", text)
    return _CALL.sub(lambda found: _CALLS[found[0]], text)


def problem_of(problem: BaseException) -> str:
    """Why somebody's words are not shown, in a list: there it is no error.

    >>> problem_of(ContentMissing("0x" + 64 * "1", "memory"))
    'this store does not hold its words: the desk keeps them'
    """
    if isinstance(problem, ContentMissing):
        return _("this store does not hold its words: the desk keeps them")
    if isinstance(problem, ContentSealed):
        return _("sealed: --keys FILE of somebody it is for opens it, a pseudonym's with --pseudonym NUMBER")
    return in_commands(str(problem))


def sealed_in_words(error: ContentSealed) -> str:
    """That a record is sealed, and what to do about it."""
    return _(
        "the content of entry {entry} is sealed, and no key at hand opens it: name the seed of somebody it "
        "is for by --keys FILE, or have one of them run `proofdesk records grant`"
    ).format(entry=error.entry)
