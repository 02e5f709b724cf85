"""Acts handed to a relayer, and shown in words; what became of them is in `_relay_fate`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from proofdesk._errors import InvalidArgument
from proofdesk._files import write_atomically
from proofdesk._json import parse
from proofdesk.cli._act_files import (
    STDIN,
    acknowledgement_beside,
    contents_of,
    read_acts,
    records_beside,
)
from proofdesk.cli._command import KEYS, LOCAL, OUTPUT, RECORDS, Branch, Leaf
from proofdesk.cli._failures import DOUBT, FOUND, InDoubt
from proofdesk.cli._here import Here
from proofdesk.cli._keyring import records_in_store
from proofdesk.cli._language import _
from proofdesk.cli._relay_client import RelayClient, moment_of, relayer_options
from proofdesk.cli._relay_fate import fate, judge
from proofdesk.cli._values import one_line_document, span

if TYPE_CHECKING:
    from proofdesk.ops.relay import Acknowledgement, Answer
    from proofdesk.signed import SignedAct


def add_to(group: Branch) -> None:
    """Give the group what concerns acts."""
    for one in (submit, show, fate, judge):
        group.add_command(one)


@click.command(
    "submit",
    cls=Leaf,
    shares=(KEYS, RECORDS, OUTPUT),
    short_help=_("Hand signed acts to a relayer."),
    help=_(
        "Hand signed acts to a relayer, each with the record that stands beside it, or else in --records, "
        "opened by --keys; what it acknowledges is kept beside the act. Exit code 1 if any was refused."
    ),
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--record", "beside", metavar="FILE", multiple=True, help=_("A record to go along."))
@relayer_options
@click.pass_context
def submit(
    context: click.Context, files: tuple[str, ...], beside: tuple[str, ...], to: str | None, timeout: float
) -> None:
    """Submit signed acts."""
    here = Here(context)
    if to is None:
        raise click.UsageError(_("which relayer? Give --to URL, or set PROOFDESK_RELAYER"))
    client = RelayClient(to, timeout)
    found = [(file, place, act) for file in files for place, act in read_acts([file])]
    acts = [act for _file, _place, act in found]
    kept = [record for path in (*beside, *records_beside(files)) for record in _records(path)]
    kept += records_in_store(here, acts, _entries(kept))
    before = {file: _kept_before(file) for file in files if file != STDIN}
    try:
        answers = client.submit(acts, kept, [ack for given in before.values() for ack in given])
    except KeyboardInterrupt:
        raise InDoubt(
            _(
                "interrupted: the relayer may have it. Hand in the same again, which is safe, or see "
                "proofdesk relay fate"
            ),
            code=DOUBT,
        ) from None
    for file, given in before.items():
        pairs = zip(found, answers, strict=True)
        _keep(file, given, [answer for (name, *_), answer in pairs if name == file])
    _show_answers(here, [(place, act) for _file, place, act in found], answers, _entries(kept))
    if any(_refusal(answer) for answer in answers):
        context.exit(FOUND)


@click.command(
    "show",
    cls=Leaf,
    shares=LOCAL,
    short_help=_("Show signed acts in words."),
    help=_("Show what signed acts ask for, in the words of a wallet; - is stdin."),
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.pass_context
def show(context: click.Context, files: tuple[str, ...]) -> None:
    """Show signed acts."""
    here = Here(context)
    # Late: who hands acts in needs no words of a wallet's.
    from proofdesk.ops.clear_signing import in_words

    values, texts = [], []
    for place, act in read_acts(files):
        words = in_words(act)
        # A smart account's signature its contract alone can judge.
        by = _("its signer's key") if act.is_signed_by_key() else _("not its signer's key: a smart account?")
        desk = _("desk {address} on chain {chain}").format(address=act.desk, chain=act.chain_id)
        value: dict[str, Any] = {"file": place, "act": act.act, "digest": act.digest, "ticket": act.ticket_id}
        value |= {"signer": act.signer, "chain_id": act.chain_id, "desk": act.desk, "words": words}
        values.append({**value, "is_signed_by_key": act.is_signed_by_key()})
        lines = [*words, f"{_('for')}: {desk}", f"{_('signed by')}: {by}", f"{_('digest')}: {act.digest}"]
        texts.append("\n".join((place, *(f"  {line}" for line in lines))))
    here.out.result(values, "\n\n".join(texts))


def _kept_before(file: str) -> list[Acknowledgement]:
    """What a relayer acknowledged of a file's acts before; what stands there and is none is no matter."""
    # Late: with it comes the relayer's own package.
    from proofdesk.ops.relay import Acknowledgement

    path = acknowledgement_beside(Path(file))
    try:
        return [Acknowledgement.from_json(text) for text in contents_of(str(path))]
    except (OSError, ValueError):
        return []


def _keep(file: str, before: Sequence[Acknowledgement], answers: Sequence[Answer]) -> None:
    """Keep what was acknowledged beside the acts, one a line: it is the proof that the relayer had them."""
    new: list[Any] = [answer for answer in answers if not _is_refusal(answer)]
    if new:
        given = {ack.act: ack for ack in (*before, *new)}
        content = "".join(f"{one_line_document(each.to_json())}\n" for each in given.values()).encode()
        write_atomically(acknowledgement_beside(Path(file)), content)


def _show_answers(
    here: Here, found: Sequence[tuple[str, SignedAct]], answers: Sequence[Answer], entries: Collection[Any]
) -> None:
    rows, values = [], []
    for (place, act), answer in zip(found, answers, strict=True):
        refusal, has_words = _refusal(answer), act.entry in entries
        value: dict[str, Any] = {"file": place, "act": act.act, "ticket": act.ticket_id, "digest": act.digest}
        value |= {"record": has_words, "refusal" if refusal else "acknowledgement": answer.to_json()}
        values.append(value)
        rows.append([place, act.act, act.ticket_id, refusal or _acknowledged(answer, has_words)])
    here.out.table(values, [_("file"), _("act"), _("ticket"), _("answer")], rows, empty="")


def _acknowledged(answer: Any, has_words: bool) -> str:
    told = (
        _("acknowledged by {relayer}, with its words: on chain by {moment}")
        if has_words
        else _("acknowledged by {relayer}, without its words (--record FILE): on chain by {moment}")
    )
    return told.format(relayer=answer.relayer, moment=moment_of(answer.include_by))


def _entries(records: Sequence[Any]) -> set[Any]:
    return {record.get("entry") for record in records if isinstance(record, dict)}


def _is_refusal(answer: Any) -> bool:
    return hasattr(answer, "code")


def _refusal(answer: Any) -> str:
    """Why an act was refused, for people; empty where it was acknowledged."""
    if not _is_refusal(answer):
        return ""
    told = _("refused, {code}: {words}").format(code=answer.code, words=answer.words)
    if not answer.retry_after or answer.retry_after > _LATEST:
        return told
    return f"{told} ({_('again in {span}').format(span=span(timedelta(seconds=answer.retry_after)))})"


_LATEST = 366 * 86_400  # seconds: what a relayer says of later than that is no help


def _records(path: str) -> list[Any]:
    """The records of a file, one or one a line; their contents are in no error."""
    try:
        return [parse(text) for text in contents_of(path)]
    except ValueError:
        raise InvalidArgument(
            _("{path} is no record: that is JSON, as --sign writes it beside an act").format(path=path)
        ) from None
