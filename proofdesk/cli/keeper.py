"""`proofdesk keeper`: what is due on a desk done in time, looked at, and made ready for others to do."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from proofdesk._words import moment
from proofdesk.cli._command import CARRYING, CHAIN, KEY, KEYS, OUTPUT, READS, Branch
from proofdesk.cli._failures import Interrupted
from proofdesk.cli._here import Here, with_here
from proofdesk.cli._language import _
from proofdesk.cli._saying import saying
from proofdesk.cli._values import jsonable, one_line_document, short, when

if TYPE_CHECKING:
    from proofdesk._deployments import Deployment
    from proofdesk.ops.keeper import Item, Keeper, Round, Terms

F = TypeVar("F", bound=Callable[..., Any])

_ORDER = re.compile(r"([1-9][0-9]{0,3})/([1-9][0-9]{0,3})")

command = Branch(
    "keeper",
    short_help=_("Do what is due on the desk, in time."),
    help=_(
        "Do what anyone may do for a desk as soon as it is due: call clocks that ran out, note breaches, pay "
        "compensations, release claims, settle payments. It takes gas and no role."
    ),
)

_AGENDA = click.option(
    "--agenda",
    metavar="FILE",
    envvar="PROOFDESK_AGENDA",
    show_envvar=True,
    help=_("Where the keeper remembers what it read; keeper/CHAIN/DESK.ACCOUNT.db by default."),
)


def _working(function: F) -> F:
    """The options of a keeper at work."""
    options = (
        _AGENDA,
        click.option(
            "--order",
            metavar="N/M",
            help=_("This is keeper N of M: of what is another's turn it is done later, to save gas."),
        ),
        click.option(
            "--interval",
            metavar="SECONDS",
            type=click.IntRange(0, 86_400),
            default=30,
            show_default=True,
            help=_("How much later, for each keeper in between."),
        ),
        click.option(
            "--acts",
            metavar="N",
            type=click.IntRange(1, 1000),
            default=100,
            show_default=True,
            help=_("At most so many things in a transaction."),
        ),
        click.option(
            "--gas",
            metavar="N",
            type=click.IntRange(8_200_000, 100_000_000),
            default=10_000_000,
            show_default=True,
            help=_("At most so much gas for a transaction; half of a block's in any case."),
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


@command.command(
    "run",
    shares=(KEY, KEYS, CARRYING, CHAIN, OUTPUT),
    short_help=_("Do what is due, until interrupted."),
    help=_(
        "Do what is due as soon as it is, until interrupted. Any number of keepers may run, each with an "
        "account of its own, and so an agenda of its own, which no two share."
    ),
)
@_working
@click.option(
    "--poll",
    metavar="SECONDS",
    type=click.FloatRange(0.05, 3600),
    default=4.0,
    show_default=True,
    help=_("How often to look for news."),
)
@with_here
def run(here: Here, /, poll: float, **said: Any) -> None:
    """Keep until interrupted."""
    with _keeper(here, **said) as keeper:
        _warn(here, keeper)
        _begin(here, keeper)
        with saying(here, "proofdesk.keeper", in_lines=True):
            try:
                keeper.run(threading.Event(), poll=poll, told=lambda found: _tell(here, keeper, found))
            except KeyboardInterrupt:
                done = _done(keeper.tally.counts())
                raise Interrupted(
                    _("stopped after {done}; the same command goes on").format(done=done)
                ) from None


@command.command(
    "once",
    shares=(KEY, KEYS, CARRYING, CHAIN, OUTPUT),
    short_help=_("Do what is due now, and end."),
    help=_("Do what is due now, and end; for who has a clock of his own, such as cron."),
)
@_working
@with_here
def once(here: Here, /, **said: Any) -> None:
    """Keep one round."""
    with _keeper(here, **said) as keeper, saying(here, "proofdesk.keeper"):
        found = keeper.step()
        here.out.fields(_value(keeper, found), _rows(keeper, found))


@command.command(
    "status",
    shares=READS,
    short_help=_("Show what is due, and what is next."),
    help=_("Show what is due on the desk, what is next, and what was tried in vain; nothing is sent."),
)
@_AGENDA
@click.option(
    "--count",
    metavar="N",
    type=click.IntRange(0, 1000),
    default=10,
    show_default=True,
    help=_("Show so many of what is next."),
)
@with_here
def status(here: Here, agenda: str | None, count: int) -> None:
    """Show a desk's duties."""
    # Late, here and below: help and completion need none of it.
    from proofdesk.cli._money import unit_of
    from proofdesk.ops.keeper import survey
    from proofdesk.ops.keeper.status import SETTLE

    desk = here.desk()
    with here.out.working(_("Reading …")):
        found = survey(desk, _place(desk.deployment, agenda), most=count)
    value = {
        "at": moment(found.now),
        "duties": {duty: {"open": all_, "due": due} for duty, (all_, due) in found.duties.items()},
        "lacking": {token: str(amount) for token, amount in found.lacking.items()},
        "next": [_item(item) for item in found.coming],
        "in_vain": [_item(item) | {"tries": item.tries} for item in found.stuck],
    }
    rows = [(_("chain's time"), when(moment(found.now)))]
    for duty, (all_, due) in found.duties.items():
        waiting = len(found.lacking) if duty == SETTLE else 0
        counted = _("{due} due, {later} later").format(due=due, later=all_ - due - waiting)
        rows.append((_names()[duty], counted))
    for token, amount in found.lacking.items():
        lacks = _("the vault lacks {amount} for the first payment: proofdesk vault deposit")
        rows.append((_("waits for money"), lacks.format(amount=unit_of(here, desk, token).shown(amount))))
    rows += [(_("next"), _line(item)) for item in found.coming]
    for item in found.stuck:
        tried = _("{item}: {tries} times in vain").format(item=_line(item), tries=item.tries)
        rows.append((_("in vain"), tried))
    here.out.fields(jsonable(value), rows)


