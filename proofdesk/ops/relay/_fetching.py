"""One HTTP request that is over when its time is, whatever drips: its line is cut, and its thread ends."""

from __future__ import annotations

from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection, IncompleteRead, InvalidURL
from socket import SHUT_RDWR, gaierror, socket
from ssl import SSLCertVerificationError
from threading import Lock, Thread
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPHandler, HTTPRedirectHandler, HTTPSHandler, Request, build_opener

_LONGEST = 4 * 1024 * 1024
_PIECE = 1 << 16  # not so much as the other side announces
# Before a byte of a request goes out; urllib gives what broke a request on its way as such a reason, too.
_UNREACHED = (ConnectionRefusedError, gaierror, SSLCertVerificationError, InvalidURL, UnicodeError)


class Unanswered(Exception):  # noqa: N818  what happened
    """Nothing was answered for a `problem`; where it `is_unreached` nothing can have been heard, either."""

    def __init__(self, problem: str, *, is_unreached: bool) -> None:
        super().__init__(problem)
        self.problem, self.is_unreached = problem, is_unreached


def fetch(request: Request, timeout: float, name: str) -> tuple[int, bytes]:
    """The status and the content of what is answered within `timeout` seconds, 4 MiB of it at most.

    `name` is the thread's. Raises Unanswered.
    """
    found: list[tuple[int, bytes] | Exception] = []
    line = _Line()

    def ask() -> None:
        try:
            found.append(_fetched(request, timeout, line))
        except (OSError, HTTPException, ValueError) as error:
            found.append(error)
        finally:
            line.close()

    # In a thread of its own: a socket's timeout begins anew with every byte that drips.
    asking = Thread(target=ask, name=name, daemon=True)
    asking.start()
    asking.join(timeout)
    answer = found[0] if found else TimeoutError()
    line.cut()
    if not isinstance(answer, Exception):
        return answer
    problem = getattr(answer, "reason", None) or answer
    # Of two that wait as long either may be the first to give up.
    told = "timed out" if isinstance(problem, TimeoutError) else str(problem) or type(problem).__name__
    raise Unanswered(printable(told), is_unreached=isinstance(problem, _UNREACHED)) from None


def printable(text: str) -> str:
    """What others say, without what a terminal would obey.

    >>> printable("red \\x1b[31m")
    'red \ufffd[31m'
    """
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _fetched(request: Request, timeout: float, line: _Line) -> tuple[int, bytes]:
    try:
        response = build_opener(_Staying, *line.handlers()).open(request, timeout=timeout)
    except HTTPError as error:
        # A refusal is an answer like others.
        response = error
    with response:
        content = bytearray()
        while len(content) < _LONGEST and (more := response.read1(_PIECE)):
            content += more
        if response.length and len(content) < _LONGEST:
            raise IncompleteRead(bytes(content))
        return response.status, bytes(content)


class _Line:
    """The sockets of one request, to be shut down from another thread than the one that waits for them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._sockets: list[socket] = []
        self._is_cut = False

    def handlers(self) -> tuple[type[HTTPHandler], type[HTTPSHandler]]:
        """What opens URLs over connections that are noted here."""
        note = self._note

        class Noted(HTTPConnection):
            def connect(self) -> None:
                super().connect()
                note(self.sock)

        class NotedSecure(HTTPSConnection, Noted):
            pass

        class Http(HTTPHandler):
            def http_open(self, request: Request) -> Any:
                return self.do_open(Noted, request)

        class Https(HTTPSHandler):
            def https_open(self, request: Request) -> Any:
                return self.do_open(NotedSecure, request)

        return Http, Https

    def cut(self) -> None:
        """Let nothing more be heard or said; what is over already is left so."""
        with self._lock:
            self._is_cut = True
            for each in self._sockets:
                with suppress(OSError):
                    each.shutdown(SHUT_RDWR)

    def close(self) -> None:
        """Give the sockets back."""
        with self._lock:
            for each in self._sockets:
                each.close()
            self._sockets.clear()

    def _note(self, sock: socket) -> None:
        with self._lock:
            if self._is_cut:
                raise TimeoutError
            # One of its own: TLS takes the socket itself over.
            self._sockets.append(sock.dup())


_STAY: Any = staticmethod(lambda *_: None)


class _Staying(HTTPRedirectHandler):
    """Follows no redirection, nor looks where it leads; what answers so is no relayer."""

    http_error_301 = http_error_302 = http_error_303 = http_error_307 = http_error_308 = _STAY
