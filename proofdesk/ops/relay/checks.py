"""Whether signed acts can be taken: everything that can be known of them without paying."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from proofdesk._abi import encode_call
from proofdesk._deployments import Deployment
from proofdesk._errors import ContractRevert
from proofdesk._models import Status
from proofdesk._rpc import Node
from proofdesk._words import TICKET, moment, to_hex, unpack
from proofdesk.ops.relay.answers import Refusal
from proofdesk.ops.relay.chain import answers_of, making_sense
from proofdesk.ops.relay.limits import Limits
from proofdesk.ops.relay.simulation import TooMuch, gas_bound, is_not_yet, simulate
from proofdesk.ops.relay.smart_accounts import accepted
from proofdesk.signed import SignedAct

_LATER = 15  # seconds after which such an act is worth another try
_AHEAD = 400  # acts that are done in thought before a new one


class Queued(Protocol):
    """An act that is done before others are looked at."""

    @property
    def act(self) -> str:
        """Its kind."""

    @property
    def ticket(self) -> bytes:
        """Its ticket's id."""

    @property
    def lane(self) -> int | None:
        """Whose line it moves."""

    @property
    def call(self) -> bytes:
        """The call that does it."""


@dataclass(slots=True, eq=False)
class Candidate:
    """A signed act on its way into the queue; `refusal` says why it does not get there."""

    signed: SignedAct
    by_key: bool = False
    lane: int | None = None
    refusal: Refusal | None = None
    digest: bytes = field(init=False)
    signer: bytes = field(init=False)
    ticket: bytes = field(init=False)
    entry: bytes = field(init=False)
    call: bytes = field(init=False)
    gas: int = 0

    def __post_init__(self) -> None:
        self.digest = bytes.fromhex(self.signed.digest[2:])
        self.signer = bytes.fromhex(self.signed.signer[2:])
        self.ticket = bytes.fromhex(self.signed.ticket_id[2:])
        self.entry = bytes.fromhex(self.signed.entry[2:])
        self.call = self.signed.calldata

    def refuse(self, code: str, words: str, **more: Any) -> None:
        """Say why not."""
        self.refusal = Refusal(code, words, **more)

    @property
    def act(self) -> str:
        """Its kind."""
        return self.signed.act

    @property
    def moves_line(self) -> bool:
        """Whether it changes who is next in its ticket's lane."""
        if self.signed.act == "move":
            return self.signed.message["from"] == Status.NEW
        return self.signed.act in ("open", "take")

    def is_before(self, later: Candidate) -> bool:
        """Whether a later act is looked at after this one: of its ticket, or in the line that it moves."""
        in_line = later.signed.act != "open" and self.lane is not None and self.lane == later.lane
        return self.ticket == later.ticket or in_line

    def follows(self, other: Candidate) -> bool:
        """Whether it may need another act to be done first: of its ticket, or for its turn to come."""
        takes_turn = self.signed.act == "take" and other.signed.act != "open"
        return self.ticket == other.ticket or (
            takes_turn and self.lane is not None and self.lane == other.lane
        )


Ahead: TypeAlias = "Callable[[Sequence[Candidate]], Sequence[Queued]]"


