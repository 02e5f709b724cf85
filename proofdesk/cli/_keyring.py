"""A person's seed as commands are told of it: which keystore, which of its pseudonyms, what it reads.

Without a pseudonym the seed's own reading keys read, of which the registry counts the versions for each
account; with one its key alone does, and its account acts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from proofdesk._deployments import CLEAR
from proofdesk._errors import ConfigurationError, ContentSealed
from proofdesk.cli._keys import asked_password
from proofdesk.cli._language import _

if TYPE_CHECKING:
    from proofdesk._desk import Desk
    from proofdesk.cli._here import Here
    from proofdesk.privacy.keyring import Keyring
    from proofdesk.privacy.seed import Pseudonym, Seed
    from proofdesk.signed import SignedAct

KEYS_PASSWORD = "PROOFDESK_KEYS_PASSWORD"

# Versions of a seed's own key that are tried where no account tells how many were published.
_TRIED = 8
# As wallets do: after so many in a row that were never used there is none.
_UNUSED = 20


@dataclass(frozen=True, slots=True)
class Keys:
    """An opened seed, from which keystore, and the pseudonym that was named, if one was."""

    path: Path
    seed: Seed = field(repr=False)
    pseudonym: Pseudonym | None = None

    def reading(self) -> Keyring:
        """The keyring of who only reads, and is no account."""
        return self._keyring(_TRIED)

    def acting(self, desk: Desk) -> Keyring:
        """The keyring of a desk's account: its newest key is the one that the account has published."""
        if self.pseudonym is not None or "KeyRegistry" not in desk.deployment.contracts:
            return self._keyring(1)
        published = desk.keys.of(desk.sender.address)
        return self._keyring(1 if published is None else published.version)

    def used(self, seen: Collection[str]) -> dict[str, int]:
        """The seed's pseudonyms among addresses, by their numbers."""
        return dict(_used(self.seed, seen))

    def _keyring(self, version: int) -> Keyring:
        # Late: it comes with what opens records.
        from proofdesk.privacy.keyring import Keyring

        return Keyring.of(self.pseudonym or self.seed, version=version)


def keys_of(said: Mapping[str, Any]) -> Keys | None:
    """The seed that the options name, opened; None for none. Raises ConfigurationError, UsageError.

    >>> keys_of({}) is None
    True
    """
    file, index = said.get("keys"), said.get("pseudonym")
    if not file:
        if index is not None:
            raise click.UsageError(_("--pseudonym is one of a seed's: name its keystore by --keys FILE"))
        return None
    path = Path(file)
    seed = opened(path, said.get("keys_password_file"))
    return Keys(path, seed, None if index is None else seed.pseudonym(index))


def opened(path: Path, password_file: str | None) -> Seed:
    """The seed in a keystore; raises ConfigurationError."""
    # Late: help and completion need none of it.
    from proofdesk.privacy.seed import Seed

    if not path.is_file():
        raise ConfigurationError(
            _("there is no keystore {path}: `proofdesk key new FILE` makes one").format(path=path)
        )
    return Seed.load(path, asked_keys_password(_("Password of {path}").format(path=path), password_file))


def asked_keys_password(prompt: str, password_file: str | None, *, confirm: bool = False) -> str:
    """The password of a seed's keystore: of the file, the environment, or typed; raises as `_keys` does."""
    return asked_password(
        prompt,
        password_file=Path(password_file) if password_file else None,
        confirm=confirm,
        variable=KEYS_PASSWORD,
        option="--keys-password-file",
    )


def warn_unread(here: Here, desk: Desk) -> None:
    """Say to who opens a ticket without keys, where records are sealed, that he cannot read the answers."""
    if desk.deployment.records != CLEAR and desk.keyring is None:
        here.out.say(
            _(
                "WARNING: records of this desk are sealed, and without --keys FILE you will not be able to "
                "read the answers, nor your own words; `proofdesk key new FILE` makes one"
            )
        )


def records_in_store(here: Here, acts: Iterable[SignedAct], known: Collection[str]) -> list[Any]:
    """The records of acts as JSON in the clear, out of --records, but for those that are `known`.

    Raises ContentSealed for what the seed does not open, ConfigurationError.
    """
    # Late: whose records stand in files needs none of it.
    from proofdesk._json import parse
    from proofdesk._store import ClearCodec
    from proofdesk.privacy.keys import Scope
    from proofdesk.privacy.sealed import unseal

    clear, found = ClearCodec(), []
    for act in acts:
        store = None if act.entry in known else here.store_of(act.chain_id, act.desk)
        if store is None or act.entry not in store:
            continue
        content = store.get(act.entry)
        try:
            opening = clear.decode(content)
        except ContentSealed:
            if here.keys is None:
                raise
            opening = unseal(content, Scope(act.chain_id, act.desk), here.keys.reading().own)
        found.append(parse(clear.encode(opening)))
    return found


def _used(seed: Seed, seen: Collection[str]) -> Iterator[tuple[str, int]]:
    index, last = 0, -1
    while index <= last + _UNUSED:
        address = seed.pseudonym(index).address
        if address in seen:
            last = index
            yield address, index
        index += 1
