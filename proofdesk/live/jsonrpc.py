"""JSON-RPC 2.0: what is asked, and whether an answer is to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from proofdesk._errors import ConnectionLost


def body(number: int, method: str, params: Any) -> dict[str, Any]:
    """A request."""
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def in_order(answer: Any, numbers: Sequence[int]) -> Any:
    """The response to one request, or those to a batch in its order; what refuses a batch whole passes.

    Raises ConnectionLost for an answer to another question, as of a line that two processes share.

    >>> in_order([{"id": 2, "result": "b"}, {"id": 1, "result": "a"}], [1, 2])[0]["result"]
    'a'
    """
    if isinstance(answer, dict):
        is_refusal = bool(answer.get("error")) and answer.get("id") is None
        if is_refusal or len(numbers) > 1 or answer.get("id") == numbers[0]:
            return answer
    elif isinstance(answer, list) and all(isinstance(item, dict) for item in answer):
        found = {item.get("id"): item for item in answer}
        if len(answer) == len(numbers) and all(number in found for number in numbers):
            return [found[number] for number in numbers]
    raise ConnectionLost("the node answered another question than it was asked: make the same call again")
