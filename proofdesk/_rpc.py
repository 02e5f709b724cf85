"""Requests to a node through any of web3's providers, without web3's nine requests and formatters an act."""

from __future__ import annotations

import re
import sys
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

from proofdesk._abi import decode_error, decode_result, encode_call
from proofdesk._errors import ConnectionLost, DeploymentMismatch, ProofdeskError
from proofdesk._shell import blocking
from proofdesk._transport import Requests, Transport, blocking_transport

if TYPE_CHECKING:
    from web3 import AsyncWeb3, Web3
    from web3.providers.async_base import AsyncBaseProvider
    from web3.providers.base import BaseProvider

# What stands for a node: its address, one of web3's providers, a Web3, or a Node.
Source: TypeAlias = "str | BaseProvider | Web3 | Node"
AsyncSource: TypeAlias = "str | AsyncBaseProvider | AsyncWeb3[Any]"

_LOSSES = {
    "web3.exceptions": "Web3Exception",
    "aiohttp": "ClientError",
    "asyncio": "TimeoutError",
    "websockets.exceptions": "WebSocketException",
}
_HEX = re.compile("(?:Reverted )?(0x[0-9a-fA-F]*)")


class NodeError(ProofdeskError):
    """The node answered a request with an error of its own; `code` and `data` are what it sent along."""

    def __init__(self, method: str, error: Any) -> None:
        fields = error if isinstance(error, dict) else {"message": error}
        self.method = method
        self.code = fields.get("code")
        self.data = fields.get("data")
        self.reason = str(fields.get("message", "no reason given"))
        super().__init__(f"the node refused {method}: {self.reason}")

    @property
    def revert(self) -> bytes | None:
        """What the contract reverted with; None if it was not a contract that refused."""
        data = self.data
        if isinstance(data, dict):
            # Ganache's estimate wraps it, and geth's relatives have names of their own for it.
            data = data.get("result", data.get("data"))
        found = _HEX.fullmatch(data) if isinstance(data, str) else None
        if found:
            return bytes.fromhex(found[1][2:])
        return b"" if self.code == 3 or "revert" in self.reason.lower() else None


class AsyncNode:
    """One node; values go in and come out as its JSON has them."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    async def request(self, method: str, *params: Any) -> Any:
        """One request's result; raises ConnectionLost, NodeError.

        >>> desk.node.request("eth_chainId")
        '0x7a69'
        """
        return _result(method, await self._ask(method, list(params)))

    async def batch(self, requests: Requests) -> list[Any]:
        """Results in order, a NodeError in the place of each that failed; raises ConnectionLost.

        A provider or a node that knows no batches is asked one by one.
        """
        responses: Any = None
        if len(requests) > 1:
            with suppress(NotImplementedError):
                responses = await self._reach(f"{len(requests)} requests", self.transport.ask_all(requests))
        if not isinstance(responses, list) or len(responses) != len(requests):
            responses = [await self._ask(method, params) for method, params in requests]
        results: list[Any] = []
        for (method, _), response in zip(requests, responses, strict=True):
            try:
                results.append(_result(method, response))
            except NodeError as error:
                results.append(error)
        return results

    async def call(
        self, contract: str, address: str, function: str, *args: object, block: int | str = "latest"
    ) -> Any:
        """Read from a contract, decoded; `block` is a number or a tag.

        Raises ContractRevert, DeploymentMismatch where there is no such contract, ConnectionLost, NodeError.
        """
        data = encode_call(contract, function, *args)
        when = hex(block) if isinstance(block, int) else block
        try:
            found = await self.request("eth_call", {"to": address, "data": "0x" + data.hex()}, when)
        except NodeError as error:
            if error.revert is None:
                raise
            raise decode_error(error.revert) from None
        if found == "0x":
            raise DeploymentMismatch(f"what {address} answers as {contract}", "an answer", "nothing")
        try:
            raw = bytes.fromhex(found[2:])
        except (TypeError, ValueError):
            raise _strange(f"eth_call of {function}") from None
        return decode_result(contract, function, raw)

    async def logs(self, address: str, topics: Sequence[Any], first: int, last: int) -> list[dict[str, Any]]:
        """The logs of a contract in the blocks from `first` to `last`, in order; raises as `request`."""
        # Late: it is made of nodes.
        from proofdesk._reader import scan

        return await scan(self, [address], first, last, topics)

    async def height(self) -> int:
        """The number of the latest block."""
        return await self.quantity("eth_blockNumber")

    async def quantity(self, method: str, *params: Any) -> int:
        """As `request`, a number; raises ConnectionLost for what is none."""
        return number(method, await self.request(method, *params))

    async def _ask(self, method: str, params: list[Any]) -> Any:
        return await self._reach(method, self.transport.ask(method, params))

    async def _reach(self, what: str, asking: Awaitable[Any]) -> Any:
        try:
            return await asking
        except _losses() as error:
            # The error's own text, and so its traceback, may hold the node's URL, and that a key.
            url = getattr(self.transport.provider, "url", "")
            place = urlsplit(url).netloc.rpartition("@")[2] if isinstance(url, str) else ""
            raise ConnectionLost(
                f"the node{place and f' at {place}'} did not answer {what} ({type(error).__name__}): "
                "see that it runs, then make the same call again"
            ) from None


class Node:
    """One node, given as an address, one of web3's providers, a Web3 or a Node; `w3` is the way out.

    An address starts with http://, https://, ws:// or wss://.

    Raises ConfigurationError for an address that is none.

    >>> Node(url).height() > 0
    True
    """

    def __init__(self, source: Source) -> None:
        self._core: AsyncNode = (
            source._core if isinstance(source, Node) else AsyncNode(blocking_transport(source))
        )

    @cached_property
    def w3(self) -> Web3:
        """A Web3 over the same line."""
        # Late: of all that is here this alone needs web3.
        from proofdesk.live.web3 import over

        return over(self._core.transport)

    request = blocking(AsyncNode.request)
    batch = blocking(AsyncNode.batch)
    call = blocking(AsyncNode.call)
    logs = blocking(AsyncNode.logs)
    height = blocking(AsyncNode.height)
    quantity = blocking(AsyncNode.quantity)


def number(method: str, answer: Any) -> int:
    """The number that answers a request; raises a NodeError in its place, ConnectionLost for what is none.

    >>> number("eth_chainId", "0x7a69")
    31337
    """
    if isinstance(answer, NodeError):
        raise answer
    try:
        return int(answer, 16)
    except (TypeError, ValueError):
        raise _strange(method) from None


def _losses() -> tuple[type[BaseException], ...]:
    """What it may end in that a node does not answer; who has not loaded a library is spared its errors."""
    found = [getattr(sys.modules[name], kind) for name, kind in _LOSSES.items() if name in sys.modules]
    return (OSError, ValueError, HTTPException, *found)


def _strange(method: str) -> ConnectionLost:
    return ConnectionLost(f"what answers {method} is no node: see where the address leads, then call again")


def _result(method: str, response: Any) -> Any:
    if not isinstance(response, Mapping) or not {"result", "error"} & response.keys():
        raise _strange(method)
    if response.get("error") is not None:
        raise NodeError(method, response["error"])
    return response.get("result")
