"""What a payment can be made to do: by a receiver who acts while he is paid, by a carrier who starves it."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from eth_utils.crypto import keccak

from tests.helpers.claim_items import Reason, Rule
from tests.helpers.claims import AMOUNT, Filing, Office
from tests.helpers.contract import Contract, refused
from tests.helpers.desk import NOBODY
from tests.helpers.node import RevertedError
from tests.helpers.table import Status
from tests.unit.claim_desk.test_file_claim_for import pen

NOT_ENOUGH_GAS = keccak(b"NotEnoughGas(uint256)")[:4]
VAULT_LOCKED = keccak(b"VaultLocked()")[:4]
ANY_GAS = range(100_000, 600_001, 5_000)


def token_of(office: Office, name: str) -> str:
    """ETH, or a token of which the vault holds a lot."""
    if name == "ether":
        return NOBODY
    treasurer = office.people.treasurer.address
    token = Contract.deployed(office.desk.node, treasurer, "PlainToken")
    office.vault.send(treasurer, "listToken", token.address)
    token.send(treasurer, "approve", office.vault.address, 10**9)
    office.vault.send(treasurer, "deposit", token.address, 10**9)
    return token.address


def prepared(office: Office, act: str, token: str) -> tuple[str, bytes]:
    """A sender and his call that makes a payment."""
    rules = Rule(Reason.NOT_DELIVERED), Rule(Reason.OTHER, review=True)
    receipt = office.receipt(policy_id=office.published(*rules, token=token))
    if act == "fileClaimFor":
        filing = office.filing(Reason.NOT_DELIVERED, receipt=receipt)
        call = office.claims.encoded(act, *filing.arguments, filing.signature)
        return office.people.stranger.address, call
    filing = office.filing(Reason.OTHER, receipt=receipt)
    filing.file()
    office.people.agent.take(filing.ticket_id)
    said = filing.decision(office.people.agent)
    rest = filing.claim.receipt, AMOUNT, said.entry, said.seen
    return office.people.agent.address, office.claims.encoded(act, filing.ticket_id, *rest)


def outcomes(office: Office, sender: str, call: bytes, gas: Iterable[int]) -> dict[int, bytes | set[str]]:
    """For each amount of gas the vault's events, or the selector by which the call was refused."""
    found: dict[int, bytes | set[str]] = {}
    for limit in gas:
        with office.isolated():
            try:
                receipt = office.desk.node.send(sender, office.claims.address, call, gas=limit)
            except RevertedError as reverted:
                found[limit] = reverted.data[:4]
            else:
                found[limit] = {event.name for event in office.vault.events(receipt)}
    return found


@pytest.mark.parametrize("token", ["ether", "token"])
@pytest.mark.parametrize("act", ["fileClaimFor", "decide"])
def test_a_starved_payment_never_becomes_owed(office: Office, act: str, token: str) -> None:
    """At every gas that a carrier may choose it is made, or nothing at all is done."""
    sender, call = prepared(office, act, token_of(office, token))
    found = outcomes(office, sender, call, ANY_GAS)
    refusals = {each for each in found.values() if isinstance(each, bytes)}
    assert refusals == {b"", NOT_ENOUGH_GAS}
    done = [gas for gas, outcome in found.items() if isinstance(outcome, set)]
    assert done == [gas for gas in ANY_GAS if gas >= done[0]]
    closer = outcomes(office, sender, call, range(done[0] - 5_000, done[0], 100))
    for outcome in (*found.values(), *closer.values()):
        assert isinstance(outcome, bytes) or {"Paid"} <= outcome <= {"Paid", "Released"}


# ------------------------------------------------------------------------------------------------ receivers


@pytest.fixture
def payee(office: Office) -> Contract:
    """A customer who is a contract and acts as he is told."""
    return Contract.deployed(office.desk.node, office.people.admin.address, "Payee")


def filed_by(office: Office, payee: Contract, filing: Filing) -> None:
    """The contract files its claim itself."""
    call = office.claims.encoded("fileClaim", *filing.arguments)
    payee.send(office.people.stranger.address, "act", office.claims.address, call)


