"""The small line of our own to a node's http address, beside what web3's provider does on the same one."""

from __future__ import annotations

import asyncio
import json
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from web3 import AsyncHTTPProvider, HTTPProvider, Web3

from proofdesk import AsyncDesk, ConfigurationError, ConnectionLost, Desk, Node, NodeError
from proofdesk._transport import blocking_transport
from proofdesk.live.http import Http
from tests.client.office import Office

READS = [
    ("eth_chainId", []),
    ("eth_blockNumber", []),
    ("eth_getBlockByNumber", ["latest", False]),
    ("eth_getBalance", ["0x" + 20 * "11", "latest"]),
    ("eth_noSuchMethod", []),
]


class Answering(BaseHTTPRequestHandler):
    """Answers what it is told to, and counts connections."""

    protocol_version = "HTTP/1.1"
    status, content = 200, b""
    hangs_up = False
    connections: list[object] = []  # noqa: RUF012  each server has a class of its own
    paths: list[str] = []  # noqa: RUF012

    def setup(self) -> None:
        super().setup()
        self.connections.append(self.client_address)

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        # A text in which N is the number that was asked last.
        number = asked[-1]["id"] if isinstance(asked, list) else asked["id"]
        content = self.content.replace(b'"N"', str(number).encode())
        self.paths.append(self.path)
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        # Without a word, as servers end what lies idle.
        self.close_connection = self.hangs_up

    def log_message(self, *args: object) -> None:
        """Print nothing."""


@contextmanager
def server(**answers: object) -> Iterator[tuple[str, type[Answering]]]:
    """A server's address, and what it saw."""
    handler = type("Handler", (Answering,), {"connections": [], "paths": [], **answers})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}", handler
        listening.shutdown()


def result(value: object) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": "N", "result": value}).encode()


def test_it_answers_as_web3s_provider_does(office: Office) -> None:
    theirs, ours = HTTPProvider(office.chain.url), Http(office.chain.url)
    for method, params in READS:
        expected, found = theirs.make_request(method, params), ours.make_request(method, params)  # type: ignore[arg-type]
        assert {**expected, "id": 0} == {**found, "id": 0}
    assert [answer.get("result") for answer in ours.make_batch_request(READS)] == [
        answer.get("result")
        for answer in theirs.make_batch_request(READS)  # type: ignore[arg-type]
    ]


def test_a_batch_is_in_order_whatever_the_nodes_order() -> None:
    answers = [{"id": number, "result": hex(number)} for number in (3, 1, 2)]
    with server(content=json.dumps(answers).encode()) as (url, _):
        assert Node(url).batch([("eth_a", []), ("eth_b", []), ("eth_c", [])]) == ["0x1", "0x2", "0x3"]


def test_a_node_that_knows_no_batches_is_asked_one_by_one() -> None:
    with server(content=result("0x7")) as (url, seen):
        assert Node(url).batch([("eth_a", []), ("eth_b", [])]) == ["0x7", "0x7"]
        assert len(seen.paths) == 3


def test_a_connection_is_kept_and_renewed_when_the_node_ended_it() -> None:
    with server(content=result("0x7")) as (url, seen):
        node = Node(url + "/key?x=1")
        assert [node.height() for _ in range(3)] == [7, 7, 7]
        assert len(seen.connections) == 1
        assert set(seen.paths) == {"/key?x=1"}
    with server(content=result("0x7"), hangs_up=True) as (url, seen):
        node = Node(url)
        for _ in range(3):
            assert node.height() == 7
            line = node._core.transport.provider._kept.line[1].sock
            assert select.select([line], [], [], 10)[0], "the server has not hung up"
        assert len(seen.connections) == 3


