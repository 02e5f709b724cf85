"""Acts handed to a relayer and asked after: with their words or without, again, interrupted, several."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import Any

import pytest

from tests.cli.counter import Counter
from tests.cli.relays import running, signed

FOUND, USAGE, NODE, DOUBT = 1, 2, 4, 7
OPEN = "open cards --text Help --account {customer}"


@pytest.fixture
def poor(counter: Counter) -> Counter:
    """A customer without any ether; the newcomer relays."""
    counter.chain.rpc("anvil_setBalance", counter.names["customer"], "0x0")
    return counter


def until_done(counter: Counter, url: str, file: str) -> dict[str, Any]:
    """An act's fate once it is done."""
    while True:
        done = counter.run(f"relay fate {file} --to {url} --json")
        if done.json["stage"] == "done":
            return dict(done.json)


@contextmanager
def silent(on_request: Any) -> Iterator[str]:
    """A relayer that takes what it is handed and never answers."""
    end = Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            on_request()
            end.wait()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        end.set()
        server.shutdown()


def test_interrupted_it_says_that_the_relayer_may_have_it(poor: Counter) -> None:
    signed(poor, OPEN)
    with silent(lambda: os.kill(os.getpid(), signal.SIGINT)) as url:
        done = poor.run(f"relay submit act.json --to {url}")
    assert (done.code, "the relayer may have it" in done.err) == (DOUBT, True), done
    assert "nothing was sent" not in done.err


def test_a_relayer_is_waited_for_so_long_and_no_longer(poor: Counter) -> None:
    signed(poor, OPEN)
    with silent(lambda: None) as url:
        begun = monotonic()
        done = poor.run(f"relay submit act.json --to {url} --timeout 0.1")
        assert monotonic() - begun < 2
    assert (done.code, "did not answer" in done.err) == (NODE, True), done
    assert poor.run(f"relay fate act.json --to {url} --timeout never").code == USAGE


def test_each_act_is_told_to_go_with_its_words_or_without(poor: Counter) -> None:
    signed(poor, OPEN, "with.json")
    signed(poor, OPEN + " --no-record", "bare.json")
    with running(poor) as relayer:
        line = f"relay submit with.json bare.json --to {relayer.url}"
        rows = [row.split("\t") for row in poor.run(line).out.splitlines()[1:]]
        assert ", with its words: " in rows[0][3]
        assert ", without its words (--record FILE): " in rows[1][3]
        assert [act["record"] for act in poor.run(f"{line} --json").json] == [True, False]


def test_records_of_several_acts_stand_beside_them_one_a_line(poor: Counter) -> None:
    files = [signed(poor, OPEN, f"{number}.json") for number in range(2)]
    for kind in ("json", "record.json"):
        texts = [Path(file).with_suffix(f".{kind}").read_text(encoding="utf-8") for file in files]
        Path(f"lines.{kind}").write_text("".join(texts), encoding="utf-8")
    with running(poor) as relayer:
        done = poor.run(f"relay submit lines.json --to {relayer.url} --json")
    assert (done.code, [act["record"] for act in done.json]) == (0, [True, True])


def test_what_was_acknowledged_before_is_kept_when_more_is_handed_in(poor: Counter) -> None:
    one, gated = signed(poor, OPEN), signed(poor, OPEN.replace("cards", "cards-fraud"), "gated.json")
    with running(poor) as relayer:
        assert poor.run(f"relay submit {one} --to {relayer.url}").code == 0
        first = json.loads(Path("act.ack.json").read_bytes())
        lines = Path(gated).read_text(encoding="utf-8") + Path(signed(poor, OPEN, "c.json")).read_text()
        Path(one).write_text(lines, encoding="utf-8")
        Path("act.record.json").unlink()
        assert poor.run(f"relay submit {one} --to {relayer.url}").code == FOUND
    kept = [json.loads(line) for line in Path("act.ack.json").read_text(encoding="utf-8").splitlines()]
    assert len(kept) == 2 and kept[0] == first


