"""A node by its http address, without web3: JSON-RPC over the standard library, a connection kept alive."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Iterable
from http.client import HTTPConnection, HTTPException, HTTPSConnection, responses
from itertools import count
from selectors import EVENT_READ, DefaultSelector
from typing import Any
from urllib.parse import urlsplit

from proofdesk._errors import ConnectionLost
from proofdesk._json import ANSWER, parse
from proofdesk._transport import Requests
from proofdesk.live.jsonrpc import body, in_order
from proofdesk.live.people import PATIENCE, for_people, no_answer

_HEADERS = {"Content-Type": "application/json", "User-Agent": "proofdesk"}
_SECRET = re.compile(r"[^/?&=]{16,}")  # what in an address may be a provider's key


class Http:
    """A provider in web3's manner; each thread of each process keeps a connection of its own alive.

    `timeout` is seconds without a byte; people whom a wallet asks have five minutes, once there is a
    connection. Raises ConnectionLost for what is no answer to the question and for a wallet that gives none,
    OSError and HTTPException where there is none.

    >>> Http(url).make_request("eth_chainId", [])["result"]
    '0x7a69'
    """

    def __init__(self, url: str, timeout: float = 30.0) -> None:
        parts = urlsplit(url)
        self.url = url
        self._kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._place = (parts.hostname or "", parts.port)
        self._timeout = timeout
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._secrets = [found.encode() for found in _SECRET.findall(self._path)]
        self._kept = threading.local()
        self._numbers = count(1)

    def make_request(self, method: str, params: Any) -> Any:
        """One request's response."""
        number = next(self._numbers)
        return in_order(self._post(body(number, method, params), [method]), [number])

    def make_batch_request(self, requests: Requests) -> Any:
        """A batch's responses in the order of its requests, or what else the node answers."""
        batch = [body(next(self._numbers), *request) for request in requests]
        return in_order(self._post(batch, [method for method, _ in requests]), [item["id"] for item in batch])

    def close(self) -> None:
        """End this thread's connection; the next request opens another."""
        process, connection = getattr(self._kept, "line", (0, None))
        if connection is not None and process == os.getpid():
            connection.close()

    def _post(self, body: Any, methods: Iterable[str]) -> Any:
        connection, person = self._connection(), for_people(methods)
        seconds = PATIENCE[person] if person else self._timeout
        is_heard = False
        try:
            if connection.sock is None:
                connection.connect()
            is_heard = True
            connection.sock.settimeout(seconds)
            connection.request("POST", self._path, json.dumps(body), _HEADERS)
            response = connection.getresponse()
            content = response.read()
        except BaseException as error:
            # What still comes over it would be taken for the next answer.
            connection.close()
            # Only what was sent may be shown by a wallet.
            if person and is_heard and isinstance(error, TimeoutError):
                raise no_answer(person) from None
            # Without their words, which may hold the address, and that a key.
            if isinstance(error, OSError):
                raise type(error) from None
            if isinstance(error, HTTPException):
                raise HTTPException from None  # each of its kinds wants words of its own
            raise
        for secret in self._secrets:
            # Some nodes repeat the address in what they refuse.
            content = content.replace(secret, b"***")
        try:
            return parse(content, harmless=ANSWER)
        except ValueError:
            meaning = responses.get(response.status, "")
            raise ConnectionLost(
                f"the node answered with HTTP {response.status} {meaning} and no JSON: see that the "
                "address is a node's, and what it allows, then make the same call again"
            ) from None

    def _connection(self) -> HTTPConnection:
        process, connection = getattr(self._kept, "line", (0, None))
        # A child of fork() has the same line as its parent, and would read the other's answers.
        if connection is None or process != os.getpid() or _is_over(connection):
            connection = self._kind(*self._place, timeout=self._timeout)
            self._kept.line = (os.getpid(), connection)
        return connection


def _is_over(connection: HTTPConnection) -> bool:
    """Whether the node has ended a line; seen only after sending, nobody could tell whether it had heard."""
    if connection.sock is None:
        return True
    with DefaultSelector() as selector:
        selector.register(connection.sock, EVENT_READ)
        return bool(selector.select(0))
