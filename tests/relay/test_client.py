"""A relayer asked from Python: words go along, many acts go in several requests, nothing is believed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler
from threading import Event
from threading import enumerate as enumerate_threads
from typing import Any

import pytest

from proofdesk import ConnectionLost, IntegrityError, InvalidArgument
from proofdesk._words import to_hex
from proofdesk.ops.relay import (
    Acknowledgement,
    Allowance,
    FalseAcknowledgement,
    Limits,
    NoRelayer,
    Refusal,
    RelayClient,
    Relayer,
    RelayerSilent,
    packing,
)
from proofdesk.ops.relay._fetching import Unanswered
from proofdesk.ops.relay.http import asgi
from proofdesk.ops.relay.packing import packed
from proofdesk.signed import SignedAct
from proofdesk.signed.signature import signature_of
from tests.client.office import Office, account
from tests.relay.conftest import Make
from tests.relay.people import Crowd, key
from tests.relay.serving import listening, saying

SECRET = "geheim-9"


@pytest.fixture
def client(relayer: Relayer) -> Iterator[RelayClient]:
    with listening(asgi(relayer)) as port:
        yield RelayClient(f"http://127.0.0.1:{port}/")


def test_a_login_goes_along_and_is_in_no_error() -> None:
    """RFC 7617, section 2; what is not of a URL's alphabet is percent-encoded in it."""
    heard: list[str | None] = []

    def answer(request: BaseHTTPRequestHandler, _body: bytes) -> tuple[int, bytes]:
        heard.append(request.headers["authorization"])
        return 401, b"[]"

    with saying(answer) as url:
        for login in ("Aladdin:open%20sesame@", ""):
            with pytest.raises(NoRelayer) as caught:
                RelayClient(url.replace("://", f"://{login}") + "/relay/").fate("0x" + 64 * "0")
            assert "sesame" not in f"{caught.value!r}{caught.value.host}"
    assert heard == ["Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", None]


def test_an_act_goes_with_its_words_and_its_fate_is_told(
    client: RelayClient, office: Office, crowd: Crowd, relayer: Relayer
) -> None:
    signed = office.desk.using(key(1)).tickets.sign_open(lane="cards", content=SECRET)
    store = office.desk.archive.store
    opening, kept = office.desk.archive.read(signed.entry), json.loads(store.get(signed.entry))
    assert client.fate(signed) is None
    for words in (opening, kept):
        store.delete(signed.entry)
        (answer,) = client.submit([signed], [words])
        assert isinstance(answer, Acknowledgement) and answer.act == signed.digest
        assert office.desk.archive.read(signed.entry).record.body == SECRET
    fate = client.fate(signed.digest.replace("a", "A"))
    assert fate is not None and fate.acknowledgement == answer
    other = crowd.open(1)
    (refusal,) = client.submit([other], [opening])
    assert isinstance(refusal, Refusal) and (refusal.code, SECRET in refusal.words) == ("record", False)


def test_more_than_a_submission_holds_goes_in_several_in_order(
    make_relayer: Make, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "MAX_ACTS", 2)
    relayer = make_relayer(limits=Limits(allowance=Allowance(acts=5)))
    acts = [crowd.open() for _ in range(5)]
    with listening(asgi(relayer)) as port:
        answers = RelayClient(f"http://127.0.0.1:{port}").submit(acts)
    assert [answer.act for answer in answers if isinstance(answer, Acknowledgement)] == [
        act.digest for act in acts
    ]


