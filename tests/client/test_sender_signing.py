"""What is signed here is what eth-account signs, byte for byte."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from hypothesis import given, settings
from hypothesis import strategies as st

from proofdesk import Sender, TransactionError
from proofdesk.sending.signing import signing
from tests.client.office import Office, account
from tests.client.sending import RECEIVER, balance

FEES = st.integers(0, 2**96)
FIELDS = st.fixed_dictionaries(
    {
        "chainId": st.integers(1, 2**53),
        "nonce": st.integers(0, 2**64 - 2),
        "gas": st.integers(21_000, 2**40),
        "value": st.integers(0, 2**255),
        "data": st.binary(max_size=70) | st.integers(250, 70_000).map(bytes),
    },
    optional={"to": st.sampled_from([account(1).address, account(2).address])},
)
NEWER = st.fixed_dictionaries({"maxPriorityFeePerGas": FEES, "maxFeePerGas": FEES})
OLDER = st.fixed_dictionaries({"gasPrice": FEES})


@settings(max_examples=150, deadline=None)
@given(FIELDS, NEWER | OLDER, st.integers(1, 2**255))
def test_it_is_what_eth_account_signs(fields: dict[str, Any], fees: dict[str, int], key: int) -> None:
    person = Account.from_key(key.to_bytes(32, "big"))
    theirs = person.sign_transaction(fields | fees)
    assert signing(person)(fields | fees) == (theirs.raw_transaction.to_0x_hex(), theirs.hash.to_0x_hex())


def test_it_is_the_same_without_coincurve(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = {"chainId": 1, "nonce": 0, "gas": 21_000, "gasPrice": 1, "value": 1, "data": b""}
    quick = signing(account(1))(fields)
    monkeypatch.setitem(sys.modules, "coincurve", None)
    assert signing(account(1))(fields) == quick


def test_an_account_that_signs_as_it_sees_fit_is_asked(office: Office) -> None:
    asked: list[Any] = []

    class Careful(LocalAccount):
        def sign_transaction(self, transaction_dict: Any, blobs: Any = None) -> Any:
            asked.append(transaction_dict)
            return super().sign_transaction(transaction_dict, blobs)

    careful = Careful(account(3)._key_obj, Account())
    Sender(office.w3, careful).send(RECEIVER, b"", value=3)
    assert balance(office, RECEIVER) == 3 and len(asked) == 1
    Sender(office.w3, careful).send(account(15).address.lower(), b"")
    assert asked[-1]["to"] == account(15).address, "many insist on its checksum"


def test_what_the_node_signs_is_good_on_the_chain_that_was_named(office: Office) -> None:
    chain_id, address = office.chain.chain_id, account(3).address
    assert Sender(office.w3, address, chain_id=chain_id).send(RECEIVER, b"", value=3)
    with pytest.raises(TransactionError, match="nothing was done"):
        Sender(office.w3, address, chain_id=chain_id + 1).send(RECEIVER, b"", value=4, gas=21_000)
    assert balance(office, RECEIVER) == 3
