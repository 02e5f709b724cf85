"""A short play on a sealed desk, run as a child: all that it and the library say and leave is looked through.

    python -m tests.demo.planted FOLDER

FOLDER/left is what it leaves: store, manifest, keystores, the chain's folder with the relayer's queue, its
log. FOLDER/secrets.json is every secret and text that may stand in none of it, in hex.
"""

from __future__ import annotations

import json
import logging
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from demo import readers
from demo.exams import certify
from demo.gasless import Gasless
from demo.privacy import Privacy
from demo.readers import keep_keys, keyring, seed
from demo.stage import ACCOUNTS, AGENTS, Stage
from proofdesk import Desk, FolderStore, ProofdeskError
from proofdesk._records import Opening
from proofdesk._store import SEALED
from proofdesk.privacy import Keyring, Seed
from proofdesk.privacy.keyring import SealedCodec
from tools.chain import Chain

PASSWORD = "planted: a password that no file and no line may hold"
PEOPLE = (
    "supervisor",
    readers.AUDITOR,
    *AGENTS,
    "customer 16",
    "customer 17",
    "a customer of two complaints",
)


def main(folder: Path) -> None:
    """Play, fail in some ways, and write down what was secret."""
    left = folder / "left"
    left.mkdir(parents=True)
    logging.basicConfig(filename=left / "everything.log", level=logging.DEBUG)
    # What nodes, HTTP and databases log of their own is in it too.
    with Chain.anvil(accounts=ACCOUNTS) as chain:
        stage = Stage(chain, left / "records")
        stage.deploy(folder=left / "deployments")
        certify(stage)
        gasless = Gasless(stage)
        act = Privacy(stage, gasless)
        # Before anything is erased: afterwards nobody can say what it was.
        opened: list[Opening] = []
        for scene in act.scenes():
            scene()
            opened += _opened(stage.desk)
        gasless.close()
        readers.PASSWORD = PASSWORD
        keep_keys(left / "keys", PEOPLE)
        _show_and_fail(stage, left, opened)
        secrets = sorted({secret.hex() for secret in _secrets(stage, act, opened)})
        shutil.copytree(chain.folder, left / "chain", ignore=shutil.ignore_patterns("*.ipc"))
    (folder / "secrets.json").write_text(json.dumps(secrets), encoding="ascii")


def _opened(desk: Desk) -> Iterator[Opening]:
    """All that is in the store and sealed, opened."""
    for entry in desk.archive.store:
        if SEALED.encode() in desk.archive.store.get(entry):
            yield desk.archive.read(entry)


def _show_and_fail(stage: Stage, left: Path, opened: Iterable[Opening]) -> None:
    """Print what a careless program prints: objects as they are, and errors."""
    one = seed("supervisor")
    print(
        one, one.pseudonym(3), one.key(), keyring("supervisor"), stage.desk.keyring, stage.desk.archive.codec
    )
    print(
        stage.desk,
        stage.desk.keys.roles(),
        stage.desk.records.access(),
        stage[AGENTS[0]].keys.members("agents"),
    )
    for opening in opened:
        print(opening, opening.record)
        _fail(stage.desk.records.readers, opening.entry)
        stranger = stage["customer 17"]
        _fail(stranger.records.read, opening.entry)
        _fail(stage.desk.records.erase, opening.entry, ground="")
        content = stage.store.get(opening.entry)
        stage.store.put(opening.entry, content[:-20])
        _fail(stage.desk.records.read, opening.entry)
        stage.store.put(opening.entry, content)
    words = one.words.split()
    _fail(Seed.from_words, " ".join([*words[:-1], words[0]]))
    _fail(Seed.from_words, " ".join(["planted", *words[1:]]))
    _fail(one.save, left / "keys" / "supervisor.keys", PASSWORD)
    _fail(Seed.load, left / "keys" / "supervisor.keys", PASSWORD + "?")
    _fail(Keyring, [])
    other = FolderStore(
        left / "other", chain_id=stage.chain.chain_id, desk=stage.address("owner"), durable=False
    )
    _fail(stage.desk.using(stage.account("customer 17")).tickets.open, lane="public", content="")
    _fail(lambda: other.get(next(iter(stage.store))))


def _fail(act: object, *values: object, **named: object) -> None:
    try:
        print(act(*values, **named))  # type: ignore[operator]  # whatever is called, it is to fail
    except ProofdeskError as error:
        print(error, repr(error), vars(error), error.__cause__)
        logging.getLogger("careless").exception("it failed")


def _secrets(stage: Stage, act: Privacy, opened: Iterable[Opening]) -> Iterator[bytes]:
    yield PASSWORD.encode()
    for name in PEOPLE:
        whole = seed(name)
        yield whole.words.encode()
        yield whole._entropy
        yield whole.key().private_bytes()
    for face in act.faces:
        yield bytes(face.account.key)
        yield face.key.private_bytes()
    for name in ("supervisor", readers.AUDITOR, *AGENTS):
        codec = stage[name].archive.codec
        assert isinstance(codec, SealedCodec)
        yield from (key.private_bytes() for key in codec.held())
    for opening in opened:
        yield opening.salt
        for text in (opening.record.body, opening.record.subject):
            if text:
                yield text.encode()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
