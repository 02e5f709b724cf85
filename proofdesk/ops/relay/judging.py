"""Whether a relayer kept its word, by nothing but the chain.

A relayer that did not is to blame if the contract would have done the act during half of the time that was
promised, without a break, and if it was not the signer's own act on the ticket, carried by somebody else,
that made an end of that. Otherwise what the contract would have refused the act with is its excuse.

Where it gave its word for what an act waited for, too, its own delay with the one does not excuse it for the
other: both are tried together, and what the signer of either made impossible meanwhile excuses it as before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from proofdesk._abi import decode_error
from proofdesk._errors import InvalidArgument
from proofdesk._rpc import NodeError
from proofdesk._words import to_hex
from proofdesk.ops.relay.simulation import TooMuch, is_not_yet, simulate
from proofdesk.signed.onchain import is_carried

if TYPE_CHECKING:
    from proofdesk._desk import Desk
    from proofdesk.ops.relay.acknowledgement import Acknowledgement
    from proofdesk.signed import SignedAct

Word: TypeAlias = "tuple[Acknowledgement, SignedAct]"

# For whom the chain does not tell: a smart account may answer otherwise than it did to who carried, and not
# every node remembers what there was.
UNDECIDABLE: Final = "NotDecidable"
# Beside the looks at each act of the ticket: time, roles and the line change what is legal, too.
_LOOKS: Final = 8


class Promise(str, Enum):
    """What the chain says of a promise: the act came in time, may still come, came late, or did not come."""

    KEPT = "kept"
    OPEN = "open"
    LATE = "late"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of a promise, as of a block.

    `tx_hash` is the transaction with the act. Of a promise not kept, `excuse` is the error with which the
    contract would have refused the act when the relayer might have carried it; `NotDecidable` where the
    signer is a smart account, or the node keeps no state of so long ago; None where nothing but the relayer
    stood in its way.
    """

    promise: Promise
    block: int
    tx_hash: str | None = None
    excuse: str | None = None

    @property
    def is_broken(self) -> bool:
        """Whether the act was not on chain when it should have been."""
        return self.promise in (Promise.LATE, Promise.BROKEN)


def judge(ack: Acknowledgement, signed: SignedAct, desk: Desk, *, behind: Iterable[Word] = ()) -> Judgement:
    """Judge an acknowledgement of a signed act by nothing but the chain.

    Whatever was promised, the act's deadline is when it is due. `behind` are other acts with this relayer's
    acknowledgements of them, as of the opening that a reply waited for: with those that it gave no later,
    what it could have carried together is no excuse. Raises InvalidArgument where an acknowledgement and its
    act do not belong together or to this desk, or the signature is not the relayer's; ConnectionLost.

    >>> judge(relayer.fate(signed.digest).acknowledgement, signed, desk).promise.value
    'kept'
    """
    others = list(behind)
    for each in [(ack, signed), *others]:
        _check(*each, desk)
    due = min(ack.include_by, signed.deadline)
    head = desk.node.request("eth_getBlockByNumber", "latest", False)
    block, now = int(head["number"], 16), int(head["timestamp"], 16)
    acts = desk.tickets.acts(signed.ticket_id)
    found = next((act for act in acts if is_carried(signed, act)), None)
    if found is not None and found.at.timestamp() <= due:
        return Judgement(Promise.KEPT, block, found.tx_hash)
    if found is None and now <= due:
        return Judgement(Promise.OPEN, block)
    start = min(ack.received_at, due)
    ahead = _given_before(ack, others)
    excuse = _excuse(_looks(desk, ack, signed, ahead, (start, due), block), due - start)
    if excuse is None and not signed.is_signed_by_key():
        excuse = UNDECIDABLE
    if found is not None:
        return Judgement(Promise.LATE, block, found.tx_hash, excuse)
    return Judgement(Promise.BROKEN, block, excuse=excuse)


def _check(ack: Acknowledgement, signed: SignedAct, desk: Desk) -> None:
    contract = desk.deployment.contract("TicketDesk").address
    if (ack.chain_id, ack.desk) != (desk.deployment.chain_id, contract):
        raise InvalidArgument(f"the acknowledgement is of desk {ack.desk} on chain {ack.chain_id}")
    if ack.act != signed.digest:
        raise InvalidArgument(f"the acknowledgement is of act {ack.act}, not of {signed.digest}")
    if not ack.is_signed():
        raise InvalidArgument(f"{ack.relayer} did not sign this acknowledgement")


