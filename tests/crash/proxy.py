"""A line to a node that breaks where a test wants it to: requests are counted, and any may be its last."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias
from urllib.parse import urlsplit

# Called with a request's number, from 1, and the methods it asks for; False hangs up on who asked.
Hook: TypeAlias = "Callable[[int, list[str]], bool]"


def goes_on(_number: int, _methods: list[str]) -> bool:
    """Nothing happens."""
    return True


def once(_number: int, _methods: list[str]) -> bool:
    """Nothing is repeated."""
    return False


@dataclass
class Proxy:
    """Before a request reaches the node, and before its answer goes back, a hook is called.

    A batch is one request. `repeats` tells whether the node gets a request twice; what `delays` tells of is
    answered by an error, and gets to the node when four more have come. `in_turn` has each request wait until
    the one before it is answered, so that hooks meet a node that does nothing else.
    """

    target: str
    url: str = ""
    before: Hook = goes_on
    after: Hook = goes_on
    repeats: Hook = once
    delays: Hook = once
    in_turn: bool = False
    count: int = 0
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _late: list[tuple[int, bytes]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def restart(
        self, *, before: Hook = goes_on, after: Hook = goes_on, repeats: Hook = once, delays: Hook = once
    ) -> None:
        """Count from 1 again, with other hooks."""
        with self._lock:
            self.count, self.before, self.after = 0, before, after
            self.repeats, self.delays = repeats, delays

    def answer(self, body: bytes) -> bytes | None:
        """What a request is answered; None where nobody will."""
        asked = json.loads(body)
        methods = [one["method"] for one in (asked if isinstance(asked, list) else [asked])]
        with self._lock:
            self.count += 1
            number = self.count
        with self._turn if self.in_turn else nullcontext():
            return self._pass(number, methods, asked, body)

    def _pass(self, number: int, methods: list[str], asked: Any, body: bytes) -> bytes | None:
        if not self.before(number, methods):
            return None
        with self._lock:
            due = [late for at, late in self._late if at <= number - 4]
            self._late = [each for each in self._late if each[1] not in due]
        for late in due:
            self._ask(late)
        if self.delays(number, methods):
            self._late.append((number, body))
            return _refused(asked)
        for _ in range(2 if self.repeats(number, methods) else 1):
            answer = self._ask(body)
        return answer if self.after(number, methods) else None

    def _ask(self, body: bytes) -> bytes:
        line = HTTPConnection(urlsplit(self.target).netloc, timeout=60)
        line.request("POST", "/", body, {"Content-Type": "application/json"})
        try:
            return line.getresponse().read()
        finally:
            line.close()

    @contextmanager
    def open(self) -> Iterator[Proxy]:
        """Answer on a free port as long as the `with` block lasts."""
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Head and body are two packets, and the second would wait for the first to be confirmed.
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                answer = proxy.answer(self.rfile.read(int(self.headers["Content-Length"])))
                if answer is None:
                    self.close_connection = True
                    return
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_arguments: object) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_arguments: object) -> None:
                """Say nothing: who was killed hangs up in the middle."""

        server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()


def _refused(asked: Any) -> bytes:
    """What a gateway says that has lost its patience with the node behind it."""
    error = {"code": -32603, "message": "upstream request timed out"}
    answers = [
        {"jsonrpc": "2.0", "id": one["id"], "error": error}
        for one in (asked if isinstance(asked, list) else [asked])
    ]
    return json.dumps(answers if isinstance(asked, list) else answers[0]).encode()