REFUSING = {"reverts": 1, "burns-gas": 2, "long-revert": 4, "too-heavy": 5}
ACCEPTING = {"accepts": 0, "long-answer": 3, "sends-back": 7}


@pytest.mark.parametrize("manner", [*REFUSING, *ACCEPTING])
def test_a_receiver_that_refuses_blocks_nothing(office: Office, payee: Contract, manner: str) -> None:
    """His claim is Approved and Resolved all the same, and the money is owed to him."""
    payee.send(office.people.stranger.address, "behave", (REFUSING | ACCEPTING)[manner])
    filing = office.filing(receipt=office.receipt(payee.address))
    filed_by(office, payee, filing)
    owed = AMOUNT if manner in REFUSING else 0
    assert office.vault.view("owedTo", NOBODY, payee.address) == owed
    assert office.books()[2] == owed
    assert office.order(filing)[0] == AMOUNT
    assert office.desk.ticket(filing.ticket_id).status == Status.RESOLVED
    assert office.filing().file()


def reentries(office: Office, payee: Contract) -> dict[str, bytes]:
    """Calls of every function of the claim desk that are good while no payment is under way."""
    encoded, people = office.claims.encoded, office.people
    own = office.filing(receipt=office.receipt(payee.address))
    other = office.filing()
    taken = [office.worked_on() for _ in range(2)]
    said = [each.decision(people.agent, 1) for each in taken]
    closed = office.under_review()
    people.customer.move(closed.ticket_id, Status.CLOSED)
    receipts = [each.claim.receipt for each in taken]
    return {
        "fileClaim": encoded("fileClaim", *own.arguments),
        "fileClaimFor": encoded("fileClaimFor", *other.arguments, other.signature),
        "decide": encoded("decide", taken[0].ticket_id, receipts[0], 1, said[0].entry, 2),
        "decideFor": encoded(
            "decideFor", said[1], receipts[1], pen(people.agent).seal(said[1], office.domain)
        ),
        "release": encoded("release", closed.ticket_id),
    }


@pytest.mark.parametrize("function", ["fileClaim", "fileClaimFor", "decide", "decideFor", "release"])
def test_who_is_paid_cannot_act_here_meanwhile(office: Office, payee: Contract, function: str) -> None:
    """By the lock that vault and claim desk share, before anything else is looked at."""
    call = reentries(office, payee)[function]
    payee.send(office.people.stranger.address, "reenter", office.claims.address, call)
    filing = office.filing(receipt=office.receipt(payee.address))
    filed_by(office, payee, filing)
    lets, refusals, refusal = payee.view("reentries")
    assert (lets, refusals, refusal) == (0, 1, VAULT_LOCKED)
    # He was paid, and what he tried is good again afterwards, for whoever may do it.
    assert office.order(filing)[0] == AMOUNT
    sender = office.people.agent.address if function == "decide" else office.people.stranger.address
    if function == "fileClaim":
        payee.send(sender, "act", office.claims.address, call)
    else:
        office.desk.node.send(sender, office.claims.address, call)


@pytest.mark.parametrize("function", ["deposit", "settle", "withdraw"])
def test_who_is_paid_cannot_act_on_the_vault_meanwhile(
    office: Office, payee: Contract, function: str
) -> None:
    arguments = {"deposit": (NOBODY, 0), "settle": (NOBODY, 1), "withdraw": (NOBODY, payee.address)}
    call = office.vault.encoded(function, *arguments[function])
    payee.send(office.people.stranger.address, "reenter", office.vault.address, call)
    filed_by(office, payee, office.filing(receipt=office.receipt(payee.address)))
    assert payee.view("reentries")[:2] == (0, 1)


def test_while_the_vault_pays(office: Office, payee: Contract) -> None:
    """Each function says so by its own error."""
    call = office.claims.encoded("release", bytes(32))
    with refused("NotReleasable", bytes(32)):
        office.claims.send(office.people.stranger.address, "release", bytes(32))
    payee.send(office.people.stranger.address, "reenter", office.claims.address, call)
    filed_by(office, payee, office.filing(receipt=office.receipt(payee.address)))
    refusal = office.claims.refusal(payee.view("reentries")[2])
    with refused("VaultLocked"):
        raise refusal
