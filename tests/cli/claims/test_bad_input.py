"""What must not pass, as who types it is told of it: each names the value, and nothing is half done."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from proofdesk.claims import sign_receipt
from proofdesk.signed import RpcWallet
from tests.cli.claims.till import PRICE, sell
from tests.cli.counter import Counter
from tests.cli.test_resuming import kept

FOUND, USAGE, SETUP, REFUSED = 1, 2, 3, 5
CLAIM = "claim file {receipt} --reason return --amount 0.4 --evidence {evidence} --account {{customer}}"
FILES = {"receipt": "receipt.json", "evidence": "returned.json"}


@pytest.fixture
def till(counter: Counter) -> Counter:
    """A receipt of one ether and evidence about it, and five ether in the vault."""
    counter.given("funded")
    return counter


def changed(file: str, to: str, **values: object) -> None:
    """Write a signed item anew with other values, and its signature as it was."""
    value = json.loads(Path(file).read_text("utf-8"))
    Path(to).write_text(json.dumps(value | values), "utf-8")


def refused(counter: Counter, code: int, *said: str, **files: str) -> None:
    """A claim that must fail so, say so, and leave nothing behind."""
    before = counter.chain.rpc("eth_blockNumber"), kept(counter)
    done = counter.run(CLAIM.format(**FILES | files))
    assert done.code == code, done
    for text in said:
        assert text in done.err, done
    assert done.err.count("\n") <= 4
    assert (counter.chain.rpc("eth_blockNumber"), kept(counter)) == before


def denied(counter: Counter, rule: str, *said: str, **files: str) -> None:
    """A claim that would be denied for one rule, which is told in words."""
    line = CLAIM.format(**FILES | files).replace("claim file", "claim preview")
    shown = counter.run(f"{line} --json")
    assert (shown.code, shown.json["failed"]) == (FOUND, [rule]), shown
    for text in said:
        assert text in shown.json["why"][0]
    # Nobody is there to ask: it is not filed by itself.
    refused(counter, USAGE, "It would be denied:", *said, **files)


def test_an_unsigned_receipt(till: Counter) -> None:
    changed("receipt.json", "new.json", signature="0x")
    refused(till, REFUSED, f"InvalidSignature(signer {till.names['shop']})", receipt="new.json")


@pytest.mark.parametrize(
    "values",
    [
        {"price": str(2 * PRICE)},
        {"purchased_at": 1_700_000_000},
        {"customer": "0x" + 40 * "1"},
        {"order": "A-2"},
        {"policy_id": "0x" + 64 * "1"},
    ],
)
def test_a_receipt_that_was_changed(till: Counter, values: dict[str, object]) -> None:
    changed("receipt.json", "new.json", **values)
    done = till.run(CLAIM.format(**FILES | {"receipt": "new.json"}))
    assert done.code in (USAGE, REFUSED), done
    shown = till.run("receipt show new.json")
    assert shown.code in (FOUND, REFUSED)


def test_a_receipt_signed_by_nobody_in_office(till: Counter) -> None:
    changed("receipt.json", "new.json", merchant=till.names["agent"])
    refused(till, REFUSED, f"{till.names['agent']} was not in office as merchant on 2", receipt="new.json")


def test_a_receipt_of_another_customer(till: Counter) -> None:
    line = CLAIM.format(**FILES).replace("claim file", "claim preview").replace("{customer}", "{agent}")
    done = till.run(line)
    assert (done.code, "Only the customer whom the receipt names can claim." in done.out) == (FOUND, True)


def test_an_order_that_was_used(till: Counter) -> None:
    assert till.run(CLAIM.format(**FILES)).code == 0
    first = json.loads(Path("receipt.json").read_text("utf-8"))
    # The same order, signed once more, with another price.
    another = sign_receipt(
        till.deployment,
        RpcWallet(till.chain.url, till.names["shop"]),
        order="A-1",
        product="Kettle",
        price=9 * PRICE,
        customer=till.names["customer"],
        policy=first["policy_id"],
        purchased_at=till.desk().now(),
        salt=first["salt"],
    )
    Path("again.json").write_text(another.to_json(), "utf-8")
    refused(till, REFUSED, f"OtherReceipt(order_id {till.names['order']})", receipt="again.json")


def test_a_purchase_in_the_future(till: Counter) -> None:
    later = f"{till.desk().now() + timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}"
    line = (
        "receipt sign --order F-1 --product Kettle --price 1 --customer {customer} --policy standard "
        f"--purchased-at {later} -o later.json --account {{shop}}"
    )
    assert till.run(line).code == 0
    shown = till.run("claim preview later.json --reason service_failure --amount 0.1 --json")
    assert (shown.code, shown.json["failed"]) == (FOUND, ["date_in_future"])
    assert "The receipt is dated" in shown.json["why"][0]
    held = till.run("receipt show later.json")
    assert (held.code, "is in the future" in held.out) == (FOUND, True), held


def test_evidence_of_a_party_that_is_not_accredited(till: Counter) -> None:
    line = "evidence sign return --receipt receipt.json --text X --account {laboratory} -o own.json"
    assert till.run(line).code == 0
    refused(
        till,
        REFUSED,
        f"SignerNotInOffice: {till.names['laboratory']} was not in office as return on 2",
        evidence="own.json",
    )


def test_evidence_of_another_order(till: Counter) -> None:
    Path("receipt.json").rename("first.json")
    Path("returned.json").rename("theirs.json")
    sell(till, "A-2")
    refused(till, USAGE, "theirs.json is about another order than A-2: its order id", evidence="theirs.json")


def test_evidence_that_says_something_else_now(till: Counter) -> None:
    changed("returned.json", "new.json", content="JD9999-99")
    told = f"new.json: InvalidSignature(signer {till.names['carrier']})"
    refused(till, REFUSED, told, evidence="new.json")
    preview = till.run(CLAIM.format(**FILES | {"evidence": "new.json"}).replace("file", "preview", 1))
    assert (preview.code, told in preview.err) == (REFUSED, True), preview


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("relay show claim.json", "claim.json is a signed claim: proofdesk claim carry is for such"),
        ("ticket carry claim.json --account {agent}", "claim.json is a signed claim: proofdesk claim carry"),
        ("claim carry signed.json --account {agent}", "signed.json is a signed act: proofdesk ticket carry"),
        ("claim preview returned.json --reason return --amount 1", "returned.json is evidence: proofdesk"),
    ],
)
def test_a_file_of_another_kind_is_told_what_it_is_for(till: Counter, line: str, said: str) -> None:
    till.given("signed")
    assert till.run(f"{CLAIM.format(**FILES)} --sign claim.json").code == 0
    done = till.run(line)
    assert (done.code, said in done.err) == (USAGE, True), done


def test_a_receipt_of_no_order(till: Counter) -> None:
    line = "receipt sign --order {none} --product Kettle --price 1 --customer {customer} --policy standard"
    done = till.run(f"{line} --account {{shop}}", none="")
    assert (done.code, "--order is empty" in done.err) == (USAGE, True), done


def test_two_of_a_kind(till: Counter) -> None:
    refused(
        till, USAGE, "two pieces of evidence of a kind", evidence="returned.json --evidence returned.json"
    )


def test_a_receipt_of_another_desk(till: Counter) -> None:
    changed("receipt.json", "new.json", desk="0x" + 40 * "1")
    refused(till, USAGE, "claim where it was signed for", receipt="new.json")


def test_more_than_the_price(till: Counter) -> None:
    done = till.run(CLAIM.format(**FILES).replace("0.4", "1.01"))
    assert (done.code, "It asks for 1.01 ETH, and 1 ETH is left" in done.err) == (USAGE, True), done


def test_too_late(till: Counter) -> None:
    till.pass_time(timedelta(days=30, minutes=1))
    denied(till, "out_of_window", "It could be claimed until 2")


def test_without_the_evidence(till: Counter) -> None:
    denied(till, "missing_return", "This evidence is missing: return.", evidence="finding.json")


TOP = 'token = "ETH"\nlane = "refunds"\n'
RULE = '[return]\nwindow = "30d"\nrefund = "5%"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "token is missing"),
        (TOP, "return"),
        (TOP.replace("ETH", "GOLD") + RULE, "token is 'GOLD'"),
        (TOP.replace("refunds", "cellar") + RULE, "lane is 'cellar', no lane of this desk"),
        (TOP.replace("refunds", "cards") + RULE, "no claims lane"),
        (TOP + RULE.replace("refund", "percent"), "return.refund is missing"),
        (TOP + RULE.replace("30d", "30"), "return.window is '30'"),
        (TOP + RULE.replace("return", "returns"), "returns"),
        (TOP + RULE + 'evidence = ["word"]\n', "return.evidence[1] is 'word'"),
        (TOP + RULE + 'automatic_limit = "x"\n', "return.automatic_limit is 'x'"),
        (TOP + RULE + 'automatic_limit = "0.0000000000000000001"\n', "with at most 18 decimals"),
        ("token = \n", "policy.toml"),
    ],
)
def test_a_policy_file_that_is_wrong(counter: Counter, text: str, said: str) -> None:
    Path("policy.toml").write_text(text, "utf-8")
    done = counter.run("policy check policy.toml --network development")
    assert (done.code, "policy.toml" in done.err, said in done.err) == (SETUP, True, True), done
    # As well by the desk's own lanes.
    asked = counter.run("policy check policy.toml")
    assert (asked.code, said in asked.err) == (SETUP, True), asked
    block = counter.chain.rpc("eth_blockNumber")
    published = counter.run("policy publish policy.toml --account {supervisor} --yes")
    assert published.code in (SETUP, REFUSED), published
    assert counter.chain.rpc("eth_blockNumber") == block


@pytest.mark.parametrize("name", ["Summer.toml", "0x11.toml"])
def test_a_policys_name_is_a_name(counter: Counter, name: str) -> None:
    counter.given("sold")
    Path("summer.toml").rename(name)
    done = counter.run(f"policy publish {name} --account {{supervisor}} --yes")
    assert (done.code, "the file's name becomes the policy's" in done.err) == (SETUP, True), done


def test_a_published_policy_has_its_name_in_the_manifest(counter: Counter) -> None:
    counter.given("sold")
    line = "policy publish summer.toml --account {supervisor} --yes --json"
    first = counter.run(line).json
    manifest = json.loads(Path("deployments/31337/development.json").read_text("utf-8"))
    assert manifest["policies"]["summer"] == first["policy"]
    # Once more sends nothing.
    block = counter.chain.rpc("eth_blockNumber")
    assert counter.run(line).json["tx_hash"] == first["tx_hash"]
    assert counter.chain.rpc("eth_blockNumber") == block


def test_a_manifest_elsewhere_is_left_alone(counter: Counter) -> None:
    counter.given("sold")
    Path("deployments/31337/development.json").rename("mine.json")
    counter.patch.setenv("PROOFDESK_DEPLOYMENT", "mine.json")
    done = counter.run("policy publish summer.toml --account {supervisor} --yes")
    assert (done.code, "the policy has no name there, use its id" in done.err) == (0, True), done
    assert not list(Path().glob("31337/*"))


def test_a_manifest_checks_a_policy_without_a_node(counter: Counter) -> None:
    counter.given("sold")
    line = "policy check summer.toml --node http://127.0.0.1:9"
    done = counter.run(f"{line} --deployment deployments/31337/development.json")
    assert (done.code, "lane\trefunds" in done.out) == (0, True), done
    assert counter.run(f"{line} --network development").code == 0


def test_a_key_is_not_taken_for_an_id(till: Counter) -> None:
    key = "11" * 32
    for line in (f"policy show {key}", f"receipt sign --order {key} --account {{shop}}"):
        done = till.run(line)
        assert (done.code, key in done.err + done.out) == (USAGE, False), done
    # As an address; a hash is written so, too, and repeated where one is meant.
    for line in (
        f"vault show --token 0x{key}",
        f"vault withdraw --to 0x{key} --account {{shop}}",
        f"receipt sign --order A --product B --price 1 --customer 0x{key} --policy standard -o new.json "
        "--account {shop}",
    ):
        done = till.run(line)
        assert (done.code, key in done.err + done.out) == (USAGE, False), done


def test_customers_declare_what_they_may(till: Counter) -> None:
    # That it came back is not his to say.
    changed("statement.json", "own.json", kind=1)
    refused(till, REFUSED, "SignerNotInOffice", evidence="own.json")
