"""`proofdesk ticket carry`: signed acts sent by whoever has funds, whom nobody needs to trust for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from proofdesk._errors import ContractRevert, InvalidArgument, ProofdeskError
from proofdesk.cli._act_files import contents_of, read_acts, records_beside
from proofdesk.cli._command import WRITES, Leaf
from proofdesk.cli._contents import wrapped
from proofdesk.cli._failures import FOUND, message_of
from proofdesk.cli._here import Here
from proofdesk.cli._language import _, ngettext
from proofdesk.cli._texts import show_result, status_of

if TYPE_CHECKING:
    from proofdesk._desk import Desk
    from proofdesk._models import Act, Result
    from proofdesk._records import Opening
    from proofdesk.cli._signing import Carried
    from proofdesk.signed import SignedAct

_MOST = 100  # acts in one transaction: few chains' blocks hold many more


@click.command(
    "carry",
    cls=Leaf,
    shares=WRITES,
    short_help=_("Send signed acts, one or a batch."),
    help=_(
        "Send acts that others signed, as anybody with funds: one by itself, several in one transaction, "
        "in their order; - is stdin. The record that stands beside an act is kept with the desk's. Exit code "
        "1 if any of several was refused."
    ),
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.pass_context
def carry(context: click.Context, files: tuple[str, ...]) -> None:
    """Carry signed acts."""
    here = Here(context)
    found = [(file, place, act) for file in files for place, act in read_acts([file])]
    if len(found) > _MOST:
        raise _too_many(len(found), _MOST)
    desk = here.acting()
    strange = {act.digest: error for _file, place, act in found if (error := elsewhere(desk, place, act))}
    own = [act for _file, _place, act in found if act.digest not in strange]
    if not own:
        raise next(iter(strange.values()))
    kept = keep_records(desk, [file for file, _place, act in found if act.digest not in strange], own)
    # What is on chain already is not paid for again.
    there = {act.ticket_id: desk.tickets.acts(act.ticket_id) for act in own}
    logged = {act.digest: done for act in own if (done := done_in(act, there[act.ticket_id]))}
    if len(found) == 1:
        _carry_one(here, desk, own[0], logged, kept)
        return
    acts = [act for act in own if act.digest not in logged]
    result, reasons = wrapped(lambda: _carried(desk, acts)) if acts else (None, {})
    for act in acts:
        if act.digest in reasons:
            forget(desk, kept, act)
    if result is not None:
        logged |= {act.digest: done for act in acts if (done := done_in(act, result.acts))}
    _show(here, [(place, act) for _file, place, act in found], logged, {**strange, **reasons}, result)
    tell_of_words(here, desk, [act for act in own if act.digest in logged])
    if strange or reasons:
        context.exit(FOUND)


def _too_many(count: int, most: int) -> click.UsageError:
    told = _("{count} acts do not fit one transaction: carry at most {most} at a time")
    return click.UsageError(told.format(count=count, most=most))


def _carry_one(
    here: Here, desk: Desk, act: SignedAct, logged: Mapping[str, Act], kept: Collection[str]
) -> None:
    done = logged.get(act.digest)
    try:
        result = wrapped(lambda: desk.tickets.carry(act))
    except ContractRevert:
        forget(desk, kept, act)
        raise
    if done is None:
        told = _("carried")
    else:
        told = _("it was there already, in block {block}: nothing was sent or paid").format(block=done.block)
    show_result(here.out, result, told)
    tell_of_words(here, desk, [act])


def keep_records(desk: Desk, files: Sequence[str], acts: Sequence[Carried]) -> list[str]:
    """Keep the records that stand beside acts with the desk's, before anything is sent: words are not lost.

    Returns the entries of those that were not there. Raises InvalidArgument for a record of something else.
    """
    # Late: who signs and sends for himself needs none of it.
    from proofdesk.ops.relay.records import RefusedRecord, read

    found: dict[str, Opening] = {}
    for path in records_beside(files):
        try:
            given = read(contents_of(path), acts, desk.archive.codec)
        except RefusedRecord as error:
            raise RefusedRecord(f"{path}: {error}") from None
        found |= {each.entry: each for each in given.values()}
    new = [opening for entry, opening in found.items() if entry not in desk.archive.store]
    for opening in new:
        desk.keep(opening)
    return [opening.entry for opening in new]


def forget(desk: Desk, kept: Collection[str], act: Carried) -> None:
    """Forget the words of an act that was refused, unless they were here before, or are on chain."""
    # One record may be two acts': what was signed anew, and carried before or beside this one.
    if act.entry in kept and act.entry not in {each.entry for each in desk.tickets.acts(act.ticket_id)}:
        desk.archive.store.delete(act.entry)


def tell_of_words(here: Here, desk: Desk, acts: Sequence[Carried]) -> None:
    """Say of how many acts the words are not here: nobody could show what was written."""
    if missing := sum(act.entry not in desk.archive.store for act in acts):
        told = ngettext(
            "The words of {count} act are not here: ask its signer for FILE.record.json, and carry again",
            "The words of {count} acts are not here: ask the signers for FILE.record.json, and carry again",
            missing,
        )
        here.out.say(told.format(count=missing))


def done_in(act: SignedAct, logged: Iterable[Act]) -> Act | None:
    """The act as it was logged, if it is among these."""
    # Late: who signs loads none of it before.
    from proofdesk.signed.onchain import is_carried

    return next((each for each in logged if is_carried(act, each)), None)


def _carried(desk: Desk, acts: Sequence[SignedAct]) -> tuple[Result | None, Mapping[str, ContractRevert]]:
    """What carrying came to, and by their digests why acts were refused."""
    # Late: as above.
    from proofdesk.signed import BatchTooLarge, refusals
    from proofdesk.signed.onchain import likeness

    # Of what is alike one is sent, which speaks for all.
    alike = [likeness(act) for act in acts]
    try:
        result = desk.tickets.carry(acts)
        refused = {alike[index]: error for index, error in refusals(result).items()}
    except BatchTooLarge as error:
        raise _too_many(error.acts, error.fits) from None
    except ContractRevert as error:
        if len(set(alike)) > 1:
            raise
        # The only one that was left of several: the others are to be told all the same.
        result, refused = None, {alike[0]: error}
    return result, {
        act.digest: refused[each] for act, each in zip(acts, alike, strict=True) if each in refused
    }


def _show(
    here: Here,
    found: Sequence[tuple[str, SignedAct]],
    logged: Mapping[str, Act],
    reasons: Mapping[str, ProofdeskError],
    result: Result | None,
) -> None:
    """What became of each act of several."""
    rows, values = [], []
    for place, act in found:
        done, reason = logged.get(act.digest), reasons.get(act.digest)
        status = "" if done is None else status_of(done.status)
        told = "" if reason is None else message_of(reason)
        rows.append([place, act.act, act.ticket_id, status, told])
        value: dict[str, Any] = {"digest": act.digest, "act": act.act, "ticket": act.ticket_id}
        value |= {"status": status or None, "tx_hash": None if done is None else done.tx_hash}
        value |= {"error": None if reason is None else type(reason).__name__, "refusal": told or None}
        values.append(value)
    sent = None if result is None else {"tx_hash": result.tx_hash, "gas_used": result.gas_used}
    columns = [_("file"), _("act"), _("ticket"), _("status"), _("refused")]
    here.out.table({"acts": values, "transaction": sent}, columns, rows, empty="")
    if result is None:
        here.out.say(_("nothing was sent"))
    else:
        here.out.say(
            _("transaction {hash}, block {block}, {gas:,} gas").format(
                hash=result.tx_hash, block=result.block, gas=result.gas_used
            )
        )


def elsewhere(desk: Desk, place: str, act: SignedAct) -> InvalidArgument | None:
    """Why an act is not for this desk, if it is not."""
    deployment = desk.deployment
    if (act.chain_id, act.desk) == (deployment.chain_id, deployment.contract("TicketDesk").address):
        return None
    told = _("{place} is for the desk at {desk} on chain {chain}, not for {name}: carry it there")
    return InvalidArgument(told.format(place=place, desk=act.desk, chain=act.chain_id, name=deployment.desk))