def test_threads_do_not_share_a_connection() -> None:
    with server(content=result("0x7")) as (url, seen):
        node = Node(url)
        threads = [threading.Thread(target=node.height) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(seen.connections) == 3


@pytest.mark.parametrize(
    ("status", "content", "says"),
    [
        (429, b"slow down", "HTTP 429 Too Many Requests and no JSON"),
        (200, b"<html>", "HTTP 200 OK and no JSON"),
        (200, b"\xff\xfe\x00", "no JSON"),
        (200, b"[]", "another question"),
        (200, b"7", "another question"),
        (200, b'{"id": 99, "result": "0x7"}', "another question"),
        (200, b'{"id": "N", "result": null}', "answers eth_blockNumber is no node"),
        (200, b'{"id": "N", "result": "seven"}', "answers eth_blockNumber is no node"),
        (200, b'{"id": "N"}', "answers eth_blockNumber is no node"),
        (200, b"[" * 6000, "no JSON"),
    ],
)
def test_what_is_no_answer_says_so(status: int, content: bytes, says: str) -> None:
    with (
        server(status=status, content=content) as (url, _),
        pytest.raises(ConnectionLost, match=says) as caught,
    ):
        Node(url).height()
    assert url not in str(caught.value)


def test_an_error_in_json_counts_whatever_the_status() -> None:
    content = json.dumps({"id": None, "error": {"code": -32005, "message": "limit"}}).encode()
    with server(status=429, content=content) as (url, _), pytest.raises(NodeError, match="limit"):
        Node(url).height()


def test_a_key_in_the_address_is_not_repeated_when_the_node_does() -> None:
    key = "0123456789abcdef0123456789abcdef"
    content = json.dumps({"id": "N", "error": {"message": f"no such key {key} at /v3/{key}"}}).encode()
    with server(content=content) as (url, _), pytest.raises(NodeError, match="no such key") as caught:
        Node(f"{url}/v3/{key}").height()
    assert key not in str(caught.value)


def test_a_lost_node_is_named_without_its_key() -> None:
    with pytest.raises(ConnectionLost, match=r"the node at 127\.0\.0\.1:9 did not answer") as caught:
        Node("http://127.0.0.1:9/v3/secret").height()
    assert "secret" not in str(caught.value)


def test_a_forked_process_has_a_line_of_its_own(office: Office) -> None:
    program = (
        "import os, sys\n"
        "from proofdesk import Node\n"
        f"node = Node({office.chain.url!r})\n"
        "node.height()\n"
        "children = []\n"
        "for child in range(2):\n"
        "    pid = os.fork()\n"
        "    if not pid:\n"
        "        try:\n"
        "            wrong = [n for n in range(300) if node.request('net_version') != '31337'\n"
        "                     or node.request('eth_chainId') != '0x7a69']\n"
        "        finally:\n"
        "            os._exit(len(wrong) if 'wrong' in vars() else 99)\n"
        "    children.append(pid)\n"
        "sys.exit(any([os.waitpid(pid, 0)[1] for pid in children]))\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_a_dead_node_is_lost_and_its_address_not_shown() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(ConnectionLost, match="ConnectionRefusedError") as caught:
        Node(f"http://127.0.0.1:{port}/secret").height()
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["ftp://x", "127.0.0.1:8545", "http://127.0.0.1:port", "http://127.0.0.1:99999", "ws://", "http://"],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="address"):
        Node(url).height()


def blocking_provider(url: str) -> object:
    return blocking_transport(url).provider


def test_proxies_and_passwords_are_left_to_web3(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(blocking_provider("http://127.0.0.1:1"), Http)
    assert isinstance(blocking_provider("http://me:word@127.0.0.1:1"), HTTPProvider)
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:2")
    assert isinstance(blocking_provider("http://127.0.0.1:1"), HTTPProvider)


def test_a_node_is_made_of_anything_that_leads_to_one(office: Office) -> None:
    url = office.chain.url
    node = Node(url)
    for source in (url, HTTPProvider(url), Web3(HTTPProvider(url)), node):
        assert Node(source).request("eth_chainId") == "0x7a69"
    assert node.w3.eth.chain_id == 31337


def test_reading_a_desk_by_its_address_loads_no_web3(office: Office, tmp_path: Path) -> None:
    ticket = office.opened()
    office.deployment.save(tmp_path / "deployments")
    program = (
        "import sys\n"
        "from proofdesk import Desk\n"
        f"desk = Desk.connect({office.chain.url!r})\n"
        f"print(desk.tickets.get({ticket.id!r}).status.name, desk.lanes.get('cards').gated)\n"
        "print(desk.certification.get(1).standing.name, desk.certification.program('cards').pass_mark)\n"
        f"print(len(desk.tickets.history({ticket.id!r})))\n"
        "print(*sorted({'web3', 'eth_account', 'eth_abi', 'asyncio'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["NEW False", "ACTIVE 7000", "1", ""]


def test_writing_goes_over_it_too(office: Office) -> None:
    desk = Desk.connect(
        office.chain.url,
        account=office.newcomer,
        deployment=office.deployment,
        store=office.desk.archive.store,
    )
    office.chain.rpc("anvil_setBalance", office.newcomer.address, hex(10**18))
    ticket = desk.tickets.open(lane="cards", content="Where is my card?")
    desk.tickets.reply(ticket, "It is the blue one.")
    assert desk.w3.eth.get_transaction_count(office.newcomer.address) == 2
    assert desk.tickets.verify(ticket.id).acts == 2


@pytest.mark.parametrize("source", [object(), 7, None])
def test_what_leads_to_no_node_is_refused(source: object) -> None:
    with pytest.raises(ConfigurationError, match="leads to no node"):
        Node(source)  # type: ignore[arg-type]


def test_a_provider_of_the_other_kind_is_refused(office: Office) -> None:
    with pytest.raises(ConfigurationError, match="AsyncHTTPProvider awaits: pass it to AsyncDesk"):
        Node(AsyncHTTPProvider(office.chain.url))  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="HTTPProvider blocks: pass it to Desk"):
        asyncio.run(AsyncDesk.connect(HTTPProvider(office.chain.url)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\n{}",
        b"garbage\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
        b"",
    ],
    ids=["cut-off", "chunk-cut-off", "no-http", "http-of-tomorrow", "endless-header", "nothing"],
)
def test_what_is_no_whole_answer_is_a_lost_line(answer: bytes) -> None:
    """As any other: what was sent over it stays in doubt."""
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve() -> None:
            line, _ = door.accept()
            with line:
                line.recv(65536)
                line.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        url = f"http://127.0.0.1:{door.getsockname()[1]}"
        with pytest.raises(ConnectionLost, match="did not answer eth_chainId"):
            Node(url).request("eth_chainId")
        thread.join()
