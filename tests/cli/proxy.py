"""A node's line that a test has in its hand: it counts what is asked, refuses, and loses answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tools.chain import ChainError, rpc


@dataclass
class Proxy:
    """A node before another; `lost` tells by a request's method whether its answer is lost."""

    target: str
    url: str = ""
    asked: list[str] = field(default_factory=list)
    refuses: frozenset[str] = frozenset()
    lost: Callable[[str], bool] = lambda _method: False
    before: Callable[[str], None] = lambda _method: None

    def answer(self, request: dict[str, Any]) -> dict[str, Any] | None:
        """What a request is answered; None where the answer is lost."""
        method, params = request["method"], request["params"]
        self.asked.append(method)
        head = {"jsonrpc": "2.0", "id": request["id"]}
        if method in self.refuses:
            return head | {"error": {"code": -32601, "message": f"{method} is not to be had here"}}
        self.before(method)
        try:
            result = rpc(self.target, method, *params)
        except ChainError as error:
            return head | {"error": {"code": -32000, "message": str(error)}}
        return None if self.lost(method) else head | {"result": result}

    @contextmanager
    def open(self) -> Iterator[Proxy]:
        """Answer on a free port as long as the `with` block lasts."""
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                several = isinstance(asked, list)
                answers = [proxy.answer(one) for one in (asked if several else [asked])]
                if None in answers:
                    self.close_connection = True
                    return
                content = json.dumps(answers if several else answers[0]).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_arguments: object) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_arguments: object) -> None:
                """Say nothing: who was interrupted hangs up in the middle."""

        server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
