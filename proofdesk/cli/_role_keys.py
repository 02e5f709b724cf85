"""The keys of roles: made, shared to members, rotated; and records sealed anew to whom they are for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from proofdesk._errors import ProofdeskError
from proofdesk.cli._command import ASKING, KEEPS, READS_RECORDS, WRITES, Branch, Leaf
from proofdesk.cli._contents import address_named
from proofdesk.cli._failures import Interrupted
from proofdesk.cli._here import Here, with_here
from proofdesk.cli._language import _
from proofdesk.cli._values import jsonable, when

if TYPE_CHECKING:
    from proofdesk._desk import Desk
    from proofdesk.ops.rewrapping import Pass
    from proofdesk.privacy.roles import RoleKey


def add_to(group: Branch) -> None:
    """Give the group what concerns roles."""
    for one in (role, roles, share, unshare, rotate, rewrap):
        group.add_command(one)


@click.command(
    "role",
    cls=Leaf,
    shares=WRITES,
    short_help=_("Make a role that reads, with its members."),
    help=_(
        "Make a role that reads, as KEYS_EDITOR: records of these kinds are sealed to its key, which is "
        "shared to its members' published keys. Run again, it is finished where it was interrupted."
    ),
)
@click.argument("name")
@click.option(
    "--reads",
    metavar="KIND,…",
    help=_("The kinds of records, or all; agents, supervisors and auditors have usual ones."),
)
@click.option(
    "--member",
    "members",
    metavar="ADDRESS",
    multiple=True,
    required=True,
    help=_("Who has its key; given again for each."),
)
@with_here
def role(here: Here, name: str, reads: str | None, members: tuple[str, ...]) -> None:
    """Create a role."""
    kinds, addresses = _kinds(name, reads), [address_named(each, "--member") for each in members]
    desk = here.acting()
    if here.dry_run:
        _rehearse(desk, name, kinds)
    made = _kept(lambda: desk.keys.create_role(name, kinds, addresses))
    here.out.fields(
        _value(made, addresses),
        [
            (_("role"), f"{made.name} v{made.version}"),
            (_("reads"), _told(made.kinds)),
            (_("members"), ", ".join(addresses)),
        ],
    )


@click.command(
    "roles",
    cls=Leaf,
    shares=READS_RECORDS,
    short_help=_("List the roles that read, and their members."),
    help=_("List the roles that read: what each reads, since when, and who has its key."),
)
@with_here
def roles(here: Here) -> None:
    """List roles."""
    desk = here.desk()
    with here.out.working(_("Reading …")):
        found = [
            (each, [member.address for member in desk.keys.members(each.name)] if each.key else [])
            for each in desk.keys.roles()
        ]
    here.out.table(
        [_value(each, members) for each, members in found],
        [_("role"), _("version"), _("since"), _("reads"), _("members")],
        [
            [
                each.name,
                str(each.version) if each.key else _("retired"),
                when(each.since),
                _told(each.kinds),
                ", ".join(members),
            ]
            for each, members in found
        ],
        empty=_("no role reads: proofdesk key role makes one"),
    )


@click.command(
    "share",
    cls=Leaf,
    shares=KEEPS,
    short_help=_("Share a role's key to an account."),
    help=_(
        "Share a role's key to an account's published key, as KEYS_EDITOR who has the role's key: it reads "
        "what the role reads, old records too. Nothing is sent."
    ),
)
@click.argument("name")
@click.argument("address")
@with_here
def share(here: Here, name: str, address: str) -> None:
    """Share a role's key."""
    member = address_named(address, "ADDRESS")
    _change(here, lambda desk: desk.keys.share(name, member))
    told = _("{account} has the key of role {role}")
    here.out.result({"role": name, "member": member}, told.format(account=member, role=name))


@click.command(
    "unshare",
    cls=Leaf,
    shares=(ASKING, *KEEPS),
    short_help=_("Delete what is shared of a role to an account."),
    help=_(
        "Delete what is shared of a role to an account, as KEYS_EDITOR. It may have kept the key: only "
        "`proofdesk key rotate` ends that. Nothing is sent."
    ),
)
@click.argument("name")
@click.argument("address")
@with_here
def unshare(here: Here, name: str, address: str) -> None:
    """Take a role's key from an account."""
    member = address_named(address, "ADDRESS")
    _refuse_rehearsal(here)
    desk = here.acting()
    if _is_last(desk, name, member):
        here.confirm(
            _(
                "{account} is the last member of role {role}: nobody will open from this store what is "
                "sealed to it, and no new member can be shared it. Go on?"
            ).format(account=member, role=name)
        )
    _kept(lambda: desk.keys.unshare(name, member))
    told = _("nothing of role {role} is shared to {account} any more; to end what it kept, rotate the role")
    here.out.result({"role": name, "member": member}, told.format(account=member, role=name))


