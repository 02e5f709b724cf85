"""Claims as customers, agents and whoever carries for them type them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from proofdesk.claims import SignedClaim
from tests.cli.claims.till import ETHER, STATES
from tests.cli.counter import Counter
from tests.cli.test_interrupted import acts, again, lost
from tests.cli.test_resuming import kept

FOUND, USAGE, REFUSED = 1, 2, 5
CLAIM = "claim file receipt.json --reason return --amount 0.4 --evidence returned.json --account {customer}"


@pytest.fixture
def till(counter: Counter) -> Counter:
    """A receipt of one ether and evidence about it, and five ether in the vault."""
    counter.given("funded")
    return counter


def balance(counter: Counter, who: str) -> int:
    return int(counter.chain.rpc("eth_getBalance", counter.names[who], "latest"), 16)


def test_from_the_policy_to_the_refund(till: Counter) -> None:
    assert till.run("policy publish summer.toml --account {supervisor} --yes").code == 0
    sold = till.run(
        "receipt sign --order B-2 --product Lamp --price 0.25 --customer {customer} --policy summer "
        "-o lamp.json --account {shop}"
    )
    assert sold.code == 0, sold
    said = till.run("claim preview lamp.json --reason return --amount 0.2 --json")
    # 80 % of it, and no automatic limit: an agent decides.
    assert (said.code, said.json["verdict"], said.json["amount"]) == (0, "review", str(ETHER // 5))
    more = till.run("claim preview lamp.json --reason return --amount 0.2000000001")
    assert (more.code, "80% of the price 0.25 ETH is 0.2 ETH" in more.out) == (FOUND, True), more
    before = balance(till, "customer")
    done = till.run(f"{CLAIM} --json")
    assert done.code == 0, done
    found = done.json
    assert (found["verdict"], found["amount"], found["failed"]) == ("approved", str(4 * ETHER // 10), [])
    (paid,) = found["payments"]
    assert (paid["state"], paid["to"], paid["amount"]) == ("paid", till.names["customer"], found["amount"])
    assert 0 < before + 4 * ETHER // 10 - balance(till, "customer") < ETHER // 100
    till.names["claim"] = found["ticket"]
    shown = till.run("claim show {claim} --json").json
    assert (shown["state"], shown["paid"], shown["reason"]) == ("paid", found["amount"], "return")
    assert [each["ticket"] for each in till.run("claim list --receipt receipt.json --json").json] == [
        found["ticket"]
    ]
    _columns, line = till.run("claim list").out.splitlines()
    customer, day = till.names["customer"], f"{till.desk().now():%Y-%m-%d}"
    assert re.match(
        rf"{found['ticket']}\t{day}.+Z?\t{customer}\treturn\t0.4 ETH\tapproved\tpaid\t0.4 ETH", line
    )
    assert "status\tresolved" in till.run("ticket show {claim}").out
    assert till.run("ticket verify --all").code == 0


def test_a_claims_record_holds_receipt_and_evidence(till: Counter) -> None:
    till.names["claim"] = till.run(f"{CLAIM} --text Broken --json").json["ticket"]
    first = till.run("ticket history {claim} --json").json[0]["record"]
    assert first["body"] == "Broken"
    assert first["data"]["claim"]["receipt"] == json.loads(Path("receipt.json").read_text("utf-8"))


def test_a_claim_that_would_be_denied_is_filed_if_that_is_said(till: Counter) -> None:
    line = CLAIM.replace("--evidence returned.json ", "")
    asked = till.run(line)
    assert (asked.code, "It would be denied: This evidence is missing: return." in asked.err) == (USAGE, True)
    # Nothing was misspelt.
    assert "Usage" not in asked.err
    rehearsed = till.run(f"{line} --dry-run")
    assert (rehearsed.code, "It would be denied: This evidence" in rehearsed.err) == (0, True), rehearsed
    assert (acts(till), kept(till)) == (0, [])
    done = till.run(f"{line} --yes")
    assert (done.code, "denied: This evidence is missing: return.\n" in done.out) == (0, True), done
    till.names["claim"] = till.run("claim list --json").json[0]["ticket"]
    assert till.run("claim show {claim} --json").json["failed"] == ["missing_return"]
    assert "failed\tmissing_return" in till.run("claim show {claim}").out


def test_an_objection_is_answered_by_a_supervisor(till: Counter) -> None:
    line = CLAIM.replace("--evidence returned.json ", "")
    assert till.run(f"{line} --yes").code == 0
    till.names["claim"] = till.run("claim list --json").json[0]["ticket"]
    objected = till.run("ticket move {claim} escalated --text Look --account {customer}")
    assert objected.code == 0, objected
    more = till.run("claim decide {claim} 0.1 --account {supervisor}")
    assert (more.code, "0.1 ETH is more than the rule still admits" in more.err) == (REFUSED, True), more
    done = till.run("claim decide {claim} 0 --text No --account {supervisor}")
    assert (done.code, "decided: nothing is paid" in done.out) == (0, True), done
    assert "status\trejected" in till.run("ticket show {claim}").out


def test_a_preview_says_that_a_payment_would_wait(counter: Counter) -> None:
    counter.given("sold")
    line = "claim preview receipt.json --reason return --amount 0.4 --evidence returned.json"
    assert "so\t0.4 ETH waits: the vault has too little; it is paid in its turn" in counter.run(line).out
    counter.desk("treasurer").vault.deposit(4 * ETHER // 10)
    assert "so\t0.4 ETH is paid at once" in counter.run(line).out
    assert counter.run(f"{line} --json").json["covered"] is True


def test_a_policy_that_is_published_is_not_asked_about_again(till: Counter) -> None:
    assert till.run("policy publish summer.toml --account {supervisor} --yes").code == 0
    sent = till.chain.rpc("eth_blockNumber")
    again = till.run("policy publish summer.toml --account {supervisor}")
    assert (again.code, till.chain.rpc("eth_blockNumber")) == (0, sent), again
    assert "refund\t80%" in till.run("policy show summer").out


def test_quiet_leaves_the_ticket(till: Counter) -> None:
    done = till.run(f"{CLAIM} --quiet")
    assert (done.code, done.err) == (0, "")
    assert done.out.strip() == till.run("claim list --json").json[0]["ticket"]


def test_a_preview_is_of_whom_it_says(till: Counter) -> None:
    line = "claim preview receipt.json --reason return --amount 0.4 --evidence returned.json"
    assert till.run(line).code == 0
    for stranger in ("--account {agent}", "--customer {agent}", "--account {customer} --customer {agent}"):
        done = till.run(f"{line} {stranger} --json")
        assert (done.code, done.json["failed"]) == (FOUND, ["not_the_customer"])


def test_a_customer_without_gas_signs_and_is_paid(till: Counter) -> None:
    till.chain.rpc("anvil_setBalance", till.names["customer"], "0x0")
    signed = till.run(f"{CLAIM} --text Broken --sign claim.json")
    assert (signed.code, "signed\tClaim 0.4 ETH: return\n" in signed.out) == (0, True), signed
    claim = SignedClaim.from_json(Path("claim.json").read_bytes())
    assert claim.digest in signed.out
    assert "Nothing was sent. proofdesk claim carry claim.json" in signed.err
    assert Path("claim.record.json").is_file()
    carried = till.run("claim carry claim.json --account {newcomer} --json")
    assert (carried.code, carried.json["ticket"]) == (0, claim.ticket_id), carried
    assert balance(till, "customer") == 4 * ETHER // 10
    # What is on chain is told, and not filed again.
    sent = till.chain.rpc("eth_blockNumber")
    twice = till.run("claim carry claim.json --account {newcomer} --json")
    assert (twice.code, twice.json["tx_hash"]) == (0, carried.json["tx_hash"])
    told = till.run("claim carry claim.json --account {newcomer}").out
    assert told.startswith(
        f"it was there already, in block {carried.json['block']}: nothing was sent or paid\n"
    )
    assert till.chain.rpc("eth_blockNumber") == sent


def test_a_signed_claims_words_go_along(till: Counter) -> None:
    assert till.run(f"{CLAIM} --text Broken --sign claim.json").code == 0
    done = till.run("claim carry claim.json --account {newcomer} --records elsewhere")
    assert (done.code, "The words" in done.err) == (0, False), done
    assert till.run("ticket verify --all --records elsewhere").code == 0


def test_without_its_record_the_words_are_asked_for(till: Counter) -> None:
    assert till.run(f"{CLAIM} --text Broken --sign claim.json --no-record").code == 0
    done = till.run("claim carry claim.json --account {newcomer} --records elsewhere")
    assert (done.code, "The words of 1 act are not here" in done.err) == (0, True), done


@pytest.mark.parametrize("method", ["eth_sendTransaction", "eth_getTransactionReceipt"])
def test_a_claim_in_doubt_is_filed_once(till: Counter, method: str) -> None:
    line = f"{CLAIM} --text Broken"
    done = lost(till, f"{line} --timeout 1", method)
    assert (done.code in (4, 7), "--entry 0x" in done.err) == (True, True), done
    other = till.run(again(done, line.replace("0.4", "0.3")))
    assert (other.code, "is of another claim" in other.err) == (USAGE, True), other
    whose = till.run(again(done, line).replace("{customer}", "{agent}"))
    assert (whose.code, "act with that account" in whose.err) == (USAGE, True), whose
    resumed = till.run(again(done, f"{line} --json"))
    assert (resumed.code, resumed.json["verdict"]) == (0, "approved"), resumed
    assert len(till.run("claim list --json").json) == 1


def test_an_agent_decides_with_words(counter: Counter) -> None:
    counter.given("served")
    before = balance(counter, "customer")
    done = counter.run("claim decide {claim} 0.7 --text Lost --account {agent} --json")
    assert (done.code, done.json["payments"][0]["amount"]) == (0, str(7 * ETHER // 10)), done
    assert balance(counter, "customer") - before == 7 * ETHER // 10
    shown = counter.run("claim show {claim}").out
    assert f"decided\t0.7 ETH by {counter.names['agent']}" in shown
    assert "still open\t0.3 ETH" in shown
    assert counter.run("ticket history {claim} --json").json[-1]["record"]["body"] == "Lost"


def test_nothing_is_a_decision_too(counter: Counter) -> None:
    counter.given("served")
    done = counter.run("claim decide {claim} 0 --account {agent}")
    assert (done.code, "decided: nothing is paid" in done.out) == (0, True), done
    assert "state\trefused" in counter.run("claim show {claim}").out
    assert "status\trejected" in counter.run("ticket show {claim}").out


def test_a_decision_is_signed_and_carried(counter: Counter) -> None:
    counter.given("served")
    signed = counter.run("claim decide {claim} 0.7 --text Lost --account {agent} --sign decision.json")
    assert (signed.code, "signed\tPay 0.7 ETH on ticket" in signed.out) == (0, True), signed
    carried = counter.run("claim carry decision.json --account {newcomer}")
    assert (carried.code, "0.7 ETH is paid to" in carried.out) == (0, True), carried
    again = counter.run("claim carry decision.json --account {newcomer}")
    assert (again.code, "0.7 ETH is paid to" in again.out) == (0, True), again


@pytest.mark.parametrize("amount", ["0.7", "0"])
def test_a_decision_in_doubt_is_made_once(counter: Counter, amount: str) -> None:
    counter.given("served")
    line = f"claim decide {{claim}} {amount} --text Lost --account {{agent}}"
    done = lost(counter, f"{line} --timeout 1", "eth_sendTransaction")
    other = counter.run(again(done, line.replace(f" {amount} ", " 0.6 ")))
    assert (other.code, "is on chain with another act" in other.err) == (USAGE, True), other
    resumed = counter.run(again(done, line))
    assert resumed.code == 0, resumed
    assert len(counter.run("claim show {claim} --json").json["decisions"]) == 1


def test_what_the_contract_refuses_leaves_no_record(counter: Counter) -> None:
    counter.given("served")
    before = kept(counter)
    assert counter.run("claim decide {claim} 1.5 --text Lost --account {agent}").code == REFUSED
    assert kept(counter) == before


@pytest.mark.parametrize("state", STATES)
def test_every_state_is_brought_about(counter: Counter, state: str) -> None:
    counter.given(state)
    assert counter.run("check --network development").code == 0


def test_a_refused_claims_words_are_not_kept(till: Counter) -> None:
    assert till.run(f"{CLAIM} --text Broken --sign claim.json").code == 0
    assert till.run("party dismiss {shop} merchant --account {supervisor} --yes").code == 0
    done = till.run("claim carry claim.json --account {newcomer} --records elsewhere")
    assert (done.code, "SignerNotInOffice" in done.err) == (REFUSED, True), done
    assert not [path for path in Path("elsewhere").rglob("*.json") if len(path.stem) == 64]


@pytest.mark.parametrize(
    ("state", "line"),
    [
        ("funded", f"{CLAIM} --text Broken"),
        ("served", "claim decide {claim} 0.7 --text Lost --account {agent}"),
    ],
)
def test_what_could_not_be_sent_is_signed_with_the_same_words(
    counter: Counter, state: str, line: str
) -> None:
    counter.given(state)
    before = kept(counter)
    done = lost(counter, f"{line} --timeout 1", "eth_estimateGas")
    (entry,) = set(kept(counter)) - set(before)
    other = line.replace("0.4", "0.3").replace("{agent}", "{supervisor}")
    refused = counter.run(again(done, f"{other} --sign other.json"))
    assert (refused.code, Path("other.json").exists()) == (USAGE, False), refused
    signed = counter.run(again(done, f"{line} --sign signed.json"))
    assert (signed.code, entry in Path("signed.json").read_text("utf-8")) == (0, True), signed
    assert counter.run("claim carry signed.json --account {newcomer}").code == 0
    assert set(kept(counter)) == {entry, *before}
