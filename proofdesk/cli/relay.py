"""`proofdesk relay`: a desk's relayer run, looked at and halted here, acts handed to one in `_relay_acts`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from proofdesk._errors import ConfigurationError, InsufficientFunds
from proofdesk.cli._command import CARRYING, CHAIN, KEY, KEYS, OUTPUT, READS, RECORDS, Branch
from proofdesk.cli._here import Here, with_here
from proofdesk.cli._language import _
from proofdesk.cli._output import yes_or_no
from proofdesk.cli._relay_acts import add_to
from proofdesk.cli._relay_queue import QUEUE, control_of, needs_extra, queue_place
from proofdesk.cli._relay_status import ACT_GAS
from proofdesk.cli._relay_status import add_to as add_status
from proofdesk.cli._relay_terms import batching_of, limit_options, limits_of, place_named, terms_of
from proofdesk.cli._values import about, gwei, one_line_document, span

if TYPE_CHECKING:
    from proofdesk._desk import Desk
    from proofdesk._rpc import Node

PLACE = "127.0.0.1:8645"

command = Branch(
    "relay",
    short_help=_("Carry signed acts, so that customers need no gas."),
    help=_("Carry signed acts, so that customers need no gas: run a relayer, or hand acts to one."),
)


@command.command(
    "run",
    shares=(KEY, KEYS, CARRYING, CHAIN, RECORDS, OUTPUT),
    short_help=_("Take signed acts and carry them, until interrupted."),
    help=_(
        "Take signed acts over HTTP, from a folder or both, check, acknowledge and carry them in batches, "
        "until interrupted. Limits are those of the config's table [relay], unless options say otherwise."
    ),
)
@click.option(
    "--listen",
    metavar="[HOST:]PORT",
    help=_("Take acts over HTTP here; 127.0.0.1:8645 by default, without --folder."),
)
@click.option("--folder", metavar="FOLDER", help=_("Take acts from this folder; answers are put into it."))
@click.option("--drain", is_flag=True, help=_("Take nothing: carry what waits in the queue, and end."))
@QUEUE
@limit_options
@with_here
def run(
    here: Here, /, listen: str | None, folder: str | None, drain: bool, database: str | None, **said: Any
) -> None:
    """Run a relayer."""
    if drain and (listen or folder):
        raise click.UsageError(_("--drain takes nothing: leave out --listen and --folder"))
    place = None if drain or (listen is None and folder) else place_named(listen or PLACE)
    terms = terms_of(here, said)
    if folder is not None and not Path(folder).is_dir():
        raise ConfigurationError(_("there is no folder {path}: make it first").format(path=folder))
    needs_extra("sqlalchemy", "uvicorn")
    # Late, as below: SQLAlchemy takes longer to load than all of this.
    from proofdesk.cli._relaying import listening, warn_of_readers, work
    from proofdesk.ops.relay import Relayer

    desk = here.acting()
    if drain:
        # What waits is in a queue that is there: of a name that was misspelt nothing is made.
        control_of(here, database).close()
    _refuse_poor(here, desk, terms.batch)
    door = None if place is None else listening(*place)
    queue = queue_place(here, database, make=True)
    batching, limits = batching_of(terms), limits_of(terms)
    within = timedelta(seconds=terms.include_within)
    with Relayer(
        desk,
        queue,
        limits=limits,
        batching=batching,
        include_within=within,
        max_fee_per_gas=here.sending.max_fee_per_gas,
        timeout=here.sending.timeout,
    ) as relayer:
        # Whether it may carry here is known before anybody is told that it listens.
        relayer.begin()
        is_intake, halted = _is_intake(desk), relayer.halted
        if drain and halted is not None:
            raise ConfigurationError(
                _("the queue is halted, and nothing of it is sent: first proofdesk relay resume")
            )
        url = None if door is None else _url(*door.getsockname()[:2])
        value = {
            "relayer": relayer.address,
            "desk": desk.deployment.desk,
            "listening": url,
            "folder": folder,
            "queue": str(queue) if "://" not in str(queue) else None,
            "intake": is_intake,
            "include_within": within,
            "spending_per_hour": None if terms.wei_per_hour is None else str(terms.wei_per_hour),
            "halted": halted,
        }
        # Before the place to listen at: who reads that has been warned.
        if terms.wei_per_hour is None:
            told = _(
                "WARNING: nothing limits what is spent in an hour. Addresses cost nothing: whoever reaches "
                "this relayer can have its account spent. Give --spending, or set relay.spending_per_hour."
            )
            here.out.say(told)
        elif not drain:
            _warn_small(here, terms.wei_per_hour)
        if not drain:
            warn_of_readers(here, desk)
        if halted is not None:
            here.out.say(_("This queue is halted: nothing is taken or sent until proofdesk relay resume."))
        if here.out.json:
            print(one_line_document(value), flush=True)
        else:
            here.out.fields(
                value,
                [
                    (_("relayer"), relayer.address),
                    (_("desk"), desk.deployment.desk),
                    (_("listening"), url or ""),
                    (_("folder"), folder or ""),
                    (_("gated lanes"), yes_or_no(is_intake)),
                    (_("promises within"), span(within)),
                    (_("halted"), halted or ""),
                ],
            )
        here.out.say(_("Carrying for desk {desk}; Ctrl-C ends it.").format(desk=desk.deployment.desk))
        work(here, relayer, door, None if folder is None else Path(folder), drain=drain)


@command.command(
    "halt",
    shares=READS,
    short_help=_("Stop taking and sending, on every relayer of the queue."),
    help=_("Stop taking and sending, on every relayer of the queue; who submits is told the REASON."),
)
@click.argument("reason")
@QUEUE
@with_here
def halt(here: Here, reason: str, database: str | None) -> None:
    """Halt a queue's relayers."""
    with control_of(here, database) as control:
        control.halt(reason)
        counts = control.counts()
    told = _("halted; {sent} acts in flight are seen to their end, {queued} that were promised wait")
    value = {"halted": reason, "in_flight": counts["sent"], "waiting": counts["queued"]}
    here.out.result(value, told.format(**counts))


