"""From events to duties: what a step along the chain adds to an agenda, and what a reorganisation takes back.

What was learnt of orphaned blocks is asked of the contracts themselves; whatever they say early, the events
of the blocks that are still to be read lead to the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from proofdesk._abi import decode_event, decode_result, encode_call, topic
from proofdesk._deployments import Deployment
from proofdesk._models import Event
from proofdesk._reader import Log, sound
from proofdesk._rpc import Node, NodeError
from proofdesk._shell import drive
from proofdesk._words import TICKET, unpack
from proofdesk.claims.enums import ClaimState, Verdict
from proofdesk.live.reader import DEPTH, Reader, Step
from proofdesk.ops.keeper.agenda import Agenda
from proofdesk.ops.keeper.duties import Watched

_ASKED = 100  # tickets in a request
_ACT = topic("TicketDesk", "ActLogged")


class Reading:
    """Brings an agenda up to the chain."""

    def __init__(self, agenda: Agenda, node: Node, deployment: Deployment, *, depth: int = DEPTH) -> None:
        self._agenda = agenda
        self._node = node
        self._contracts = deployment.contracts
        self._depth = depth
        self._reader: Reader | None = None

    def catch_up(self) -> int:
        """Read to the head; returns its block. Interrupted at any moment, it goes on from the last step.

        Raises ChainReplaced, ForkTooDeep, NodeContradicts, ConnectionLost, NodeError, ConfigurationError.
        """
        try:
            while True:
                reader = self._reader = self._reader or self._begun()
                step = drive(reader.step())
                if step.headers or step.orphaned:
                    again = self._again(step)
                    with self._agenda.writing():
                        for write in again:
                            write()
                        self._keep(step)
                        self._agenda.set_position(step.position)
                if step.is_last:
                    return max(step.position.block, step.head)
        except BaseException:
            # It may be further than what was written.
            self._reader = None
            raise

    def _begun(self) -> Reader:
        first = min(contract.block for contract in self._contracts.values())
        position = self._agenda.position()
        return Reader(self._node._core, self._agenda.addresses, position, first=first, depth=self._depth)

    # ------------------------------------------------------------------------------------------ what is new

    def _keep(self, step: Step) -> None:
        changed: dict[bytes, tuple[Watched, int]] = {}

        def change(id_: bytes, block: int, **fields: Any) -> None:
            known = changed.get(id_)
            ticket = known[0] if known else self._agenda.tickets([id_]).get(id_, Watched())
            changed[id_] = replace(ticket, **fields), block

        with sound("logs"):
            for log in step.logs:
                block = int(log["blockNumber"], 16)
                if log["topics"] and log["topics"][0] == _ACT:
                    # By hand: of these there are many.
                    data = bytes.fromhex(log["data"][2:])
                    word, at = int.from_bytes(data[32:64], "big"), int.from_bytes(data[128:160], "big")
                    change(bytes.fromhex(log["topics"][1][2:]), block, word=word, since=at)
                else:
                    self._event(log, block, change)
        self._agenda.keep(changed)

    def _event(self, log: Log, block: int, change: Callable[..., None]) -> None:
        event = decode_event(log)
        if not isinstance(event, Event):
            return
        said: Mapping[str, Any] = event.arguments
        id_ = bytes.fromhex(str(said.get("ticketId", ""))[2:])
        if event.name == "CompensationPromised":
            # Before its lane's first ticket: none that is known is changed by it.
            self._agenda.promise(said["lane"], block)
        elif event.name == "BreachNoted":
            change(id_, block, noted=said["time"], lane=said["lane"])
        elif event.name == "Compensated":
            change(id_, block, is_paid=True)
        elif event.name == "ClaimFiled":
            change(id_, block, is_review=said["verdict"] == Verdict.REVIEW)
        elif event.name in ("ClaimDecided", "ClaimReleased"):
            change(id_, block, is_review=False)
        elif "token" in said:
            token = bytes.fromhex(str(said["token"])[2:])
            # Of any payment, deposit or release the queue may have moved, or be able to.
            if event.name == "Pending" or self._agenda.is_waiting(token):
                self._agenda.waits_in(token, block)

    # ----------------------------------------------------------------------------------- what was taken back

    def _again(self, step: Step) -> list[Callable[[], None]]:
        """What is to be written of tickets and tokens that orphaned blocks touched."""
        if not step.orphaned:
            return []
        agenda, lowest = self._agenda, min(header.number for header in step.orphaned)
        block = step.headers[-1].number if step.headers else lowest
        tickets, tokens = agenda.since(lowest)
        found = dict(zip(tickets, self._asked(tickets), strict=True))
        gone = [id_ for id_, ticket in found.items() if not ticket.word]
        there = {id_: (ticket, block) for id_, ticket in found.items() if ticket.word}
        return [
            lambda: agenda.unpromise(lowest),
            lambda: agenda.forget(gone),
            lambda: agenda.keep(there),
            *(lambda token=token: agenda.waits_in(token, block) for token in tokens),
        ]

    def _asked(self, tickets: Sequence[bytes]) -> list[Watched]:
        found: list[Watched] = []
        for start in range(0, len(tickets), _ASKED):
            group = tickets[start : start + _ASKED]
            words = self._views("TicketDesk", "wordOf", group)
            breaches = self._views("CompensationDesk", "breachOf", group)
            claims = self._views("ClaimDesk", "claimOf", group)
            known = self._agenda.tickets(group)
            for id_, word, breach, claim in zip(group, words, breaches, claims, strict=True):
                noted, is_paid = breach or (0, False)
                is_review = claim is not None and claim[2] == ClaimState.REVIEW
                # Of its last act's moment, and of its breach's lane, only events tell.
                before = known[id_]
                lane = before.lane or unpack(TICKET, word)["lane"]
                found.append(Watched(word, before.since, noted, lane, is_paid, is_review))
        return found

    def _views(self, contract: str, function: str, tickets: Sequence[bytes]) -> list[Any]:
        if contract not in self._contracts:
            return [None] * len(tickets)
        address = self._contracts[contract].address
        asked: list[tuple[str, list[Any]]] = [
            (
                "eth_call",
                [{"to": address, "data": "0x" + encode_call(contract, function, id_).hex()}, "latest"],
            )
            for id_ in tickets
        ]
        answers = self._node.batch(asked)
        for answer in answers:
            if isinstance(answer, NodeError):
                raise answer
        with sound("what a view returned"):
            return [decode_result(contract, function, bytes.fromhex(answer[2:])) for answer in answers]