@command.command(
    "check-data",
    shares=READS,
    short_help=_("Print what Chainlink Automation is to check."),
    help=_(
        "Print the checkData of the desk's upkeep contract, for Chainlink Automation or whoever calls "
        "checkUpkeep: the open tickets that are due first, and tokens in which payments wait."
    ),
)
@_AGENDA
@click.option(
    "--tickets",
    metavar="N",
    type=click.IntRange(1, 1000),
    default=100,
    show_default=True,
    help=_("Name at most so many tickets."),
)
@with_here
def check_data(here: Here, agenda: str | None, tickets: int) -> None:
    """Print checkData."""
    from proofdesk.ops.keeper import check_data as made

    desk = here.desk()
    upkeep = desk.deployment.contract("DeskUpkeep").address
    with here.out.working(_("Reading …")):
        data, named, tokens = made(desk, _place(desk.deployment, agenda), tickets=tickets)
    here.out.result({"upkeep": upkeep, "check_data": data, "tickets": named, "tokens": tokens}, data)
    here.out.say(
        _("For {upkeep}: {tickets} tickets, {tokens} tokens.").format(
            upkeep=upkeep, tickets=named, tokens=tokens
        )
    )


def _keeper(here: Here, agenda: str | None, **said: Any) -> Keeper:
    from proofdesk.ops.keeper import Keeper

    terms = _terms(**said)
    desk = here.acting()
    place = _place(desk.deployment, agenda, desk.sender.address)
    if agenda is None:
        place.parent.mkdir(parents=True, exist_ok=True)
    return Keeper(desk, place, terms=terms, **here.sending.options())


def _terms(order: str | None, interval: int, acts: int, gas: int) -> Terms:
    from proofdesk.ops.keeper import Terms

    found = _ORDER.fullmatch(order or "1/1")
    if found is None or int(found[1]) > int(found[2]):
        raise click.UsageError(_("--order {order}: write 2/3 for the second of three").format(order=order))
    number, of = int(found[1]), int(found[2])
    return Terms(acts=acts, gas=gas, number=number, of=of, interval=timedelta(seconds=interval))


