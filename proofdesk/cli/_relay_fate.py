"""What became of acts that were handed in: as a relayer says, and whether it kept its word, by the chain."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from proofdesk._errors import ConfigurationError, ConnectionLost, InvalidArgument
from proofdesk._json import parse
from proofdesk._rpc import NodeError
from proofdesk.cli._act_files import contents_of, name_of_file, of_another_kind, read_acts
from proofdesk.cli._command import READS, Leaf
from proofdesk.cli._failures import FOUND
from proofdesk.cli._here import Here
from proofdesk.cli._language import _
from proofdesk.cli._relay_asking import asking, moment_of, relayer_options
from proofdesk.cli._relay_queue import QUEUE, control_of, stages
from proofdesk.cli._values import jsonable, when

if TYPE_CHECKING:
    from proofdesk.ops.relay import Acknowledgement, Fate
    from proofdesk.ops.relay.control import Control


@click.command(
    "fate",
    cls=Leaf,
    shares=READS,
    short_help=_("Show what became of acts that were handed in."),
    help=_(
        "Show what became of an act, by its DIGEST or its file (of every act in it): as the relayer at --to "
        "says, or as the queue here has it. Exit code 1 if one was refused, or never acknowledged."
    ),
)
@click.argument("digest", metavar="DIGEST|FILE")
@relayer_options
@QUEUE
@click.pass_context
def fate(context: click.Context, digest: str, to: str | None, timeout: float, database: str | None) -> None:
    """Show acts' fates."""
    here = Here(context)
    digests = _digests(digest)
    if to is not None:
        with asking(to, timeout) as client:
            found = {each: client.fate(each) for each in digests}
    else:
        with _queue_here(here, database) as control:
            found = {each: control.fate(each) for each in digests}
    if len(found) == 1:
        _show_one(here, digests[0], found[digests[0]])
    else:
        _show_several(here, found)
    if any(each is None or each.refusal is not None for each in found.values()):
        context.exit(FOUND)


@click.command(
    "judge",
    cls=Leaf,
    shares=READS,
    short_help=_("Judge by the chain whether a relayer kept its word."),
    help=_(
        "Judge by the chain alone whether a relayer kept its word: ACK is what it acknowledged, or a "
        "folder's answer, FILE the signed act. Exit code 1 if the act came late, or did not come."
    ),
)
@click.argument("ack", metavar="ACK")
@click.argument("file", metavar="FILE")
@click.pass_context
def judge(context: click.Context, ack: str, file: str) -> None:
    """Judge an acknowledgement."""
    here = Here(context)
    # Late: with it comes the relayer's own package.
    from proofdesk.ops.relay import judge as judged

    acts = {act.digest: act for _place, act in read_acts([file])}
    given = _acknowledgements(ack)
    desk = here.desk()
    # What it let wait for another promise of its own it cannot be excused for.
    words = [(one, acts[one.act]) for one in given if one.act in acts]
    rows, values, is_broken = [], [], False
    for one in given:
        if one.act not in acts:
            raise InvalidArgument(
                _("{ack} is of act {digest}, which {file} does not hold").format(
                    ack=name_of_file(ack), digest=one.act, file=name_of_file(file)
                )
            )
        found = judged(one, acts[one.act], desk, behind=words)
        is_broken |= found.is_broken
        until = moment_of(one.include_by)
        values.append({"act": one.act, "relayer": one.relayer, "include_by": until, **jsonable(found)})
        rows.append([one.act, one.relayer, until, _promises()[found.promise.value], found.excuse or ""])
    columns = [_("act"), _("relayer"), _("promised by"), _("promise"), _("would have been refused with")]
    here.out.table(values, columns, rows, empty="")
    if is_broken:
        context.exit(FOUND)