class Checks:
    """Checks against one desk, as the relayer's account would carry."""

    def __init__(self, node: Node, deployment: Deployment, relayer: str, limits: Limits) -> None:
        self.desk = deployment.contract("TicketDesk").address
        self._chain_id = deployment.chain_id
        self._node = node
        self._relayer = relayer
        self._limits = limits

    def offline(self, candidate: Candidate, now: int) -> None:
        """Desk, chain, deadline and a key's signature; `now` is seconds of the chain's time."""
        signed = candidate.signed
        margin = int(self._limits.margin.total_seconds())
        if signed.chain_id != self._chain_id:
            words = f"the act is signed for chain {signed.chain_id}, this desk is on chain {self._chain_id}"
            return candidate.refuse("other-chain", words)
        if signed.desk != self.desk:
            return candidate.refuse(
                "other-desk", f"the act is signed for desk {signed.desk}, not {self.desk}"
            )
        if signed.deadline < now + margin:
            until, at = (f"{moment(each):%Y-%m-%dT%H:%M:%SZ}" for each in (signed.deadline, now))
            words = f"the deadline {until} is less than {margin} s after now, {at}: sign it anew"
            return candidate.refuse("deadline", words)
        candidate.by_key = signed.is_signed_by_key()
        candidate.gas = gas_bound(candidate.call, by_key=candidate.by_key)
        return None

    def smart_accounts(self, candidates: Sequence[Candidate]) -> None:
        """Ask the accounts whose own key did not sign; raises ConnectionLost, NodeError."""
        asked = [each for each in candidates if not each.by_key and each.refusal is None]
        if not asked:
            return
        questions = [
            (each.signed.signer, each.digest, bytes.fromhex(each.signed.signature[2:])) for each in asked
        ]
        gas = self._limits.smart_account_gas
        for candidate, is_valid in zip(asked, accepted(self._node, questions, gas), strict=True):
            if not is_valid:
                words = f"not signed by the key of {candidate.signed.signer}, and as a smart account it does "
                candidate.refuse("signature", f"{words}not accept the signature with {gas:,} gas")

    def lanes(self, candidates: Sequence[Candidate], known: dict[bytes, int]) -> None:
        """Find the lane of each act that moves a line; `known` are those that the queue knows of."""
        movers = [each for each in candidates if each.refusal is None and each.moves_line]
        for each in movers:
            if each.signed.act == "open":
                known[each.ticket] = int(each.signed.message["lane"])
        unknown = list({each.ticket for each in movers} - known.keys())
        requests: list[tuple[str, list[Any]]] = [
            (
                "eth_call",
                [{"to": self.desk, "data": to_hex(encode_call("TicketDesk", "wordOf", t))}, "latest"],
            )
            for t in unknown
        ]
        with making_sense():
            for ticket, answer in zip(unknown, answers_of(self._node, requests), strict=True):
                known[ticket] = unpack(TICKET, int(answer, 16))["lane"]
        for each in movers:
            each.lane = known[each.ticket] or None

    def legality(self, asked: Sequence[Candidate], ahead: Ahead, price: int, funds: int) -> None:
        """Have the contract say what it would do with acts, after what `ahead` finds queued before them.

        `price` is wei for a unit of gas, `funds` what the carrying account holds. Raises ConnectionLost,
        NodeError.
        """
        if not asked:
            return
        before = _needed(ahead(asked), asked)
        calls = [row.call for row in before] + [each.call for each in asked]
        problem = f"{len(before)} acts are queued ahead of it"
        if len(before) <= _AHEAD:
            try:
                errors = simulate(self._node, self.desk, self._relayer, calls, price=price, funds=funds)
            except TooMuch as error:
                problem = str(error)
            else:
                for each, reason in zip(asked, errors[len(before) :], strict=True):
                    each.refusal = None if reason is None else refusal_of(reason)
                return
        if len(asked) == 1:
            asked[0].refuse("busy", problem, retry_after=_LATER)
            return
        # What is too much for some is not for all: nobody pays for what another one handed in.
        half = len(asked) // 2
        first, second = asked[:half], asked[half:]
        self.legality(first, ahead, price, funds)
        done = [each for each in first if each.refusal is None]

        def with_first(later: Sequence[Candidate]) -> Sequence[Queued]:
            return [*ahead(later), *(each for each in done if any(map(each.is_before, later)))]

        self.legality(second, with_first, price, funds)


def _needed(ahead: Sequence[Queued], asked: Sequence[Candidate]) -> list[Queued]:
    """What is ahead without the openings that stand in their line behind all tickets that are spoken of."""
    tickets = {each.ticket for each in asked} | {row.ticket for row in ahead if row.act != "open"}
    last: dict[int | None, int] = {}
    for place, row in enumerate(ahead):
        if row.act == "open" and row.ticket in tickets:
            last[row.lane] = place
    return [row for place, row in enumerate(ahead) if row.act != "open" or place <= last.get(row.lane, -1)]


def refusal_of(error: ContractRevert) -> Refusal:
    """The refusal that the contract's error means."""
    name = type(error).__name__
    code = {"SignatureExpired": "deadline", "InvalidSignature": "signature"}.get(name, "not-legal")
    return Refusal(code, str(error), _LATER if is_not_yet(error) else None, name)