@click.command(
    "rotate",
    cls=Leaf,
    shares=WRITES,
    short_help=_("Give a role a new key, and re-wrap records."),
    help=_(
        "Give a role a new key, as KEYS_EDITOR, shared to its members but for those named, and seal what "
        "there is to the new one. Interrupted, `proofdesk key rewrap` goes on."
    ),
)
@click.argument("name")
@click.option("--without", metavar="ADDRESS", multiple=True, help=_("Who is to have it no more."))
@click.option("--reads", metavar="KIND,…", help=_("The kinds that it reads from now on, or all."))
@click.option("--no-rewrap", is_flag=True, help=_("Leave what there is for `proofdesk key rewrap`."))
@with_here
def rotate(here: Here, name: str, without: tuple[str, ...], reads: str | None, no_rewrap: bool) -> None:
    """Rotate a role's key."""
    out = [address_named(each, "--without") for each in without]
    kinds = None if reads is None else _kinds(name, reads)
    desk = here.acting()
    if here.dry_run:
        now = [each.kinds for each in desk.keys.roles() if each.name == name]
        _rehearse(desk, name, kinds or (now[0] if now else _kinds(name, None)))
    here.confirm(_("Give role {role} a new key?").format(role=name))
    made = _kept(lambda: desk.keys.rotate(name, without=out, reads=kinds))
    done = None if no_rewrap else _rewrapped(here, desk, name)
    value = _value(made.role, made.members) | {"left": made.left, "rewrapped": jsonable(done)}
    here.out.fields(
        value,
        [
            (_("role"), f"{made.role.name} v{made.role.version}"),
            (_("members"), ", ".join(made.members)),
            (_("left out"), ", ".join(made.left)),
            *([] if done is None else _rows(done)),
        ],
    )
    here.out.say(
        _(
            "the old key is taken from the store by `proofdesk key rewrap {role}`, a minute from now or later"
        ).format(role=name)
    )


@click.command(
    "rewrap",
    cls=Leaf,
    shares=KEEPS,
    short_help=_("Seal records anew to whom they are for now."),
    help=_(
        "Seal every record of the store to whom it is for now, by registry and access log, or only to the "
        "keys of one role. Interrupted, the same command goes on. Nothing is sent."
    ),
)
@click.argument("name", required=False)
@with_here
def rewrap(here: Here, name: str | None) -> None:
    """Re-wrap records."""
    _refuse_rehearsal(here)
    done = _rewrapped(here, here.acting(), name)
    here.out.fields(jsonable(done), _rows(done))


def _is_last(desk: Desk, name: str, member: str) -> bool:
    """Whether a role is shared to nobody else."""
    is_role = any(each.name == name for each in desk.keys.roles())
    return is_role and [each.address for each in desk.keys.members(name)] == [member]


def _change(here: Here, change: Any) -> None:
    _refuse_rehearsal(here)
    desk = here.acting()
    _kept(lambda: change(desk))


def _refuse_rehearsal(here: Here) -> None:
    if here.dry_run:
        raise click.UsageError(_("nothing is sent, so that there is no gas to show: leave --dry-run out"))


def _kept(change: Any) -> Any:
    try:
        return change()
    except KeyboardInterrupt:
        raise Interrupted(
            _("interrupted: run the same command again, and it is finished; what was sent may be on chain")
        ) from None


def _rehearse(desk: Desk, name: str, kinds: Iterable[str]) -> None:
    """Send, on a line that sends nothing, what making or rotating a role would; raises Planned."""
    # Late: only this makes a key.
    from proofdesk._words import to_hex
    from proofdesk.privacy.keys import ReadingKey
    from proofdesk.privacy.roles import mask_of, role_word

    word, key = to_hex(role_word(name)), to_hex(ReadingKey.new().public)
    desk.send("KeyRegistry", "publishRole", word, key, mask_of(kinds))


def _rewrapped(here: Here, desk: Desk, name: str | None) -> Pass:
    # Late: only this needs threads.
    from proofdesk.ops.rewrapping import processes_for, rewrap_all

    try:
        with here.out.counting(_("Re-wrapping")) as told:
            return rewrap_all(desk, role=name, progress=told, processes=processes_for(desk))
    except KeyboardInterrupt:
        raise Interrupted(
            _("interrupted: every record opens as before; `proofdesk key rewrap` goes on")
        ) from None
    except ProofdeskError as error:
        error.args = (_("{problem}. `proofdesk key rewrap` goes on").format(problem=error),)
        raise


def _rows(done: Pass) -> list[tuple[str, str]]:
    return [
        (_("re-wrapped"), f"{done.rewrapped:,}"),
        (_("unchanged"), f"{done.unchanged:,}"),
        (_("in the clear"), f"{done.clear:,}" if done.clear else ""),
        (_("unreadable here"), f"{done.unreadable:,}" if done.unreadable else ""),
        *((_("unreadable"), f"{each.entry}: {each.problem}") for each in done.named[:10]),
        (_("keys that are gone"), ", ".join(done.retired)),
    ]


def _kinds(name: str, reads: str | None) -> frozenset[str]:
    """The kinds that are meant; raises UsageError where none are named and none are usual."""
    from proofdesk.privacy.roles import ALL, USUAL

    if reads is None:
        if name not in USUAL:
            raise click.UsageError(
                _("what does it read? Give --reads KIND,… of {kinds}, or all").format(
                    kinds=", ".join(sorted(ALL))
                )
            )
        return USUAL[name]
    return ALL if reads == "all" else frozenset(each.strip() for each in reads.split(",") if each.strip())


def _told(kinds: frozenset[str]) -> str:
    from proofdesk.privacy.roles import ALL

    missing = sorted(ALL - kinds)
    if not missing:
        return _("all")
    if len(missing) < len(kinds):
        return _("all but {kinds}").format(kinds=", ".join(missing))
    return ", ".join(sorted(kinds))


def _value(role: RoleKey, members: Iterable[str]) -> dict[str, Any]:
    return {
        "role": role.name,
        "version": role.version,
        "key": None if role.key is None else f"0x{role.key.hex()}",
        "reads": sorted(role.kinds),
        "since": when(role.since),
        "members": [*members],
    }
