"""The relayer behind HTTP: bounds, refusals as statuses, fifty clients at once, mounted elsewhere."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import uvicorn

from proofdesk import ConfigurationError, Status
from proofdesk.ops.relay import Acknowledgement, Allowance, Limits, Relayer, _bodies
from proofdesk.ops.relay.answers import CODES
from proofdesk.ops.relay.http import STATUS, asgi, config, serve
from proofdesk.ops.relay.packing import MAX_ACTS, MAX_BYTES
from tests.client.office import Office
from tests.relay.conftest import Make
from tests.relay.people import Crowd, key
from tests.relay.serving import Client, carrying, listening, served


@pytest.fixture
def client(relayer: Relayer) -> Iterator[Client]:
    with served(asgi(relayer)) as client:
        yield client


def test_a_signed_act_alone_and_its_fate(client: Client, crowd: Crowd, relayer: Relayer) -> None:
    act = crowd.open(1)
    status, _, reply = client.ask("POST", "/acts", act.to_json().encode())
    acknowledgement = Acknowledgement.from_json(reply["answers"][0]["acknowledgement"])
    assert status == 200 and acknowledgement.is_signed() and acknowledgement.act == act.digest
    assert client.ask("GET", f"/acts/{act.digest}")[2]["stage"] == "queued"
    relayer.step(flush=True)
    status, _, fate = client.ask("GET", f"/acts/{act.digest}")
    assert (status, fate["stage"]) == (200, "done") and fate["tx_hash"].startswith("0x") and fate["block"] > 0
    assert client.ask("GET", "/health")[2]["acts"]["done"] == 1


def test_a_gasless_customers_words_reach_the_desk(client: Client, office: Office, crowd: Crowd) -> None:
    customer = office.desk.using(key(1))
    opening = customer.prepare("My card was swallowed.", kind="open")
    store = office.desk.archive.store
    kept = json.loads(store.get(opening.entry))
    store.delete(opening.entry)
    act = crowd.open(1, entry=opening.entry)
    status, _, _ = client.post(act, records=[kept])
    assert status == 200 and office.desk.archive.read(opening.entry).record.body == "My card was swallowed."
    other = crowd.open(1)
    status, _, reply = client.post(other, records=[kept])
    assert (status, reply["refusal"]["code"]) == (400, "record") and "swallowed" not in json.dumps(reply)
    assert client.ask("GET", f"/acts/{other.digest}")[0] == 404, "nothing of it was taken"
    kept["record"]["body"] = "Something else."
    status, _, reply = client.post(act, records=[kept])
    assert status == 400 and "Something else" not in json.dumps(reply)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "malformed"),
        (b"\xff\xfe", 400, "malformed"),
        (b"[]", 400, "malformed"),
        (b'{"acts": {}}', 400, "malformed"),
        (b'{"acts": []}', 400, "malformed"),
        (b'{"acts": [1]}', 400, "malformed"),
        (b'{"acts": [{}], "more": 1}', 400, "malformed"),
        (b'{"v": 1, "act": "open"}', 400, "malformed"),
        (b'{"acts": [' + b",".join([b"{}"] * (MAX_ACTS + 1)) + b"]}", 400, "malformed"),
        (b"[" * 100_000, 400, "malformed"),
        (b'{"v": "' + b"x" * 17_000 + b'"}', 413, "too-large"),
        (b" " * (MAX_BYTES + 1), 413, "too-large"),
    ],
    ids=lambda value: value[:20].decode("latin-1") if isinstance(value, bytes) else None,
)
def test_what_is_no_submission(client: Client, body: bytes, status: int, code: str) -> None:
    found, _, reply = client.ask("POST", "/acts", body)
    refusal = reply.get("refusal") or reply["answers"][0]["refusal"]
    assert (found, refusal["code"]) == (status, code)


def test_a_body_without_a_length_is_bounded_too(relayer: Relayer) -> None:
    async def ask() -> list[Any]:
        sent: list[Any] = []
        asked = 0

        async def receive() -> dict[str, Any]:
            nonlocal asked
            asked += 1
            assert asked < 100, "it reads on and on"
            return {"type": "http.request", "body": b" " * 100_000, "more_body": True}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": "/acts", "headers": [], "root_path": ""}
        await asgi(relayer)(scope, receive, send)
        return sent

    assert asyncio.run(ask())[0]["status"] == 413


@pytest.mark.parametrize(("length", "status"), [(b"9" * 5_000, 413), (b"9" * 12, 413), (b"-5", 400)])
def test_lengths_that_cannot_be(relayer: Relayer, length: bytes, status: int) -> None:
    async def ask() -> list[Any]:
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": "/acts", "headers": [(b"content-length", length)]}
        await asgi(relayer)(scope, receive, send)
        return sent

    assert asyncio.run(ask())[0]["status"] == status


def test_who_serves_promises_nothing_once_nobody_carries(
    relayer: Relayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    servers: list[uvicorn.Server] = []
    made = uvicorn.Server.__init__

    def remember(server: uvicorn.Server, *args: Any) -> None:
        made(server, *args)
        servers.append(server)

    def end(_stop: threading.Event) -> None:
        while not servers[0].started:
            assert serving.is_alive()
        raise RuntimeError("nobody thought of this")

    errors: list[Exception] = []

    def serving_until_it_ends() -> None:
        try:
            serve(relayer, port=0)
        except RuntimeError as error:
            errors.append(error)

    monkeypatch.setattr(uvicorn.Server, "__init__", remember)
    monkeypatch.setattr(relayer, "run", end)
    serving = threading.Thread(target=serving_until_it_ends, daemon=True)
    serving.start()
    serving.join(60)
    assert not serving.is_alive() and "nobody thought of this" in str(errors)


def test_connections_are_bounded(relayer: Relayer) -> None:
    assert config(asgi(relayer), host="127.0.0.1", port=0).limit_concurrency == 1_000


def test_paths_and_methods_that_there_are_not(client: Client) -> None:
    asked = [("GET", "/acts", 405), ("POST", "/health", 405), ("GET", "/", 404), ("GET", "/acts/0x12", 400)]
    asked.append(("GET", "/acts/0x" + 64 * "0", 404))
    assert [client.ask(method, path)[0] for method, path, _ in asked] == [status for *_, status in asked]


def test_every_code_has_a_status() -> None:
    assert CODES.keys() <= STATUS.keys()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://desk.example", "Host": "desk.example:8645"}, 403),
        ({"Origin": "https://desk.example", "Host": "desk.example"}, 200),
        # Behind a web server that names another host.
        ({"Origin": "https://desk.example", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}, 403),
        ({}, 200),
    ],
)
def test_no_page_of_elsewhere_hands_in_by_its_visitors(
    client: Client, crowd: Crowd, headers: dict[str, str], status: int
) -> None:
    act = crowd.open(1)
    found, _, reply = client.ask("POST", "/acts", act.to_json().encode(), **headers)
    assert found == status and (status == 200 or reply["refusal"]["code"] == "origin")


@pytest.mark.parametrize("size", [MAX_BYTES + 1, 2 * MAX_BYTES - 1000])
def test_who_is_told_that_it_is_too_large_has_been_heard_out(client: Client, size: int) -> None:
    """As urllib asks: the connection ends with the answer, which a client that still writes would not see."""
    status, _, reply = client.ask("POST", "/acts", b" " * size, Connection="close")
    assert (status, reply["refusal"]["code"]) == (413, "too-large")


def test_bodies_are_bounded_together(crowd: Crowd, relayer: Relayer, monkeypatch: pytest.MonkeyPatch) -> None:
    act = crowd.open(1).to_json().encode()
    monkeypatch.setattr(_bodies, "_TOGETHER", len(act) + 10)
    application = asgi(relayer)
    with served(application) as client:

        def comes_to_hold(size: int) -> bool:
            """Whether so much is held at last; each question gives the server time to see to it."""
            (rounds,) = application._rounds.values()
            asked = (client.ask("GET", "/acts/0x") for _ in range(1000))
            return any(rounds.bodies._held == size for _ in asked)

        for _ in range(3):
            assert client.ask("POST", "/acts", act)[0] == 200, "what was answered is held no more"
        with socket.create_connection(client.place) as line:
            line.sendall(b"POST /acts HTTP/1.1\r\nHost: desk\r\nContent-Length: 100\r\n\r\n" + b" " * 20)
            assert comes_to_hold(20)
            status, headers, reply = client.ask("POST", "/acts", act)
            assert (status, reply["refusal"]["code"]) == (503, "busy") and "retry-after" in headers
        assert comes_to_hold(0)
        assert client.ask("POST", "/acts", act)[0] == 200


def test_a_body_has_its_time(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_bodies, "_PATIENCE", 0.1)
    with socket.create_connection(client.place, timeout=10) as line:
        line.sendall(b"POST /acts HTTP/1.1\r\nHost: desk\r\nContent-Length: 100\r\n\r\n{")
        assert line.recv(1000).startswith(b"HTTP/1.1 408")


def test_statuses_and_when_to_come_again(office: Office, crowd: Crowd, make_relayer: Make) -> None:
    relayer = make_relayer(limits=Limits(allowance=Allowance(acts=2), queue=3))
    with served(asgi(relayer)) as client:
        assert client.post(crowd.open(1), crowd.open(1), crowd.open(1))[0] == 200, "some were taken"
        status, headers, reply = client.post(crowd.open(1))
        assert status == 429 and 0 < int(headers["retry-after"]) <= 3600
        assert client.post(crowd.move(1, crowd.open(1), 1, Status.NEW, Status.CLOSED))[0] in (409, 429)
        assert client.post(crowd.open(2))[0] == 200
        status, headers, reply = client.post(crowd.open(3))
        assert (status, reply["answers"][0]["refusal"]["code"]) == (503, "queue-full")
        relayer.halt("maintenance until noon")
        status, headers, reply = client.post(crowd.open(4))
        assert status == 503 and "maintenance until noon" in json.dumps(reply) and "retry-after" in headers
        assert client.ask("GET", "/health")[2]["halted"] == "maintenance until noon"


def test_a_failure_is_a_sentence_and_no_traceback(
    client: Client,
    crowd: Crowd,
    relayer: Relayer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for error, wanted in ((RuntimeError, 500), (ConfigurationError, 503)):

        def fail(_items: object, error: type[Exception] = error) -> None:
            raise error("a secret of the inside")

        monkeypatch.setattr(relayer, "take_in", fail)
        status, _, reply = client.post(crowd.open(1))
        assert status == wanted and "secret" not in json.dumps(reply) and "Traceback" not in json.dumps(reply)
    monkeypatch.undo()
    assert client.post(crowd.open(1))[0] == 200, "the next one is served"


def test_submissions_beyond_those_that_may_wait(
    client: Client, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proofdesk.ops.relay.http._WAITING", 0)
    status, headers, reply = client.post(crowd.open(1))
    assert (status, reply["refusal"]["code"]) == (503, "busy") and "retry-after" in headers


def test_mounted_below_a_prefix(relayer: Relayer, crowd: Crowd) -> None:
    from starlette.applications import Starlette
    from starlette.routing import Mount

    application = Starlette(routes=[Mount("/desk/relay", app=asgi(relayer))])
    with served(application, "/desk/relay", lifespan="on") as client:
        act = crowd.open(1)
        assert client.post(act)[0] == 200
        assert client.ask("GET", f"/acts/{act.digest}")[0] == 200
        assert client.ask("GET", "/health")[2]["acts"]["queued"] == 1


CLIENTS, MANY = 50, 1000


def test_a_thousand_acts_of_fifty_clients(office: Office, crowd: Crowd, make_relayer: Make) -> None:
    """Every one is on chain or refused with a reason; benchmarks/relayed_http.py measures how soon."""
    relayer = make_relayer(limits=Limits(allowance=Allowance(acts=MANY, gas=10**12)))
    tickets = [crowd.open(number % CLIENTS) for number in range(MANY // 4)]
    acts = [
        [opened, *(crowd.move(n % CLIENTS, opened, seen, Status.NEW, Status.NEW) for seen in (1, 2))]
        for n, opened in enumerate(tickets)
    ]
    for number, group in enumerate(acts):
        # What cannot be: a fourth act that saw what is not there.
        group.append(crowd.move(number % CLIENTS, group[0], 1 if number % 2 else 9, Status.NEW, Status.NEW))
    answers: dict[str, Any] = {}
    with listening(asgi(relayer)) as port, carrying(relayer):

        def serve(number: int) -> None:
            client = Client(port)
            mine = [act for group in acts[number::CLIENTS] for act in group]
            for act in mine:
                answers[act.digest] = client.post(act)[2]["answers"][0]
            waiting = [act for act in mine if "acknowledgement" in answers[act.digest]]
            while waiting:
                for act in waiting:
                    answers[act.digest] |= client.ask("GET", f"/acts/{act.digest}")[2]
                waiting = [act for act in waiting if answers[act.digest]["stage"] not in ("done", "refused")]

        with ThreadPoolExecutor(CLIENTS) as clients:
            list(clients.map(serve, range(CLIENTS)))
    on_chain = {(act.ticket_id, act.entry) for act in office.desk.tickets.acts()}
    outcomes: Counter[str] = Counter()
    for group in acts:
        for act in group:
            found = answers[act.digest]
            is_there = (act.ticket_id, act.entry) in on_chain
            refusal = found.get("refusal")
            assert is_there == (found.get("stage") == "done"), found
            assert is_there or (refusal and refusal["words"]), found
            outcomes["done" if is_there else refusal["error"]] += 1
    assert outcomes == {"done": MANY * 3 // 4, "StaleTicket": MANY // 4}
