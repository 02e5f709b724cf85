"""Whoever asks `checkUpkeep` and calls `performUpkeep` does the same as the package's own keeper."""

from __future__ import annotations

from proofdesk import Event, Status
from proofdesk._abi import decode_result, encode_call
from proofdesk.ops.keeper import Keeper, check_data
from tests.client.claims.counter import ETHER, PRICE, Counter
from tests.keeper.clock import WAIT, at, due, now


def test_what_checkupkeep_finds_performupkeep_does(counter: Counter, keeper: Keeper) -> None:
    office = counter.office
    plain = office.desk.tickets.open(lane="cards", content="Where is my card?")
    late, given_up = counter.filed(amount=PRICE).ticket, counter.filed(amount=PRICE).ticket
    counter.treasurer.vault.withdraw_free(10 * ETHER - 2 * PRICE)
    counter.filed(amount=PRICE // 2)
    assert upkeep(counter) == {}
    at(counter, due(office.desk, late))
    office.customer.tickets.move(given_up, Status.CLOSED, content="Found it.")
    # Anyone calls; what is released pays what waited.
    assert upkeep(counter) == {"expired": 1, "noted": 2, "released": 1}
    assert upkeep(counter) == {"settled": 1}
    assert upkeep(counter) == {}
    at(counter, now(counter) + WAIT)
    counter.treasurer.vault.deposit(ETHER)
    assert upkeep(counter) == {"compensated": 2}
    # Nothing is left for a keeper, which reads the same in the events.
    assert keeper.step().transactions == 0
    assert office.desk.tickets.get(plain).status is Status.ESCALATED


def upkeep(counter: Counter) -> dict[str, int]:
    """As Chainlink Automation does it, with what `keeper check-data` prints; what was done."""
    desk = counter.office.stranger
    address = desk.deployment.contract("DeskUpkeep").address
    data, _, _ = check_data(counter.office.desk)
    call = {"to": address, "data": "0x" + encode_call("DeskUpkeep", "checkUpkeep", data).hex()}
    answer = desk.node.request("eth_call", call, "pending")
    is_needed, work = decode_result("DeskUpkeep", "checkUpkeep", bytes.fromhex(answer[2:]))
    if not is_needed:
        return {}
    result = desk.sender.send(address, encode_call("DeskUpkeep", "performUpkeep", work), gas=5_000_000)
    done = result.events[-1]
    assert isinstance(done, Event) and done.name == "UpkeepPerformed"
    return {name: count for name, count in done.arguments.items() if isinstance(count, int) and count}
