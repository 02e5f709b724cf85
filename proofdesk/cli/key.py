"""`proofdesk key`: a person's seed and reading key; roles are in `_role_keys`, linking in `_linked_keys`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from proofdesk._errors import ConfigurationError
from proofdesk._files import write_atomically
from proofdesk.cli._act_files import STDIN, new_file, read_signed
from proofdesk.cli._command import ACTS, OUTPUT, READS, Branch
from proofdesk.cli._contents import address_named, wrapped
from proofdesk.cli._here import Here, with_here
from proofdesk.cli._keyring import asked_keys_password, opened
from proofdesk.cli._language import _
from proofdesk.cli._linked_keys import link, verify_link
from proofdesk.cli._role_keys import add_to
from proofdesk.cli._signing import deadline_named
from proofdesk.cli._texts import show_result
from proofdesk.cli._values import when
from proofdesk.cli.account import SHORTEST_PASSWORD

if TYPE_CHECKING:
    from proofdesk._desk import Desk
    from proofdesk._models import Result
    from proofdesk.privacy.publishing import SignedKey
    from proofdesk.privacy.seed import Seed

_WORDS_A_LINE = 6

command = Branch(
    "key",
    short_help=_("Make seeds, publish reading keys, share roles' keys."),
    help=_("Make the seeds by which sealed records are read, publish reading keys, share the keys of roles."),
)


@command.command(
    "new",
    shares=(OUTPUT,),
    short_help=_("Make a new seed in an encrypted keystore."),
    help=_(
        "Make a new seed in an encrypted keystore FILE; its password is asked for, twice. All keys of a "
        "person come from his seed: who loses it reads nothing any more."
    ),
)
@click.argument("file", metavar="FILE")
@click.option("--keys-password-file", metavar="FILE", help=_("Take the password from a file."))
@click.option("--words", is_flag=True, help=_("Show its 24 words, once, on a terminal alone."))
@click.option("--from-words", is_flag=True, help=_("Make it of 24 words, which are asked for."))
@with_here
def new(here: Here, file: str, keys_password_file: str | None, words: bool, from_words: bool) -> None:
    """Make a keystore; an existing file is never written over."""
    # Late, here and below: help and completion need none of it.
    from proofdesk.privacy.seed import Seed

    if words and (here.out.json or not sys.stdout.isatty()):
        raise click.UsageError(
            _("--words shows them on a terminal alone: where they are kept others read them")
        )
    path = new_file(file)
    seed = _typed() if from_words else Seed.new()
    password = asked_keys_password(_("New password"), keys_password_file, confirm=True)
    if len(password) < SHORTEST_PASSWORD:
        raise ConfigurationError(
            _("the password is too short: take at least {count} characters").format(count=SHORTEST_PASSWORD)
        )
    seed.save(path, password)
    key, address = seed.key().public.hex(), seed.pseudonym(0).address
    here.out.fields(
        {"keystore": str(path), "key": f"0x{key}", "pseudonyms": [{"number": 0, "address": address}]},
        [(_("keystore"), str(path)), (_("reading key"), f"0x{key}"), (_("pseudonym 0"), address)],
    )
    if words:
        each = seed.words.split()
        rows = [each[start : start + _WORDS_A_LINE] for start in range(0, len(each), _WORDS_A_LINE)]
        here.out.result(None, "\n".join(" ".join(row) for row in rows))
        here.out.say(_("write these words on paper, in this order: they are shown once, and are the seed"))
    else:
        here.out.say(
            _(
                "{path} holds the seed: back it up, with the password elsewhere; whoever loses one loses both"
            ).format(path=path)
        )


@command.command(
    "show",
    shares=(OUTPUT,),
    short_help=_("Show a seed's public keys and addresses."),
    help=_("Show the public keys and the pseudonyms' addresses of the seed in a keystore FILE, no secrets."),
)
@click.argument("file", metavar="FILE")
@click.option("--keys-password-file", metavar="FILE", help=_("Take the password from a file."))
@click.option(
    "--count",
    metavar="N",
    type=click.IntRange(1, 1000),
    default=3,
    help=_("So many of each; 3 by default."),
)
@with_here
def show(here: Here, file: str, keys_password_file: str | None, count: int) -> None:
    """Show what others may know of a seed."""
    seed = opened(Path(file), keys_password_file)
    keys = [f"0x{seed.key(version).public.hex()}" for version in range(1, count + 1)]
    pseudonyms = [seed.pseudonym(number) for number in range(count)]
    rows = [(_("reading key {version}").format(version=version), key) for version, key in enumerate(keys, 1)]
    rows += [
        (_("pseudonym {number}").format(number=each.index), f"{each.address} 0x{each.key.public.hex()}")
        for each in pseudonyms
    ]
    here.out.fields(
        {
            "keys": [{"version": version, "key": key} for version, key in enumerate(keys, 1)],
            "pseudonyms": [
                {"number": each.index, "address": each.address, "key": f"0x{each.key.public.hex()}"}
                for each in pseudonyms
            ],
        },
        rows,
    )


def _sign_options(one: Any) -> Any:
    deadline = click.option(
        "--deadline", metavar="WHEN", help=_("With --sign: how long it holds; 24h by default.")
    )
    sign = click.option("--sign", metavar="FILE", help=_("Sign it into a file, send nothing; - is stdout."))
    return sign(deadline(one))


@command.command(
    "publish",
    shares=ACTS,
    short_help=_("Publish the account's reading key."),
    help=_(
        "Publish the reading key of --keys for the account, so that roles' keys and tickets can be opened to "
        "it. What is published already is not sent again."
    ),
)
@click.option("--next", "is_next", is_flag=True, help=_("The seed's next key, in place of the present one."))
@_sign_options
@with_here
def publish(here: Here, is_next: bool, sign: str | None, deadline: str | None) -> None:
    """Publish a key."""
    keys = here.keys
    if keys is None:
        raise click.UsageError(_("whose key? Name the seed's keystore by --keys FILE"))
    if is_next and keys.pseudonym is not None:
        raise click.UsageError(_("a pseudonym has one reading key: take another pseudonym"))
    desk = here.acting()
    if keys.pseudonym is not None:
        public = keys.pseudonym.key.public
    else:
        public = _own_key(desk, keys.seed, is_next=is_next)
    if _signs(here, sign, deadline):
        until = None if deadline is None else deadline_named(deadline)
        _write(here, sign or "", desk.keys.sign_publish(public, deadline=until))
        return
    result = wrapped(lambda: desk.keys.publish(public))
    show_result(here.out, result, _("published: 0x{key}").format(key=public.hex()), _published(desk))


@command.command(
    "retire",
    shares=ACTS,
    short_help=_("Retire the account's reading key."),
    help=_(
        "Retire the account's reading key: no role's key is shared to it, no ticket opened to it any more."
    ),
)
@_sign_options
@with_here
def retire(here: Here, sign: str | None, deadline: str | None) -> None:
    """Retire a key."""
    desk = here.acting()
    if _signs(here, sign, deadline):
        until = None if deadline is None else deadline_named(deadline)
        _write(here, sign or "", desk.keys.sign_retire(deadline=until))
        return
    here.confirm(_("Retire the reading key of {account}?").format(account=desk.sender.address))
    result = wrapped(desk.keys.retire)
    show_result(here.out, result, _("retired; what was sealed to it before it opens still"), _published(desk))


@command.command(
    "carry",
    shares=ACTS,
    short_help=_("Send a reading key that its owner signed."),
    help=_("Publish the reading key that its owner signed into FILE, as anybody with funds; - is stdin."),
)
@click.argument("file", metavar="FILE")
@with_here
def carry(here: Here, file: str) -> None:
    """Carry a signed key."""
    from proofdesk.privacy.publishing import SignedKey

    signed = read_signed(file, SignedKey)
    desk = here.acting()
    result: Result = wrapped(lambda: desk.keys.carry(signed))
    told = _("carried for {account}").format(account=signed.owner)
    show_result(here.out, result, told, {"owner": signed.owner, "key": signed.key})


@command.command(
    "find",
    shares=READS,
    short_help=_("Show an account's published key."),
    help=_("Show the reading key that an account has published, its version, and since when."),
)
@click.argument("address")
@with_here
def find(here: Here, address: str) -> None:
    """Show a published key."""
    owner = address_named(address, "ADDRESS")
    found = here.desk().keys.of(owner)
    if found is None:
        here.out.nothing(
            {"owner": owner, "key": None}, _("{account} has published no key").format(account=owner)
        )
        return
    key = None if found.key is None else f"0x{found.key.hex()}"
    here.out.fields(
        {"owner": owner, "key": key, "version": found.version, "since": when(found.since)},
        [
            (_("account"), owner),
            (_("reading key"), key or _("retired")),
            (_("version"), str(found.version)),
            (_("since"), when(found.since)),
        ],
    )


for _one in (link, verify_link):
    command.add_command(_one)
add_to(command)


def _typed() -> Seed:
    from proofdesk.privacy.seed import Seed

    if not sys.stdin.isatty():
        raise ConfigurationError(
            _("there is no terminal to ask for the words on: they are typed there alone")
        )
    return Seed.from_words(click.prompt(_("The 24 words, which are not shown"), hide_input=True, err=True))


def _own_key(desk: Desk, seed: Seed, *, is_next: bool) -> bytes:
    """The seed's key that an account is to publish: the one that it has already, if it is the seed's."""
    found = desk.keys.of(desk.sender.address)
    version = 0 if found is None else found.version
    if found is not None and not is_next and version and found.key == seed.key(version).public:
        return found.key
    return seed.key(version + 1).public


def _published(desk: Desk) -> dict[str, Any]:
    found = desk.keys.of(desk.sender.address)
    key = None if found is None or found.key is None else f"0x{found.key.hex()}"
    return {"owner": desk.sender.address, "key": key, "version": None if found is None else found.version}


def _signs(here: Here, sign: str | None, deadline: str | None) -> bool:
    """Whether a key is to be signed and not sent; raises UsageError, ConfigurationError."""
    if sign is None:
        if deadline is not None:
            raise click.UsageError(_("--deadline goes with --sign FILE"))
        return False
    if here.dry_run:
        raise click.UsageError(_("--sign sends nothing anyway: leave --dry-run out"))
    if sign != STDIN:
        new_file(sign)
    return True


def _write(here: Here, file: str, signed: SignedKey) -> None:
    if file == STDIN:
        print(signed.to_json())
        return
    write_atomically(Path(file), signed.to_json().encode() + b"\n")
    here.out.fields(
        {"file": file, "owner": signed.owner, "key": signed.key, "version": signed.version},
        [(_("file"), file), (_("by"), signed.owner), (_("reading key"), signed.key)],
    )
    here.out.say(
        _("Nothing was sent. proofdesk key carry {file} sends it from any account with funds").format(
            file=file
        )
    )
