"""A web3 provider over the chain in this process: the bytes of JSON-RPC, without a socket."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from threading import RLock
from typing import Any

from eth_account.signers.local import LocalAccount
from eth_keys.datatypes import PrivateKey
from eth_typing import Address
from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from proofdesk.testing._evm import Evm
from proofdesk.testing._methods import Methods
from proofdesk.testing._params import RpcError

CHAIN_ID = 31337
_ETHER = 10**18


class LocalProvider(JSONBaseProvider):
    """A chain of its own, for as long as it is held; threads may share it.

    Each of `accounts` has `ether`, and the node signs for it.

    >>> Web3(LocalProvider([account])).eth.chain_id
    31337
    """

    def __init__(self, accounts: Iterable[LocalAccount] = (), *, ether: int = 10_000) -> None:
        super().__init__()
        keys = [PrivateKey(bytes(each.key)) for each in accounts]
        signers = {Address(key.public_key.to_canonical_address()): key for key in keys}
        self._do = Methods(Evm(CHAIN_ID, dict.fromkeys(signers, ether * _ETHER)), signers)
        self._lock = RLock()

    def make_request(self, method: str, params: Any) -> RPCResponse:
        """Answer one request as a node does over HTTP."""
        return self.decode_rpc_response(self.answer(self.encode_rpc_request(RPCEndpoint(method), params)))

    def make_batch_request(self, requests: Sequence[tuple[str, Any]]) -> list[RPCResponse]:
        """Answer many requests as a node does over HTTP, in order."""
        asked = [(RPCEndpoint(method), params) for method, params in requests]
        answers: Any = self.decode_rpc_response(self.answer(self.encode_batch_rpc_request(asked)))
        found: list[RPCResponse] = answers
        return found

    def answer(self, body: bytes) -> bytes:
        """Answer what is posted to a node: a request, or a list of them.

        >>> LocalProvider().answer(b'{"jsonrpc": "2.0", "id": 7, "method": "eth_blockNumber"}')
        b'{"jsonrpc": "2.0", "id": 7, "result": "0x0"}'
        """
        try:
            asked = json.loads(body)
        except ValueError:
            return json.dumps(_failed(None, RpcError(-32700, "this is no JSON"))).encode()
        with self._lock:
            answered = [self._one(each) for each in asked] if isinstance(asked, list) else self._one(asked)
        return json.dumps(answered).encode()

    def _one(self, asked: Any) -> dict[str, Any]:
        if not isinstance(asked, dict) or not isinstance(asked.get("method"), str):
            return _failed(None, RpcError(-32600, "this is no JSON-RPC request"))
        params = asked.get("params", [])
        try:
            if not isinstance(params, list):
                raise RpcError(-32602, "parameters are a list here")
            return {"jsonrpc": "2.0", "id": asked.get("id"), "result": self._do(asked["method"], params)}
        except RpcError as error:
            return _failed(asked.get("id"), error)


def _failed(id_: Any, error: RpcError) -> dict[str, Any]:
    said = {"code": error.code, "message": error.message}
    return {
        "jsonrpc": "2.0",
        "id": id_,
        "error": said if error.data is None else said | {"data": error.data},
    }
