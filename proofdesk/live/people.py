"""Wallets ask a person before they sign: who reads what he signs has longer than a node, over any line."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from proofdesk._errors import ConnectionLost
from proofdesk._transport import Awaited, Blocking, Requests, to_its_end

# Whom a wallet asks first reads what he signs, and looks for the device that holds his key.
PATIENCE = {"eth_signTypedData_v4": 300.0, "eth_sendTransaction": 300.0}
_NODES = 30.0  # seconds that a node has, as in web3
# Not "the same call again": who says yes to both has signed two.
_SIGN_ANEW = "then sign anew"
_SEND_ANEW = "see on chain that it was not sent, then make the same call again"


def for_people(methods: Iterable[str]) -> str | None:
    """The first of these that a wallet asks its owner about; None where a node answers by itself.

    >>> for_people(["eth_chainId", "eth_sendTransaction"])
    'eth_sendTransaction'
    """
    return next((method for method in methods if method in PATIENCE), None)


def no_answer(method: str) -> ConnectionLost:
    """What to raise where a wallet gave no answer.

    >>> str(no_answer("eth_signTypedData_v4"))
    'the wallet gave no answer in time: refuse what it may still show, then sign anew'
    """
    what = _SEND_ANEW if method == "eth_sendTransaction" else _SIGN_ANEW
    return ConnectionLost(f"the wallet gave no answer in time: refuse what it may still show, {what}")


class PatientBlocking(Blocking):
    """An http address by web3's provider, which blocks a thread; `timeout` is seconds that a node has.

    Nobody has longer until there is a connection: what no wallet was sent it cannot show.
    """

    def __init__(self, url: str, timeout: float = _NODES) -> None:
        from web3 import HTTPProvider

        super().__init__(HTTPProvider(url, {"timeout": timeout}))
        self._url, self._timeout = url, timeout

    async def ask(self, method: str, params: list[Any]) -> Any:
        return self._asked([method], lambda provider: provider.make_request(method, params))

    async def ask_all(self, requests: Requests) -> Any:
        methods = [method for method, _ in requests]
        return self._asked(methods, lambda provider: provider.make_batch_request(list(requests)))

    def _asked(self, methods: Iterable[str], ask: Callable[[Any], Any]) -> Any:
        method = for_people(methods)
        if method is None:
            return ask(self.provider)
        from requests import ConnectTimeout, Timeout
        from web3 import HTTPProvider

        # A provider has one patience for all: this one is for one question, which it never asks twice.
        more = {"timeout": (self._timeout, PATIENCE[method])}
        begun = time.monotonic()
        try:
            return ask(HTTPProvider(self._url, more, exception_retry_configuration=None))
        except ConnectTimeout:
            raise
        except Timeout:
            # What TLS or a proxy takes before anything is sent is called reading, too.
            if time.monotonic() - begun < PATIENCE[method]:
                raise
            raise no_answer(method) from None


class PatientAwaited(Awaited):
    """As PatientBlocking, on the running event loop."""

    def __init__(self, url: str, timeout: float = _NODES) -> None:
        from aiohttp import ClientTimeout
        from web3 import AsyncHTTPProvider

        super().__init__(AsyncHTTPProvider(url, {"timeout": ClientTimeout(timeout)}))
        self._url, self._timeout = url, timeout

    async def ask(self, method: str, params: list[Any]) -> Any:
        return await self._asked([method], lambda provider: provider.make_request(method, params))

    async def ask_all(self, requests: Requests) -> Any:
        methods = [method for method, _ in requests]
        return await self._asked(methods, lambda provider: provider.make_batch_request(list(requests)))

    async def _asked(self, methods: Iterable[str], ask: Callable[[Any], Any]) -> Any:
        method = for_people(methods)
        return await to_its_end(ask(self.provider) if method is None else self._ask_somebody(method, ask))

    async def _ask_somebody(self, method: str, ask: Callable[[Any], Any]) -> Any:
        import asyncio

        from aiohttp import ClientTimeout, ServerTimeoutError
        from web3 import AsyncHTTPProvider

        # Connecting counts into the total, and may not end in it: nobody could tell the two apart.
        total = self._timeout + PATIENCE[method]
        more = {"timeout": ClientTimeout(total, connect=self._timeout)}
        provider = AsyncHTTPProvider(self._url, more, exception_retry_configuration=None)
        try:
            return await ask(provider)
        except ServerTimeoutError:
            raise  # of connecting; it is one of those below as well
        except asyncio.TimeoutError:  # another than TimeoutError before Python 3.11
            raise no_answer(method) from None
        finally:
            await provider.disconnect()
