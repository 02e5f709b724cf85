"""A relayer asked over HTTP: acts handed in, their fates; what it answers is believed in nothing.

    from proofdesk.ops.relay import RelayClient

    answers = RelayClient("https://relay.example").submit([signed], [desk.archive.read(signed.entry)])

It needs nothing but what signing needs. Proxies are those of the environment; a redirection is not followed,
since acts and words are for the relayer that was named.
"""

from __future__ import annotations

import base64
import math
import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit, urlunsplit
from urllib.request import Request

from proofdesk._errors import ConnectionLost, IntegrityError, InvalidArgument, ProofdeskError
from proofdesk._json import parse
from proofdesk._records import Opening
from proofdesk.ops.relay._fetching import Unanswered, fetch, printable
from proofdesk.ops.relay.acknowledgement import Acknowledgement
from proofdesk.ops.relay.answers import Answer, Fate, Refusal, Stage
from proofdesk.ops.relay.packing import packed
from proofdesk.signed import SignedAct

_HASH = re.compile("0x[0-9a-f]{64}")
_DIGEST = re.compile("0x[0-9a-fA-F]{64}")


class RelayerError(ProofdeskError):
    """What went wrong with the relayer at `host`; `answers` are those of the first acts, which it had given.

    Of the other acts it may have some all the same: to hand in again, what was answered too, is safe.
    """

    answers: tuple[Answer, ...] = ()

    def __init__(self, message: str, *, host: str) -> None:
        super().__init__(message)
        self.host = host

    def __str__(self) -> str:
        told = super().__str__()
        return f"{told} (the first {len(self.answers)} acts were answered before)" if self.answers else told


class RelayerSilent(RelayerError, ConnectionLost):  # noqa: N818  what happened
    """The relayer did not answer in time, or at all, for a `problem`.

    It may have what was handed in; where it `is_unreached` nothing was, but for what is in `answers`.
    """

    def __init__(self, *, host: str, problem: str, is_unreached: bool) -> None:
        silent = f"the relayer at {host} did not answer: {problem}. It may have what was handed in; "
        unreached = f"nothing reached the relayer at {host}: {problem}"
        super().__init__(unreached if is_unreached else f"{silent}handing in again is safe", host=host)
        self.problem, self.is_unreached = problem, is_unreached


class NoRelayer(RelayerError, ConnectionLost):  # noqa: N818  what happened
    """What answers is no relayer, or one of a later version."""

    def __init__(self, *, host: str) -> None:
        told = f"what answers at {host} is no relayer, or a newer one: see that the URL is its own"
        super().__init__(told, host=host)


class FalseAcknowledgement(RelayerError, IntegrityError):  # noqa: N818  what happened
    """What the relayer gave for `act`, a digest, is no promise that it could be held to: it has a `flaw`."""

    def __init__(self, *, host: str, act: str, flaw: str) -> None:
        super().__init__(
            f"{host} acknowledged act {act} with what nobody could be held to: {flaw}. If the act was handed "
            "in before, say since when; if not, look at this machine's clock, or ask another relayer",
            host=host,
        )
        self.act = act
        self.flaw = flaw


