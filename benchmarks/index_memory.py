"""Peak memory of indexing so many events, from a node that makes them up as it goes: prints bytes for each.

`python -m benchmarks.index_memory 100000 500000`
"""

from __future__ import annotations

import resource
import sys
import tempfile
from pathlib import Path
from typing import Any

from proofdesk._abi import topic
from proofdesk._deployments import Contract, Deployment
from proofdesk._words import TICKET, pack
from proofdesk.ops.index import Index, Progress

_DESK = "0x" + 20 * "d1"
_ACT, _LANE = topic("TicketDesk", "ActLogged"), topic("TicketDesk", "LaneCreated")
_BLOCK = 250  # acts
_LIFE = 7  # acts a ticket
_KILOBYTE = 1 if sys.platform == "darwin" else 1024  # what getrusage counts in


class Endless:
    """A node whose blocks are functions of their numbers: one lane, its tickets one after another."""

    def __init__(self, head: int) -> None:
        self._head = head

    def make_request(self, method: str, params: Any) -> dict[str, Any]:
        """One request's response."""
        if method == "eth_getBlockByNumber":
            number = self._head if params[0] in ("latest", "finalized") else int(params[0], 16)
            return {"result": _block(number)}
        query = params[0]
        first, last = (
            (int(query[name], 16) for name in ("fromBlock", "toBlock"))
            if "fromBlock" in query
            else 2 * [int(query["blockHash"], 16) - 1]
        )
        return {"result": [log for number in range(first, last + 1) for log in _logs(number)]}


def _block(number: int) -> dict[str, Any]:
    return {
        "number": hex(number),
        "hash": _word(number + 1),
        "parentHash": _word(number),
        "timestamp": hex(12 * number),
        "logsBloom": "0x",
        "transactions": [],
    }


def _logs(number: int) -> list[dict[str, Any]]:
    if number == 0:
        return [_log(0, 0, [_LANE, _word(1)], _data(60, 60, 60, 1, 1, 0, 0))]
    acts = range(_BLOCK * (number - 1), _BLOCK * number)
    return [_log(number, index, *_act(position, number)) for index, position in enumerate(acts)]


def _act(position: int, number: int) -> tuple[list[str], str]:
    ticket, act = divmod(position, _LIFE)
    word = pack(TICKET, customer=ticket + 1, status=1 + act, lane=1, acts=1 + act)
    data = _data(1, word, position, position, 12 * number)
    return [_ACT, _word(1 << 255 | ticket), _word(1), _word(7)], data


def _log(number: int, index: int, topics: list[str], data: str) -> dict[str, Any]:
    return {
        "address": _DESK,
        "topics": topics,
        "data": data,
        "blockNumber": hex(number),
        "blockHash": _word(number + 1),
        "transactionHash": _word(number << 32 | index),
        "logIndex": hex(index),
    }


def _word(value: int) -> str:
    return f"0x{value:064x}"


def _data(*words: int) -> str:
    return "0x" + "".join(f"{word:064x}" for word in words)


def main() -> None:
    """Runs the command line."""
    marks = [int(each) for each in sys.argv[1:]]
    desk = Contract(_DESK, (), _word(0), 0, _word(0), _word(0))
    deployment = Deployment("memory", 1, _word(1), "", contracts={"TicketDesk": desk})
    peaks: dict[int, int] = {}

    def note(batch: Progress) -> None:
        for mark in marks:
            if batch.block * _BLOCK >= mark:
                peaks.setdefault(mark, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KILOBYTE)

    # In web3's providers' manner, though none of them.
    endless: Any = Endless(-(-max(marks) // _BLOCK))
    with (
        tempfile.TemporaryDirectory() as folder,
        Index.open(Path(folder) / "index.db", deployment) as index,
    ):
        index.update(endless, progress=note)
    print(*(peaks[mark] for mark in marks))


if __name__ == "__main__":
    main()
