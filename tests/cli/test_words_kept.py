"""A relayer's words are kept: each of them, whatever breaks, and beside those of before."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from errno import ENOSPC
from pathlib import Path
from typing import Any

import pytest

from proofdesk._words import to_hex
from proofdesk.cli import _relay_acts
from proofdesk.ops.relay import Acknowledgement, RelayClient, packing
from proofdesk.signed import SignedAct
from proofdesk.signed.signature import signature_of
from tests.cli.counter import Counter
from tests.cli.relays import signed
from tests.cli.test_handing_in import OPEN, poor
from tests.client.office import account
from tests.relay.serving import saying

USAGE, SETUP, DOUBT = 2, 3, 7

__all__ = ["poor"]


def read(file: str) -> SignedAct:
    """The act of a file."""
    return SignedAct.from_json(Path(file).read_text(encoding="utf-8"))


def given(act: SignedAct, at: float, span: int) -> Any:
    """A relayer's word for an act, of a moment and for so many seconds, as JSON."""
    word = Acknowledgement(
        act.digest, account(4).address, act.chain_id, act.desk, int(at), int(at) + span, ""
    )
    return replace(word, signature=to_hex(signature_of(word.digest, account(4)))).to_json()


def test_a_second_word_stands_beside_the_first(poor: Counter) -> None:
    """Of a relayer that promises anew, later: it does not take back what it promised before."""
    act = read(signed(poor, OPEN))
    words = [given(act, time.time(), span) for span in (60, 7200)]
    replies = [json.dumps({"answers": [{"acknowledgement": word}]}).encode() for word in (*words, words[0])]
    said = iter(replies)
    with saying(lambda *_: (200, next(said))) as url:
        for _ in replies:
            assert poor.run(f"relay submit act.json --to {url}").code == 0
    assert [json.loads(line) for line in Path("act.ack.json").read_text().splitlines()] == words


def test_where_a_word_cannot_be_kept_nothing_is_handed_in(poor: Counter) -> None:
    signed(poor, OPEN)
    Path("act.ack.json").write_text("my notes")
    done = poor.run("relay submit act.json --to http://127.0.0.1:9")
    assert (done.code, "act.ack.json is to keep what is acknowledged" in done.err) == (USAGE, True), done
    Path("act.ack.json").unlink()
    Path("act.ack.json").mkdir()
    done = poor.run("relay submit act.json --to http://127.0.0.1:9")
    assert (done.code, "act.ack.json: Is a directory" in done.err) == (SETUP, True), done


def test_a_word_that_finds_no_room_can_be_had_again(poor: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    act = read(signed(poor, OPEN))
    ago = datetime.now(timezone.utc) - timedelta(minutes=5)
    word = given(act, ago.timestamp(), 3600)
    reply = json.dumps({"answers": [{"acknowledgement": word}]}).encode()

    def full(*_: object) -> None:
        raise OSError(ENOSPC, "No space left on device")

    with saying(lambda *_: (200, reply)) as url:
        line = f"relay submit act.json --to {url}"
        assert "say by --since when first" in poor.run(line).err
        line += f" --since {ago:%Y-%m-%dT%H:%M:%SZ}"
        with monkeypatch.context() as disk:
            disk.setattr(_relay_acts, "write_atomically", full)
            done = poor.run(line)
        assert (done.code, "were handed in" in done.err) == (SETUP, True), done
        assert poor.run(line).code == 0
    assert json.loads(Path("act.ack.json").read_bytes()) == word


def test_of_an_interruption_the_words_until_then_are_kept(
    poor: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "MAX_ACTS", 1)
    files = [signed(poor, OPEN, f"{number}.json") for number in range(2)]
    word = given(read(files[0]), time.time(), 60)
    second = str(read(files[1]).entry)

    def asked(_client: RelayClient, _path: str, body: bytes) -> tuple[int, Any]:
        if second in body.decode():
            raise KeyboardInterrupt
        return 200, {"answers": [{"acknowledgement": word}]}

    monkeypatch.setattr(RelayClient, "_ask", asked)
    done = poor.run(f"relay submit {files[0]} {files[1]} --to http://127.0.0.1:9")
    assert (done.code, json.loads(Path("0.ack.json").read_bytes())) == (DOUBT, word), done
