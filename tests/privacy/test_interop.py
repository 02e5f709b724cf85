"""What is sealed, kept and derived here is opened by other libraries, and the other way round."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from eth_account import Account
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from pyhpke import AEADId, CipherSuite, KDFId, KEMId

from proofdesk._words import to_hex
from proofdesk.privacy import wraps
from proofdesk.privacy.keys import Reader, ReadingKey
from proofdesk.privacy.sealed import seal, strangers, unseal, who_reads
from proofdesk.privacy.seed import Seed
from tests.conftest import SEED
from tests.privacy.people import KEYS, READERS, SCOPE, opening, peer, readers

INFO = b"purpose"
SECRET = bytes(range(32))
OTHER = CipherSuite.new(KEMId.DHKEM_X25519_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.AES256_GCM)
ANN, KEY = READERS["agents"], KEYS["agents"]
TREZOR = "letter advice cage absurd amount doctor acoustic avoid letter advice cage above"


def test_the_suite_opens_the_published_vector_of_rfc_9180() -> None:
    # From the RFC's test-vectors.json: mode 0, kem 32, kdf 1, aead 2, first encryption. Its associated data,
    # which wraps have none of, goes in by the library's own door for such tests.
    private = "497b4502664cfea5d5af0b39934dac72242a74f8480451e1aee7d6a53320333d"
    public = "430f4b9859665145a6b1ba274024487bd66f03a2dd577d7753c68d7d7d00c00c"
    enc = "6c93e09869df3402d7bf231bf540fadd35cd56be14f97178f0954db94b7fc256"
    sealed = "e5d84cd531cfb583096e7cfa9641bd3079cf3a91cda813c52deb5f512be9931980a41de125a925cdad859d5b7a"
    key = ReadingKey.from_bytes(bytes.fromhex(private))
    assert key.public.hex() == public
    opened = openssl.hpke._decrypt_with_aad(
        wraps._SUITE, bytes.fromhex(enc + sealed), key.private, b"Ode on a Grecian Urn", b"Count-0"
    )
    assert opened == b"Beauty is truth, truth beauty"


def test_pyhpke_opens_our_wraps_and_we_open_its() -> None:
    ours = wraps.seal_to(ANN, SECRET, INFO)
    private = OTHER.kem.deserialize_private_key(KEY.private_bytes())
    assert OTHER.create_recipient_context(ours[:32], private, INFO).open(ours[32:]) == SECRET
    enc, context = OTHER.create_sender_context(OTHER.kem.deserialize_public_key(ANN.key), INFO)
    assert wraps.open_with(KEY, enc + context.seal(SECRET), INFO) == SECRET


def test_hpke_core_opens_our_wraps_and_we_open_its() -> None:
    ours = wraps.seal_to(ANN, SECRET, INFO)
    opened, sealed = peer(
        {"do": "hpkeOpen", "secret": KEY.private_bytes().hex(), "sealed": ours.hex(), "info": INFO.hex()},
        {"do": "hpkeSeal", "key": ANN.key.hex(), "plain": SECRET.hex(), "info": INFO.hex()},
    )
    assert opened == SECRET.hex()
    assert wraps.open_with(KEY, bytes.fromhex(sealed), INFO) == SECRET


@pytest.mark.parametrize("body", ["x", '退款 🧾 "\\ \u2028\x7f', 1500 * "您"])
def test_another_language_reads_and_writes_sealed_records(body: str) -> None:
    ours = opening(
        body, subject="é" + chr(0x1F600), data={"😀": [1, -(2**53) + 1], "ﬀ": {"b": None, "a": True}}
    )
    content = seal(ours, SCOPE, readers("agents", "auditors"))
    where = {"chain_id": SCOPE.chain_id, "desk": SCOPE.desk}
    record = ours.record.to_json()
    mine = {"secret": KEY.private_bytes().hex(), "key": KEY.public.hex()}
    keys = [KEYS[name].public.hex() for name in ("agents", "customer", "supervisors", "auditors", "grantee")]
    read, written = peer(
        {"do": "unseal", "content": content.decode(), **where, **mine},
        {"do": "seal", "record": record, "salt": to_hex(ours.salt), "keys": keys, **where},
    )
    assert read == {"record": record, "salt": to_hex(ours.salt), "matches": True, "decoys": 2}
    for name in ("customer", "grantee"):
        assert unseal(written.encode(), SCOPE, [KEYS[name]]) == ours
    assert who_reads(written.encode(), READERS.values()) == list(READERS.values())
    assert strangers(written.encode(), SCOPE, [KEY], READERS.values()) == []


HARD = [
    '{"\u20ac":"Euro","\\r":"CR","\ufb33":"Dalet","1":"One","\U0001f600":"Face","\u0080":"Control","ö":"o"}',
    '{"numbers":[333333333,-0,0,1,9007199254740991,-9007199254740991],"literals":[null,true,false]}',
    '["\\u0000\\u001f\\b\\t\\n\\f\\r\\"\\\\/\\u007f\\u0085\\u2028\\u2029\\ud83d\\ude00"]',
    '{"\U00010000":1,"\uffff":2,"\ue000":3,"\ud7ff":4,"":5,"a":6,"A":7,"aa":8}',
    '{"a":{"b":{"c":{"d":[[[[{"z":1,"y":[]}]]]]}}},"":{}}',
]
scalars = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text()
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


def test_hard_cases_of_canonical_json_are_those_of_another_library() -> None:
    found = peer(*({"do": "canonical", "text": text} for text in HARD))
    assert [rfc8785.dumps(json.loads(text)).decode() for text in HARD] == found


@settings(max_examples=8, deadline=None)
@seed(SEED)
@given(st.lists(values, min_size=60, max_size=60))
def test_any_json_is_canonical_alike(many: list[Any]) -> None:
    found = peer(*({"do": "canonical", "text": json.dumps(value)} for value in many))
    assert [rfc8785.dumps(value).decode() for value in many] == found


def test_wallets_open_our_keystores(tmp_path: Path) -> None:
    person, password = Seed.new(), "pässwörter 您好"
    person.save(tmp_path / "seed.json", password, rounds=2)
    content = (tmp_path / "seed.json").read_text()
    entropy, wrong = peer(
        {"do": "keystore", "content": content, "password": password},
        {"do": "keystore", "content": content, "password": "another"},
    )
    assert entropy == Account.decrypt(content, password).hex()
    assert Seed(bytes.fromhex(entropy)) == person
    assert wrong is None


@pytest.mark.parametrize(
    "words",
    [Seed(bytes(range(32))).words, Seed(bytes(range(99, 131))).words, TREZOR],
    ids=("24", "too", "12"),
)
def test_another_library_derives_the_same_keys(words: str) -> None:
    person = Seed.from_words(words)
    paths = [
        "m/44'/60'/0'/0/0",
        "m/44'/60'/7'/0/0",
        "m/25519'/1'/7'",
        "m/25519'/0'/1'",
        "m/25519'/0'/2147483647'",
    ]
    (found,) = peer({"do": "derive", "words": words, "paths": paths})
    assert Seed(bytes.fromhex(found["entropy"])) == person
    accounts = [person.pseudonym(index).account.key.hex() for index in (0, 7)]
    assert accounts == found["keys"][:2]
    publics = peer(*({"do": "scalar", "key": key} for key in found["keys"][2:]))
    ours = [person.pseudonym(7).key, person.key(1), person.key(2**31 - 1)]
    assert [key.public.hex() for key in ours] == publics


def test_the_first_account_is_that_of_every_wallet() -> None:
    # What anvil, Hardhat and Ganache make of their well-known words.
    person = Seed.from_words("test test test test test test test test test test test junk")
    assert person.pseudonym(0).address == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


def test_a_private_key_of_the_library_is_a_reading_key() -> None:
    private = X25519PrivateKey.generate()
    assert Reader("Ann", ReadingKey(private).public).key == private.public_key().public_bytes_raw()