def _place(deployment: Deployment, agenda: str | None, account: str | None = None) -> Path:
    from proofdesk.ops.keeper.agenda import usual_place

    return Path(agenda) if agenda else usual_place(deployment, account)


def _begin(here: Here, keeper: Keeper) -> None:
    desk, upkeep = keeper.desk.deployment.desk, keeper.desk.deployment.contracts.get("DeskUpkeep")
    value = {
        "keeper": keeper.address,
        "desk": desk,
        "agenda": keeper.agenda.name,
        "upkeep": None if upkeep is None else upkeep.address,
    }
    if here.out.json:
        print(one_line_document(value), flush=True)
    here.out.say(
        _("Keeping desk {desk} as {keeper}; Ctrl-C ends it.").format(desk=desk, keeper=keeper.address)
    )


def _warn(here: Here, keeper: Keeper) -> None:
    """Say at once what would stand in the way of the first thing that is due, be that tomorrow."""
    node, address, account = keeper.desk.node, keeper.address, keeper.desk.sender.account
    if not int(node.request("eth_getBalance", address, "latest"), 16):
        here.out.say(
            _("{account} has no {currency}: send it some, or it can do nothing").format(
                account=address, currency=here.currency
            )
        )
    # A wallet lists its own accounts, of which this is one.
    if not isinstance(account, str) or here.signer.wallet is not None:
        return
    if address.lower() not in map(str.lower, node.request("eth_accounts")):
        here.out.say(
            _("the node has no key of {account}: unlock it there, or give --keystore FILE").format(
                account=address
            )
        )


def _tell(here: Here, keeper: Keeper, found: Round) -> None:
    if here.out.json:
        print(one_line_document(_value(keeper, found)), flush=True)
    elif any(found.done.values()):
        here.out.say(f"{when(moment(found.now))} {_done(found.done)}")


def _value(keeper: Keeper, found: Round) -> Any:
    delays = keeper.tally.delays
    return jsonable(
        {
            "at": moment(found.now),
            "done": dict(found.done),
            "transactions": found.transactions,
            "in_vain": found.vain,
            "next": None if found.next is None else moment(found.next),
            "delay_seconds": None if delays is None else delays,
        }
    )


def _rows(keeper: Keeper, found: Round) -> list[tuple[str, str]]:
    delays = keeper.tally.delays
    rows = [(_names()[duty], f"{count}") for duty, count in found.done.items()]
    rows += [
        (_("transactions"), f"{found.transactions}"),
        (_("in vain"), f"{found.vain}"),
        (_("next"), "" if found.next is None else when(moment(found.next))),
    ]
    if delays is not None:
        shown = _("{p50} s for half, {p95} s for 95 %, {most} s at most")
        rows.append((_("late by"), shown.format(p50=delays.p50, p95=delays.p95, most=delays.max)))
    return rows


def _done(counts: Any) -> str:
    return ", ".join(f"{_names()[duty]} {count}" for duty, count in counts.items() if count) or _("nothing")


def _line(item: Item) -> str:
    subject = short(item.subject)
    at = when(moment(item.due)) if item.due else _("now")
    return f"{at} {_names()[item.duty.name.lower()]} {subject}"


def _item(item: Item) -> dict[str, Any]:
    kind = "token" if len(item.key) == 20 else "ticket"
    due = moment(item.due) if item.due else None
    return {"duty": item.duty.name.lower(), kind: item.subject, "due": due, "look": moment(item.look)}


def _names() -> dict[str, str]:
    """What duties are called, for people."""
    return {
        "expire": _("clocks that ran out"),
        "note": _("breaches to note"),
        "compensate": _("compensations"),
        "release": _("claims to release"),
        "settle": _("payments to settle"),
    }
