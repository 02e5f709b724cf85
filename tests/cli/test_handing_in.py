"""Acts handed to a relayer and asked after: with their words or without, again, interrupted, several."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import create_server
from threading import Event, Thread
from time import monotonic
from typing import Any

import pytest

from tests.cli.counter import Counter
from tests.cli.relays import running, signed

FOUND, USAGE, SETUP, NODE, INTEGRITY, DOUBT = 1, 2, 3, 4, 6, 7
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
        assert monotonic() - begun < 10  # the usual span is 15
    assert (done.code, "did not answer" in done.err) == (NODE, True), done
    assert "may have, or still be checking" in done.err
    assert poor.run(f"relay fate act.json --to {url} --timeout never").code == USAGE


@contextmanager
def trickling(head: bytes) -> Iterator[str]:
    """A relayer that lets a byte drop every tenth of a second, after so much."""
    end = Event()
    with create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            line, _ = server.accept()
            with line, suppress(OSError):
                line.sendall(head)
                while not end.wait(0.1):
                    line.sendall(b"1")

        Thread(target=answer, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        end.set()


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n", b"HTTP/1.1 200 OK\r\na: "]
)
@pytest.mark.parametrize("command", ["submit", "fate"])
def test_who_answers_byte_by_byte_is_waited_for_no_longer(poor: Counter, command: str, head: bytes) -> None:
    signed(poor, OPEN)
    with trickling(head) as url:
        begun = monotonic()
        done = poor.run(f"relay {command} act.json --to {url} --timeout 1")
        assert monotonic() - begun < 12  # the usual span is 15
    assert (done.code, "did not answer: timed out" in done.err) == (NODE, True), done


def test_what_somebody_else_carried_is_told_to_be_there(poor: Counter) -> None:
    signed(poor, OPEN)
    assert poor.run("ticket carry act.json --account {newcomer}").code == 0
    act = poor.desk().tickets.acts()[0]
    with running(poor) as relayer:
        done = poor.run(f"relay submit act.json --to {relayer.url}")
        told = f"it is on chain already, in block {act.block}"
        assert (done.code, told in done.out, "refused" in done.out) == (0, True, False), done
        (value,) = poor.run(f"relay submit act.json --to {relayer.url} --json").json
        assert (value["tx_hash"], value["refusal"]["code"]) == (act.tx_hash, "done")
        # Who names no node that answers is told what the relayer says.
        bare = poor.run(f"relay submit act.json --to {relayer.url} --node http://127.0.0.1:9")
        assert (bare.code, "refused, done: the act is on chain already" in bare.out) == (FOUND, True), bare


def test_each_act_is_told_to_go_with_its_words_or_without(poor: Counter) -> None:
    signed(poor, OPEN, "with.json")
    signed(poor, OPEN + " --no-record", "bare.json")
    with running(poor) as relayer:
        line = f"relay submit with.json bare.json --to {relayer.url}"
        rows = [row.split("\t") for row in poor.run(line).out.splitlines()[1:]]
        assert ", with its words: " in rows[0][3]
        assert ", without its words (--record FILE, or --records records/CHAIN/DESK): " in rows[1][3]
        assert [act["record"] for act in poor.run(f"{line} --json").json] == [True, False]


def test_what_was_signed_without_a_record_goes_with_its_words_out_of_the_usual_place(poor: Counter) -> None:
    signed(poor, f"{OPEN} --no-record")
    with running(poor) as relayer:
        line = f"relay submit act.json --to {relayer.url}"
        assert "without its words" in poor.run(line).out
        done = poor.run(f"{line} --records records/31337/development")
    assert (done.code, "with its words" in done.out) == (0, True), done


def test_a_folder_is_handed_into(poor: Counter) -> None:
    signed(poor, OPEN)
    signed(poor, f"{OPEN} --no-record", "bare.json")
    Path("acts").mkdir()
    done = poor.run("relay submit act.json bare.json --folder acts --json")
    assert (done.code, [value["record"] for value in done.json]) == (0, [True, False]), done
    (file,) = Path("acts").glob("*.json")
    assert {value["answer"] for value in done.json} == {f"acts/answers/{file.name}"}
    with running(poor, "--folder acts"):
        while not (answer := Path("acts/answers", file.name)).is_file():
            pass
    assert poor.run(f"relay judge {answer} act.json").code == USAGE  # of both it has the word
    given = [each["acknowledgement"]["act"] for each in json.loads(answer.read_bytes())["answers"]]
    assert given == [value["digest"] for value in done.json]
    again = poor.run("relay submit act.json --folder acts")
    assert "with its words, to be answered in acts/answers/" in again.out and file.name not in again.out


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ("--folder nowhere", SETUP, "nowhere cannot be written as a relayer's folder"),
        ("--folder acts --to http://127.0.0.1:9", USAGE, "both name a relayer"),
    ],
)
def test_a_folder_that_is_none_takes_nothing(poor: Counter, options: str, code: int, said: str) -> None:
    signed(poor, OPEN)
    done = poor.run(f"relay submit act.json {options}")
    assert (done.code, said in done.err) == (code, True), done


@pytest.mark.parametrize(("content", "code"), [("[]", USAGE), ("7", USAGE), ('{"entry": [1]}', NODE)])
def test_what_stands_beside_an_act_and_is_no_record_is_told(poor: Counter, content: str, code: int) -> None:
    signed(poor, OPEN)
    Path("act.record.json").write_text(content, encoding="utf-8")
    done = poor.run("relay submit act.json --to http://127.0.0.1:9")
    assert (done.code, "act.record.json is no record" in done.err) == (code, code == USAGE), done


def test_what_was_acknowledged_before_a_failure_is_kept(poor: Counter) -> None:
    signed(poor, OPEN)
    signed(poor, OPEN, "other.json")
    with running(poor) as relayer:
        assert poor.run(f"relay submit act.json --to {relayer.url}").code == 0
    kept = Path("act.ack.json").read_bytes()
    word = json.loads(kept)
    Path("act.ack.json").unlink()
    reply = json.dumps({"answers": [{"acknowledgement": word}, {"acknowledgement": word}]}).encode()
    with trickling(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(reply), reply)) as url:
        done = poor.run(f"relay submit act.json other.json --to {url}")
    assert (done.code, "nobody could be held to" in done.err) == (INTEGRITY, True), done
    assert json.loads(Path("act.ack.json").read_bytes()) == word and not Path("other.ack.json").exists()


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
    done = poor.run("relay show act.json")
    assert (done.code, "not its signer's key: it was changed" in done.out) == (FOUND, True), done
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
