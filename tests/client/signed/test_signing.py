"""The pure functions: what they sign, and what they refuse before anything is signed."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount

from proofdesk import (
    Actor,
    ConfigurationError,
    Deployment,
    InvalidArgument,
    SignedAct,
    Signer,
    SmartAccount,
    Status,
    Ticket,
    keystore,
    sign_move,
    sign_open,
    sign_rate,
    sign_reply,
    sign_take,
)
from proofdesk._checks import MAX_INTEGER
from proofdesk._deployments import Contract
from proofdesk.signed.signers import sign
from tests.client.signed.examples import CHAIN, DEADLINE, DESK, ENTRY, KEY, STRANGER, TICKET, message
from tests.client.signed.wallets import Gives, InParts, Whole

DEPLOYMENT = Deployment(
    desk="demo",
    chain_id=CHAIN,
    genesis_hash="0x" + 64 * "0",
    created="2026-01-01T00:00:00Z",
    contracts={"TicketDesk": Contract(DESK, (), "", 0, "", "")},
    lanes={"cards": 3},
)


def ticket(**changes: Any) -> Ticket:
    """A ticket as it was read: Open, after four acts."""
    fields: dict[str, Any] = {
        "id": TICKET,
        "customer": KEY.address,
        "status": Status.OPEN,
        "rating": None,
        "breached": False,
        "lane": 3,
        "turn": None,
        "certificate_id": 9,
        "due_at": None,
        "acts": 4,
        "budget": timedelta(0),
    }
    return Ticket(**fields | changes)


def signed(act: str, signer: Signer = KEY, **changes: Any) -> SignedAct:
    """One act, signed, with one argument changed."""
    functions: dict[str, tuple[Callable[..., SignedAct], dict[str, Any]]] = {
        "open": (sign_open, {"lane": 3}),
        "take": (sign_take, {"ticket": TICKET, "certificate": 9}),
        "move": (sign_move, {"ticket": ticket(), "to": Status.RESOLVED}),
        "reply": (sign_reply, {"ticket": ticket(), "kind": Actor.AGENT}),
        "rate": (sign_rate, {"ticket": ticket(), "score": 5}),
    }
    function, arguments = functions[act]
    return function(DEPLOYMENT, signer, **{**arguments, "entry": ENTRY, "deadline": DEADLINE, **changes})


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("act", ["open", "take", "move", "rate"])
def test_each_act_is_signed_as_eth_account_signs_it(
    act: str, fast: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not fast:
        monkeypatch.setitem(sys.modules, "coincurve", None)
    made = signed(act)
    assert dict(made.message) == message(act)
    assert (made.chain_id, made.desk) == (CHAIN, DESK)
    assert made.signature == KEY.sign_typed_data(full_message=made.typed_data).signature.to_0x_hex()
    assert made.is_signed_by_key()


def test_what_may_be_named_otherwise() -> None:
    assert signed("open", lane="cards") == signed("open")
    assert signed("open", entry=bytes.fromhex(ENTRY[2:])) == signed("open")
    assert signed("take", ticket=ticket()) == signed("take")
    assert signed("rate", ticket=TICKET) == signed("rate")
    assert signed("move", to=5) == signed("move")


@pytest.mark.parametrize(
    ("kind", "status", "to"),
    [
        (Actor.CUSTOMER, Status.NEW, Status.NEW),
        (Actor.CUSTOMER, Status.WAITING, Status.OPEN),
        (Actor.CUSTOMER, Status.RESOLVED, Status.OPEN),
        (Actor.CUSTOMER, Status.REJECTED, Status.ESCALATED),
        (Actor.AGENT, Status.OPEN, Status.WAITING),
        (Actor.AGENT, Status.ON_HOLD, Status.OPEN),
        (Actor.SUPERVISOR, Status.WAITING, Status.ESCALATED),
        (Actor.SUPERVISOR, Status.ESCALATED, Status.ESCALATED),
    ],
)
def test_a_reply_leads_where_a_direct_one_does(kind: Actor, status: Status, to: Status) -> None:
    made = signed("reply", kind=kind, ticket=ticket(status=status))
    assert (made.message["from"], made.message["to"], made.message["seen"]) == (status, to, 4)


@pytest.mark.parametrize(
    ("act", "changes", "named"),
    [
        ("open", {"lane": 0}, "lane"),
        ("open", {"lane": 65_536}, "lane"),
        ("open", {"lane": -1}, "lane"),
        ("open", {"entry": "0x" + 64 * "0"}, "entry"),
        ("open", {"entry": "0x12"}, "entry"),
        ("open", {"entry": None}, "entry"),
        ("take", {"certificate": 0}, "certificateId"),
        ("take", {"certificate": None}, "certificateId"),
        ("take", {"ticket": "0x12"}, "ticket"),
        ("move", {"ticket": TICKET}, "as it was read"),
        ("move", {"ticket": ticket(status=Status.NONE)}, "from"),
        ("move", {"ticket": ticket(acts=1023)}, "seen"),
        ("move", {"to": Status.NONE}, "to"),
        ("move", {"to": 10}, "to"),
        ("move", {"to": "resolved"}, "to"),
        ("reply", {"ticket": TICKET}, "as it was read"),
        ("reply", {"kind": Actor.ANYONE}, "ANYONE"),
        ("reply", {"kind": None}, "kind"),
        ("rate", {"score": 0}, "score"),
        ("rate", {"score": 6}, "score"),
        ("rate", {"score": True}, "score"),
        ("rate", {"deadline": datetime(2100, 1, 1)}, "time zone"),
        ("rate", {"deadline": datetime(2020, 1, 1, tzinfo=timezone.utc)}, "over"),
        ("rate", {"deadline": 1}, "over"),
        ("rate", {"deadline": timedelta(seconds=-2)}, "over"),
        ("rate", {"deadline": "tomorrow"}, "tomorrow"),
        ("rate", {"deadline": True}, "True"),
        ("rate", {"deadline": 2**53}, "deadline"),
    ],
)
def test_what_cannot_be_meant_is_refused(act: str, changes: dict[str, Any], named: str) -> None:
    # Whoever is asked to sign would raise something else.
    signer = Gives(KEY.address, None)
    with pytest.raises(InvalidArgument, match=named) as caught:
        signed(act, signer, **changes)
    assert "gave no signature" not in str(caught.value)


def test_an_unknown_lane_is_named() -> None:
    with pytest.raises(ConfigurationError, match="refunds"):
        signed("open", lane="refunds")


def test_deadlines() -> None:
    assert signed("rate", deadline=datetime(2033, 5, 18, 3, 33, 20, tzinfo=timezone.utc)).deadline == DEADLINE
    usual = {"open": 86_400, "take": 86_400, "move": 86_400, "rate": 3_600}
    for act, given, seconds in (
        *((act, None, usual[act]) for act in usual),
        ("rate", timedelta(minutes=1), 60),
    ):
        before = int(time.time())
        assert before <= signed(act, deadline=given).deadline - seconds <= int(time.time())


@pytest.mark.parametrize(
    "deadline", [1_795_361_932_214, timedelta(days=3654), datetime(9999, 1, 1, tzinfo=timezone.utc)]
)
def test_a_deadline_that_nobody_lives_to_see_is_refused(deadline: Any) -> None:
    """As of JavaScript's Date.now(), which are milliseconds: nothing that is signed is called back."""
    with pytest.raises(InvalidArgument, match="more than ten years ahead"):
        signed("rate", deadline=deadline)
    assert signed("rate", deadline=MAX_INTEGER).deadline == MAX_INTEGER