def _acknowledgements(file: str) -> list[Acknowledgement]:
    """The acknowledgements of a file: one, one a line, or those in the answer of a relayer's folder.

    Raises InvalidArgument naming the file, and of several the place; OSError.
    """
    # Late: see above.
    from proofdesk.ops.relay import Acknowledgement

    found: list[Any] = []
    for text in contents_of(file):
        if other := of_another_kind(name_of_file(file), text, ["include_by", "answers"]):
            raise InvalidArgument(other)
        try:
            answer = parse(text)
        except ValueError:
            answer = None
        answers = answer.get("answers") if isinstance(answer, dict) else None
        if isinstance(answers, list):
            given = (each.get("acknowledgement") for each in answers if isinstance(each, dict))
            found += [each for each in given if each is not None]
        else:
            found.append(text)
    if not found:
        raise InvalidArgument(_("{file} holds no acknowledgement").format(file=name_of_file(file)))
    read = []
    for number, each in enumerate(found, 1):
        place = name_of_file(file) if len(found) == 1 else f"{name_of_file(file)}, {number}"
        try:
            read.append(Acknowledgement.from_json(each))
        except InvalidArgument as error:
            raise InvalidArgument(f"{place}: {error}") from None
    return read


def _queue_here(here: Here, database: str | None) -> Control:
    """The queue; raises ConfigurationError, which says how a relayer elsewhere is asked."""
    try:
        return control_of(here, database)
    except ConfigurationError as error:
        told = _("{problem}. To ask a relayer that works elsewhere, give --to URL")
        raise ConfigurationError(told.format(problem=error)) from None


def _digests(text: str) -> list[str]:
    if re.fullmatch("0x[0-9a-fA-F]{64}", text):
        return [text]
    # Of a file that is not there it is said as by the other commands.
    if text.startswith("0x") and not Path(text).exists():
        raise click.UsageError(_("{text} is neither a digest nor a file of an act").format(text=text))
    return list(dict.fromkeys(act.digest for _place, act in read_acts([text])))


def _show_one(here: Here, digest: str, found: Fate | None) -> None:
    if found is None:
        told = _(
            "act {digest} was never acknowledged there, is still being checked, or is forgotten; handing in "
            "again is safe"
        )
        here.out.nothing(None, told.format(digest=digest))
        return
    here.out.fields(
        _value(here, found),
        [
            (_("act"), digest),
            (_("stage"), stages()[found.stage.value]),
            (_("transaction"), found.tx_hash or ""),
            (_("block"), "" if found.block is None else str(found.block)),
            (_("on chain"), _on_chain(here, found)),
            (_("promised by"), moment_of(found.acknowledgement.include_by)),
            (_("refused"), _refused(found)),
        ],
    )


def _show_several(here: Here, fates: Mapping[str, Fate | None]) -> None:
    rows: list[Sequence[str]] = []
    for digest, found in fates.items():
        if found is None:
            rows.append(
                [digest, _("never acknowledged there, still being checked, or forgotten"), "", "", ""]
            )
            continue
        until = moment_of(found.acknowledgement.include_by)
        rows.append([digest, stages()[found.stage.value], until, _on_chain(here, found), _refused(found)])
    columns = [_("act"), _("stage"), _("promised by"), _("on chain"), _("refused")]
    values = [
        {"act": digest, "fate": None if found is None else _value(here, found)}
        for digest, found in fates.items()
    ]
    here.out.table(values, columns, rows, empty="")


def _value(here: Here, found: Fate) -> dict[str, object]:
    return {**found.to_json(), "at": _mined_at(here, found)}


def _refused(found: Fate) -> str:
    return "" if found.refusal is None else f"{found.refusal.code}: {found.refusal.words}"


def _on_chain(here: Here, found: Fate) -> str:
    """When the act came on chain, and whether that was late; empty where nobody knows."""
    at = _mined_at(here, found)
    if at is None:
        return ""
    is_late = at.timestamp() > found.acknowledgement.include_by
    return _("{moment}, later than promised").format(moment=when(at)) if is_late else when(at)


def _mined_at(here: Here, found: Fate) -> datetime | None:
    """The moment of the block that is said to hold the act, by the node, where one is named."""
    with suppress(ConfigurationError, ConnectionLost, NodeError, TypeError, KeyError, ValueError):
        if found.block is not None:
            block = here.node().request("eth_getBlockByNumber", hex(found.block), False)
            return datetime.fromtimestamp(int(block["timestamp"], 16), timezone.utc)
    return None


def _promises() -> Mapping[str, str]:
    return {
        "kept": _("kept"),
        "open": _("open still"),
        "late": _("broken: it came late"),
        "broken": _("broken: it did not come"),
    }
