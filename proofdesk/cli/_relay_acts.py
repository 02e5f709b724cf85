"""Acts handed to a relayer, and shown in words; what became of them is in `_relay_fate`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from proofdesk._errors import ConfigurationError, InvalidArgument, ProofdeskError
from proofdesk._files import write_atomically
from proofdesk._json import parse
from proofdesk.cli._act_files import (
    STDIN,
    acknowledgement_beside,
    contents_of,
    read_acts,
    records_beside,
)
from proofdesk.cli._carrying import done_in, elsewhere
from proofdesk.cli._command import LOCAL, READS_RECORDS, Branch, Leaf
from proofdesk.cli._failures import DOUBT, FOUND, InDoubt
from proofdesk.cli._here import Here
from proofdesk.cli._keyring import records_in_store
from proofdesk.cli._language import _
from proofdesk.cli._moments import moment_option
from proofdesk.cli._relay_asking import asking, moment_of, relayer_options
from proofdesk.cli._relay_fate import fate, judge
from proofdesk.cli._values import one_line_document, span

if TYPE_CHECKING:
    from proofdesk._models import Act
    from proofdesk.ops.relay import Acknowledgement, Answer
    from proofdesk.signed import SignedAct


def add_to(group: Branch) -> None:
    """Give the group what concerns acts."""
    for one in (submit, show, fate, judge):
        group.add_command(one)


@click.command(
    "submit",
    cls=Leaf,
    shares=READS_RECORDS,
    short_help=_("Hand signed acts to a relayer."),
    help=_(
        "Hand signed acts to a relayer, each with the record that stands beside it, or else in --records, "
        "opened by --keys; what it acknowledges is kept beside the act. Of what was signed with --no-record, "
        "or from Python, the words are in records/CHAIN/DESK: they go along where --records names it. Exit "
        "code 1 if any was refused that is not on chain already, as far as the node knows."
    ),
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--record", "beside", metavar="FILE", multiple=True, help=_("A record to go along."))
@click.option("--folder", metavar="FOLDER", help=_("The relayer's folder, instead of its address."))
@moment_option("--since", _("When they may have been handed in first; no word of before is believed."))
@relayer_options
@click.pass_context
def submit(
    context: click.Context,
    files: tuple[str, ...],
    beside: tuple[str, ...],
    folder: str | None,
    since: datetime | None,
    to: str | None,
    timeout: float,
) -> None:
    """Submit signed acts."""
    here = Here(context)
    if folder is not None and context.get_parameter_source("to") is ParameterSource.COMMANDLINE:
        raise click.UsageError(_("--to and --folder both name a relayer: give one of them"))
    if to is None and folder is None:
        raise click.UsageError(_("which relayer? Give --to URL, or set PROOFDESK_RELAYER"))
    found = [(file, place, act) for file in files for place, act in read_acts([file])]
    acts = [act for _file, _place, act in found]
    kept = [record for path in (*beside, *records_beside(files)) for record in _records(path)]
    kept += records_in_store(here, acts, _entries(kept))
    if folder is not None:
        _put_into(here, folder, found, kept)
        return
    before = {file: _kept_before(file) for file in files if file != STDIN}
    words = [ack for given in before.values() for ack in given]
    answers: list[Answer] = []
    try:
        with asking(to or "", timeout) as client:
            client.submit(acts, kept, words, since=since, told=answers.append)
    except KeyboardInterrupt:
        raise InDoubt(
            _(
                "interrupted: the relayer may have it. Hand in the same again, which is safe, or see "
                "proofdesk relay fate"
            ),
            code=DOUBT,
        ) from None
    finally:
        # Whatever broke: what was acknowledged until then is the proof of it.
        _keep_all(before, found, answers)
    there = _there(here, acts, answers)
    _show_answers(here, [(place, act) for _file, place, act in found], answers, _entries(kept), there)
    refused = (act for act, answer in zip(acts, answers, strict=True) if _is_refusal(answer))
    if any(act.digest not in there for act in refused):
        context.exit(FOUND)


@click.command(
    "show",
    cls=Leaf,
    shares=LOCAL,
    short_help=_("Show signed acts in words."),
    help=_(
        "Show what signed acts ask for, in the words of a wallet; - is stdin. Exit code 1 if one is not "
        "signed by its signer's key: then it holds for a smart account alone, if that takes it."
    ),
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
        by = _("its signer's key")
        if not act.is_signed_by_key():
            by = _("not its signer's key: it was changed, unless the signer is a smart account that takes it")
        desk = _("desk {address} on chain {chain}").format(address=act.desk, chain=act.chain_id)
        value: dict[str, Any] = {"file": place, "act": act.act, "digest": act.digest, "ticket": act.ticket_id}
        value |= {"signer": act.signer, "chain_id": act.chain_id, "desk": act.desk, "words": words}
        values.append({**value, "is_signed_by_key": act.is_signed_by_key()})
        lines = [*words, f"{_('for')}: {desk}", f"{_('signed by')}: {by}", f"{_('digest')}: {act.digest}"]
        texts.append("\n".join((place, *(f"  {line}" for line in lines))))
    here.out.result(values, "\n\n".join(texts))
    if not all(value["is_signed_by_key"] for value in values):
        context.exit(FOUND)


def _put_into(here: Here, folder: str, found: Sequence[tuple[str, str, SignedAct]], kept: list[Any]) -> None:
    """Hand acts in by a relayer's folder, and say where each is answered."""
    # Late: with it comes what checks signatures.
    from proofdesk.ops.relay.folder import hand_in

    entries, rows, values = _entries(kept), [], []
    answers = hand_in(folder, [act for *_places, act in found], kept)
    for (_file, place, act), path in zip(found, answers, strict=True):
        value = {"file": place, "act": act.act, "ticket": act.ticket_id, "digest": act.digest}
        values.append({**value, "record": act.entry in entries, "answer": str(path)})
        told = (
            _("with its words, to be answered in {path}")
            if act.entry in entries
            else _("without its words, to be answered in {path}")
        )
        rows.append([place, act.act, act.ticket_id, told.format(path=path)])
    here.out.table(values, [_("file"), _("act"), _("ticket"), _("answer")], rows, empty="")