# ---------------------------------------------------------------------------------------------------- signers


class Cautious(LocalAccount):
    """A key that signs typed data in a way of its own."""

    def sign_typed_data(self, *_: Any, **__: Any) -> Any:
        raise PermissionError("not today")


def test_any_signer_gives_the_same() -> None:
    for signer in (Whole(KEY), InParts(KEY)):
        assert signed("move", signer) == signed("move")


def test_a_key_that_signs_in_its_own_way_is_asked() -> None:
    with pytest.raises(PermissionError, match="not today"):
        signed("move", Cautious(KEY._key_obj, Account))


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (None, "gave no signature, but a NoneType"),
        ("0xzz", "gave no signature"),
        (2**62, "gave no signature, but a int"),
        (b"", "has 0 bytes, not 65"),
        (bytes(64), "has 64 bytes, not 65"),
        ("0x" + 66 * "11", "has 66 bytes, not 65"),
        (bytes(65), "is another key's"),
        (32 * b"\x11" + 32 * b"\x22" + b"\x1b", "is another key's"),
    ],
    ids=repr,
)
def test_what_is_not_the_keys_signature_is_refused(given: object, problem: str) -> None:
    with pytest.raises(InvalidArgument, match=problem):
        signed("move", Gives(KEY.address, given))


def test_a_wallet_that_signs_for_another_account_is_refused() -> None:
    other = signed("move", STRANGER).signature
    with pytest.raises(InvalidArgument, match="is another key's"):
        signed("move", Gives(KEY.address, other))
    with pytest.raises(InvalidArgument, match="was to sign it"):
        sign(signed("move"), STRANGER)


