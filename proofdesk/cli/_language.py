"""The language people are spoken to in: gettext, click's own words out of the same catalogue.

Texts are looked up when a command's module is loaded, so the language is chosen before that: by `--lang`,
else by LANGUAGE, LC_ALL, LC_MESSAGES and LANG. `python -m tools.messages` keeps the catalogues.
"""

from __future__ import annotations

import gettext
import os
import re
import sys
from functools import cache
from pathlib import Path

DOMAIN = "proofdesk"
FOLDER = Path(__file__).parent / "locale"
ORIGINAL = "en"


def languages() -> list[str]:
    """What people may choose, the language of the source first.

    >>> languages()[0]
    'en'
    """
    found = sorted(path.parts[-3] for path in FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.mo"))
    return [ORIGINAL, *found]


def use(language: str) -> bool:
    """Speak a language, such as zh-CN; tells whether there is one of that name.

    >>> use("en")
    True
    """
    name = language.replace("-", "_")
    # A language by itself is its first region's: zh is zh_CN.
    known = {one.partition("_")[0]: one for one in reversed(languages())}
    known |= {one.lower(): one for one in languages()}
    if name.lower() not in known:
        return False
    os.environ["LANGUAGE"] = known[name.lower()]
    _catalogue.cache_clear()
    return True


def speak_as_asked() -> None:
    """Let click look its words up where ours are; the original if it comes first or nothing else shows."""
    if _prefers_original() or not _can_be_shown():
        use(ORIGINAL)
    gettext.bindtextdomain(DOMAIN, str(FOLDER))
    gettext.textdomain(DOMAIN)


def spoken() -> str:
    """The language of choice, such as zh_CN.

    >>> use("en") and spoken()
    'en'
    """
    return _catalogue().info().get("language", ORIGINAL)


def _(text: str) -> str:
    """A text in the language of choice."""
    return _catalogue().gettext(text)


def ngettext(one: str, many: str, number: int) -> str:
    """A text in the form that a number takes."""
    return _catalogue().ngettext(one, many, number)


def _prefers_original() -> bool:
    # There is no catalogue of the original, so gettext would go on to whatever else somebody also reads.
    return re.split("[^a-z]", os.environ.get("LANGUAGE", ""))[0] == ORIGINAL


def _can_be_shown() -> bool:
    """Whether the terminal's encoding has the language's characters: a text of numbers helps nobody."""
    try:
        _("Commands").encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


@cache
def _catalogue() -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, str(FOLDER), fallback=True)