def _kept_before(file: str) -> list[Acknowledgement]:
    """What relayers acknowledged of a file's acts before; raises OSError, InvalidArgument for what is none.

    Then nothing is handed in: what stands there would have to give way to what is acknowledged now.
    """
    # Late: with it comes the relayer's own package.
    from proofdesk.ops.relay import Acknowledgement

    path = acknowledgement_beside(Path(file))
    try:
        return [Acknowledgement.from_json(text) for text in contents_of(str(path))]
    except FileNotFoundError:
        return []
    except InvalidArgument as error:
        told = _("{path} is to keep what is acknowledged, and holds something else: {problem}. Move it away")
        raise InvalidArgument(told.format(path=path, problem=error)) from None


def _keep_all(
    before: Mapping[str, Sequence[Acknowledgement]],
    found: Sequence[tuple[str, str, SignedAct]],
    answers: Sequence[Answer],
) -> None:
    """Keep what was acknowledged of the first acts, or of all, beside their files."""
    for file, given in before.items():
        pairs = zip(found, answers, strict=False)
        _keep(file, given, [answer for (name, *_), answer in pairs if name == file])


def _keep(file: str, before: Sequence[Acknowledgement], answers: Sequence[Answer]) -> None:
    """Keep what was acknowledged beside the acts, one a line: it is the proof that the relayer had them.

    A second word for an act stands beside the first, which it does not take back.
    """
    new: list[Any] = [answer for answer in answers if not (_is_refusal(answer) or answer in before)]
    if not new:
        return
    path = acknowledgement_beside(Path(file))
    content = "".join(f"{one_line_document(each.to_json())}\n" for each in dict.fromkeys((*before, *new)))
    try:
        write_atomically(path, content.encode())
    except OSError as error:
        raise ConfigurationError(
            _(
                "the acts of {file} were handed in, and what the relayer acknowledged cannot be kept in "
                "{path}: {problem}. Make room and hand in the same again with --since, which gives the same "
                "words"
            ).format(file=file, path=path, problem=error.strerror)
        ) from None


