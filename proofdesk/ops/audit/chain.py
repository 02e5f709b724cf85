"""What the chain says of a desk as of one block: its events, and what its contracts answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final, TypeVar

from proofdesk._abi import decode_event, decode_result, encode_call, topic
from proofdesk._certification import CERTIFICATION
from proofdesk._desk import Desk
from proofdesk._errors import DeploymentMismatch, InvalidArgument
from proofdesk._history import DESK
from proofdesk._models import Act, Event
from proofdesk._reader import Spans
from proofdesk._rpc import NodeError
from proofdesk._shell import drive
from proofdesk._words import NO_ENTRY, moment, to_bytes, to_hex
from proofdesk.anchors.resource import ANCHOR
from proofdesk.ops._contracts import MANAGER
from proofdesk.ops.audit.ledger import Ledger
from proofdesk.ops.audit.pinned import Block
from proofdesk.privacy.members import REGISTRY

T = TypeVar("T")

_BATCH: Final = 200
_SPAN: Final = 64  # blocks at first: all events at once may be more than fit into memory
_EVENTS: Final = {
    DESK: ("ActLogged",),
    CERTIFICATION: ("CertificateWritten", "ExamRecorded", "CertificateRevoked"),
    MANAGER: ("RoleGranted", "RoleRevoked"),
    REGISTRY: ("KeyPublished",),
    ANCHOR: ("Timestamped",),
}
_NONE: Final = to_hex(NO_ENTRY)
# The clocks of who writes a record and of the chain differ, and so may the order of what they date.
_SLACK: Final = timedelta(hours=1)


@dataclass(slots=True)
class Offices:
    """Who held which role of the access manager, and who lost it when."""

    holders: set[tuple[int, str]] = field(default_factory=set)
    lost: dict[tuple[int, str], datetime] = field(default_factory=dict)

    def held(self, account: str, roles: Iterable[int], at: datetime) -> bool:
        """Whether an account holds one of the roles, or held one when it says that it acted."""
        for role in roles:
            lost = self.lost.get((role, account))
            if (role, account) in self.holders or (lost is not None and at <= lost + _SLACK):
                return True
        return False


@dataclass(frozen=True, slots=True)
class Evidence:
    """A record of certification that the chain names: of which kind, and where."""

    entry: str
    kind: str
    where: str


class Chain:
    """A desk's chain as of a block; its events are in `ledger`, what is asked is asked in batches."""

    def __init__(self, desk: Desk, block: Block, ledger: Ledger) -> None:
        self.desk, self.block, self.ledger = desk, block, ledger
        self.now = moment(block.time)
        self.offices = Offices()
        self.evidence: list[Evidence] = []
        self._times: dict[int, datetime] = {}

    def read(self) -> None:
        """Read every event that an audit needs; raises ConnectionLost, NodeError."""
        contracts = self.desk.deployment.contracts
        named = [name for name in _EVENTS if name in contracts]
        topics = [topic(name, event) for name in named for event in _EVENTS[name]]
        first, last = min(contracts[name].block for name in named), self.block.number
        addresses = [contracts[name].address for name in named]
        spans = Spans(self.desk.node._core, addresses, [topics], _SPAN)
        while first <= last:
            logs, until, _ = drive(spans.read(first, last))
            self._keep(logs)
            first = until + 1
        self.ledger.index()

    def later_entries(self, live: Desk) -> set[str]:
        """Entries that acts have named since the block, as the desk's own line shows them."""
        node, address = live.node, self.desk.deployment.contract(DESK).address
        logs = node.logs(address, [topic(DESK, "ActLogged")], self.block.number + 1, node.height())
        return {act.entry for act in map(decode_event, logs) if isinstance(act, Act)}

    def answers(self, contract: str, function: str, arguments: Iterable[Sequence[object]]) -> Iterator[Any]:
        """What a view answers to each of the arguments."""
        address = self.desk.deployment.contract(contract).address
        for group in grouped(arguments, _BATCH):
            calls = [
                {"to": address, "data": to_hex(encode_call(contract, function, *each))} for each in group
            ]
            asked = [("eth_call", [call, hex(self.block.number)]) for call in calls]
            for answer in self.desk.node.batch(asked):
                if isinstance(answer, NodeError):
                    raise answer
                if answer == "0x":
                    raise DeploymentMismatch(f"what {address} answers as {contract}", "an answer", "nothing")
                yield decode_result(contract, function, bytes.fromhex(answer[2:]))

    def has(self, contract: str) -> bool:
        """Whether the desk was deployed with a contract."""
        return contract in self.desk.deployment.contracts

    # --------------------------------------------------------------------------------------------- internal

    def _keep(self, logs: Iterable[Mapping[str, Any]]) -> None:
        ours = self.desk.deployment.contracts
        names = {contract.address: name for name, contract in ours.items()}
        acts = []
        for log in logs:
            event = decode_event(log)
            if isinstance(event, Act):
                acts.append(event)
            # A contract of one's own says only what is its own.
            elif event.name in _EVENTS.get(names.get(event.contract, ""), ()):
                self._note(event, int(log["blockNumber"], 16))
        self.ledger.add_acts(acts)

    def _note(self, event: Event, block: int) -> None:
        said: Any = event.arguments
        if event.name == "CertificateWritten":
            self.ledger.add_certificate(said["certificateId"], block, event.log_index, said["word"])
        elif event.name == "ExamRecorded":
            self._evidence(said["evidence"], "exam", f"exam of {said['agent']} in block {block}")
        elif event.name == "CertificateRevoked":
            where = f"revocation of certificate {said['certificateId']} in block {block}"
            self._evidence(said["reason"], "revocation", where)
        elif event.name == "RoleGranted":
            self.offices.holders.add((said["roleId"], said["account"]))
        elif event.name == "RoleRevoked":
            held = said["roleId"], said["account"]
            self.offices.holders.discard(held)
            self.offices.lost[held] = self._time(block)
        elif event.name == "KeyPublished":
            self.ledger.add_published(said["owner"], to_bytes(said["key"], 32, "key"))
        elif event.name == "Timestamped":
            self.ledger.add_dated(said["root"], said["time"])

    def _evidence(self, entry: str, kind: str, where: str) -> None:
        if entry != _NONE:
            self.evidence.append(Evidence(entry, kind, where))

    def _time(self, block: int) -> datetime:
        if block not in self._times:
            self._times[block] = self.desk.now(block)
        return self._times[block]


def grouped(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Items in groups of at most so many."""
    iterator = iter(items)
    while group := list(islice(iterator, size)):
        yield group


def raw(value: object) -> bytes | None:
    """A key or an entry that somebody wrote; None for what is none."""
    try:
        return to_bytes(str(value), 32, "value")
    except InvalidArgument:
        return None
