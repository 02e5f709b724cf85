"""An order that is signed more than once, at whichever till: it is one order, and refunded once."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import pytest

from tests.cli.counter import Counter

REFUSED = 5
SIGN = (
    "receipt sign --order B-1 --product Kettle --price 0.4 --customer {customer} --policy standard "
    "--account {shop}"
)
CLAIM = "claim file {file} --reason return --amount 0.4 --evidence {proof} --account {{customer}}"
SECRET = Path("receipts.secret")


@pytest.fixture
def till(counter: Counter) -> Counter:
    """A shop in office, and five ether in the vault."""
    counter.given("funded")
    return counter


def test_an_order_that_is_printed_again_is_refunded_once(till: Counter) -> None:
    for name in ("first", "again"):
        assert till.run(f"{SIGN} -o {name}.json").code == 0
        # A second later: by its contents the reprint is another receipt.
        till.chain.rpc("evm_increaseTime", 1)
        till.chain.rpc("evm_mine")
        line = f"evidence sign return --receipt {name}.json --text JD-1 -o {name}.back.json"
        assert till.run(f"{line} --account {{carrier}}").code == 0
    assert till.run(CLAIM.format(file="first.json", proof="first.back.json")).code == 0
    twice = till.run(CLAIM.format(file="again.json", proof="again.back.json"))
    assert (twice.code, "OtherReceipt" in twice.err) == (REFUSED, True), twice


def test_the_secret_is_made_once_said_and_shown_to_nobody(till: Counter) -> None:
    made = till.run(SIGN)
    assert (made.code, made.err.count("receipts.secret is new: by it")) == (0, 1), made
    content = SECRET.read_text("ascii")
    assert re.fullmatch("[0-9a-f]{64}\n", content)
    assert stat.S_IMODE(SECRET.stat().st_mode) == 0o600
    again = till.run(SIGN)
    assert (again.code, again.err) == (0, "")
    assert content.strip() not in made.out + made.err + again.out
    # What stands in another's file is no more repeated.
    SECRET.write_text(f"{content.strip()}5a", "ascii")
    wrong = till.run(SIGN)
    assert (wrong.code, "receipts.secret holds no secret" in wrong.err) == (3, True)
    assert content.strip() not in wrong.err


def test_tills_that_share_a_secret_share_their_orders(
    till: Counter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    salts = [json.loads(till.run(SIGN).out)["salt"]]
    (tmp_path / "copy").write_bytes(SECRET.read_bytes())
    salts.append(json.loads(till.run(f"{SIGN} --secret-file {tmp_path / 'copy'}").out)["salt"])
    monkeypatch.setenv("PROOFDESK_SECRET_FILE", str(tmp_path / "another"))
    salts.append(json.loads(till.run(SIGN).out)["salt"])
    assert salts[0] == salts[1] != salts[2]


def test_what_cannot_be_signed_makes_no_secret(till: Counter) -> None:
    assert till.run(f"{SIGN} --price half").code == 2
    assert not SECRET.exists()
