"""Receipts and evidence that outlive who signed them, and those that do not."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from proofdesk.anchors import MerkleTree
from tests.cli.counter import Counter

FOUND, USAGE, SETUP, REFUSED = 1, 2, 3, 5
ANCHOR = "receipt anchor receipt.json returned.json finding.json -o anchored --account {shop}"
DISMISS = (
    "party dismiss {shop} merchant --account {supervisor} --yes",
    "party dismiss {carrier} return --account {supervisor} --yes",
)
PREVIEW = "claim preview {folder}receipt.json --reason return --amount 0.4 --evidence {folder}returned.json"


@pytest.fixture
def till(counter: Counter) -> Counter:
    """A receipt and evidence in files, signed by who is in office."""
    counter.given("sold")
    return counter


def dismissed(counter: Counter) -> None:
    """Merchant and carrier have left office, a minute after what was before."""
    counter.pass_time(timedelta(minutes=1))
    for line in DISMISS:
        assert counter.run(line).code == 0


def test_anchored_items_outlive_their_signers(till: Counter) -> None:
    done = till.run(f"{ANCHOR} --json")
    assert (done.code, done.json["count"]) == (0, 3), done
    (tree,) = Path("anchored").glob("*.tree.json")
    assert MerkleTree.load(tree.read_bytes()).root == done.json["root"]
    dismissed(till)
    for name in ("anchored/receipt.json", "anchored/finding.json"):
        shown = till.run(f"{'receipt' if 'receipt' in name else 'evidence'} show {name}")
        assert (shown.code, "a claim may rest on it" in shown.out) == (0, True), shown
    bare = till.run("receipt show receipt.json")
    assert (bare.code, "✗" in bare.out, "it was not anchored in that time" in bare.out) == (FOUND, True, True)
    assert till.run(PREVIEW, folder="anchored/").code == 0
    refused = till.run(PREVIEW, folder="")
    assert (refused.code, "SignerNotInOffice" in refused.err) == (REFUSED, True)


def test_what_is_anchored_later_is_of_no_use_and_that_is_said(till: Counter) -> None:
    dismissed(till)
    done = till.run(ANCHOR)
    assert (done.code, "returned.json: in office:" in done.err) == (0, True), done
    shown = till.run("receipt show anchored/receipt.json")
    assert (shown.code, "it was not anchored in that time" in shown.out) == (FOUND, True), shown


def test_it_is_anchored_once(till: Counter) -> None:
    first = till.run(f"{ANCHOR} --json").json
    block = till.chain.rpc("eth_blockNumber")
    again = till.run(f"{ANCHOR} --json").json
    assert (again["tx_hash"], till.chain.rpc("eth_blockNumber")) == (first["tx_hash"], block)
    # In place too, from what has a root already.
    place = ANCHOR.replace("receipt.json", "anchored/receipt.json").replace("finding.json ", "")
    assert till.run(place).code == 0
    assert till.run("receipt show anchored/receipt.json").code == 0


def test_another_item_is_not_written_over(till: Counter) -> None:
    Path("anchored").mkdir()
    Path("anchored/receipt.json").write_bytes(Path("forged.json").read_bytes())
    done = till.run(ANCHOR)
    assert (done.code, "is there already, and is another one" in done.err) == (SETUP, True), done


def test_a_root_that_is_none_is_seen(till: Counter) -> None:
    assert till.run(ANCHOR).code == 0
    path = Path("anchored/receipt.json")
    value = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(value | {"root": "0x" + 64 * "1"}), "utf-8")
    shown = till.run("receipt show anchored/receipt.json")
    assert (shown.code, "not in the anchored root 0x1111" in shown.out) == (FOUND, True), shown


def test_a_smart_accounts_signature_holds_by_its_word(till: Counter) -> None:
    # Answers every question with the magic word of ERC-1271.
    code = "0x631626ba7e60e01b5f5260205ff3"
    till.chain.rpc("anvil_setCode", till.names["guardian"], code)
    value = json.loads(Path("receipt.json").read_text("utf-8")) | {"merchant": till.names["guardian"]}
    Path("smart.json").write_text(json.dumps(value), "utf-8")
    till.pass_time(timedelta(minutes=1))
    assert till.run("party appoint {guardian} merchant --account {supervisor}").code == 0
    shown = till.run("receipt show smart.json")
    assert f"signature\tby the smart account {till.names['guardian']}" in shown.out
    # It holds, but was dated before the account was in office.
    assert (shown.code, "and it is dated" in shown.out) == (FOUND, True), shown


def test_who_is_not_in_office_is_told_so_at_the_till(till: Counter) -> None:
    line = "evidence sign defect --receipt receipt.json --text cracked --account {carrier} -o new.json"
    done = till.run(line)
    assert (done.code, Path("new.json").is_file()) == (0, True)
    assert "as things stand the contract would refuse it: in office:" in done.err


def test_evidence_of_a_file_says_its_name_and_hash(till: Counter) -> None:
    done = till.run(
        "evidence sign photo --receipt receipt.json --of photo.jpg --declare --account {customer}"
    )
    told = "photo.jpg sha256:96c75f02cb3c1a2cc4b1b0e6d8b6d2d0e6a5b4fb3c5a3e1e0d8a0e8b8f7c6d5e"
    assert done.code == 0, done
    name, _space, digest = json.loads(done.out)["content"].partition(" ")
    assert (name, digest.startswith("sha256:"), len(digest)) == ("photo.jpg", True, 71), told
    Path("photo.json").write_text(done.out, "utf-8")
    shown = till.run("evidence show photo.json")
    assert (shown.code, "signature\tdeclared, not signed" in shown.out) == (0, True), shown


def test_a_receipt_of_another_desk_is_seen(till: Counter) -> None:
    value = json.loads(Path("receipt.json").read_text("utf-8")) | {"desk": "0x" + 40 * "1"}
    Path("other.json").write_text(json.dumps(value), "utf-8")
    shown = till.run("receipt show other.json")
    assert (shown.code, "of the desk at 0x1111" in shown.out) == (FOUND, True), shown


def test_evidence_that_nobody_signed_is_seen(till: Counter) -> None:
    value = json.loads(Path("returned.json").read_text("utf-8")) | {"signature": "0x"}
    Path("bare.json").write_text(json.dumps(value), "utf-8")
    shown = till.run("evidence show bare.json")
    assert (shown.code, "none, and this kind needs one" in shown.out) == (FOUND, True), shown


def test_a_file_holds_one_item(till: Counter) -> None:
    line = Path("receipt.json").read_text("utf-8")
    Path("two.json").write_text(line + line, "utf-8")
    done = till.run("receipt anchor two.json -o anchored --account {shop}")
    assert (done.code, "two.json holds 2 of them" in done.err) == (USAGE, True), done


def test_who_left_office_is_listed_with_his_term(till: Counter) -> None:
    dismissed(till)
    listed = {(each["account"], each["office"]): each for each in till.run("party list --json").json}
    gone = listed[till.names["carrier"], "return"]
    assert (gone["in_office"], gone["until"] is None) == (False, False)
    # His other office he has still.
    now = {(each["account"], each["office"]) for each in till.run("party list --now --json").json}
    assert now == listed.keys() - {(till.names["carrier"], "return"), (till.names["shop"], "merchant")}
    assert (till.names["carrier"], "delivery") in now


def test_an_office_is_held_once(till: Counter) -> None:
    line = "party appoint {shop} merchant --account {supervisor}"
    sent = till.chain.rpc("eth_blockNumber")
    again = till.run(line)
    told = f"{till.names['shop']} is merchant already: nothing was sent\n"
    assert (again.code, again.out, till.chain.rpc("eth_blockNumber")) == (0, told, sent)
    dismissed(till)
    late = till.run(line)
    assert (late.code, "AlreadyAppointed" in late.err) == (REFUSED, True), late
