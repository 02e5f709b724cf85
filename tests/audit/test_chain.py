"""Acts, tickets and certificates: a node whose events differ from its contracts is found out, and where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from proofdesk import Desk
from proofdesk._abi import encode_call, topic
from proofdesk._reader import NodeContradicts
from proofdesk.ops.audit import Kind, audit
from proofdesk.ops.audit.differences import LISTED
from tests.audit.business import LONG_AGO, Business, Twist

ACT = topic("TicketDesk", "ActLogged")
WRITTEN = topic("AgentCertification", "CertificateWritten")


def logs(change: Callable[[dict[str, Any]], dict[str, Any] | None], first: str) -> Twist:
    """Have a node change each of its events of a name, or leave it out."""

    def twist(method: str, _params: Any, result: Any) -> Any:
        if method != "eth_getLogs":
            return result
        changed = [change(dict(log)) if log["topics"][0] == first else log for log in result]
        return [log for log in changed if log is not None]

    return twist


def answers(function: str, *arguments: object, word: int, contract: str = "TicketDesk", by: int = 1) -> Twist:
    """Have a node add to a word of what a view answers."""
    data = "0x" + encode_call(contract, function, *arguments).hex()

    def twist(method: str, params: Any, result: Any) -> Any:
        if method != "eth_call" or params[0]["data"] != data:
            return result
        at = 2 + 64 * word
        return f"{result[:at]}{int(result[at : at + 64], 16) + by:064x}{result[at + 64 :]}"

    return twist


def only(found: Any, kind: Kind) -> Any:
    """The first difference, of this kind as all are."""
    assert set(found.kinds) == {kind.value}, str(found)
    return found.first


def test_a_root_that_is_another(business: Business) -> None:
    first = only(business.lied_to(answers("root", 1, word=0)), Kind.LANE)
    assert first.where == "lane 1" and "the acts give root" in first.found


def test_an_act_at_another_time(business: Business) -> None:
    ticket = business.talk.id

    def later(log: dict[str, Any]) -> dict[str, Any]:
        is_it = log["topics"][1] == ticket and log["data"][2 + 64 * 3 :][:64] == f"{2:064x}"
        time = int(log["data"][-64:], 16) + 1
        return log | {"data": f"{log['data'][:-64]}{time:064x}"} if is_it else log

    first = only(business.lied_to(logs(later, ACT)), Kind.LANE)
    assert first.where.startswith("lane 1, leaf ") and "the first difference is in the leaves" in first.found


def test_an_act_that_is_kept_back(business: Business) -> None:
    def without(log: dict[str, Any]) -> dict[str, Any] | None:
        last = log["topics"][1] == business.moved.id and log["data"][2 + 64 : 2 + 128]
        return None if last and int(last, 16) >> 230 & 1023 == 2 else log

    found = business.lied_to(logs(without, ACT))
    assert found.first is not None and found.first.kind is Kind.LANE and "is missing" in found.first.found


def test_a_ticket_whose_word_is_another(business: Business) -> None:
    first = only(business.lied_to(answers("wordOf", business.talk.id, word=0, by=1 << 164)), Kind.TICKET)
    assert business.talk.id in first.where and "act 5 of ticket" in first.found


def test_a_certificate_that_is_another(business: Business) -> None:
    twist = answers("certificate", 1, word=2, contract="AgentCertification")
    first = only(business.lied_to(twist), Kind.CERTIFICATE)
    assert first.where == "certificate 1" and "level 2" in first.expected and "level 1" in first.found


@pytest.mark.parametrize(
    ("bit", "says"),
    [
        (184, "suspended"),  # standing, from active
        (0, "who acted"),  # the agent
        (160, "of program"),  # the program
    ],
)
def test_an_act_by_who_was_not_certified(business: Business, bit: int, says: str) -> None:
    def written(log: dict[str, Any]) -> dict[str, Any]:
        return log | {"data": f"0x{int(log['data'], 16) + (1 << bit):064x}"}

    found = business.lied_to(logs(written, WRITTEN))
    assert set(found.kinds) == {Kind.CERTIFICATE.value} and says in f"{found}", str(found)
    assert found.first is not None and found.first.where.startswith("act ")


def test_an_act_before_its_certificate(business: Business) -> None:
    found = business.lied_to(logs(lambda _: None, WRITTEN))
    first = only(found, Kind.CERTIFICATE)
    assert first.found == "none that was ever issued"


def test_an_act_after_its_certificate_had_ended(business: Business) -> None:
    def ended(log: dict[str, Any]) -> dict[str, Any]:
        return log | {"data": f"0x{int(log['data'], 16) & (1 << 224) - 1 | 1 << 224:064x}"}

    first = only(business.lied_to(logs(ended, WRITTEN)), Kind.CERTIFICATE)
    assert "valid at" in first.expected


def test_a_block_that_is_replaced_meanwhile(business: Business) -> None:
    seen = [0]

    def other(method: str, params: Any, result: Any) -> Any:
        if method != "eth_getBlockByNumber" or params[0] == "latest":
            return result
        seen[0] += 1
        return None if result is None else result | {"hash": "0x" + 32 * "12"}

    with pytest.raises(NodeContradicts, match="was replaced"):
        business.lied_to(other)
    assert seen[0]


def test_what_happens_meanwhile_is_no_difference(business: Business) -> None:
    """The desk works on while it is audited: what comes after the block is not looked at."""
    office = business.office
    done: list[int] = []

    def work(progress: int, _of: int) -> None:
        if not done:
            done.append(progress)
            old = {"body": "And now?", "created_at": LONG_AGO}
            office.customer.tickets.reply(business.talk.id, old)
            office.customer.records.message(business.talk.id, "Hello?")
            office.opened()
            office.second_agent.keys.retire()

    assert business.audit(progress=work).ok and done
    # Who has retired his key keeps no share: from the next block on that is a difference.
    assert business.kinds() == {Kind.SHARE: 1}


def test_a_thousand_are_listed_and_all_are_counted(business: Business) -> None:
    for number in range(LISTED + 7):
        business.store.put(f"0x{number:064x}", b"nothing")
        if number == 0:
            assert str(business.audit()).splitlines()[0].endswith(": 1 difference")
    found = business.audit()
    assert (found.differences, len(found.listed)) == (LISTED + 7, LISTED)
    assert f": {LISTED + 7:,} differences\n" in str(found)
    assert "… and 7 more: 1,000 are listed" in str(found)
    assert f"… and {LISTED + 6:,} more" in found.summary


def test_a_desk_without_registry_and_anchors(business: Business) -> None:
    """Desks of earlier packages have neither, and keep their records in the clear."""
    deployment = business.office.deployment
    contracts = dict(deployment.contracts)
    del contracts["KeyRegistry"], contracts["RecordAnchor"]
    older = replace(deployment, contracts=contracts)
    auditor = business.office.auditor
    found = audit(Desk(business.office.w3, older, store=business.store, keyring=auditor.keyring))
    # Who reads what is then unknown; what is on chain and in the store is looked at all the same.
    assert {Kind.STRANGER.value} >= set(found.kinds) and found.counts["tickets"] == 5
    assert "trees" not in found.counts and "shares" not in found.counts
