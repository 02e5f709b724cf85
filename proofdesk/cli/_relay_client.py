"""A relayer asked over HTTP: acts handed in, their fates; what it answers is believed in nothing."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timezone
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import click

from proofdesk._errors import ConnectionLost, IntegrityError
from proofdesk._json import parse
from proofdesk.cli._language import _
from proofdesk.cli._values import when

if TYPE_CHECKING:
    from proofdesk.ops.relay import Acknowledgement, Answer, Fate, Refusal
    from proofdesk.signed import SignedAct

F = TypeVar("F", bound=Callable[..., Any])

SECONDS = 15.0
_HASH = re.compile("0x[0-9a-f]{64}")
_LONGEST = 4 * 1024 * 1024


def relayer_options(command: F) -> F:
    """The options by which a relayer is named: its URL, and how long it is waited for."""
    for option in (
        click.option(
            "--timeout",
            metavar="SECONDS",
            type=click.FloatRange(0.1, 3600),
            default=SECONDS,
            help=_("How long to wait for the relayer; 15 by default."),
        ),
        click.option(
            "--to",
            metavar="URL",
            envvar="PROOFDESK_RELAYER",
            show_envvar=True,
            help=_("The relayer's address."),
        ),
    ):
        command = option(command)
    return command


def moment_of(seconds: int) -> str:
    """A moment that a relayer named; one that no calendar has, by its number.

    >>> moment_of(0), moment_of(10**15)
    ('1970-01-01T00:00:00Z', '1000000000000000')
    """
    try:
        return when(datetime.fromtimestamp(seconds, timezone.utc))
    except (ValueError, OverflowError, OSError):
        return str(seconds)


class FalseAcknowledgement(IntegrityError):  # noqa: N818  what happened
    """What a relayer gave for an act is no promise that anybody could be held to."""


class RelayClient:
    """A relayer by its URL, of which only the host is ever shown; raises UsageError for what is none."""

    def __init__(self, url: str, timeout: float = SECONDS) -> None:
        self._timeout = timeout
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise click.UsageError(_("a relayer's URL starts with http:// or https://"))
        self._url = url.rstrip("/")
        self.host = parts.netloc.rpartition("@")[2]

    def submit(
        self, acts: Sequence[SignedAct], records: Sequence[Any], kept: Collection[Acknowledgement] = ()
    ) -> list[Answer]:
        """Hand acts in, with the records of some; an answer for each, in their order.

        `kept` are words that were given for these acts before, and may be given again.
        Raises FalseAcknowledgement, ConnectionLost.
        """
        # Late: with it comes the relayer's own package.
        from proofdesk.ops.relay import Acknowledgement

        body = {"acts": [json.loads(act.to_json()) for act in acts], "records": list(records)}
        _status, reply = self._ask("/acts", json.dumps(body, ensure_ascii=False).encode())
        if "refusal" in reply:
            return [self._refusal(reply)] * len(acts)
        answers = reply.get("answers")
        if not isinstance(answers, list) or len(answers) != len(acts):
            raise self._nonsense()
        found: list[Answer] = []
        for act, answer in zip(acts, answers, strict=True):
            if not isinstance(answer, dict) or not answer.keys() & {"refusal", "acknowledgement"}:
                raise self._nonsense()
            if "refusal" in answer:
                found.append(self._refusal(answer))
                continue
            try:
                given = Acknowledgement.from_json(answer["acknowledgement"])
            except ValueError as error:
                raise FalseAcknowledgement(str(error)) from None
            self._refuse_false(act, given, kept)
            found.append(given)
        return found

    def fate(self, digest: str) -> Fate | None:
        """What became of an act; None where the relayer says that it never acknowledged it.

        Raises FalseAcknowledgement, ConnectionLost.
        """
        # Late: see above.
        from proofdesk.ops.relay import Acknowledgement, Fate, Stage

        status, reply = self._ask(f"/acts/{digest}")
        if status == 404 and "refusal" in reply:
            return None
        tx_hash, block = reply.get("tx_hash"), reply.get("block")
        try:
            stage, given = Stage(reply["stage"]), Acknowledgement.from_json(reply["acknowledgement"])
        except (KeyError, ValueError):
            raise self._nonsense() from None
        is_place = isinstance(tx_hash, str) and isinstance(block, int) and _HASH.fullmatch(tx_hash)
        if not (is_place or (tx_hash is None and block is None)):
            raise self._nonsense()
        if given.act != digest.lower() or not given.is_signed():
            raise self._false(digest)
        refusal = self._refusal(reply) if "refusal" in reply else None
        return Fate(stage, given, tx_hash=tx_hash, block=block, refusal=refusal)

    def _false(self, digest: str) -> FalseAcknowledgement:
        told = _("{host} acknowledged act {digest} with what is not signed, or is of another act")
        return FalseAcknowledgement(told.format(host=self.host, digest=digest))

    def _refuse_false(
        self, act: SignedAct, given: Acknowledgement, kept: Collection[Acknowledgement]
    ) -> None:
        # An act that is handed in again is acknowledged as it was the first time.
        if given in kept and given.act == act.digest and given.is_signed():
            return
        flaw = given.flaw(act, time.time())
        if flaw is not None:
            told = _(
                "{host} acknowledged act {digest} with what nobody could be held to: {flaw}. If the act was "
                "handed in before, see its fate; if not, look at this machine's clock, or ask another relayer"
            )
            raise FalseAcknowledgement(told.format(host=self.host, digest=act.digest, flaw=flaw))

    def _refusal(self, answer: Mapping[str, Any]) -> Refusal:
        from proofdesk.ops.relay import Refusal

        given = answer["refusal"]
        if not isinstance(given, dict) or not all(
            isinstance(given.get(key), str) for key in ("code", "words")
        ):
            raise self._nonsense()
        later, error = given.get("retry_after"), given.get("error")
        return Refusal(
            given["code"],
            given["words"],
            later if isinstance(later, int) else None,
            error if isinstance(error, str) else None,
        )

    def _ask(self, path: str, body: bytes | None = None) -> tuple[int, Mapping[str, Any]]:
        request = Request(self._url + path, body, {"content-type": "application/json"})
        try:
            try:
                with urlopen(request, timeout=self._timeout) as response:
                    status, content = response.status, response.read(_LONGEST)
            except HTTPError as error:
                # A refusal is an answer like others.
                status, content = error.code, error.read(_LONGEST)
        except (OSError, HTTPException, ValueError) as error:
            problem = getattr(error, "reason", None) or type(error).__name__
            raise ConnectionLost(
                _("the relayer at {host} did not answer: {problem}. Handing in again is safe").format(
                    host=self.host, problem=problem
                )
            ) from None
        try:
            reply = parse(content)
        except ValueError:
            reply = None
        if not isinstance(reply, dict):
            raise self._nonsense()
        return status, reply

    def _nonsense(self) -> ConnectionLost:
        told = _("what answers at {host} is no relayer, or a newer one: see that the URL is its own")
        return ConnectionLost(told.format(host=self.host))