def test_the_fate_of_every_act_of_a_file_is_shown(poor: Counter) -> None:
    texts = [Path(signed(poor, OPEN, f"{n}.json")).read_text(encoding="utf-8") for n in range(3)]
    Path("two.json").write_text("".join(texts[:2]), encoding="utf-8")
    Path("three.json").write_text("".join(texts), encoding="utf-8")
    with running(poor) as relayer:
        assert poor.run(f"relay submit two.json --to {relayer.url}").code == 0
        until_done(poor, relayer.url, "0.json"), until_done(poor, relayer.url, "1.json")
        both = poor.run(f"relay fate two.json --to {relayer.url} --json")
        assert (both.code, [each["fate"]["stage"] for each in both.json]) == (0, ["done", "done"])
        more = poor.run(f"relay fate three.json --to {relayer.url}")
    rows = more.out.splitlines()
    assert (more.code, len(rows), "never acknowledged there" in rows[3]) == (FOUND, 4, True)


def test_a_fate_says_when_it_was_and_whether_that_was_late(poor: Counter) -> None:
    signed(poor, OPEN)
    with running(poor) as relayer:
        poor.run(f"relay submit act.json --to {relayer.url}")
        fate = until_done(poor, relayer.url, "act.json")
        at = poor.desk().tickets.acts()[0].at.strftime("%Y-%m-%dT%H:%M:%SZ")
        assert fate["at"] == at
        assert f"on chain\t{at}\n" in poor.run(f"relay fate act.json --to {relayer.url}").out
        # Who names no node is told the rest.
        bare = poor.run(f"relay fate act.json --to {relayer.url} --node http://127.0.0.1:9")
        assert (bare.code, "on chain" in bare.out) == (0, False)


def test_what_is_late_is_told_so(poor: Counter) -> None:
    signed(poor, f"{OPEN} --deadline 2d")
    with running(poor, "--batch 2 --batch-after 1m --include-within 2m") as relayer:
        assert poor.run(f"relay submit act.json --to {relayer.url}").code == 0
        poor.pass_time(timedelta(hours=1))
        signed(poor, OPEN, "second.json")
        poor.run(f"relay submit second.json --to {relayer.url}")
        until_done(poor, relayer.url, "act.json")
        assert ", later than promised" in poor.run(f"relay fate act.json --to {relayer.url}").out


def test_what_a_file_asks_for_is_shown_in_words(poor: Counter) -> None:
    signed(poor, OPEN)
    done = poor.run("relay show act.json")
    assert (done.code, "\n  Open a ticket in lane 1\n" in done.out) == (0, True), done
    assert "signed by: its signer's key" in done.out
    (shown,) = poor.run("relay show act.json --json").json
    assert (shown["signer"], shown["is_signed_by_key"]) == (poor.names["customer"], True)
    forged = json.loads(Path("act.json").read_bytes())
    forged["message"]["lane"] = 2
    Path("act.json").write_text(json.dumps(forged), encoding="utf-8")
    assert "not its signer's key" in poor.run("relay show act.json").out
    assert poor.run("relay show act.record.json").code == USAGE


def test_a_folders_answer_is_judged_too(poor: Counter) -> None:
    signed(poor, OPEN)
    with running(poor) as relayer:
        poor.run(f"relay submit act.json --to {relayer.url}")
        until_done(poor, relayer.url, "act.json")
    ack = json.loads(Path("act.ack.json").read_bytes())
    answers = [{"refusal": {"code": "deadline", "words": "Late."}}, {"acknowledgement": ack}]
    Path("answer.json").write_text(json.dumps({"answers": answers}, indent=1), encoding="utf-8")
    judged = poor.run("relay judge answer.json act.json --json")
    assert (judged.code, [each["promise"] for each in judged.json]) == (0, ["kept"])
    Path("answer.json").write_text(json.dumps({"answers": answers[:1]}), encoding="utf-8")
    none = poor.run("relay judge answer.json act.json")
    assert (none.code, "answer.json holds no acknowledgement" in none.err) == (USAGE, True)
