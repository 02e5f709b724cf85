"""A wallet that asks a person: who reads what he signs takes longer than a node may."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from proofdesk import ConnectionLost, InvalidArgument, MemoryStore, Node, RpcWallet
from proofdesk.live import http, people
from proofdesk.signed.reading import MAX_BYTES
from tests.client.office import Office, account

PATIENCE, THINKING = 0.2, 0.6  # seconds: what a node has, and what the person takes
LONG = 10.0  # what the person has, where nobody is asked
SENT = "0x" + 32 * "5e"


@contextmanager
def wallet(seconds: float = THINKING) -> Iterator[tuple[str, list[str]]]:
    """A wallet's address, and what it was asked; it signs for account 14 when its owner has thought."""
    asked: list[str] = []

    class Person(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            questions = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            each = questions if isinstance(questions, list) else [questions]
            asked.extend(question["method"] for question in each)
            time.sleep(seconds)
            answers = [{"jsonrpc": "2.0", "id": item["id"], "result": answered(item)} for item in each]
            content = json.dumps(answers if isinstance(questions, list) else answers[0]).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Person) as listening:
        threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}", asked
        listening.shutdown()


@contextmanager
def full() -> Iterator[str]:
    """The address of a host that takes no connection: nobody there looks who waits."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listening, ExitStack() as waiting:
        place = listening.getsockname()
        for _ in range(4):
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(place)
        time.sleep(0.1)
        yield f"http://127.0.0.1:{place[1]}"


def answered(question: dict[str, Any]) -> str:
    """A signature of typed data; the hash of what was sent."""
    if question["method"] == "eth_sendTransaction":
        return SENT
    return account(14).sign_typed_data(full_message=question["params"][1]).signature.to_0x_hex()


def of(url: str) -> RpcWallet:
    """The wallet by a line that is as patient with nodes as is said above."""
    return RpcWallet(Node(http.Http(url, PATIENCE)), account(14).address)  # type: ignore[arg-type]  # it is one


def test_a_person_has_longer_than_a_node(office: Office) -> None:
    with wallet() as (url, asked):
        signed = office.desk.tickets.sign_open(lane=office.lane, content="Help!", signer=of(url))
        assert signed.is_signed_by_key() and len(signed.to_json()) < MAX_BYTES
        # The same line, asked as a node again, is as short as before.
        with pytest.raises(ConnectionLost, match="did not answer eth_sign "):
            Node(http.Http(url, PATIENCE)).request("eth_sign", account(14).address, {})  # type: ignore[arg-type]  # as above
        assert asked == ["eth_signTypedData_v4", "eth_sign"]


def test_a_wallet_that_says_nothing_is_not_asked_the_same_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(people.PATIENCE, "eth_signTypedData_v4", PATIENCE)
    store = MemoryStore()
    desk = type(office.desk).connect(office.w3, deployment=office.deployment, store=store)
    with wallet() as (url, asked):
        with pytest.raises(ConnectionLost, match="refuse what it may still show") as caught:
            desk.tickets.sign_open(lane=office.lane, content="Help!", signer=of(url))
        assert "the same call" not in str(caught.value) and len(asked) == 1
    assert not list(store)


def test_a_host_that_takes_no_connection_is_no_wallet_that_shows_something(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has a node's time, and nothing was sent that anybody could refuse."""
    monkeypatch.setitem(people.PATIENCE, "eth_signTypedData_v4", LONG)
    begun = time.monotonic()
    with full() as url, pytest.raises(ConnectionLost, match="did not answer eth_signTypedData_v4 "):
        office.desk.tickets.sign_open(lane=office.lane, content="Help!", signer=of(url))
    assert time.monotonic() - begun < LONG


def test_another_accounts_signature_is_none(office: Office) -> None:
    with wallet(0) as (url, _), pytest.raises(InvalidArgument, match="another key's"):
        office.desk.tickets.sign_open(
            lane=office.lane, content="Help!", signer=RpcWallet(url, account(15).address)
        )
