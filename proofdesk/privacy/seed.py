"""A person's seed: 24 words on paper, or a keystore under a password, from which all of his keys come.

Whoever has the words has the same keys again, by what every wallet knows of them (BIP-39, BIP-32):

    m/44'/60'/i'/0/0    the account of pseudonym i, i from 0
    m/25519'/1'/i'      its reading key
    m/25519'/0'/n'      the person's own reading key of version n, n from 1

A reading key's X25519 private half is HKDF-SHA256(the path's key, salt "proofdesk.x25519.v1"). No key comes
from a signature: a wallet can be talked into giving one to somebody else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_bytes
from typing import Any, Final, NoReturn

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from eth_account import Account
from eth_account.hdaccount.deterministic import HDPath
from eth_account.hdaccount.mnemonic import Mnemonic
from eth_account.signers.local import LocalAccount

from proofdesk._checks import integer
from proofdesk._errors import ConfigurationError, InvalidArgument
from proofdesk._files import write_atomically
from proofdesk._json import parse
from proofdesk.privacy.keys import ReadingKey
from proofdesk.signed.signature import ORDER

ROUNDS: Final = 2**18  # of scrypt, as wallets have it: most of a second, and 256 MiB
KIND: Final = {"kind": "seed"}

_SALT: Final = b"proofdesk.x25519.v1"
_ENTROPY: Final = 32
_LENGTHS: Final = (12, 15, 18, 21, 24)
_MOST_ROUNDS: Final = 2**20
_IV: Final = 32  # hex digits
_index = integer(0, 2**31 - 1, "a whole number from 0 to 2,147,483,647")


@dataclass(frozen=True, slots=True)
class Pseudonym:
    """One face of a person: an account of its own, and the key that reads what is written to it."""

    index: int
    account: LocalAccount = field(repr=False)
    key: ReadingKey = field(repr=False)

    @property
    def address(self) -> str:
        """What others see of it."""
        return str(self.account.address)


class Seed:
    """What a person's keys come from; it shows nothing of itself.

    >>> seed = Seed.new()
    >>> Seed.from_words(seed.words).pseudonym(0).address == seed.pseudonym(0).address
    True
    """

    __slots__ = ("_entropy", "_root")

    def __init__(self, entropy: bytes) -> None:
        self._entropy = entropy
        self._root: bytes = Mnemonic.to_seed(self.words)

    @property
    def words(self) -> str:
        """The words that all of it comes back from: for paper, and nobody else's eyes."""
        return str(Mnemonic().to_mnemonic(self._entropy))

    @classmethod
    def new(cls) -> Seed:
        """A seed of 24 words, made of the system's randomness."""
        return cls(token_bytes(_ENTROPY))

    @classmethod
    def from_words(cls, text: str) -> Seed:
        """The seed of 12, 15, 18, 21 or 24 English words of BIP-39, in any spacing and capitals.

        Raises InvalidArgument, which tells the place of a word that does not fit, and never repeats one.

        >>> Seed.from_words("abandon " * 12)
        Traceback (most recent call last):
        proofdesk._errors.InvalidArgument: these words do not belong together: one is misread, or two swapped
        """
        words = text.lower().split()
        if len(words) not in _LENGTHS:
            raise InvalidArgument(f"a seed has 12, 15, 18, 21 or 24 words, not {len(words)}")
        known = {word: number for number, word in enumerate(Mnemonic().wordlist)}
        bits = 0
        for place, word in enumerate(words, 1):
            if word not in known:
                raise InvalidArgument(f"word {place} is none of the 2,048 English words of BIP-39: see again")
            bits = bits << 11 | known[word]
        # A third of a bit for each word is the checksum.
        seed = cls((bits >> len(words) // 3).to_bytes(4 * len(words) // 3, "big"))
        if seed.words != " ".join(words):
            raise InvalidArgument("these words do not belong together: one is misread, or two swapped")
        return seed

    @classmethod
    def load(cls, path: str | Path, password: str) -> Seed:
        """The seed in a keystore, opened.

        Raises ConfigurationError where there is none, it holds something else, or the password does not open
        it.
        """
        content = _keystore(Path(path))
        try:
            entropy = bytes(Account.decrypt(content, password))
        except Exception as error:  # eth-account does not say what it raises for a file that is wrong
            # Only a password that is wrong gives another checksum; the rest is the file.
            is_locked = "MAC" in str(error)
            problem = "is not opened by this password" if is_locked else "is a damaged keystore"
            raise ConfigurationError(f"{path} {problem}") from None
        if len(entropy) != _ENTROPY:
            raise ConfigurationError(f"{path} is a damaged keystore: it holds no seed of 24 words")
        return cls(entropy)

    def save(self, path: str | Path, password: str, *, rounds: int = ROUNDS) -> None:
        """Write the seed to a new keystore file, encrypted under a password, readable by its owner alone.

        Raises InvalidArgument for less than 24 words or no password, ConfigurationError where there is a file
        already, or none can be.
        """
        if len(self._entropy) != _ENTROPY:
            raise InvalidArgument("a keystore takes 24 words: keep shorter ones where they are kept now")
        if not 0 < int.from_bytes(self._entropy, "big") < ORDER:
            raise InvalidArgument("this seed is one that everybody knows: make a new one")
        if not password:
            raise InvalidArgument("a keystore needs a password: without one anybody opens it")
        path = Path(path)
        content = json.dumps(self._encrypted(password, rounds), indent=1).encode() + b"\n"
        try:
            _create(path, content)
        except FileExistsError:
            raise ConfigurationError(
                f"{path} is there already, perhaps with a seed: name a new file"
            ) from None
        except OSError as error:
            raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from None

    def key(self, version: int = 1) -> ReadingKey:
        """The person's own reading key of a version, from 1; raises InvalidArgument.

        >>> Seed.new().key(0)
        Traceback (most recent call last):
        proofdesk._errors.InvalidArgument: versions of a key count from 1
        """
        if version == 0:
            raise InvalidArgument("versions of a key count from 1")
        return self._reading_key(f"m/25519'/0'/{_checked('version', version)}'")

    def pseudonym(self, index: int) -> Pseudonym:
        """The person's pseudonym of an index, from 0; raises InvalidArgument.

        >>> seed = Seed.new()
        >>> seed.pseudonym(0).address == seed.pseudonym(1).address
        False
        """
        account = Account.from_key(self._child(f"m/44'/60'/{_checked('index', index)}'/0/0"))
        return Pseudonym(index, account, self._reading_key(f"m/25519'/1'/{index}'"))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Seed) and other._entropy == self._entropy

    def __hash__(self) -> int:
        return hash(self._entropy)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a seed is not pickled or copied, which would put its words in the clear: use `save`")

    def __repr__(self) -> str:
        return f"<Seed of {len(self.words.split())} words>"

    def _child(self, path: str) -> bytes:
        return HDPath(path).derive(self._root)

    def _reading_key(self, path: str) -> ReadingKey:
        made = HKDF(algorithm=SHA256(), length=32, salt=_SALT, info=b"").derive(self._child(path))
        return ReadingKey.from_bytes(made)

    def _encrypted(self, password: str, rounds: int) -> dict[str, Any]:
        while True:
            value = Account.encrypt(self._entropy, password, kdf="scrypt", iterations=rounds)
            # One in 256 times eth-account drops a leading zero, and other wallets then refuse the file.
            if len(value["crypto"]["cipherparams"]["iv"]) == _IV:
                break
        # The address would be that of an account nobody is to use.
        del value["address"]
        return value | {"proofdesk": KIND}


def _create(path: Path, content: bytes) -> None:
    """Write a file where there is none: of several who do so at once one does; raises OSError."""
    path.touch(mode=0o600, exist_ok=False)
    try:
        write_atomically(path, content)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _keystore(path: Path) -> dict[str, Any]:
    """A keystore's JSON, not yet opened; raises ConfigurationError."""
    try:
        value = parse(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"keystore {path} cannot be read: {error.strerror}") from None
    except ValueError:
        value = None
    if not isinstance(value, dict) or not isinstance(value.get("crypto"), dict) or value.get("version") != 3:
        raise ConfigurationError(f"{path} is no keystore of a seed: Seed.save makes one")
    if value.get("proofdesk") != KIND:
        raise ConfigurationError(
            f"{path} is a keystore of something else, perhaps an account, not of a seed: Seed.save makes one"
        )
    return _bounded(path, value)


def _bounded(path: Path, value: dict[str, Any]) -> dict[str, Any]:
    """The same keystore if it asks for no more work than one may; raises ConfigurationError."""
    crypto = value["crypto"]
    asked = crypto.get("kdfparams")
    if not isinstance(asked, dict) or crypto.get("kdf") != "scrypt":
        raise ConfigurationError(f"{path} is a damaged keystore: its key is not made by scrypt")
    limits = {"n": _MOST_ROUNDS, "r": 8, "p": 8, "dklen": 32}
    if not all(type(asked.get(name)) is int and 0 < asked[name] <= most for name, most in limits.items()):
        raise ConfigurationError(f"{path} asks for more work than any keystore needs: do not open it")
    return value


def _checked(what: str, number: int) -> int:
    if problem := _index(number):
        raise InvalidArgument(f"{what} {problem}")
    return number