def _given_before(ack: Acknowledgement, others: Iterable[Word]) -> list[Word]:
    """The words that the same relayer had given when it gave this one, in their order.

    Not those for acts of smart accounts, which may have refused meanwhile what they accept when asked now.
    """
    mine = [
        (word, act)
        for word, act in others
        if word.relayer == ack.relayer
        and word.act != ack.act
        and word.received_at <= ack.received_at
        and act.is_signed_by_key()
    ]
    return sorted(mine, key=lambda each: each[0].received_at)


class _Look(NamedTuple):
    """A moment, the block whose state there was then, and whether an act of the signer's own just came."""

    moment: float
    block: int
    is_own: bool
    error: str | None = None


def _excuse(looks: Sequence[_Look], span: int) -> str | None:
    """Why the relayer may not have been able to; None where it was, for half of the span without a break."""
    stretches: list[float] = []
    since: _Look | None = None
    last = looks[0]
    for look in looks:
        if look.error is None:
            since, last = since or look, look
            continue
        # Who makes his own act impossible cannot blame anybody.
        if since is not None and not look.is_own:
            stretches.append(last.moment - since.moment)
        since = None
    if since is not None:
        stretches.append(last.moment - since.moment)
    if any(2 * stretch >= span for stretch in stretches):
        return None
    errors = [look.error for look in looks if look.error is not None]
    return UNDECIDABLE if UNDECIDABLE in errors else errors[-1]


def _looks(
    desk: Desk,
    ack: Acknowledgement,
    signed: SignedAct,
    ahead: Sequence[Word],
    span: tuple[int, int],
    head: int,
) -> list[_Look]:
    """What the contract would have done at both ends of a span, around each act in it, and in between."""
    first, last = (_block_at(desk, moment, head) for moment in span)
    looks = {(float(span[0]), first), (float(span[1]), last)}
    for block in range(first + 1, last, max(1, (last - first) // _LOOKS)):
        looks.add((desk.now(block).timestamp(), block))
    signers = {signed.signer, *(act.signer for _, act in ahead)}
    tickets = sorted({signed.ticket_id, *(act.ticket_id for _, act in ahead)})
    acts = [act for ticket in tickets for act in desk.tickets.acts(ticket)]
    came = [act for act in acts if first < act.block <= last]
    carried = desk.node.batch([("eth_getTransactionByHash", [act.tx_hash]) for act in came])
    # What the relayer carried ahead of what it had been handed before is its own doing, whoever signed it.
    own = {
        act.block
        for act, sent in zip(came, carried, strict=True)
        if act.actor in signers and not _is_from(sent, ack.relayer)
    }
    for act in came:
        moment = act.at.timestamp()
        looks |= {(moment, act.block - 1), (moment, act.block)}
    ordered = [_Look(moment, block, block in own) for moment, block in sorted(looks)]
    call = {"from": ack.relayer, "to": ack.desk, "data": to_hex(signed.calldata)}
    requests: list[tuple[str, list[Any]]] = [("eth_call", [call, hex(look.block)]) for look in ordered]
    answers = desk.node.batch(requests)
    return [
        look
        if _may_wait(answer) and _is_done_behind(desk, ack, signed, ahead, look)
        else look._replace(error=_error(answer))
        for look, answer in zip(ordered, answers, strict=True)
    ]


def _is_from(transaction: object, address: str) -> bool:
    return isinstance(transaction, Mapping) and str(transaction.get("from")).lower() == address.lower()


def _may_wait(answer: object) -> bool:
    return (
        isinstance(answer, NodeError)
        and answer.revert is not None
        and is_not_yet(decode_error(answer.revert))
    )


def _is_done_behind(
    desk: Desk, ack: Acknowledgement, signed: SignedAct, ahead: Sequence[Word], look: _Look
) -> bool:
    """Whether the contract would have done an act in a batch behind those that were promised then, too."""
    calls = [act.calldata for word, act in ahead if look.moment <= word.include_by]
    if not calls:
        return False
    try:
        errors = simulate(desk.node, ack.desk, ack.relayer, [*calls, signed.calldata], block=hex(look.block))
    except (NodeError, TooMuch):
        # What the node cannot show is not held against anybody.
        return False
    return errors[-1] is None


def _error(answer: object) -> str | None:
    if not isinstance(answer, NodeError):
        return None
    if answer.revert is None:
        return UNDECIDABLE
    name = type(decode_error(answer.revert)).__name__
    # Whether it may carry into a gated lane is what a relayer knows before it gives its word.
    return None if name == "LaneGated" else name


def _block_at(desk: Desk, moment: int, head: int) -> int:
    """The last block that is not later than a moment."""
    low, high = 0, head
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if desk.now(middle).timestamp() <= moment else (low, middle - 1)
    return low
