"""Whether an index says what the contracts say, at the block it was read to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from proofdesk._abi import encode_call
from proofdesk._deployments import Deployment
from proofdesk._errors import ConfigurationError, DeploymentMismatch
from proofdesk._rpc import Node, NodeError
from proofdesk._words import to_hex
from proofdesk.ops.index import _answers, _store
from proofdesk.ops.index._rows import ACT, Row
from proofdesk.ops.index._schema import CERTIFICATES, CURSOR, EVENTS, LANES, TICKETS
from proofdesk.proof.log import Log

_BATCH = 200
_LANE = (
    *("respond_within", "resolve_within", "confirm_within", "program", "level", "gated", "claims"),
    *("closed", "article", "turns", "served", "departed", "size"),
)
_CERTIFICATE = ("agent", "program", "level", "standing", "issued_at", "expires_at")


@dataclass(frozen=True, slots=True)
class Check:
    """So many lanes, tickets and certificates were compared as of `block`; `first` names a difference.

    `is_incomplete` says that the events themselves differ: only reading them anew can mend that.
    """

    block: int
    lanes: int
    tickets: int
    certificates: int
    differences: int
    first: str | None
    is_incomplete: bool = False

    @property
    def advice(self) -> str | None:
        """What mends the differences; None without any."""
        if not self.differences:
            return None
        if not self.is_incomplete:
            return "derive it anew: proofdesk index rebuild, or Index.rebuild()"
        return (
            "the index lacks events, or has wrong ones: read them anew by Index.reread(block) and an update, "
            "or delete the index and run proofdesk index run, from another node"
        )


def check(connection: Connection, node: Node, deployment: Deployment) -> Check:
    """Compare an index with the contracts.

    Raises ConfigurationError where its block is not on the node's chain, DeploymentMismatch, ConnectionLost,
    NodeError.
    """
    cursor = connection.execute(select(CURSOR)).one()
    if cursor.hash is None:
        raise ConfigurationError("this index is empty: update it first")
    block = node.request("eth_getBlockByNumber", hex(cursor.block), False)
    if block is None or block["hash"] != to_hex(cursor.hash):
        raise ConfigurationError(
            f"the index was read to block {cursor.block} with hash {to_hex(cursor.hash)}, which is not on "
            "this node's chain: update it first, from the same node"
        )
    contracts = _Contracts(node, deployment, cursor.block)
    differences = list(_lanes(connection, contracts))
    differences += _tickets(connection, contracts)
    differences += _certificates(connection, contracts)
    lanes, tickets, certificates = (
        connection.scalar(select(func.count()).select_from(table)) or 0
        for table in (LANES, TICKETS, CERTIFICATES)
    )
    first = differences[0] if differences else None
    return Check(cursor.block, lanes, tickets, certificates, len(differences), first)


class _Contracts:
    """A desk's contracts at one block."""

    def __init__(self, node: Node, deployment: Deployment, block: int) -> None:
        self._node, self._deployment, self._block = node, deployment, block

    def read(self, contract: str, function: str, arguments: Iterable[Any]) -> Iterator[list[int]]:
        """What a function answers to each argument, as words."""
        address = self._deployment.contract(contract).address
        for group in _store.groups(arguments, _BATCH):
            calls = [
                {"to": address, "data": to_hex(encode_call(contract, function, *each))} for each in group
            ]
            answers = self._node.batch([("eth_call", [call, hex(self._block)]) for call in calls])
            for answer in answers:
                if isinstance(answer, NodeError):
                    raise answer
                if answer == "0x":
                    raise DeploymentMismatch(f"what {address} answers as {contract}", "an answer", "nothing")
                yield [int(answer[start : start + 64], 16) for start in range(2, len(answer), 64)]


def _lanes(connection: Connection, contracts: _Contracts) -> Iterator[str]:
    rows: dict[int, Row] = {row.id: dict(row._mapping) for row in connection.execute(select(LANES))}
    ((count,),) = contracts.read("TicketDesk", "laneCount", [()])
    if count != len(rows):
        yield f"the index has {len(rows)} lanes, the contract {count}"
    known = [number for number in sorted(rows) if number <= count]
    for number, words in zip(known, contracts.read("TicketDesk", "lane", [(n,) for n in known]), strict=True):
        yield from _fields(f"lane {number}", rows[number], dict(zip(_LANE, words, strict=True)))
    logs: dict[int, Log] = defaultdict(Log)
    for event in _answers.rows(connection, _answers.events([EVENTS.c.topic0 == ACT])):
        logs[int.from_bytes(event.topic2, "big")].append(_leaf(event))
    for number, (root,) in zip(
        known, contracts.read("TicketDesk", "root", [(n,) for n in known]), strict=True
    ):
        if (ours := logs[number].root()) != root.to_bytes(32, "big"):
            yield f"lane {number}: the index's acts give root {to_hex(ours)}, the contract says 0x{root:064x}"


def _tickets(connection: Connection, contracts: _Contracts) -> Iterator[str]:
    query = select(TICKETS.c.id, TICKETS.c.word).order_by(TICKETS.c.block, TICKETS.c.id)
    for group in _store.groups(_answers.rows(connection, query), _BATCH):
        words = contracts.read("TicketDesk", "wordOf", [(row.id,) for row in group])
        for row, (word,) in zip(group, words, strict=True):
            if row.word != word.to_bytes(32, "big"):
                both = f"word {to_hex(row.word)}, the contract 0x{word:064x}"
                yield f"ticket {to_hex(row.id)}: the index has {both}"


def _certificates(connection: Connection, contracts: _Contracts) -> Iterator[str]:
    rows = [
        dict(row._mapping) for row in connection.execute(select(CERTIFICATES).order_by(CERTIFICATES.c.id))
    ]
    ((count,),) = contracts.read("AgentCertification", "certificateCount", [()])
    if count != len(rows):
        yield f"the index has {len(rows)} certificates, the contract {count}"
    known = [row for row in rows if row["id"] <= count]
    answers = contracts.read("AgentCertification", "certificate", [(row["id"],) for row in known])
    for row, words in zip(known, answers, strict=True):
        yield from _fields(f"certificate {row['id']}", row, dict(zip(_CERTIFICATE, words, strict=False)))


def _fields(what: str, row: Row, words: dict[str, int]) -> Iterator[str]:
    for name, word in words.items():
        if name in row:
            ours = int.from_bytes(row[name], "big") if isinstance(row[name], bytes) else int(row[name] or 0)
            if ours != word:
                yield f"{what}: {name} is {ours} in the index, {word} by the contract"


def _leaf(event: Any) -> bytes:
    """The data of an act's leaf: ticket, word, actor, kind, entry and time, as the contract hashes them."""
    data = event.data
    return b"".join((event.topic1, data[32:64], event.topic3[12:], data[31:32], data[64:96], data[152:160]))