class Changing(Whole):
    """Says after some looks that it is another account than the one it signs with."""

    def __init__(self, looks: int) -> None:
        super().__init__(STRANGER)
        self.looks = looks

    @property
    def address(self) -> str:
        self.looks -= 1
        return str((KEY if self.looks >= 0 else STRANGER).address)


@pytest.mark.parametrize("looks", range(1, 6))
def test_a_signer_that_changes_its_address_meanwhile_signs_nothing(looks: int) -> None:
    with pytest.raises(InvalidArgument, match=r"is another key's|was to sign it"):
        sign(signed("move"), Changing(looks))


def test_a_smart_accounts_signature_is_its_owners_or_its_own() -> None:
    account = STRANGER.address
    made = signed("move", SmartAccount(account, KEY))
    assert made.signer == account and not made.is_signed_by_key()
    own = KEY.unsafe_sign_hash(bytes.fromhex(made.digest[2:])).signature.to_0x_hex()
    assert made.signature == own
    # Put in the contract's form where the owner's key made it, otherwise left alone.
    assert signed("move", SmartAccount(account, InParts(KEY))).signature == own
    for raw in (b"", bytes(65), bytes(7680), 64 * b"\x11" + b"\1"):
        wrapped = signed("move", SmartAccount(account, Gives(account, raw)))
        assert wrapped.signature == "0x" + raw.hex()


@pytest.mark.parametrize(
    "signer", [None, "0x" + 64 * "5", KEY.address, object(), Gives("0x" + 64 * "5", b"")]
)
def test_what_is_no_signer_is_refused_and_not_shown(signer: Any) -> None:
    with pytest.raises(InvalidArgument, match="signer") as caught:
        signed("move", signer)
    assert 10 * "5" not in str(caught.value)


def test_what_has_an_address_only_signs_nothing() -> None:
    for signer in (
        SimpleNamespace(address=KEY.address),
        SimpleNamespace(sign_typed_data=KEY.sign_typed_data),
    ):
        with pytest.raises(InvalidArgument, match="address and sign_typed_data"):
            signed("move", signer)


def test_a_signers_address_that_is_misspelt_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="checksum"):
        signed("move", Gives(KEY.address.swapcase().replace("X", "x", 1), b""))


def kept(folder: Path, **changes: Any) -> Path:
    """A keystore file of KEY, which opens fast."""
    path = folder / "keystore.json"
    path.write_text(json.dumps(Account.encrypt(KEY.key, "secret", kdf="pbkdf2", iterations=2) | changes))
    return path


def test_a_keystore_signs(tmp_path: Path) -> None:
    assert signed("move", keystore(kept(tmp_path), "secret")) == signed("move")


def test_what_is_no_keystore_is_told_without_its_secrets(tmp_path: Path) -> None:
    path = kept(tmp_path)
    with pytest.raises(ConfigurationError, match="is not opened by this password") as caught:
        keystore(path, "guessed")
    assert "guessed" not in str(caught.value) and caught.value.__suppress_context__
    for text in ("null", "[1]", "{}", "not json", '{"crypto": {}}', '{"crypto": 1}'):
        path.write_text(text)
        with pytest.raises(ConfigurationError, match="is no keystore"):
            keystore(path, "secret")
    with pytest.raises(ConfigurationError, match="version 3"):
        keystore(kept(tmp_path, version=9), "secret")
    with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
        keystore(tmp_path / "none.json", "secret")
    with pytest.raises(ConfigurationError, match="of a seed, not of an account: open it by"):
        keystore(kept(tmp_path, proofdesk={"kind": "seed"}), "secret")