class RelayClient:
    """A relayer by its URL, of which only the host is ever shown; `timeout` is seconds for a whole answer.

    A login in it, `https://USER:PASSWORD@HOST`, goes along as RFC 7617 (Basic) says.
    Raises InvalidArgument for what is no URL of a relayer's, or no span.

    >>> RelayClient("https://me:secret@relay.example:8645/desk").host
    'relay.example:8645'
    """

    def __init__(self, url: str, timeout: float = 15.0) -> None:
        try:
            parts = urlsplit(url)
            # A port that is none is found when it is asked for.
            is_one = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
            # Paths are put behind it; of others than these letters none can be asked for.
            is_one = is_one and not (parts.query or parts.fragment)
            is_one = is_one and re.fullmatch("[!-~]*", parts.path) is not None
            login, _at, self.host = parts.netloc.rpartition("@")
            said = unquote_to_bytes(login)
        except ValueError:
            is_one = False
        if not is_one:
            raise InvalidArgument(
                "a relayer's URL starts with http:// or https://, names its host, and has no query"
            )
        if not 0 < timeout < math.inf:
            raise InvalidArgument(f"timeout: is {timeout}, not a number of seconds above 0")
        self._url = urlunsplit(parts._replace(netloc=self.host)).rstrip("/")
        self._timeout = timeout
        self._headers = {"content-type": "application/json"}
        if login:
            # RFC 7617; urllib would take it for a part of the host.
            pair = said if b":" in said else said + b":"
            self._headers["authorization"] = f"Basic {base64.b64encode(pair).decode()}"

    def __repr__(self) -> str:
        return f"<RelayClient {self.host}>"

    def submit(
        self,
        acts: Sequence[SignedAct],
        records: Sequence[Opening | Mapping[str, Any]] = (),
        kept: Collection[Acknowledgement] = (),
        *,
        since: datetime | None = None,
        told: Callable[[Answer], object] | None = None,
    ) -> list[Answer]:
        """Hand acts in, with the records of some; an answer for each, in their order.

        More than 200 acts, or 4 MiB, go in several requests; `told` hears of each answer as it comes. An act
        that was handed in before is acknowledged as it was then: `kept` are words that were given for these
        acts, and may be given again; where the first was never heard, `since` is when that may have been, and
        no word of an earlier moment is believed. Raises RelayerSilent, NoRelayer, FalseAcknowledgement, each
        with what was answered until then; InvalidArgument for what is no record, before anything goes out.

        >>> client.submit([signed])[0].act == signed.digest
        True
        """
        found: list[Answer] = []
        for some, body in packed(acts, records):
            begun = time.time()
            begun = begun if since is None else min(begun, since.timestamp())
            try:
                for answer in self._submitted(some, body, kept, begun):
                    found.append(answer)
                    if told is not None:
                        told(answer)
            except RelayerError as error:
                error.answers = tuple(found)
                raise
        return found

    def fate(self, act: SignedAct | str) -> Fate | None:
        """What became of an act, or of its digest; None where the relayer knows no such act.

        It may be checking it still: it knows an act when it has acknowledged it, until it forgets it. Raises
        InvalidArgument for what is no digest, RelayerSilent, NoRelayer, FalseAcknowledgement.

        >>> client.fate(signed).stage.value
        'done'
        """
        digest = (act if isinstance(act, str) else act.digest).lower()
        if not _DIGEST.fullmatch(digest):
            raise InvalidArgument("an act's digest is 0x and 64 hex digits")
        status, reply = self._ask(f"/acts/{digest}")
        if "refusal" in reply and "stage" not in reply:
            refusal = self._refusal(reply)
            if status == 404:
                return None
            # As where its queue is out of order, and nobody can say.
            raise RelayerSilent(host=self.host, problem=printable(refusal.words), is_unreached=False)
        try:
            stage, given = Stage(reply["stage"]), Acknowledgement.from_json(reply["acknowledgement"])
        except (KeyError, ValueError):
            raise NoRelayer(host=self.host) from None
        tx_hash, block = self._place(reply)
        flaw = None if isinstance(act, str) else given.flaw(act)
        if given.act != digest:
            flaw = f"it is of another act, {given.act}"
        if not given.is_signed():
            flaw = f"{given.relayer} did not sign it"
        if flaw is not None:
            raise self._false(digest, flaw)
        why = self._refusal(reply) if "refusal" in reply else None
        return Fate(stage, given, tx_hash=tx_hash, block=block, refusal=why)

    def _submitted(
        self, acts: Sequence[SignedAct], body: bytes, kept: Collection[Acknowledgement], begun: float
    ) -> Iterator[Answer]:
        _status, reply = self._ask("/acts", body)
        answers = [reply] * len(acts) if "refusal" in reply else reply.get("answers")
        if not isinstance(answers, list) or len(answers) != len(acts):
            raise NoRelayer(host=self.host)
        for act, answer in zip(acts, answers, strict=True):
            yield self._answer(act, answer, kept, begun)

    def _answer(self, act: SignedAct, answer: Any, kept: Collection[Acknowledgement], begun: float) -> Answer:
        if not isinstance(answer, dict) or not answer.keys() & {"refusal", "acknowledgement"}:
            raise NoRelayer(host=self.host)
        if "refusal" in answer:
            return self._refusal(answer)
        try:
            given = Acknowledgement.from_json(answer["acknowledgement"])
        except ValueError as error:
            raise self._false(act.digest, str(error)) from None
        flaw = given.flaw(act) if given in kept else given.flaw(act, begun, time.time())
        if flaw is not None:
            raise self._false(act.digest, flaw)
        return given

    def _false(self, digest: str, flaw: str) -> FalseAcknowledgement:
        return FalseAcknowledgement(host=self.host, act=digest, flaw=flaw)

    def _refusal(self, answer: Mapping[str, Any]) -> Refusal:
        given = answer["refusal"]
        if not isinstance(given, dict) or not all(
            isinstance(given.get(key), str) for key in ("code", "words")
        ):
            raise NoRelayer(host=self.host)
        later, error = given.get("retry_after"), given.get("error")
        return Refusal(
            given["code"],
            given["words"],
            later if type(later) is int and later >= 0 else None,
            error if isinstance(error, str) else None,
            *self._place(given),
        )

    def _place(self, said: Mapping[str, Any]) -> tuple[str | None, int | None]:
        """Where an act is said to be on chain: a transaction's hash and a block, or neither."""
        tx_hash, block = said.get("tx_hash"), said.get("block")
        is_place = isinstance(tx_hash, str) and _HASH.fullmatch(tx_hash) and type(block) is int and block >= 0
        if not (is_place or (tx_hash is None and block is None)):
            raise NoRelayer(host=self.host)
        return tx_hash, block

    def _ask(self, path: str, body: bytes | None = None) -> tuple[int, Mapping[str, Any]]:
        try:
            status, content = fetch(Request(self._url + path, body, self._headers), self._timeout, str(self))
        except Unanswered as error:
            raise RelayerSilent(
                host=self.host, problem=error.problem, is_unreached=error.is_unreached
            ) from None
        try:
            reply = parse(content)
        except ValueError:
            reply = None
        if not isinstance(reply, dict):
            raise NoRelayer(host=self.host)
        return status, reply