def _there(here: Here, acts: Sequence[SignedAct], answers: Sequence[Answer]) -> dict[str, Act]:
    """Of the acts that nobody can carry any more those that are on chain, by digest, where a node tells."""
    asked = [act for act, answer in zip(acts, answers, strict=True) if _code(answer) in _OVER]
    found: dict[str, Act] = {}
    # Who hands acts in needs no node: without one, or the manifest, it is told as the relayer tells it.
    with suppress(ProofdeskError, OSError, ValueError):
        desk = here.desk() if asked else None
        for act in asked:
            if desk is not None and elsewhere(desk, act.digest, act) is None:
                done = done_in(act, desk.tickets.acts(act.ticket_id))
                found |= {} if done is None else {act.digest: done}
    return found


def _show_answers(
    here: Here,
    found: Sequence[tuple[str, SignedAct]],
    answers: Sequence[Answer],
    entries: Collection[Any],
    there: Mapping[str, Act],
) -> None:
    rows, values = [], []
    for (place, act), answer in zip(found, answers, strict=True):
        refusal, has_words = _refusal(answer), act.entry in entries
        value: dict[str, Any] = {"file": place, "act": act.act, "ticket": act.ticket_id, "digest": act.digest}
        value |= {"record": has_words, "refusal" if refusal else "acknowledgement": answer.to_json()}
        told = refusal or _acknowledged(answer, has_words)
        if done := there.get(act.digest):
            value |= {"tx_hash": done.tx_hash, "block": done.block}
            told = _("it is on chain already, in block {block}").format(block=done.block)
        values.append(value)
        rows.append([place, act.act, act.ticket_id, told])
    here.out.table(values, [_("file"), _("act"), _("ticket"), _("answer")], rows, empty="")


def _acknowledged(answer: Any, has_words: bool) -> str:
    told = (
        _("acknowledged by {relayer}, with its words: on chain by {moment}")
        if has_words
        else _(
            "acknowledged by {relayer}, without its words (--record FILE, or --records records/CHAIN/DESK): "
            "on chain by {moment}"
        )
    )
    return told.format(relayer=answer.relayer, moment=moment_of(answer.include_by))


def _entries(records: Sequence[Any]) -> set[str]:
    return {entry for record in records if isinstance(entry := record.get("entry"), str)}


def _code(answer: Any) -> str | None:
    """Of a refusal its code."""
    return getattr(answer, "code", None)


def _is_refusal(answer: Any) -> bool:
    return _code(answer) is not None


def _refusal(answer: Any) -> str:
    """Why an act was refused, for people; empty where it was acknowledged."""
    if not _is_refusal(answer):
        return ""
    told = _("refused, {code}: {words}").format(code=answer.code, words=answer.words)
    if not answer.retry_after or answer.retry_after > _LATEST:
        return told
    return f"{told} ({_('again in {span}').format(span=span(timedelta(seconds=answer.retry_after)))})"


_OVER = frozenset({"done", "not-legal"})
_LATEST = 366 * 86_400  # seconds: what a relayer says of later than that is no help


def _records(path: str) -> list[Any]:
    """The records of a file, one or one a line; their contents are in no error."""
    try:
        found = [parse(text) for text in contents_of(path)]
    except ValueError:
        found = [None]
    if not all(isinstance(record, dict) for record in found):
        raise InvalidArgument(
            _("{path} is no record: that is JSON, as --sign writes it beside an act").format(path=path)
        )
    return found
