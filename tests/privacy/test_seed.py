"""Seeds: the same keys from the same words, kept under a password, told to nobody by mistake."""

from __future__ import annotations

import copy
import errno
import json
import pickle
import stat
from collections.abc import Callable
from hashlib import scrypt
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from hypothesis import given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from proofdesk._errors import ConfigurationError, InvalidArgument
from proofdesk._words import keccak
from proofdesk.privacy.seed import Seed
from tests.conftest import SEED

TEST_WORDS = "test " * 11 + "junk"
ENTROPY = bytes(range(32))
PASSWORD = "correct horse"


def saved(path: Path, entropy: bytes = ENTROPY, **changes: Any) -> Path:
    """A keystore of a seed with some members changed; None takes one out."""
    file = path / "seed.json"
    Seed(entropy).save(file, PASSWORD, rounds=2)
    value = json.loads(file.read_text()) | changes
    file.write_text(json.dumps({name: item for name, item in value.items() if item is not None}))
    return file


def test_a_new_seed_has_24_words_and_is_another_each_time() -> None:
    one = Seed.new()
    assert len(one.words.split()) == 24
    assert Seed.from_words(one.words) == one != Seed.new()
    assert len({one, Seed.from_words(one.words)}) == 1


@settings(max_examples=50, deadline=None)
@seeded(SEED)
@given(st.sampled_from([16, 20, 24, 28, 32]).flatmap(lambda size: st.binary(min_size=size, max_size=size)))
def test_words_give_back_what_they_were_made_of(entropy: bytes) -> None:
    seed = Seed(entropy)
    assert Seed.from_words(f"\n {seed.words.upper()} ".replace(" ", "  \t")) == seed


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("", "not 0"),
        ("test " * 11, "not 11"),
        ("test " * 13, "not 13"),
        ("test " * 10 + "tset junk", "word 11 is none"),
        ("junk " + "test " * 11, "do not belong together"),
        ("test " * 12, "do not belong together"),
    ],
)
def test_words_that_are_no_seed_are_not_repeated(words: str, problem: str) -> None:
    with pytest.raises(InvalidArgument, match=problem) as caught:
        Seed.from_words(words)
    assert "tset" not in str(caught.value) and "junk" not in str(caught.value)


def test_swapped_or_misread_words_are_noticed() -> None:
    words = Seed(ENTROPY).words.split()
    for place in range(23):
        swapped = words.copy()
        swapped[place : place + 2] = reversed(swapped[place : place + 2])
        if swapped != words:
            # One in 256 swaps has the right checksum; these words have none.
            with pytest.raises(InvalidArgument):
                Seed.from_words(" ".join(swapped))


def test_keys_and_pseudonyms_are_all_different_and_always_the_same() -> None:
    seed, again = Seed(ENTROPY), Seed(ENTROPY)
    keys = [seed.key(version) for version in range(1, 5)]
    people = [seed.pseudonym(index) for index in range(5)]
    assert len({*keys, *(person.key for person in people)}) == 9
    assert len({person.address for person in people}) == 5
    assert keys == [again.key(version) for version in range(1, 5)]
    assert [person.address for person in people] == [again.pseudonym(index).address for index in range(5)]
    assert seed.key() == seed.key(1)
    assert Account.from_key(people[3].account.key).address == people[3].address


@pytest.mark.parametrize("number", [-1, 2**31, 2**32, 1.0, "1", True, None])
def test_numbers_that_no_path_has(number: Any) -> None:
    for derive in (Seed(ENTROPY).key, Seed(ENTROPY).pseudonym):
        with pytest.raises(InvalidArgument, match="whole number from 0"):
            derive(number)


def test_a_seed_shows_nothing_of_itself() -> None:
    seed = Seed(ENTROPY)
    person = seed.pseudonym(0)
    shown = repr(seed) + str(seed) + repr(person) + f"{[seed, person]}"
    secrets = [
        *seed.words.split()[:3],
        ENTROPY.hex(),
        person.account.key.hex(),
        person.key.private_bytes().hex(),
    ]
    assert not [secret for secret in secrets if secret in shown]
    assert repr(person) == "Pseudonym(index=0)"


def test_a_keystore_gives_back_the_seed(tmp_path: Path) -> None:
    file = tmp_path / "seed.json"
    for password in ("x", PASSWORD, "pässwörter 您好 🔑"):
        file.unlink(missing_ok=True)
        Seed(ENTROPY).save(file, password, rounds=2)
        assert Seed.load(file, password) == Seed.load(str(file), password) == Seed(ENTROPY)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    content = file.read_text()
    assert "address" not in content
    assert json.loads(content)["proofdesk"] == {"kind": "seed"}
    assert not [word for word in Seed(ENTROPY).words.split() if word in content]


def test_a_keystore_is_as_hard_to_guess_as_wallets_have_it(tmp_path: Path) -> None:
    Seed(ENTROPY).save(tmp_path / "seed.json", PASSWORD)
    theirs = Account.encrypt(ENTROPY, PASSWORD)["crypto"]["kdfparams"]
    ours = json.loads((tmp_path / "seed.json").read_text())["crypto"]["kdfparams"]
    assert ours | {"salt": ""} == theirs | {"salt": ""}
    assert Seed.load(tmp_path / "seed.json", PASSWORD) == Seed(ENTROPY)


def test_a_keystore_has_an_iv_of_full_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """eth-keyfile writes it as a number, without the zeros in front of it."""
    given = iter([bytes(16), bytes(16), bytes(16), bytes(15) + b"\1", bytes(16), 16 * b"\7"])
    monkeypatch.setattr("eth_keyfile.keyfile.Random.get_random_bytes", lambda _size: next(given))
    Seed(ENTROPY).save(tmp_path / "seed.json", PASSWORD, rounds=2)
    assert json.loads((tmp_path / "seed.json").read_text())["crypto"]["cipherparams"]["iv"] == 16 * "07"


