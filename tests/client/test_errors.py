"""The error tree: what is drawn is what there is, and every contract error says what to do next."""

from __future__ import annotations

import copy
import inspect
import pickle
import re

import pytest

from proofdesk import _errors as errors
from proofdesk._contract_errors import (
    BY_SELECTOR,
    IllegalMove,
    InvalidOutage,
    NoTransfer,
    ObjectionWindowOver,
    RetakeTooEarly,
    SignatureExpired,
    StaleTicket,
    UnknownTicket,
)
from proofdesk._models import Actor, Status

# OpenZeppelin's own; those that a desk's people can meet have hints all the same.
FOREIGN = re.compile(
    "AccessManage|ERC721|SafeCast|SafeERC20|String|InvalidShort|Address|Failed|InsufficientBalance|ECDSA|Reentrancy"
)


def drawn() -> dict[str, str]:
    """Each error in the drawing with the name of the one it hangs from."""
    parents: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if match := re.match(r"^((?:│   |    )*(?:├── |└── ))?([A-Z]\w+)(?:  |$)", line):
            depth = len(match[1] or "") // 4
            path[depth:] = [match[2]]
            parents[match[2]] = path[depth - 1] if depth else "Exception"
    return parents


def test_the_drawing_is_the_tree() -> None:
    tree = {
        name: kind.__mro__[1].__name__
        for name, kind in vars(errors).items()
        if inspect.isclass(kind) and issubclass(kind, errors.ProofdeskError)
    }
    assert len(tree) > 10
    assert drawn() == tree


def test_a_revert_says_what_on_what_and_what_next() -> None:
    error = IllegalMove(Status.CLOSED, Status.OPEN, Actor.CUSTOMER, tx_hash="0xabc")
    assert (error.from_, error.to, error.actor) == (Status.CLOSED, Status.OPEN, Actor.CUSTOMER)
    assert error.tx_hash == "0xabc"
    assert str(error).startswith("IllegalMove(from CLOSED, to OPEN, actor CUSTOMER): the table of moves")
    assert str(UnknownTicket("0x0000")).startswith("UnknownTicket(ticket_id 0x0000")
    assert "read it anew" in str(StaleTicket(3, 4))


def test_who_has_no_part_in_a_ticket_is_told_so_and_nobody_else() -> None:
    assert "actor ANYONE, who has no part" in str(IllegalMove(Status.OPEN, Status.OPEN, Actor.ANYONE))
    for actor in set(Actor) - {Actor.ANYONE}:
        error = IllegalMove(Status.OPEN, Status.OPEN, actor)
        assert f"actor {actor.name}):" in str(error) and "ANYONE" not in str(error)


def test_moments_are_told_as_such_and_kept_as_the_contract_has_them() -> None:
    over = ObjectionWindowOver(29_928_549)
    assert str(over).startswith("ObjectionWindowOver(due_at 2026-11-26 17:09:00 UTC): the ticket could")
    assert over.due_at == 29_928_549
    early = RetakeTooEarly(1_795_363_693, 1_795_450_033)
    assert "(taken_at 2026-11-22 16:08:13 UTC, retake_from 2026-11-23 16:07:13 UTC)" in str(early)
    # Whoever answers for the contract can name moments that no calendar has.
    assert f"deadline {2**256 - 1})" in str(SignatureExpired(2**256 - 1))
    assert "9999-12-31 23:59:59" in str(SignatureExpired(253_402_300_799))


def test_every_argument_that_sounds_like_a_moment_is_one() -> None:
    every = [(kind, name) for kind in BY_SELECTOR.values() for name in kind.arguments]
    sounding = {
        (kind, name)
        for kind, name in every
        if re.search(r"(^|_)(at|from|day|time|until|deadline)_?$", name)
        # Of a move these are states, of a transfer lanes.
        and kind not in (IllegalMove, NoTransfer)
    }
    assert len(sounding) > 10
    moments = {(kind, name) for kind, name in every if name in kind.moments}
    assert moments == sounding | {(InvalidOutage, "to")}


def test_an_error_without_a_class_keeps_its_message_and_data() -> None:
    error = errors.ContractRevert("reverted with 0x01020304", data=bytes([1, 2, 3, 4]))
    assert (str(error), error.data, error.tx_hash) == ("reverted with 0x01020304", bytes([1, 2, 3, 4]), None)


def test_every_contract_error_has_a_hint_and_every_hint_an_error() -> None:
    names = {kind.__name__ for kind in BY_SELECTOR.values()}
    assert len(names) > 40
    assert {name for name in names if not FOREIGN.match(name)} - errors.hints().keys() == set()
    assert errors.hints().keys() - names == {"Actor.ANYONE"}


@pytest.mark.parametrize(
    "error",
    [
        IllegalMove(Status.NEW, Status.CLOSED, Actor.AGENT, tx_hash="0x1"),
        errors.ContractRevert("reverted", data=b"\1"),
        errors.InsufficientFunds("0xA", balance=1, needed=2),
        errors.DeploymentMismatch("the chain id", 1, 31337),
        errors.DeploymentNotFound("none", chain_id=1, candidates=("a", "b")),
        errors.InvalidRecord("lang", "is odd"),
        errors.RecordTooLarge(70_000, 65_536),
        errors.LogMismatch("leaf 3 differs", lane=1, position=3),
        errors.ContentMissing("0x1", "memory"),
        errors.ContentTampered("0x1", "memory", "hashes to another entry"),
        errors.ContentErased("0x1", "0x2"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_survive_copying_and_pickling(error: errors.ProofdeskError) -> None:
    for again in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert type(again) is type(error)
        assert str(again) == str(error)
        assert vars(again) == vars(error)


def test_messages_say_what_to_do() -> None:
    assert "send it the rest" in str(errors.InsufficientFunds("0xA", balance=1, needed=2))
    assert "the chain id is 31337, but the deployment says 1" in str(
        errors.DeploymentMismatch("the chain id", 1, 31337)
    )
    assert "restore that one from a backup" in str(errors.ContentMissing("0x1", "memory"))
    assert "70,000 bytes" in str(errors.RecordTooLarge(70_000, 65_536))
