"""What claims begin with, as files in an operator's folder and as tickets on the chain."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from proofdesk import Status
from proofdesk.claims import EvidenceKind, Reason, SignedReceipt

if TYPE_CHECKING:
    from tests.cli.counter import Counter

ETHER = 10**18
PRICE = ETHER
SUMMER = """token = "ETH"
lane = "refunds"
[return]
window = "14d"
refund = "80%"
"""
TOKEN = "0x00000000000000000000000000000000000000aa"


def sell(counter: Counter, order: str = "A-1", price: int = PRICE) -> SignedReceipt:
    """A receipt and evidence about its order in files; policies good and bad beside them."""
    receipt = counter.desk("shop").claims.sign_receipt(
        order=order,
        product="Kettle",
        price=price,
        customer=counter.names["customer"],
        policy="standard",
    )
    carrier, laboratory = counter.desk("carrier").claims, counter.desk("laboratory").claims
    items = {
        "receipt.json": receipt,
        "returned.json": carrier.sign_evidence(receipt, EvidenceKind.RETURN, "JD0021-77"),
        "finding.json": laboratory.sign_evidence(receipt, EvidenceKind.DEFECT, "cracked lid"),
        "statement.json": counter.desk("customer").claims.declare_evidence(
            receipt, EvidenceKind.STATEMENT, "It never came."
        ),
    }
    for name, item in items.items():
        Path(name).write_text(item.to_json() + "\n", encoding="utf-8")
    forged = json.loads(receipt.to_json()) | {"price": str(2 * price)}
    Path("forged.json").write_text(json.dumps(forged), encoding="utf-8")
    Path("summer.toml").write_text(SUMMER, encoding="utf-8")
    Path("standard.toml").write_text(SUMMER, encoding="utf-8")
    Path("bad.toml").write_text(SUMMER.replace("80%", "180%"), encoding="utf-8")
    Path("foreign.toml").write_text(SUMMER.replace("ETH", TOKEN).replace("[", "decimals = 6\n[", 1), "utf-8")
    Path("photo.jpg").write_bytes(b"\xff\xd8\xff")
    counter.names["order"] = receipt.receipt.order_id
    return receipt


def fund(counter: Counter) -> None:
    """As `sell`, with five ether in the vault."""
    sell(counter)
    counter.desk("treasurer").vault.deposit(5 * ETHER)


def file_for_review(counter: Counter) -> None:
    """A claim under review, whose ticket `claim` names."""
    fund(counter)
    receipt = SignedReceipt.from_json(Path("receipt.json").read_text(encoding="utf-8"))
    customer = counter.desk("customer")
    statement = customer.claims.declare_evidence(receipt, EvidenceKind.STATEMENT, "It never came.")
    filed = customer.claims.file(
        receipt, reason=Reason.NOT_DELIVERED, amount=PRICE, evidence=[statement], content="Nothing came."
    )
    counter.names["claim"] = filed.ticket.id


def serve(counter: Counter) -> None:
    """As `file_for_review`, and an agent has taken the ticket."""
    file_for_review(counter)
    certifier = counter.desk("certifier")
    certifier.certification.record_exam(
        counter.names["agent"], program="orders", level=1, score=9000, taken_at=certifier.now()
    )
    counter.desk("agent").tickets.take(counter.names["claim"])


def close(counter: Counter) -> None:
    """As `file_for_review`, and its customer has given it up."""
    file_for_review(counter)
    counter.desk("customer").tickets.move(counter.names["claim"], Status.CLOSED)


def be_late(counter: Counter) -> None:
    """As `file_for_review`, and nobody has answered in time."""
    file_for_review(counter)
    counter.pass_time(timedelta(hours=9))


def note(counter: Counter) -> None:
    """As `be_late`, and the breach was noted three days ago."""
    be_late(counter)
    counter.desk("carrier").compensation.note([counter.names["claim"]])
    counter.pass_time(timedelta(days=3))


def owe(counter: Counter) -> None:
    """A refund of 0.4 ether that its customer's address refused and takes now."""
    fund(counter)
    receipt = SignedReceipt.from_json(Path("receipt.json").read_text(encoding="utf-8"))
    returned = counter.desk("carrier").claims.sign_evidence(receipt, EvidenceKind.RETURN, "JD0021-77")
    signed = counter.desk("customer").claims.sign(
        receipt, reason=Reason.RETURN, amount=4 * ETHER // 10, evidence=[returned]
    )
    # Code that reverts whatever comes, unless asked for its signature by nobody: a key's is checked first.
    counter.chain.rpc("anvil_setCode", counter.names["customer"], "0x5f5ffd")
    counter.desk("carrier").claims.carry(signed)
    counter.chain.rpc("anvil_setCode", counter.names["customer"], "0x")


def wait(counter: Counter) -> None:
    """A refund of 0.4 ether that an empty vault could not pay, and the money for it."""
    receipt = sell(counter)
    returned = counter.desk("carrier").claims.sign_evidence(receipt, EvidenceKind.RETURN, "JD0021-77")
    counter.desk("customer").claims.file(
        receipt, reason=Reason.RETURN, amount=4 * ETHER // 10, evidence=[returned]
    )
    counter.desk("treasurer").vault.deposit(ETHER)


def sign(counter: Counter) -> None:
    """A claim that its customer signed, in claim.json."""
    fund(counter)
    line = "claim file receipt.json --reason return --amount 0.4 --evidence returned.json"
    done = counter.run(f"{line} --account {{customer}} --sign claim.json")
    assert done.code == 0, done


def sign_withdrawal(counter: Counter) -> None:
    """What the vault owes, in withdrawal.json."""
    owe(counter)
    done = counter.run("vault withdraw --to {newcomer} --account {customer} --sign withdrawal.json")
    assert done.code == 0, done


def schedule(counter: Counter) -> None:
    """A withdrawal of one ether that was announced more than a day ago."""
    fund(counter)
    counter.desk("treasurer").vault.schedule_withdrawal(ETHER)
    counter.pass_time(timedelta(days=1, minutes=1))


STATES: Mapping[str, Callable[[Counter], object]] = {
    "sold": sell,
    "funded": fund,
    "review": file_for_review,
    "served": serve,
    "given up": close,
    "late": be_late,
    "noted": note,
    "owed": owe,
    "unpaid": wait,
    "claim signed": sign,
    "withdrawal signed": sign_withdrawal,
    "scheduled": schedule,
}