def test_what_cannot_be_kept(tmp_path: Path) -> None:
    file = tmp_path / "seed.json"
    for seed, password, problem in [
        (Seed.from_words(TEST_WORDS), PASSWORD, "24 words"),
        (Seed(bytes(32)), PASSWORD, "everybody knows"),
        (Seed(32 * b"\xff"), PASSWORD, "everybody knows"),
        (Seed(ENTROPY), "", "needs a password"),
    ]:
        with pytest.raises(InvalidArgument, match=problem):
            seed.save(file, password, rounds=2)
    assert not file.exists()


def test_a_seed_is_never_written_over_another_file(tmp_path: Path) -> None:
    file = saved(tmp_path)
    with pytest.raises(ConfigurationError, match="is there already"):
        Seed.new().save(file, PASSWORD, rounds=2)
    assert Seed.load(file, PASSWORD) == Seed(ENTROPY)
    with pytest.raises(ConfigurationError, match="cannot be written"):
        Seed.new().save(tmp_path / "nowhere" / "seed.json", PASSWORD, rounds=2)


def test_of_two_who_save_to_one_path_one_is_told_no(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one comes while the first still encrypts, and was told that his is kept."""
    file, first, other, encrypted = tmp_path / "seed.json", Seed.new(), Seed(ENTROPY), Seed._encrypted

    def slow(seed: Seed, password: str, rounds: int) -> dict[str, Any]:
        if seed is first:
            other.save(file, PASSWORD, rounds=2)
        return encrypted(seed, password, rounds)

    monkeypatch.setattr(Seed, "_encrypted", slow)
    with pytest.raises(ConfigurationError, match="is there already"):
        first.save(file, PASSWORD, rounds=2)
    assert Seed.load(file, PASSWORD) == other


def test_what_could_not_be_written_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "seed.json"

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("proofdesk.privacy.seed.write_atomically", full)
        with pytest.raises(ConfigurationError, match="cannot be written: No space left"):
            Seed(ENTROPY).save(file, PASSWORD, rounds=2)
    Seed(ENTROPY).save(file, PASSWORD, rounds=2)


@pytest.mark.parametrize("do", [pickle.dumps, copy.copy, copy.deepcopy, vars])
def test_a_seed_is_not_given_away_by_mistake(do: Callable[[Seed], object]) -> None:
    with pytest.raises(TypeError):
        do(Seed(ENTROPY))


def test_another_password_opens_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is not opened by this password") as caught:
        Seed.load(saved(tmp_path), "correct hors")
    assert "correct" not in str(caught.value)


CRYPTO = Account.encrypt(ENTROPY, PASSWORD, iterations=2)["crypto"]


def with_work(**asked: object) -> dict[str, Any]:
    """A keystore's crypto that asks for other work."""
    return {**CRYPTO, "kdfparams": CRYPTO["kdfparams"] | asked}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"proofdesk": None}, "something else, perhaps an account"),
        ({"proofdesk": {"kind": "role"}}, "something else"),
        ({"proofdesk": "seed"}, "something else"),
        ({"version": 4}, "no keystore of a seed: Seed.save makes one"),
        ({"version": None}, "no keystore"),
        ({"crypto": None}, "no keystore"),
        ({"crypto": []}, "no keystore"),
        ({"crypto": {}}, "damaged"),
        ({"crypto": CRYPTO | {"kdf": "pbkdf2"}}, "not made by scrypt"),
        ({"crypto": CRYPTO | {"kdfparams": None}}, "damaged"),
        ({"crypto": CRYPTO | {"mac": "xyz"}}, "damaged"),
        ({"crypto": CRYPTO | {"cipherparams": {}}}, "damaged"),
        ({"crypto": with_work(n=2**30)}, "more work"),
        ({"crypto": with_work(r=2**20)}, "more work"),
        ({"crypto": with_work(p=2**20)}, "more work"),
        ({"crypto": with_work(n="2")}, "more work"),
        ({"crypto": with_work(dklen=2**30)}, "more work"),
        ({"crypto": with_work(n=3)}, "damaged"),
    ],
)
def test_files_that_are_no_seeds_keystore(changes: dict[str, Any], problem: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        Seed.load(saved(tmp_path, **changes), PASSWORD)


def test_an_account_s_keystore_is_not_taken_for_a_seeds(tmp_path: Path) -> None:
    file = tmp_path / "account.json"
    file.write_text(json.dumps(Account.encrypt(ENTROPY, PASSWORD, iterations=2)))
    with pytest.raises(ConfigurationError, match="perhaps an account"):
        Seed.load(file, PASSWORD)


def test_a_keystore_of_something_shorter_is_none(tmp_path: Path) -> None:
    salt = bytes.fromhex(CRYPTO["kdfparams"]["salt"])
    derived = scrypt(PASSWORD.encode(), salt=salt, n=2, r=8, p=1, dklen=32)
    short = CRYPTO | {"ciphertext": 16 * "00", "mac": keccak(derived[16:] + bytes(16)).hex()}
    with pytest.raises(ConfigurationError, match="holds no seed of 24 words"):
        Seed.load(saved(tmp_path, crypto=short), PASSWORD)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000])
def test_files_that_are_no_keystore(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "seed.json"
    file.write_bytes(content)
    with pytest.raises(ConfigurationError, match="no keystore"):
        Seed.load(file, PASSWORD)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        Seed.load(tmp_path / "nowhere.json", PASSWORD)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        Seed.load(tmp_path, PASSWORD)