def test_each_submission_has_its_own_acts_words_and_is_within_bounds(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    acts = [crowd.open() for _ in range(4)]
    words = [{"v": 1, "entry": act.entry, "record": "x" * 300} for act in reversed(acts)]
    whole = list(packed(acts, words))
    assert [some for some, _body in whole] == [acts]
    monkeypatch.setattr(packing, "MAX_BYTES", len(whole[0][1]) - 1)
    found = list(packed(acts, [*words, {"entry": "of nobody"}]))
    assert [act for some, _body in found for act in some] == acts and len(found) == 2
    for number, (some, body) in enumerate(found):
        assert len(body) <= packing.MAX_BYTES
        said = json.loads(body)
        assert [SignedAct.from_json(json.dumps(act)) for act in said["acts"]] == some
        strays = ["of nobody"] if number == 0 else []
        assert [word["entry"] for word in said["records"]] == strays + [act.entry for act in some]
    assert list(packed([], words)) == []


@pytest.mark.parametrize(
    "record", [[SECRET], SECRET, 1, {"record": b"geheim-9"}, {"record": "\ud800"}, {"v": float("nan")}]
)
def test_what_is_no_record_goes_nowhere(crowd: Crowd, record: Any) -> None:
    with pytest.raises(InvalidArgument, match="a record") as caught:
        RelayClient("http://127.0.0.1:9").submit([crowd.open()], [record])
    assert SECRET not in str(caught.value)


def test_what_was_answered_before_a_failure_is_told(
    client: RelayClient, crowd: Crowd, relayer: Relayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    acts = [crowd.open(number) for number in range(4)]
    words = [word.to_json() for word in client.submit(acts) if isinstance(word, Acknowledgement)]
    asked: list[bytes] = []

    def answer(_: BaseHTTPRequestHandler, body: bytes) -> tuple[int, bytes]:
        asked.append(body)
        # The second submission's first act has a good word, its second one of another act.
        given = words[:2] if len(asked) == 1 else [words[2], words[2]]
        return 200, json.dumps({"answers": [{"acknowledgement": word} for word in given]}).encode()

    monkeypatch.setattr(packing, "MAX_ACTS", 2)
    with saying(answer) as url, pytest.raises(FalseAcknowledgement, match="answered before") as caught:
        RelayClient(url).submit(acts)
    error = caught.value
    assert isinstance(error, IntegrityError) and error.flaw.startswith("it is of another act")
    assert error.act == acts[3].digest
    assert [each.to_json() for each in error.answers] == words[:3]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirection_is_followed(crowd: Crowd, status: int) -> None:
    asked: list[str] = []

    def elsewhere(request: BaseHTTPRequestHandler, _: bytes) -> tuple[int, bytes]:
        asked.append(request.path)
        return 200, b'{"refusal": {"code": "halted", "words": ""}}'

    with saying(elsewhere) as other, saying(lambda *_: (status, other.encode())) as url:
        with pytest.raises(NoRelayer):
            RelayClient(url).submit([crowd.open()])
        with pytest.raises(NoRelayer):
            RelayClient(url).fate("0x" + 64 * "1")
    assert asked == []


def test_nobody_there_or_silent_is_told_by_its_host_alone(crowd: Crowd) -> None:
    end = Event()

    def wait(*_: Any) -> tuple[int, bytes]:
        end.wait()
        return 200, b""

    with saying(wait) as url:
        for place, span, problem, told in (
            ("http://me:secret@127.0.0.1:9/path", 15, "refused", "nothing reached the relayer"),
            (url, 0.2, "timed out", "It may have what was handed in"),
        ):
            with pytest.raises(RelayerSilent, match=told) as caught:
                RelayClient(place, timeout=span).submit([crowd.open()])
            error = caught.value
            assert isinstance(error, ConnectionLost) and problem in error.problem and error.answers == ()
            assert error.is_unreached == (problem == "refused")
            assert place.endswith(error.host) or error.host == "127.0.0.1:9"
            assert "secret" not in str(error) and "path" not in str(error)
        end.set()


def begun(handler: BaseHTTPRequestHandler) -> None:
    """Answer with the beginning of what is announced."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n{")


def test_an_answer_that_was_cut_short_is_none(crowd: Crowd) -> None:
    def cut(handler: BaseHTTPRequestHandler, _: bytes) -> tuple[int, bytes]:
        begun(handler)
        raise ConnectionAbortedError

    with saying(cut) as url, pytest.raises(RelayerSilent, match="IncompleteRead") as caught:
        RelayClient(url).submit([crowd.open()])
    assert not caught.value.is_unreached


STREAM = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("head", "drop"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\na: ", b"a"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n", b" "),
        (b"HTTP/1.1 500 Oops\r\ncontent-length: 1000000\r\n\r\n", b" "),
        (STREAM, b"0"),
        (STREAM, b"1\r\n \r\n"),
        (STREAM + b"0\r\n", b"a: b\r\n"),
    ],
    ids=["status", "headers", "continue", "body", "refusal", "size", "chunks", "trailers"],
)
def test_an_answer_that_drips_is_not_heard_for_ever(crowd: Crowd, head: bytes, drop: bytes) -> None:
    over = Event()

    def drip(handler: BaseHTTPRequestHandler, _: bytes) -> tuple[int, bytes]:
        handler.wfile.write(head)
        while not over.wait(0.01):
            handler.wfile.write(drop)
        raise ConnectionAbortedError

    with saying(drip) as url:
        with pytest.raises(RelayerSilent, match="timed out"):
            RelayClient(url, timeout=0.3).submit([crowd.open()])
        reading = [each for each in enumerate_threads() if each.name == f"<RelayClient {url[7:]}>"]
        for each in reading:
            each.join(20)
        over.set()
        assert not any(each.is_alive() for each in reading)


@pytest.mark.parametrize("size", [10**14, 10**30])
def test_what_is_announced_is_not_believed(crowd: Crowd, size: int) -> None:
    def boast(handler: BaseHTTPRequestHandler, _: bytes) -> tuple[int, bytes]:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n{}" % size)
        raise ConnectionAbortedError

    with saying(boast) as url, pytest.raises(RelayerSilent, match="IncompleteRead"):
        RelayClient(url).submit([crowd.open()])


def test_of_several_requests_the_first_may_have_been_heard(
    crowd: Crowd, relayer: Relayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "MAX_ACTS", 1)
    acts = [crowd.open(0), crowd.open(1)]
    told: list[object] = []
    given = relayer.submit(acts[:1])

    # A server that closes its door in between may have let the next one in.
    answers = iter([(200, json.dumps({"answers": [{"acknowledgement": given[0].to_json()}]}).encode())])

    def once(*_: object) -> tuple[int, bytes]:
        for answer in answers:
            return answer
        raise Unanswered("Connection refused", is_unreached=True)

    monkeypatch.setattr("proofdesk.ops.relay.client.fetch", once)
    with pytest.raises(RelayerSilent, match="nothing reached") as caught:
        RelayClient("http://127.0.0.1:9").submit(acts, told=told.append)
    assert caught.value.is_unreached and caught.value.answers == tuple(told) == tuple(given)


def test_a_word_of_before_is_believed_from_when_it_may_be(crowd: Crowd, relayer: Relayer) -> None:
    """After silence: the relayer had the act, and gives its first word again."""
    act = crowd.open()
    ago = int(time.time()) - 600
    word = Acknowledgement(act.digest, account(4).address, act.chain_id, act.desk, ago, ago + 900, "")
    word = replace(word, signature=to_hex(signature_of(word.digest, account(4))))
    body = json.dumps({"answers": [{"acknowledgement": word.to_json()}]}).encode()
    with saying(lambda *_: (200, body)) as url:
        client = RelayClient(url)
        for since in (None, datetime.now(timezone.utc) - timedelta(minutes=5)):
            with pytest.raises(FalseAcknowledgement, match="say since when"):
                client.submit([act], since=since)
        since = datetime.now(timezone.utc) - timedelta(minutes=11)
        assert client.submit([act], since=since) == client.submit([act], kept=[word]) == [word]


def test_of_a_queue_that_is_out_of_order_no_fate_is_told(crowd: Crowd) -> None:
    refusal = {"code": "no-answer", "words": "the relayer's database\x1b does not answer", "retry_after": 10}
    body = json.dumps({"refusal": refusal}).encode()
    with saying(lambda *_: (503, body)) as url, pytest.raises(RelayerSilent, match="database\ufffd does not"):
        RelayClient(url).fate(crowd.open())


@pytest.mark.parametrize("change", [{"chain_id": 1}, {"desk": "0x" + 40 * "1"}, {"include_by": 2**52}])
def test_a_fate_is_of_a_word_that_binds(crowd: Crowd, change: dict[str, Any]) -> None:
    act = crowd.open()
    now = int(time.time())
    word = Acknowledgement(act.digest, account(4).address, act.chain_id, act.desk, now, now + 900, "")
    word = replace(word, **change)
    word = replace(word, signature=to_hex(signature_of(word.digest, account(4))))
    body = json.dumps({"stage": "done", "acknowledgement": word.to_json()}).encode()
    with saying(lambda *_: (200, body)) as url, pytest.raises(FalseAcknowledgement):
        RelayClient(url).fate(act)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://host",
        "host:8645",
        "http://",
        "http://[::1",
        "http://h:x",
        "/a",
        "http://h/?a",
        "http://h#a",
        "http://h/a b",
        "http://h/\u00e9",
        "http://me:\udcffsecret@h",
    ],
)
def test_what_is_no_url_is_told(url: str) -> None:
    with pytest.raises(InvalidArgument, match="a relayer's URL starts with"):
        RelayClient(url)


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf")])
def test_what_is_no_span_is_told(timeout: float) -> None:
    with pytest.raises(InvalidArgument, match="timeout"):
        RelayClient("http://host", timeout)


def test_it_needs_no_extra() -> None:
    code = "import sys\nfor name in ('sqlalchemy', 'uvicorn', 'click'): sys.modules[name] = None\n"
    code += "from proofdesk.ops.relay import RelayClient, RelayerSilent\n"
    code += "try: RelayClient('http://127.0.0.1:9').fate('0x' + 64 * '1')\n"
    code += "except RelayerSilent as error: print(error.host)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("127.0.0.1:9\n", "")
