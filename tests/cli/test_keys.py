"""Where a key may come from, and that it is never seen on its way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest
from eth_account import Account

from proofdesk import Call, Sender
from proofdesk.cli._failures import WrongChain
from proofdesk.cli._lines import Line, Wallet
from tests.cli.counter import Counter, Done
from tests.cli.proxy import Proxy
from tools.chain import Chain

# Of no account of the test mnemonic: the node cannot sign for it.
KEY = "0x" + 31 * "5a" + "01"
OPEN = "ticket open cards --text Help"


@pytest.fixture
def keyed(counter: Counter) -> Counter:
    """A person of her own key, with money and a keystore `ann.json` whose password is `correct horse`."""
    account = Account.from_key(KEY)
    counter.names["ann"] = account.address
    counter.chain.rpc("anvil_setBalance", account.address, hex(10**18))
    # Few iterations: this is no test of scrypt.
    encrypted = Account.encrypt(bytes.fromhex(KEY[2:]), "correct horse", kdf="pbkdf2", iterations=1000)
    Path("ann.json").write_text(json.dumps(encrypted), encoding="utf-8")
    Path("password").write_text("correct horse\n", encoding="utf-8")
    return counter


def customer(counter: Counter, done: Done) -> str:
    """Who opened the ticket that a command opened."""
    assert done.code == 0, done.err
    assert not any(secret in done.out + done.err for secret in (KEY, KEY[2:], "correct horse"))
    return counter.desk().tickets.get(done.out.strip()).customer


def test_a_keystore_with_its_password_in_a_file(keyed: Counter) -> None:
    done = keyed.run(f"{OPEN} --keystore ann.json --password-file password")
    assert customer(keyed, done) == keyed.names["ann"]


def test_a_keystore_that_hides_its_address_is_opened_by_the_same_file(keyed: Counter) -> None:
    content = json.loads(Path("ann.json").read_bytes())
    del content["address"]
    Path("ann.json").write_text(json.dumps(content), encoding="utf-8")
    done = keyed.run(f"{OPEN} --keystore ann.json --password-file password")
    assert customer(keyed, done) == keyed.names["ann"]


def test_a_keystore_with_its_password_in_the_environment(
    keyed: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROOFDESK_PASSWORD", "correct horse")
    monkeypatch.setenv("PROOFDESK_KEYSTORE", "ann.json")
    assert customer(keyed, keyed.run(OPEN)) == keyed.names["ann"]


def test_a_key_in_the_environment(keyed: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROOFDESK_KEY", KEY[2:])
    assert customer(keyed, keyed.run(OPEN)) == keyed.names["ann"]


def test_a_wallet_signs_and_sends_and_the_node_does_the_rest(keyed: Counter) -> None:
    node = Proxy(keyed.chain.url, refuses=frozenset({"eth_sendTransaction", "eth_accounts"}))
    with node.open(), Proxy(keyed.chain.url).open() as wallet:
        line = f"{OPEN} --node {node.url} --wallet {wallet.url} --account {{customer}}"
        assert customer(keyed, keyed.run(line)) == keyed.names["customer"]
    assert set(wallet.asked) == {"eth_chainId", "eth_sendTransaction"}
    assert "eth_sendTransaction" not in node.asked


def test_a_wallet_is_asked_one_by_one(keyed: Counter) -> None:
    node = Proxy(keyed.chain.url, refuses=frozenset({"eth_sendTransaction", "eth_accounts"}))
    with node.open(), Proxy(keyed.chain.url).open() as wallet:
        sender = Sender(cast(Any, Wallet(node.url, wallet.url)), keyed.names["customer"])
        nobody = "0x" + 40 * "1"
        assert len(sender.send_many([Call(nobody, b"", value) for value in (1, 2, 3)])) == 3
    assert wallet.asked == ["eth_chainId", *3 * ["eth_sendTransaction"]]


def test_a_wallet_on_another_chain_is_sent_nothing(keyed: Counter) -> None:
    with Chain.anvil(chain_id=5) as other, Proxy(other.url).open() as wallet:
        line = f"{OPEN} --wallet {wallet.url} --account {{customer}}"
        done = keyed.run(line)
        assert (done.code, "the wallet is on chain 5, the node on chain 31337" in done.err) == (4, True)
        assert not list(keyed.folder.glob("records/**/0*.json"))
        looked = keyed.run(f"doctor --wallet {wallet.url} --account {{customer}}")
        assert (looked.code, "the wallet is on chain 5" in looked.out) == (1, True)
        with pytest.raises(WrongChain):
            Wallet(keyed.chain.url, wallet.url).make_request("eth_sendTransaction", [{}])
    assert "eth_sendTransaction" not in wallet.asked


def test_what_a_wallet_signs_names_the_chain(keyed: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    whole = Line.make_request

    def seen(line: Line, method: str, params: Any) -> Any:
        sent.extend(params if method == "eth_sendTransaction" else [])
        return whole(line, method, params)

    monkeypatch.setattr(Line, "make_request", seen)
    fields = {"from": keyed.names["customer"], "to": keyed.names["agent"], "value": "0x1"}
    Wallet(keyed.chain.url, keyed.chain.url).make_request("eth_sendTransaction", [fields])
    assert sent == [fields | {"chainId": hex(31337)}]


def test_a_wallet_of_one_account_needs_no_name(keyed: Counter) -> None:
    with Proxy(keyed.chain.url).open() as wallet:
        refused = keyed.run(f"{OPEN} --wallet {wallet.url}")
        assert (refused.code, "the wallet has 20 accounts" in refused.err) == (3, True)


def test_a_wallet_that_does_not_answer(keyed: Counter) -> None:
    done = keyed.run(f"{OPEN} --wallet http://127.0.0.1:9")
    assert (done.code, "the wallet: the node" in done.err) == (4, True)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--keystore ann.json --account {customer}", "not of --account"),
        ("--keystore ann.json --wallet {url}", "from --keystore and --wallet at once"),
        ("--keystore ann.json", "no terminal to ask for the password on"),
        ("--keystore ann.json --password-file wrong", "the password does not open ann.json"),
        ("--keystore missing.json", "there is no keystore missing.json"),
        ("--keystore password", "password is no keystore"),
        ("--keystore config", "config cannot be read as a keystore: Is a directory"),
        ("--account {ann}", "the node does not sign for {ann}"),
        ("--keystore ann.json --password-file nothere", "nothere: No such file"),
        ("--keystore ann.json --password-file latin", "in latin is no text in UTF-8"),
        (
            "--keystore seed.json --password-file password",
            "is the keystore of a seed, not of an account: give",
        ),
        *((f"--keystore bad{number}.json --password-file password", "is no keystore") for number in range(5)),
    ],
)
def test_what_is_no_key(keyed: Counter, options: str, said: str) -> None:
    Path("wrong").write_text("wrong horse", encoding="utf-8")
    Path("latin").write_bytes("horse ä".encode("latin-1"))
    whole = json.loads(Path("ann.json").read_text(encoding="utf-8"))
    # As a seed's stands in one: under the same password it would open as some account's key.
    Path("seed.json").write_text(json.dumps(whole | {"proofdesk": {"kind": "seed"}}), encoding="utf-8")
    crypto = whole["crypto"]
    for number, bad in enumerate(
        (
            whole | {"version": []},
            whole | {"version": 9},
            whole | {"crypto": crypto | {"kdf": "none"}},
            whole | {"crypto": crypto | {"kdfparams": []}},
            whole | {"crypto": crypto | {"cipherparams": {"iv": "zz"}}},
        )
    ):
        Path(f"bad{number}.json").write_text(json.dumps(bad), encoding="utf-8")
    done = keyed.run(f"{OPEN} {options}")
    assert done.code == 3
    assert said.format(**keyed.names) in done.err
    assert "horse" not in done.err
    # Nothing is left of an act that was not made.
    assert not list(keyed.folder.glob("records/**/0*.json"))


def test_two_places_at_once(keyed: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROOFDESK_KEY", KEY)
    done = keyed.run(f"{OPEN} --keystore ann.json")
    assert (done.code, "from --keystore and PROOFDESK_KEY at once" in done.err) == (3, True)


def test_a_key_in_the_environment_that_is_none_is_not_repeated(
    keyed: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROOFDESK_KEY", KEY + "0")
    done = keyed.run(OPEN)
    assert (done.code, "PROOFDESK_KEY holds no private key" in done.err) == (3, True)
    assert KEY[2:] not in done.err


@pytest.mark.parametrize(
    "line",
    [
        f"{OPEN} --key {KEY}",
        f"{OPEN} --private-key={KEY}",
        f"{OPEN} --account {KEY}",
        f"{OPEN} --keystore {KEY}",
        f"{OPEN} --password secret",
        f"--account {KEY} {OPEN}",
        f"ticket open {KEY[2:]} --text Help",
        f"ticket show {KEY[2:]}",
        f"agent show x y {KEY}",
        f"{KEY}",
        f"ticket {KEY}",
    ],
)
@pytest.mark.parametrize("more", ["", " --json"])
def test_a_key_on_the_command_line_is_refused_and_never_repeated(
    keyed: Counter, line: str, more: str
) -> None:
    done = keyed.run(line + more)
    assert done.code == 2
    assert KEY[2:] not in done.out + done.err
    assert "secret" not in done.out + done.err


def test_a_new_account_can_act(keyed: Counter) -> None:
    made = keyed.run("account new new.json --password-file password")
    assert made.code == 0
    assert Path("new.json").stat().st_mode & 0o777 == 0o600
    keyed.chain.rpc("anvil_setBalance", made.out.strip(), hex(10**18))
    done = keyed.run(f"{OPEN} --keystore new.json --password-file password")
    assert customer(keyed, done) == made.out.strip()
