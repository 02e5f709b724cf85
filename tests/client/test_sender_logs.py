"""Whatever a contract logs that a transaction passes: its result can be read, and is not misled."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proofdesk import Act, ConnectionLost, Event, Sender
from proofdesk._abi import event_of, topic
from tests.client.office import Office, account
from tests.client.test_async import awaited

PAYEE = "0x" + 20 * "77"
ACT = topic("TicketDesk", "ActLogged")


def logging(office: Office, *topics: str, data: bytes = b"") -> None:
    """Put code at the payee's address that logs so much, whoever calls it."""
    store = b"".join(
        b"\x7f" + data[at : at + 32].ljust(32, b"\0") + b"\x61" + at.to_bytes(2, "big") + b"\x52"
        for at in range(0, len(data), 32)
    )
    pushed = b"".join(b"\x7f" + bytes.fromhex(each[2:]) for each in reversed(topics))
    log = b"\x61" + len(data).to_bytes(2, "big") + b"\x5f" + bytes([0xA0 + len(topics)])
    office.chain.rpc("anvil_setCode", PAYEE, "0x" + (store + pushed + log).hex())


def word(number: int) -> str:
    return f"0x{number:064x}"


FORGED = (ACT, word(5), word(1), word(42))
ACT_DATA = bytes(31) + b"\2" + (1 << 160).to_bytes(32, "big") + bytes(96)


@pytest.mark.parametrize(
    "topics",
    [
        (ACT,),
        (ACT, *3 * (f"0x{2**256 - 1:064x}",)),
        (topic("RefundVault", "Paid"),),
        (topic("AgentCertification", "CertificateRevoked"), word(9)),
        (),
    ],
    ids=len,
)
def test_a_log_that_fits_nothing_makes_no_receipt_unreadable(office: Office, topics: tuple[str, ...]) -> None:
    logging(office, *topics)
    for sender in (Sender(office.w3, account(3), timeout=5), office.desk.using(account(3)).sender):
        (event,) = sender.send(PAYEE, b"").events
        name = topics[0] if topics else ""
        assert event == Event(name, {"data": "0x"}, event.contract, event.log_index)  # type: ignore[union-attr]  # no act


def test_a_forged_act_is_none(office: Office) -> None:
    logging(office, *FORGED, data=ACT_DATA)
    desk = office.desk.using(account(3))
    result = desk.sender.send(PAYEE, b"")
    connected = type(desk).connect(office.w3, account=account(3), deployment=office.deployment)
    assert connected.sender.send(PAYEE, b"").acts == ()
    assert awaited(office, lambda core: core.sender.send(PAYEE, b"")).acts == ()
    assert awaited(office, lambda core: core.using(account(3)).sender.send(PAYEE, b"")).acts == ()
    assert result.acts == () and [event.name for event in result.events if isinstance(event, Event)] == [ACT]
    assert desk.result(result.tx_hash) == result
    # Who asks for nobody's acts in particular is shown what looks like one.
    assert isinstance(Sender(office.w3, account(3)).send(PAYEE, b"").events[0], Act)


def test_a_forged_event_is_none(office: Office) -> None:
    logging(office, topic("AgentCertification", "CertificateRevoked"), word(9), data=bytes(32))
    (event,) = office.desk.using(account(3)).sender.send(PAYEE, b"").events
    assert isinstance(event, Event) and event.name.startswith("0x")


def test_an_act_of_the_desk_is_one_whoever_connects(office: Office) -> None:
    opened = office.opened()
    (act,) = office.desk.tickets.acts(opened.id)
    assert office.desk.result(act.tx_hash).acts == (act,)
    again = type(office.desk).connect(office.w3, account=account(12), deployment=office.deployment)
    assert again.tickets.take(opened).acts[0].ticket_id == opened.id


@pytest.mark.parametrize("field", ["address", "topics", "data", "logIndex"])
def test_what_is_no_log_at_all_is_told(office: Office, field: str) -> None:
    log = {"address": PAYEE, "topics": [ACT], "data": "0x", "logIndex": "0x0"}
    assert isinstance(event_of(log), Event)
    del log[field]
    with pytest.raises(ConnectionLost, match="a log that is none"):
        event_of(log)


def test_a_manifest_in_lower_case_is_the_same_desks(office: Office) -> None:
    found = office.deployment
    lower = {
        name: replace(contract, address=contract.address.lower())
        for name, contract in found.contracts.items()
    }
    assert replace(found, contracts=lower).addresses == found.addresses
    assert len(found.addresses) == len(found.contracts)
