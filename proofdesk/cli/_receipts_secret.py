"""The secret by which a merchant's tills give an order one id: a file of 64 hex digits, made at first use."""

from __future__ import annotations

import os
import re
from pathlib import Path
from secrets import token_bytes

from proofdesk._errors import ConfigurationError
from proofdesk.claims.receipt import SECRET_BYTES
from proofdesk.cli._here import Here
from proofdesk.cli._language import _

USUAL = "receipts.secret"

_DIGITS = re.compile(f"[0-9a-fA-F]{{{2 * SECRET_BYTES}}}")
_LONGEST = 4 * SECRET_BYTES  # far more than it takes; a device is not read for ever


def secret_in(here: Here, path: Path) -> bytes:
    """The secret in a file, which is made where there is none, and that is said.

    Raises ConfigurationError for a file that holds something else, which is not repeated, OSError.
    """
    try:
        # Exclusive: of two tills that begin at once one makes it, the other reads it.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read(path)
    except FileNotFoundError:
        raise ConfigurationError(
            _("there is no folder {path}: make it first").format(path=path.parent)
        ) from None
    secret = token_bytes(SECRET_BYTES)
    with os.fdopen(handle, "wb") as file:
        file.write(f"{secret.hex()}\n".encode())
        file.flush()
        os.fsync(file.fileno())
    here.out.say(
        _(
            "{path} is new: by it an order that is signed again stays one order, refunded once. Every till "
            "of this merchant needs a copy; let nobody else read it, and never lose it"
        ).format(path=path)
    )
    return secret


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(_LONGEST).decode("ascii", "replace").strip()
    if not _DIGITS.fullmatch(content):
        raise ConfigurationError(
            _(
                "{path} holds no secret of {count} hex digits: put back the one that this merchant signs "
                "with, or name its file by --secret-file"
            ).format(path=path, count=2 * SECRET_BYTES)
        )
    return bytes.fromhex(content)
