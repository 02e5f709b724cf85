"""Lines to a node on which what is to be signed takes another way: to a wallet, or nowhere in a dry run.

Both are providers in the manner of web3's, so that the client beneath them is the one that everybody uses.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from proofdesk._rpc import Node, NodeError
from proofdesk.cli._dry_run import Planned
from proofdesk.cli._failures import WrongChain
from proofdesk.cli._language import _

_SIGNS = frozenset({"eth_sendTransaction", "eth_accounts", "eth_signTypedData_v4"})
_SENDS = frozenset({"eth_sendTransaction", "eth_sendRawTransaction"})

Requests = Sequence[tuple[str, list[Any]]]


class Line:
    """A node by its address, as a provider."""

    def __init__(self, url: str) -> None:
        self._node = Node(url)

    def asked(self, method: str) -> str:
        """What is answered to a question without parameters; raises ConnectionLost, NodeError."""
        return str(self._node.request(method))

    def make_request(self, method: str, params: Any) -> Any:
        """One request's response; raises ConnectionLost."""
        return _response(self._node.batch([(method, params)])[0])

    def make_batch_request(self, requests: Requests) -> Any:
        """A batch's responses; raises ConnectionLost."""
        return [_response(answer) for answer in self._node.batch(list(requests))]


class Wallet(Line):
    """A node, but for what a wallet signs and sends."""

    def __init__(self, url: str, wallet: str) -> None:
        super().__init__(url)
        self._wallet = Line(wallet)

    @cached_property
    def chain(self) -> str:
        """The chain of both, as a node writes it; raises WrongChain where they are on two."""
        wanted, found = (line.asked("eth_chainId") for line in (self, self._wallet))
        if int(wanted, 16) != int(found, 16):
            raise WrongChain(
                _("the wallet is on chain {found}, the node on chain {wanted}: let it change to that one"),
                wanted=int(wanted, 16),
                found=int(found, 16),
            )
        return wanted

    def make_request(self, method: str, params: Any) -> Any:
        """One request's response, from whom it concerns."""
        if method == "eth_sendTransaction":
            # Said again in what is signed: a wallet may change its chain at any time.
            params = [{**params[0], "chainId": self.chain}]
        if method in _SIGNS:
            return self._wallet.make_request(method, params)
        return super().make_request(method, params)

    def make_batch_request(self, requests: Requests) -> Any:
        """A batch's responses; a wallet takes none, which NotImplementedError says."""
        if any(method in _SIGNS for method, _params in requests):
            raise NotImplementedError
        return super().make_batch_request(requests)


class Rehearsal(Line):
    """A node that is told of no transaction: the first that would be sent ends the rehearsal by `Planned`."""

    def make_request(self, method: str, params: Any) -> Any:
        """One request's response; raises Planned in the place of sending."""
        _stop_at_sending([(method, params)])
        return super().make_request(method, params)

    def make_batch_request(self, requests: Requests) -> Any:
        """A batch's responses; raises Planned in the place of sending."""
        _stop_at_sending(requests)
        return super().make_batch_request(requests)


def _stop_at_sending(requests: Requests) -> None:
    for method, params in requests:
        if method in _SENDS:
            raise Planned(params[0])


def _response(answer: Any) -> dict[str, Any]:
    if isinstance(answer, NodeError):
        return {"error": {"code": answer.code, "message": answer.reason, "data": answer.data}}
    return {"result": answer}
