"""Requests to a node through any of web3's providers, without web3's nine requests and formatters an act."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from proofdesk._abi import decode_error, decode_result, encode_call
from proofdesk._errors import ConnectionLost, DeploymentMismatch, ProofdeskError

if TYPE_CHECKING:
    from web3 import Web3
    from web3.types import RPCEndpoint

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


class Node:
    """One node; values go in and come out as its JSON has them."""

    def __init__(self, w3: Web3) -> None:
        self.w3 = w3

    def request(self, method: str, *params: Any) -> Any:
        """One request's result; raises ConnectionLost, NodeError."""
        return _result(method, self._ask(method, list(params)))

    def batch(self, requests: Sequence[tuple[str, list[Any]]]) -> list[Any]:
        """Results in order, a NodeError in the place of each that failed; raises ConnectionLost.

        A provider or a node that knows no batches is asked one by one.
        """
        responses: Any = None
        # Not every provider has the method, and of some it only says that they have not.
        make = getattr(self.w3.provider, "make_batch_request", None)
        if make is not None and len(requests) > 1:
            with suppress(NotImplementedError):
                responses = self._reach(f"{len(requests)} requests", partial(make, list(requests)))
        if not isinstance(responses, list) or len(responses) != len(requests):
            responses = [self._ask(method, params) for method, params in requests]
        results: list[Any] = []
        for (method, _), response in zip(requests, responses, strict=True):
            try:
                results.append(_result(method, response))
            except NodeError as error:
                results.append(error)
        return results

    def call(
        self, contract: str, address: str, function: str, *args: object, block: int | str = "latest"
    ) -> Any:
        """Read from a contract, decoded; `block` is a number or a tag.

        Raises ContractRevert, DeploymentMismatch where there is no such contract, ConnectionLost, NodeError.
        """
        data = encode_call(contract, function, *args)
        when = hex(block) if isinstance(block, int) else block
        try:
            found = self.request("eth_call", {"to": address, "data": "0x" + data.hex()}, when)
        except NodeError as error:
            if error.revert is None:
                raise
            raise decode_error(error.revert) from None
        if found == "0x":
            raise DeploymentMismatch(f"what {address} answers as {contract}", "an answer", "nothing")
        return decode_result(contract, function, bytes.fromhex(found[2:]))

    def logs(self, address: str, topics: Sequence[Any], first: int, last: int) -> list[dict[str, Any]]:
        """The logs of a contract in the blocks from `first` to `last`, in order; raises as `request`."""
        if first > last:
            return []
        bounds = {"fromBlock": hex(first), "toBlock": hex(last)}
        try:
            found: list[dict[str, Any]] = self.request(
                "eth_getLogs", {"address": address, "topics": list(topics), **bounds}
            )
        except NodeError:
            if first >= last:
                raise
            # Each node bounds ranges and answers, in words of its own; a half passes in the end.
            middle = (first + last) // 2
            halves = (first, middle), (middle + 1, last)
            return [log for half in halves for log in self.logs(address, topics, *half)]
        return found

    def height(self) -> int:
        """The number of the latest block."""
        return int(self.request("eth_blockNumber"), 16)

    def _ask(self, method: str, params: list[Any]) -> Any:
        return self._reach(
            method, partial(self.w3.provider.make_request, cast("RPCEndpoint", method), params)
        )

    def _reach(self, what: str, ask: Callable[[], Any]) -> Any:
        # Late: web3 is loaded only by who has one to pass.
        from web3.exceptions import Web3Exception

        try:
            return ask()
        except (OSError, ValueError, Web3Exception) as error:
            # The error's own text, and so its traceback, may hold the node's URL, and that a key.
            raise ConnectionLost(
                f"the node did not answer {what} ({type(error).__name__}): see that it runs, "
                "then make the same call again"
            ) from None


def _result(method: str, response: Any) -> Any:
    if response.get("error") is not None:
        raise NodeError(method, response["error"])
    return response.get("result")
