"""A relayer served over HTTP in a test, and its clients."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import uvicorn

from proofdesk.ops.relay import Relayer
from proofdesk.ops.relay.http import config


class Client:
    """One connection to a server."""

    def __init__(self, port: int, prefix: str = "") -> None:
        self.place = ("127.0.0.1", port)
        self._line = HTTPConnection(*self.place, timeout=60)
        self._prefix = prefix

    def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], Any]:
        """Status, headers and JSON of one request."""
        self._line.request(method, self._prefix + path, body, {"Content-Type": "application/json", **headers})
        answer = self._line.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, json.loads(answer.read())

    def post(self, *acts: Any, records: Any = None) -> tuple[int, dict[str, str], Any]:
        """Hand in acts."""
        value: dict[str, Any] = {"acts": [json.loads(act.to_json()) for act in acts]}
        if records is not None:
            value["records"] = records
        return self.ask("POST", "/acts", json.dumps(value).encode())


@contextmanager
def served(application: Any, prefix: str = "", **options: Any) -> Iterator[Client]:
    """Serve an application on a free port."""
    with listening(application, **options) as port:
        yield Client(port, prefix)


@contextmanager
def listening(application: Any, **options: Any) -> Iterator[int]:
    """The port on which uvicorn serves an application."""
    usual = config(application, host="127.0.0.1", port=0)
    for name, value in options.items():
        setattr(usual, name, value)
    server = uvicorn.Server(usual)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def carrying(relayer: Relayer) -> Iterator[None]:
    """Carry in the background."""
    stop = threading.Event()
    thread = threading.Thread(target=relayer.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextmanager
def saying(answer: Callable[[BaseHTTPRequestHandler, bytes], tuple[int, bytes]]) -> Iterator[str]:
    """The URL of a server that answers what it is told to."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            status, content = answer(self, body)
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("location", content.decode())
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
