"""A line to a real node that can be cut at any request, before the node hears it or after."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from web3 import HTTPProvider, Web3


class Wire(HTTPProvider):
    """Counts requests and cuts one of them; a batch is one request."""

    def __init__(self, url: str) -> None:
        super().__init__(url, exception_retry_configuration=None)
        self.asked: list[list[str]] = []
        self.cut_at: int | None = None
        self.is_heard = False
        # Called with a request's methods and the first one's parameters.
        self.before: Callable[[list[str], Any], object] | None = None

    @property
    def w3(self) -> Web3:
        """A Web3 over this line."""
        return Web3(self)

    def cut(self, request: int, *, heard: bool) -> None:
        """Cut the line at a request from now on, 0 being the next; once. `heard`: the node gets it."""
        self.asked.clear()
        self.cut_at, self.is_heard = request, heard

    def make_request(self, method: Any, params: Any) -> Any:
        return self._pass([method], params, lambda: super(Wire, self).make_request(method, params))

    def make_batch_request(self, batch_requests: Any) -> Any:
        methods = [method for method, _ in batch_requests]
        return self._pass(
            methods, batch_requests[0][1], lambda: super(Wire, self).make_batch_request(batch_requests)
        )

    def _pass(self, methods: list[str], params: Any, ask: Callable[[], Any]) -> Any:
        if self.before is not None:
            self.before(methods, params)
        cut = self.cut_at == len(self.asked)
        self.asked.append(methods)
        if cut:
            self.cut_at = None
            if self.is_heard:
                ask()
            raise ConnectionError("the line was cut")
        return ask()


class Altered(Wire):
    """Some of a real node's answers are made others: by method, of the parameters and the answer."""

    def __init__(self, url: str, **answers: Callable[[Any, Any], Any]) -> None:
        super().__init__(url)
        self.answers = answers

    def make_request(self, method: Any, params: Any) -> Any:
        return self._altered(method, params, super().make_request(method, params))

    def make_batch_request(self, batch_requests: Any) -> Any:
        answers = super().make_batch_request(batch_requests)
        return [
            self._altered(method, params, answer)
            for (method, params), answer in zip(batch_requests, answers, strict=True)
        ]

    def _altered(self, method: str, params: Any, answer: Any) -> Any:
        return self.answers[method](params, answer) if method in self.answers else answer