@command.command("resume", shares=READS, help=_("Take and send again after a halt."))
@QUEUE
@with_here
def resume(here: Here, database: str | None) -> None:
    """Resume a queue's relayers."""
    with control_of(here, database) as control:
        control.resume()
    here.out.result({"halted": None}, _("the relayers of this queue go on"))


add_to(command)
add_status(command)


class CannotPayBatch(InsufficientFunds):
    """The account cannot pay for one full batch at present prices; `balance` and `needed` are wei."""


def _refuse_poor(here: Here, desk: Desk, acts: int) -> None:
    """Refuse an account that cannot pay for one batch: its acknowledgements would be worth nothing."""
    account, price = desk.sender.address, _price(here.node())
    balance, needed = _balance(here.node(), account), acts * ACT_GAS * price
    if balance < needed:
        error = CannotPayBatch(account, balance=balance, needed=needed)
        told = _(
            "{account} has {balance} and needs {needed}, for one full batch of {acts} acts at {price} for a "
            "unit of gas: send it the rest, or name smaller batches by --batch"
        )
        error.args = (
            told.format(
                account=account,
                balance=about(balance, here.currency),
                needed=about(needed, here.currency),
                acts=acts,
                price=gwei(price),
            ),
        )
        raise error


def _warn_small(here: Here, limit: int) -> None:
    """Say it where the hour's limit does not pay for one act: nobody would be served."""
    needed = ACT_GAS * _price(here.node())
    if limit < needed:
        told = _("WARNING: {limit} an hour does not pay for one act, which costs about {needed} now")
        here.out.say(told.format(limit=about(limit, here.currency), needed=about(needed, here.currency)))


def _balance(node: Node, address: str) -> int:
    return int(node.request("eth_getBalance", address, "latest"), 16)


def _price(node: Node) -> int:
    """What a unit of gas costs now, wei, at least 1."""
    return max(1, int(node.request("eth_gasPrice"), 16))


def _is_intake(desk: Desk) -> bool:
    """Whether the account may carry into gated lanes: it is a member of INTAKE, without a delay."""
    # Late: only a relayer asks.
    from proofdesk.ops.roles import Role

    is_member, delay = desk.read("DeskAccess", "hasRole", Role.INTAKE, desk.sender.address)
    return bool(is_member) and not delay


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
