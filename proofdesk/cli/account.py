"""`proofdesk account`: a key for who has none, in an encrypted keystore as every wallet reads it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from proofdesk._errors import ConfigurationError
from proofdesk.cli._command import KEY, KEYS, OUTPUT, READS, Branch
from proofdesk.cli._here import Here, with_here
from proofdesk.cli._keys import asked_password
from proofdesk.cli._language import _
from proofdesk.cli._values import about

SHORTEST_PASSWORD = 8

command = Branch("account", help=_("Make a key and look at one."))


@command.command(
    "new",
    shares=(OUTPUT,),
    short_help=_("Make a new key in an encrypted keystore."),
    help=_("Make a new key in an encrypted keystore FILE; its password is asked for, twice."),
)
@click.argument("file")
@click.option("--password-file", metavar="FILE", help=_("Take the password from a file."))
@with_here
def new(here: Here, file: str, password_file: str | None) -> None:
    """Make a keystore; an existing file is never written over."""
    path = Path(file)
    if path.exists():
        raise ConfigurationError(_("{path} is there already: name a new file").format(path=path))
    if not path.absolute().parent.is_dir():
        raise ConfigurationError(_("there is no folder {path}: make it first").format(path=path.parent))
    password = asked_password(
        _("New password"), password_file=Path(password_file) if password_file else None, confirm=True
    )
    if len(password) < SHORTEST_PASSWORD:
        raise ConfigurationError(
            _("the password is too short: take at least {count} characters").format(count=SHORTEST_PASSWORD)
        )
    # Late: it takes longer to load than all above.
    from eth_account import Account

    account = Account.create()
    content = json.dumps(Account.encrypt(account.key, password)).encode()
    # Exclusive: whoever made the file in the meantime keeps it.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as opened:
        opened.write(content)
    here.out.result({"address": account.address, "keystore": str(path)}, account.address)
    here.out.say(
        _(
            "{path} holds its key: back it up, with the password elsewhere; whoever loses one loses both"
        ).format(path=path)
    )


@command.command(
    "show", shares=(KEY, KEYS, *READS), help=_("Show who acts with these options, and the balance.")
)
@with_here
def show(here: Here) -> None:
    """Show an account; its key is not unlocked."""
    signer = here.signer
    node = here.node()
    balance = int(node.request("eth_getBalance", signer.address, "latest"), 16)
    sent = int(node.request("eth_getTransactionCount", signer.address, "latest"), 16)
    here.out.fields(
        {
            "address": signer.address,
            "place": signer.place,
            "balance": str(balance),
            "currency": here.currency,
            "transactions": sent,
        },
        [
            (_("address"), signer.address),
            (_("key in"), signer.place),
            (_("balance"), about(balance, here.currency)),
            (_("transactions"), str(sent)),
        ],
    )
