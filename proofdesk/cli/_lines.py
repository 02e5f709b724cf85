"""Lines to a node on which what is to be signed takes another way: to a wallet, or nowhere in a dry run.

Both are providers in the manner of web3's, so that the client beneath them is the one that everybody uses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from proofdesk._transport import provider_of
from proofdesk.cli._dry_run import Planned

_SIGNS = frozenset({"eth_sendTransaction", "eth_accounts"})
_SENDS = frozenset({"eth_sendTransaction", "eth_sendRawTransaction"})

Requests = Sequence[tuple[str, list[Any]]]


class Wallet:
    """A node, but for what a wallet signs and sends."""

    def __init__(self, node: str, wallet: str) -> None:
        self._node = provider_of(node)
        self._wallet = provider_of(wallet)

    def make_request(self, method: str, params: Any) -> Any:
        """One request's response, from whom it concerns."""
        return (self._wallet if method in _SIGNS else self._node).make_request(method, params)

    def make_batch_request(self, requests: Requests) -> Any:
        """A batch's responses; a wallet takes none, which NotImplementedError says."""
        if any(method in _SIGNS for method, _ in requests):
            raise NotImplementedError
        return self._node.make_batch_request(requests)


class Rehearsal:
    """A node that is told of no transaction: the first that would be sent ends the rehearsal by `Planned`."""

    def __init__(self, node: str) -> None:
        self._node = provider_of(node)

    def make_request(self, method: str, params: Any) -> Any:
        """One request's response; raises Planned in the place of sending."""
        if method in _SENDS:
            _stop(params)
        return self._node.make_request(method, params)

    def make_batch_request(self, requests: Requests) -> Any:
        """A batch's responses; raises Planned in the place of sending."""
        for method, params in requests:
            if method in _SENDS:
                _stop(params)
        return self._node.make_batch_request(requests)


def _stop(params: Any) -> NoReturn:
    raise Planned(params[0])
