"""With which key a command acts: a keystore's, the environment's, a wallet's, or one that the node keeps.

A key is never on the command line, never in a message. Two places at once are an error: nobody could tell
which account he will have acted with.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proofdesk._errors import ConfigurationError, ConnectionLost
from proofdesk._json import parse
from proofdesk._words import address_of
from proofdesk.cli._language import _

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from proofdesk.cli._keyring import Keys

KEY, PASSWORD = "PROOFDESK_KEY", "PROOFDESK_PASSWORD"
_ADDRESS = re.compile("0x[0-9a-fA-F]{40}")


@dataclass(frozen=True, slots=True)
class Signer:
    """Who acts: an address and, unless a node or a `wallet` signs for it, where its key is kept."""

    address: str
    keystore: Path | None = None
    password_file: Path | None = None
    wallet: str | None = None
    in_environment: bool = False
    keys: Keys | None = None

    @property
    def place(self) -> str:
        """Where its key is, for people."""
        if self.keystore is not None:
            return _("keystore {path}").format(path=self.keystore)
        if self.in_environment:
            return _("variable {name}").format(name=KEY)
        if self.keys is not None and self.keys.pseudonym is not None:
            return _("pseudonym {number} of {path}").format(
                number=self.keys.pseudonym.index, path=self.keys.path
            )
        return _("the wallet") if self.wallet else _("the node")

    def account(self) -> LocalAccount | str:
        """What signs: the key, unlocked now, or the address where others sign; raises ConfigurationError."""
        if self.keystore is not None:
            return unlocked(self.keystore, self.password_file)
        if self.keys is not None and self.keys.pseudonym is not None:
            return self.keys.pseudonym.account
        return _from_environment() if self.in_environment else self.address


def signer(said: Mapping[str, Any], keys: Keys | None = None) -> Signer:
    """Who acts, by the options that were said, the seed that they name, and the environment.

    Raises ConfigurationError where that is nobody or more than one, or a file is no keystore.

    >>> signer({"account": "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"}).place
    'the node'
    """
    keystore, wallet, account = (said.get(name) for name in ("keystore", "wallet", "account"))
    pseudonym = None if keys is None else keys.pseudonym
    named = {"--keystore": keystore, KEY: os.environ.get(KEY), "--wallet": wallet, "--pseudonym": pseudonym}
    places = [name for name, value in named.items() if value]
    if len(places) > 1:
        raise ConfigurationError(
            _("the key is to come from {places} at once: leave one").format(places=_(" and ").join(places))
        )
    if account is not None and not _ADDRESS.fullmatch(account):
        raise ConfigurationError(_("--account is no address of 0x and 40 hex digits"))
    address = None if account is None else address_of(int(account, 16))
    if keystore:
        file = Path(said["password_file"]) if said.get("password_file") else None
        found = Signer(address_in(Path(keystore), file), Path(keystore), file)
    elif pseudonym is not None:
        found = Signer(pseudonym.address, keys=keys)
    elif KEY in places:
        found = Signer(str(_from_environment().address), in_environment=True)
    elif wallet:
        found = Signer(address or _only_account(wallet), wallet=wallet)
    elif address:
        found = Signer(address)
    else:
        raise ConfigurationError(
            _(
                "no key to act with: give --keystore FILE, set {name}, name a --pseudonym of a seed, or let "
                "others sign: --wallet URL --account ADDRESS, or --account ADDRESS where the node does"
            ).format(name=KEY)
        )
    if address is not None and found.address != address:
        raise ConfigurationError(
            _("the key is that of {found}, not of --account {wanted}: leave one").format(
                found=found.address, wanted=address
            )
        )
    return found


def address_in(keystore: Path, password_file: Path | None) -> str:
    """The address that a keystore is for, without a password if it says so; raises ConfigurationError."""
    content = _content(keystore)
    address = str(content.get("address", ""))
    if re.fullmatch("(0x)?[0-9a-fA-F]{40}", address):
        return address_of(int(address, 16))
    # The address may be left out for privacy; then only the key tells.
    return str(unlocked(keystore, password_file).address)


def unlocked(keystore: Path, password_file: Path | None) -> LocalAccount:
    """The account of a keystore; raises ConfigurationError for a wrong password and for what is none."""
    from eth_account import Account

    content = _content(keystore)
    password = asked_password(
        _("Password of {path}").format(path=keystore), password_file=password_file, confirm=False
    )
    try:
        account: LocalAccount = Account.from_key(Account.decrypt(content, password))
    except Exception as error:  # eth-account does not say what it raises for a file that is wrong
        # Only a password that is wrong gives another checksum; the rest is the file.
        if "MAC" in str(error):
            raise ConfigurationError(_("the password does not open {path}").format(path=keystore)) from None
        raise ConfigurationError(_no_keystore(keystore)) from None
    return account


def asked_password(
    prompt: str,
    *,
    password_file: Path | None,
    confirm: bool,
    variable: str = PASSWORD,
    option: str = "--password-file",
) -> str:
    """A password: of the file, the environment, or typed where there is a terminal.

    Raises ConfigurationError where there is none of them, OSError for a file that cannot be read.
    """
    if password_file is not None:
        try:
            return password_file.read_text(encoding="utf-8").rstrip("\r\n")
        except UnicodeDecodeError:
            raise ConfigurationError(
                _("the password in {path} is no text in UTF-8: write it so").format(path=password_file)
            ) from None
    if (password := os.environ.get(variable)) is not None:
        return password
    if not sys.stdin.isatty():
        raise ConfigurationError(
            _("there is no terminal to ask for the password on: set {name}, or give {option}").format(
                name=variable, option=option
            )
        )
    import click

    typed: str = click.prompt(prompt, hide_input=True, confirmation_prompt=confirm, err=True)
    return typed


def _content(keystore: Path) -> dict[str, Any]:
    try:
        content = parse(keystore.read_bytes())
    except FileNotFoundError:
        raise ConfigurationError(
            _("there is no keystore {path}: `proofdesk account new FILE` makes one").format(path=keystore)
        ) from None
    except OSError as error:
        raise ConfigurationError(
            _("{path} cannot be read as a keystore: {problem}").format(path=keystore, problem=error.strerror)
        ) from None
    except ValueError:
        content = None
    if not isinstance(content, dict) or not isinstance(content.get("crypto", content.get("Crypto")), dict):
        raise ConfigurationError(_no_keystore(keystore))
    if "proofdesk" in content:
        # What it holds would pass for a private key, of an account that nobody is to use.
        raise ConfigurationError(
            _(
                "{path} is the keystore of a seed, not of an account: give it to --keys; "
                "`proofdesk account new FILE` makes an account's"
            ).format(path=keystore)
        )
    return content


def _no_keystore(path: Path) -> str:
    return _("{path} is no keystore: that is JSON of version 3, as wallets export it").format(path=path)


def _from_environment() -> LocalAccount:
    from eth_account import Account

    try:
        account: LocalAccount = Account.from_key(os.environ[KEY].strip())
    except Exception:  # which of several kinds is no matter, and each may repeat the key
        raise ConfigurationError(
            _("{name} holds no private key: that is 0x and 64 hex digits").format(name=KEY)
        ) from None
    return account


def _only_account(wallet: str) -> str:
    from proofdesk._rpc import Node

    try:
        accounts = Node(wallet).request("eth_accounts")
    except ConnectionLost as error:
        raise ConnectionLost(_("the wallet: {problem}").format(problem=error)) from None
    if len(accounts) != 1:
        raise ConfigurationError(
            _("the wallet has {count} accounts: say which by --account").format(count=len(accounts))
        )
    return address_of(int(accounts[0], 16))
