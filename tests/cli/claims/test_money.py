"""The vault and its tokens as treasurers and customers see them; amounts are exact, whatever the token."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from proofdesk import Sender
from tests.cli.claims.test_filing import CLAIM
from tests.cli.claims.till import ETHER, SUMMER
from tests.cli.counter import PEOPLE, Counter, Done
from tests.cli.test_interrupted import DOUBT, INTERRUPTED, broken_off, lost
from tests.client.office import account
from tools.build import artifact

USAGE, REFUSED = 2, 5
MILLION = 10**6
DAY = timedelta(days=1, minutes=1)
LIST = "vault list-token {token} --account {treasurer}"


@pytest.fixture
def token(counter: Counter) -> Counter:
    """A token of six decimals, of which the customer has a million; `token` is its address."""
    sender = Sender(counter.chain.url, counter.names["customer"])
    made = sender.send(None, bytes.fromhex(artifact("PlainToken")["bytecode"].removeprefix("0x")))
    counter.names["token"] = str(made.contract)
    return counter


def listed(counter: Counter) -> None:
    """The treasurer has announced the token, and listed it a day later."""
    assert counter.run(LIST).code == 0
    counter.pass_time(DAY)
    done = counter.run(LIST)
    assert (done.code, "is on the list" in done.out) == (0, True), done


def test_a_delay_is_announced_and_kept(token: Counter) -> None:
    announced = token.run(f"{LIST} --json")
    assert (announced.code, announced.json["announced"]) == (0, True), announced
    # Before it is over the same is said again, and nothing is sent.
    block = token.chain.rpc("eth_blockNumber")
    again = token.run(f"{LIST} --json")
    assert (again.json, token.chain.rpc("eth_blockNumber")) == (announced.json, block)
    token.pass_time(DAY)
    assert "is on the list" in token.run(LIST).out
    nowhere = token.run("vault list-token 0x00000000000000000000000000000000000000aa --account {treasurer}")
    assert (nowhere.code, "there is no contract at 0x0000" in nowhere.err) == (USAGE, True), nowhere
    # Another call is another announcement.
    assert "announced" in token.run(LIST.replace("list-token", "delist-token")).out


def test_amounts_of_a_token_are_in_its_unit(token: Counter) -> None:
    listed(token)
    refused = token.run("vault deposit 0.0000001 --token {token} --account {customer}")
    assert (refused.code, "of PLN such as 0.5" in refused.err, "at most 6 decimals" in refused.err) == (
        USAGE,
        True,
        True,
    ), refused
    done = token.run("vault deposit 12.5 --token {token} --account {customer}")
    assert (done.code, "the vault holds 12.5 PLN, of it free 12.5 PLN" in done.out) == (0, True), done
    shown = token.run("vault show --token {token} --json").json
    assert (shown["balance"], shown["unit"], shown["decimals"]) == (str(12_500_000), "PLN", 6)
    assert "free\t12.5 PLN" in token.run("vault show --token {token}").out


def test_a_refund_in_a_token(token: Counter) -> None:
    listed(token)
    assert token.run("vault deposit 100 --token {token} --account {customer}").code == 0
    text = SUMMER.replace('"ETH"', f'"{token.names["token"]}"\ndecimals = 6')
    text += 'automatic_limit = "20"\nevidence = []\n'
    Path("plain.toml").write_text(text, "utf-8")
    assert "paid at once up to\t20 0x" in token.run("policy check plain.toml --network development").out
    assert token.run("policy publish plain.toml --account {supervisor} --yes").code == 0
    assert "paid at once up to\t20 PLN" in token.run("policy show plain").out
    sold = token.run(
        "receipt sign --order C-1 --product Cup --price 24.99 --customer {customer} --policy plain "
        "-o cup.json --account {shop}"
    )
    assert (sold.code, "24.99 PLN" in sold.out) == (0, True), sold
    assert json.loads(Path("cup.json").read_text("utf-8"))["price"] == "24990000"
    done = token.run("claim file cup.json --reason return --amount 19.992 --account {customer}")
    assert (done.code, "19.992 PLN is paid to" in done.out) == (0, True), done


def test_a_policy_of_a_token_that_is_not_listed(token: Counter) -> None:
    text = SUMMER.replace('"ETH"', f'"{token.names["token"]}"\ndecimals = 6')
    Path("plain.toml").write_text(text, "utf-8")
    done = token.run("policy publish plain.toml --account {supervisor} --yes")
    assert (done.code, "TokenNotListed" in done.err, token.names["token"] in done.err) == (
        REFUSED,
        True,
        True,
    )
    Path("plain.toml").write_text(text.replace("= 6", "= 18"), "utf-8")
    wrong = token.run("policy publish plain.toml --account {supervisor} --yes")
    assert (wrong.code, "decimals is 18, and the token says 6" in wrong.err) == (3, True), wrong
    deposit = token.run("vault deposit 1 --token {token} --account {customer}")
    assert (deposit.code, "TokenNotListed" in deposit.err) == (REFUSED, True), deposit


def test_a_token_is_not_called_ether(token: Counter) -> None:
    name = b"ETH".ljust(32, b"\0").hex()
    # symbol() is that text; every other question is answered by 6.
    code = f"5f3560e01c6395d89b411460165760065f5260205ff35b60205f5260036020527f{name}60405260605ff3"
    token.chain.rpc("anvil_setCode", token.names["token"], f"0x{code}")
    shown = token.run("vault show --token {token}")
    assert (shown.code, "ETH" in shown.out) == (0, False), shown
    assert f"free\t0.000006 {token.names['token'][:10]}" in shown.out


def test_an_empty_vault_loses_no_claim(counter: Counter) -> None:
    counter.given("sold")
    done = counter.run(f"{CLAIM} --json")
    assert (done.code, done.json["verdict"], done.json["payments"][0]["state"]) == (0, "approved", "pending")
    assert counter.run("vault show").out.count("0.4 ETH") == 1
    assert "runway\t0s" in counter.run("vault show").out
    (waiting,) = counter.run("vault pending --json").json
    assert (waiting["id"], waiting["amount"]) == (done.json["ticket"], str(4 * ETHER // 10))
    refused = counter.run("vault settle --account {agent}")
    assert (refused.code, "the vault lacks 0.4 ETH for the first" in refused.err) == (REFUSED, True), refused
    some = counter.run("vault deposit 0.1 --account {agent}")
    assert "0.4 ETH waits for money: for the first of it 0.3 ETH is lacking" in some.out
    paid = counter.run("vault deposit 1 --account {agent}")
    assert "0.4 ETH waits for money: proofdesk vault settle pays" in paid.out
    before = counter.chain.rpc("eth_getBalance", counter.names["customer"], "latest")
    assert counter.run("vault settle --account {agent}").code == 0
    after = counter.chain.rpc("eth_getBalance", counter.names["customer"], "latest")
    assert int(after, 16) - int(before, 16) == 4 * ETHER // 10
    none = counter.run("vault settle --account {agent}")
    assert (none.code, "NothingToSettle: no payment of ETH waits" in none.err) == (REFUSED, True), none


def test_the_runway_is_told(counter: Counter) -> None:
    counter.given("funded")
    assert "runway\tnothing was paid in that time" in counter.run("vault show").out
    assert counter.run(CLAIM).code == 0
    # Of minutes it is worth little, and says so.
    young = counter.run("vault show").out
    assert re.search(r"runway\t.+, by no more than .+ of payments\n", young), young
    counter.pass_time(timedelta(days=10))
    assert "by no more than" not in counter.run("vault show").out
    shown = counter.run("vault show --days 10 --json").json
    # 4.6 ether left, 0.4 in ten days: 115 days, and a little for the time before.
    assert 115 * 86_400 <= shown["runway"] <= 117 * 86_400


def test_what_is_owed_goes_where_its_owner_says(counter: Counter) -> None:
    counter.given("withdrawal signed")
    before = int(counter.chain.rpc("eth_getBalance", counter.names["newcomer"], "latest"), 16)
    assert counter.run("vault carry withdrawal.json --account {agent}").code == 0
    after = int(counter.chain.rpc("eth_getBalance", counter.names["newcomer"], "latest"), 16)
    assert after - before == 4 * ETHER // 10
    assert counter.run("vault owed {customer}").out == "0 ETH\n"


@pytest.mark.parametrize("breaking", [lost, broken_off])
@pytest.mark.parametrize("has_key", [False, True])
@pytest.mark.parametrize(
    ("words", "state"), [("vault deposit 1", "funded"), ("vault execute-withdrawal 1", "scheduled")]
)
def test_money_in_doubt_is_looked_for_before_it_is_moved_again(
    counter: Counter,
    words: str,
    state: str,
    breaking: Callable[[Counter, str, str], Done],
    has_key: bool,
) -> None:
    line, method = f"{words} --account {{treasurer}}", "eth_sendTransaction"
    if has_key:
        line, method = words, "eth_sendRawTransaction"
        counter.patch.setenv("PROOFDESK_KEY", f"0x{bytes(account(PEOPLE['treasurer']).key).hex()}")
    counter.given(state)
    done = breaking(counter, line, method)
    assert done.code == (DOUBT if breaking is lost else INTERRUPTED), done
    for said in ("Look before you run this again", "by `proofdesk vault show`", "the vault held 5 ETH"):
        assert said in done.err
    # Nobody is told to do it twice.
    assert "call again" not in done.err
    assert ("(0x" in done.err) is (has_key and breaking is lost)


def test_a_treasurer_takes_what_he_announced(counter: Counter) -> None:
    counter.given("funded")
    line = "vault {verb} 1 --to {newcomer} --account {treasurer}"
    refused = counter.run(line, verb="execute-withdrawal")
    assert (refused.code, "schedule the call first" in refused.err) == (REFUSED, True), refused
    assert counter.run(line, verb="schedule-withdrawal").code == 0
    assert f"announced\t1 ETH to {counter.names['newcomer']} from 20" in counter.run("vault show").out
    (coming,) = counter.run("vault show --json").json["announced"]
    assert coming["amount"] == str(ETHER)
    early = counter.run(line, verb="execute-withdrawal")
    assert (early.code, "its delay is not over" in early.err) == (REFUSED, True), early
    assert re.search(r"again from 20\S+Z on, within a week", early.err), early
    counter.pass_time(DAY)
    assert counter.run(line, verb="execute-withdrawal").code == 0
    after = counter.run("vault show").out
    assert ("free\t4 ETH" in after, "announced" in after) == (True, False)


def test_more_than_is_free_is_told_in_the_unit(counter: Counter) -> None:
    counter.given("review")
    line = "vault {verb} 4.5 --account {treasurer}"
    before = counter.chain.rpc("eth_blockNumber")
    early = counter.run(line, verb="schedule-withdrawal")
    assert (early.code, "4.5 ETH is more than is free: 4 ETH" in early.err) == (REFUSED, True), early
    assert counter.chain.rpc("eth_blockNumber") == before
    counter.desk("treasurer").vault.deposit(ETHER)
    assert counter.run(line, verb="schedule-withdrawal").code == 0
    assert counter.run(line.replace("4.5", "1"), verb="schedule-withdrawal").code == 0
    counter.pass_time(DAY)
    assert counter.run(line.replace("4.5", "1"), verb="execute-withdrawal").code == 0
    done = counter.run(line, verb="execute-withdrawal")
    assert (done.code, "4.5 ETH is more than is free: 4 ETH" in done.err) == (REFUSED, True), done


def test_when_a_compensation_is_due_is_told(counter: Counter) -> None:
    counter.given("late")
    assert counter.run("compensation note {claim} --account {agent}").code == 0
    shown = counter.run("compensation show {claim} --json").json
    assert (shown["due"], shown["paid"]) == (False, False)
    early = counter.run("compensation pay {claim} --account {agent}")
    assert (early.code, " is due at 2" in early.err) == (REFUSED, True), early
    due = early.err.rsplit(" ", 1)[1].strip()
    assert f"to be paid from\t{due}" in counter.run("compensation show {claim}").out
    counter.pass_time(timedelta(days=3))
    assert "due\tyes" in counter.run("compensation show {claim}").out
    paid = counter.run("compensation pay {claim} --account {agent} --json")
    assert (paid.code, paid.json["payments"][0]["amount"]) == (0, str(ETHER // 100)), paid
    assert "paid\tyes" in counter.run("compensation show {claim}").out
    again = counter.run("compensation pay {claim} --account {agent}")
    assert again.out.startswith("it was paid before, in block "), again


def test_a_keepers_other_deeds_are_not_told_as_a_compensations(counter: Counter) -> None:
    counter.given("late")
    other = counter.desk("customer").tickets.open(lane="cards", content="Where is my card?").id
    counter.run("compensation note {claim} --account {agent}")
    counter.pass_time(timedelta(days=3))
    kept = counter.run("keeper once --account {newcomer} --json")
    assert kept.json["transactions"] == 1, (kept, counter.run("compensation show {claim} --json"))
    paid = counter.run("compensation pay {claim} --account {agent}")
    assert (paid.code, paid.out.count("0.01 ETH is paid to"), other in paid.out) == (0, 1, False), paid
    assert "nothing was sent" in paid.out
